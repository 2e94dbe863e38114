"""Omega, the eventual leader detector: heartbeats, accusations, and patience that grows with them.

Every node counts how often each node has been accused of being late, and takes the one with the fewest
accusations for the leader (of several the lowest id). Leaders send heartbeats with their counts; who waits
too long for one accuses, and waits longer the next time. So a leader that lives is accused a few times
only, and one that is dead until it is the leader no more. Nodes may disagree for a while: only in the end
there is one leader for all. That is enough for consensus, and the least that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Annotated

from elcheck import (
    WEAK,
    Bound,
    Environment,
    GlobalState,
    Map,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    State,
    Step,
    Steps,
    all_nodes,
    always,
    always_possible,
    change,
    each,
    node_ids,
    node_views,
    receive,
    replace,
    sometimes,
    step,
    tick,
    whole,
)
from elcheck.specs import election

Counts = Map[NodeId, int]
"""How often each node has been accused."""


class Alive(Message):
    """A heartbeat: the sender takes itself for the leader, and knows of these accusations."""

    accused: Counts


class Detector(State):
    """The state of a node."""

    accused: Counts = Map()
    """The accusations that it knows of."""
    quiet: int = 0
    """Ticks since the leader's last heartbeat: since it was heard, or, by the leader itself, sent."""
    leader: NodeId | None = None
    """The node with the fewest accusations. None when down."""


class Omega(Node[Detector]):
    """Chandra, Hadzilacos and Toueg 1996 define Omega; accusations are those of Aguilera et al. 2001."""

    delay: int

    def start(self) -> Detector:
        """Nobody is accused, the lowest id leads."""
        return self.judged(Map(dict.fromkeys(self.nodes, 0)))

    def judged(self, accused: Counts, quiet: int = 0) -> Detector:
        """A state with these accusations, and the leader that follows from them."""
        return Detector(accused, quiet, min(self.nodes, key=lambda node: (accused[node], node)))

    @tick(fair=WEAK)
    def pass_time(self, s: Detector) -> Steps[Detector]:
        """A leader that is slow sends a heartbeat every ``delay`` ticks, and nobody knows the number."""
        if s.leader is None:
            yield Step(s)
        elif s.leader == self.me:
            yield Step(replace(s, quiet=0), self.broadcast(Alive(s.accused)))
            if s.quiet + 1 < self.delay:
                yield Step(replace(s, quiet=s.quiet + 1))
        elif s.quiet < self.patience(s.accused[s.leader]):
            yield Step(replace(s, quiet=s.quiet + 1))
        else:
            yield Step(self.judged(s.accused.put(s.leader, s.accused[s.leader] + 1)))

    def patience(self, accused: int) -> int:
        """How many ticks without a heartbeat it bears: one more for each time that it was wrong, perhaps."""
        return 1 + accused

    @receive(fair=WEAK)
    def alive(self, s: Detector, src: NodeId, msg: Alive) -> Detector:
        """A heartbeat of the leader, or of one who takes itself for it."""
        now = self.judged(self.learned(s, src, msg), s.quiet)
        return replace(now, quiet=0) if src == now.leader or now.leader != s.leader else now

    def learned(self, s: Detector, src: NodeId, msg: Alive) -> Counts:
        """It learns of the accusations that others have made, of itself too."""
        return Map({node: max(s.accused[node], msg.accused[node]) for node in self.nodes})


# -- Mistakes ----------------------------------------------------------------------------------------------


class FixedPatience(Omega):
    """The time to wait for a heartbeat does not grow, so a leader that is slower is accused again and again
    (leadership that flaps under load with fixed timeouts: Nomad, issue 10437).
    """

    def patience(self, accused: int) -> int:
        return 1


class NoGossip(Omega):
    """A heartbeat is a sign of life and no more: who is accused does not know, and leads on (two masters of
    Elasticsearch that see each other and do not reunite, issue 10935).
    """

    def learned(self, s: Detector, src: NodeId, msg: Alive) -> Counts:
        return s.accused


class Forgiven(Omega):
    """A heartbeat takes its sender's accusations back, "the lowest id that is not suspected", so patience is
    lost as well (trimerge-sync, pull request 43, review).
    """

    def learned(self, s: Detector, src: NodeId, msg: Alive) -> Counts:
        return s.accused.put(src, 0)


# -- The model ---------------------------------------------------------------------------------------------


def model(
    nodes: Annotated[int, "nodes"] = 3,
    delay: Annotated[int, "most ticks from one heartbeat of a leader to the next"] = 2,
    bug: Annotated[type[Omega], "a mistake to put in"] = Omega,
) -> Model:
    """Omega, the eventual leader detector: in the end all trust the same live node.

    Paper: T. D. Chandra, V. Hadzilacos, S. Toueg, The Weakest Failure Detector for Solving Consensus, JACM
        43(4), 1996 (the definition); M. K. Aguilera, C. Delporte-Gallet, H. Fauconnier, S. Toueg, Stable
        Leader Election, DISC 2001 (leaders by fewest accusations; there they are sent to the accused).
    Assumes: heartbeats reach everybody with at most some delay, though nobody knows how much; crashes are
        for good.
    Liveness: from some time on all live nodes have the same live leader (fair ticks). Checked here: that it
        is possible from everywhere, and that accusations come to an end.
    """

    def accused(s: Detector) -> Counts:
        return s.accused

    def accusations_end(all_of_them: Sequence[NodeView[Counts]]) -> bool | str:
        for n, target in product(all_of_them, all_of_them):
            times = n.state[target.node] if n.up else 0
            if times > (delay - 1 if target.up else delay):
                return f"{n.node} knows of {times} accusations of {target.node}"
        return True

    def only_grow(before: NodeView[Counts], after: NodeView[Counts]) -> bool | str:
        fewer = after.up and any(after.state[node] < times for node, times in before.state.items())
        return f"{after.node} forgets an accusation" if fewer else True

    def takes_over(n: NodeView[NodeId | None]) -> bool:
        return n.state == n.node and n.node.index > 0

    def is_heard(s: GlobalState) -> bool:
        alone = sum(node.up for node in s.nodes) < 2  # and sends to nobody
        return alone or any(isinstance(sent.msg, Alive) for sent in s.network)

    return Model(
        bug(delay),
        nodes=node_ids(nodes),
        # A tick passes only when all messages have arrived (sync), so heartbeats are late because the leader
        # sends them late. Messages may overtake each other; nothing is lost. (Without gossip a crash would
        # be the only way to end the disagreement.)
        environment=Environment(network="set", crash=0 if bug is NoGossip else 1, timing="sync"),
        bounds=[Bound("max_accused", Detector, lambda s: max(s.accused.values(), default=0) <= delay + 2)],
        properties=[
            always("accusations come to an end", all_nodes(node_views(Detector, accused), accusations_end)),
            step("accusations only grow", change(node_views(Detector, accused), only_grow)),
            sometimes("another takes over", each(node_views(Detector, election.followed), takes_over)),
            always_possible("a leader can be heard", whole(is_heard)),
            always_possible("all can come to agree", election.all_follow_a_live_leader(Detector)),
        ],
    )
