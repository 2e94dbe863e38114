"""Election on a two-way ring with O(n log n) messages: candidates ask ever farther around themselves.

A candidate sends its id both ways, one hop far in phase 0, two hops in phase 1, then four, eight ... Only if
both probes are answered, which means that no higher id is that near, does it go on to the next phase. So few
candidates send their ids far, and the highest id's probe comes all the way round.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from elcheck import (
    WEAK,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    Property,
    State,
    Step,
    action,
    always,
    each,
    guard,
    node_ids,
    node_views,
    pair,
    receive,
    sometimes,
)
from elcheck.models.ring import Elected, Processor, Stage, beginnings, ids_for, left, right, told
from elcheck.specs import ring
from elcheck.specs.election import decisions_are_final

Bug = Literal["one-reply", "turns-early", "relay-drops-replies"]


class Contender(Processor):
    """The local state. ``phase`` is the last one that it began, ``answered`` the neighbour through which the
    first reply of this phase came.
    """

    phase: int = 0
    answered: NodeId | None = None


class Probe(Message):
    """A candidate's id, which has come ``hops`` far and turns round after 2 ** ``phase``."""

    id: int
    phase: int
    hops: int


class Reply(Message):
    """To the candidate ``id``: its probe met no higher id in this direction."""

    id: int


class HirschbergSinclair(Node[Contender]):
    """Hirschberg and Sinclair 1980. Who has not the highest id around gets no answer here (in the paper it is
    told "no"): it waits until it is told who leads. The announcement is ours.
    """

    bug: Bug | None = None

    @action(fair=WEAK)
    def begin(self, s: Contender) -> Step[Contender]:
        """An initiator becomes a candidate."""
        guard(s.stage is Stage.INITIATOR, "it has heard of an election, or leaves that to others")
        return self.enter(s, 0)

    @receive(fair=WEAK)
    def probe(self, s: Contender, src: NodeId, msg: Probe) -> Contender | Step[Contender]:
        """A higher id goes on or turns round, a lower one is swallowed, one's own has won."""
        if msg.id == s.id:
            won = replace(s, answered=None, leader=s.id)
            # Both probes come home, and the first of them wins.
            return Step(won, () if s.elected else self.send(right(self.nodes, self.me), Elected(s.id)))
        if msg.id > s.id:
            relay, onward = replace(s, stage=Stage.RELAY, answered=None), replace(msg, hops=msg.hops + 1)
            hops = onward.hops if self.bug == "turns-early" else msg.hops  # it was counted before the test
            if hops < 2**msg.phase:
                return Step(relay, self.send(self.beyond(src), onward))
            return Step(relay, self.send(src, Reply(msg.id)))
        if s.stage in (Stage.ASLEEP, Stage.INITIATOR):
            return self.enter(s, 0)
        return s

    @receive(fair=WEAK)
    def reply(self, s: Contender, src: NodeId, msg: Reply) -> Contender | Step[Contender]:
        """It is passed on to its candidate, for which the second one of a phase begins the next."""
        if msg.id != s.id:
            # Who has lost has nothing to say any more, but has to carry what others say.
            drops = self.bug == "relay-drops-replies" and s.stage is Stage.RELAY
            return Step(s, () if drops else self.send(self.beyond(src), msg))
        if s.stage is not Stage.CANDIDATE:
            return s  # a higher id has passed since
        if s.answered in (None, src) and self.bug != "one-reply":
            return replace(s, answered=src)
        # both sides, or with the bug only one, know of no higher id
        return self.enter(s, s.phase + 1)

    @receive(fair=WEAK)
    def announcement(self, s: Contender, src: NodeId, msg: Elected) -> Step[Contender]:
        """Learn who leads, and pass it on round the ring."""
        return told(s, msg, self.send(right(self.nodes, self.me), msg))

    def enter(self, s: Contender, phase: int) -> Step[Contender]:
        """Begin a phase, with a probe both ways."""
        candidate = replace(s, stage=Stage.CANDIDATE, phase=phase, answered=None)
        both = (left(self.nodes, self.me), right(self.nodes, self.me))
        return Step(candidate, self.send(both, Probe(s.id, phase, hops=1)))

    def beyond(self, src: NodeId) -> NodeId:
        """The neighbour on the other side than ``src``."""
        before, after = left(self.nodes, self.me), right(self.nodes, self.me)
        return after if src == before else before


def phase(s: Contender) -> int:
    """The last phase that a processor has begun."""
    return s.phase


def far_apart(nodes: int) -> Property:
    """Two processors that have come to phase k are more than 2 ** (k - 1) apart: each has had no higher id so
    near. Hence at most n / (2 ** (k - 1) + 1) come to phase k, on which the number of messages rests.
    """

    def check(a: NodeView[int], b: NodeView[int]) -> bool | str:
        between = abs(a.node.index - b.node.index)
        distance, both = min(between, nodes - between), min(a.state, b.state)
        if both > 0 and distance <= 2 ** (both - 1):
            return f"{a.node} and {b.node}, {distance} apart, have both come to phase {both}"
        return True

    return always("candidates are far apart", pair(node_views(State, phase), check))


def model(
    nodes: Annotated[int, "processors on the ring, three or more"] = 4,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
) -> Model:
    """Election on a two-way ring with O(n log n) messages, for every order of the ids and all initiators.

    Paper: D. Hirschberg and J. Sinclair, Decentralized Extrema-Finding in Circular Configurations of
        Processors, CACM 23(11), 1980.
    Assumes: ids that differ; no message is lost and no processor crashes.
    Liveness: everyone decides, under weak fairness of begin and of the deliveries; checked is that no state
        is a dead end, and that from each of them everyone can still decide.
    Bugs:
        one-reply: a candidate goes on after the first reply of a phase. The right one is elected, but
            neighbours go on together, and the bound on the number of messages is gone: tests of the
            result alone do not see it.
        turns-early: the hop is counted before it is compared with 2 ** phase, so that probes turn round too
            early (off by one: implementations also have it the other way, which only costs messages).
        relay-drops-replies: who has lost takes no more part, and drops the replies that it should pass on.
    """
    if nodes < 3:
        raise ValueError("two ways round need three processors")
    return Model(
        HirschbergSinclair(bug),
        nodes=node_ids(nodes),
        environment=Environment(network="bag"),  # nothing is lost; the order does not matter
        initial=beginnings(ids_for(nodes), Contender),
        properties=[
            ring.one_elected(),
            ring.highest_elected(),
            ring.all_agree(),
            decisions_are_final(),
            far_apart(nodes),
            ring.everyone_decides(),
            ring.can_always_end(),
            sometimes("a candidate comes to phase 2", each(node_views(State, phase), lambda n: n.state == 2)),
        ],
        deadlock=ring.proper_end(),
    )
