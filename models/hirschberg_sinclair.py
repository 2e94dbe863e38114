"""Election on a two-way ring with O(n log n) messages: candidates ask ever farther around themselves.

A candidate sends its id both ways, one hop far in phase 0, two hops in phase 1, then four, eight ... Only if
both probes are answered, which means that no higher id is that near, does it go on to the next phase. So few
candidates send their ids far, and the highest id's probe comes all the way round.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import (
    WEAK,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    Sends,
    Step,
    action,
    always,
    each,
    guard,
    node_ids,
    node_views,
    pair,
    receive,
    replace,
    sometimes,
    view,
)
from elcheck.models.ring import Elected, Processor, Stage, beginnings, ids_for, left, right
from elcheck.specs import election, ring


class Contender(Processor):
    """The state of a processor."""

    phase: int = 0
    """The last one that it began."""
    answered: NodeId | None = None
    """The neighbour through which the first reply of this phase came."""


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

    @action(fair=WEAK)
    def begin(self, s: Contender) -> Step[Contender]:
        """An initiator becomes a candidate."""
        guard(s.stage is Stage.INITIATOR, "it has heard of an election, or leaves that to others")
        return self.enter(s, 0)

    def enter(self, s: Contender, phase: int) -> Step[Contender]:
        """Begin a phase, with a probe both ways."""
        candidate = replace(s, stage=Stage.CANDIDATE, phase=phase, answered=None)
        return Step(candidate, self.send((left(self), right(self)), Probe(s.id, phase, hops=1)))

    @receive(fair=WEAK)
    def probe(self, s: Contender, src: NodeId, msg: Probe) -> Contender | Step[Contender]:
        """A higher id goes on or turns round, a lower one is swallowed, one's own has won."""
        if msg.id == s.id:  # both probes come home, and the first of them wins
            won = replace(s, answered=None, leader=s.id)
            return Step(won, () if s.elected else self.send(right(self), Elected(s.id)))
        if msg.id > s.id:
            relay, onward = replace(s, stage=Stage.RELAY, answered=None), replace(msg, hops=msg.hops + 1)
            if self.made(msg) < 2**msg.phase:
                return Step(relay, self.send(self.beyond(src), onward))
            return Step(relay, self.send(src, Reply(msg.id)))
        if s.stage in (Stage.ASLEEP, Stage.INITIATOR):
            return self.enter(s, 0)
        return s

    def made(self, msg: Probe) -> int:
        """The hops that a probe has made, the next one not among them."""
        return msg.hops

    @receive(fair=WEAK)
    def reply(self, s: Contender, src: NodeId, msg: Reply) -> Contender | Step[Contender]:
        """It is passed on to its candidate, for which the second one of a phase begins the next."""
        if msg.id != s.id:
            return Step(s, self.carry(s, src, msg))
        if s.stage is not Stage.CANDIDATE:
            return s  # a higher id has passed since
        return self.enter(s, s.phase + 1) if self.is_second(s, src) else replace(s, answered=src)

    def carry(self, s: Contender, src: NodeId, msg: Reply) -> Sends:
        """Who has lost has nothing to say any more, but has to carry what others say."""
        return self.send(self.beyond(src), msg)

    def is_second(self, s: Contender, src: NodeId) -> bool:
        """On both sides no higher id is known."""
        return s.answered not in (None, src)

    @receive(fair=WEAK)
    def announcement(self, s: Contender, src: NodeId, msg: Elected) -> Contender | Step[Contender]:
        """Learn who leads, and pass it on round the ring."""
        if msg.leader == s.id:
            return s
        return Step(replace(s, stage=Stage.RELAY, leader=msg.leader), self.send(right(self), msg))

    def beyond(self, src: NodeId) -> NodeId:
        """The neighbour on the other side than ``src``."""
        return right(self) if src == left(self) else left(self)


# -- Mistakes ----------------------------------------------------------------------------------------------


class OneReply(HirschbergSinclair):
    """A candidate goes on after the first reply of a phase. The right one is elected, but neighbours go on
    together, and the bound on the number of messages is gone: tests of the result alone do not see it.
    """

    def is_second(self, s: Contender, src: NodeId) -> bool:
        return True


class TurnsEarly(HirschbergSinclair):
    """The hop is counted before it is compared with 2 ** phase, so that probes turn round too early (off by
    one: implementations also have it the other way, which only costs messages).
    """

    def made(self, msg: Probe) -> int:
        return msg.hops + 1


class RelayDropsReplies(HirschbergSinclair):
    """Who has lost takes no more part, and drops the replies that it should pass on."""

    def carry(self, s: Contender, src: NodeId, msg: Reply) -> Sends:
        return () if s.stage is Stage.RELAY else super().carry(s, src, msg)


# -- The model ---------------------------------------------------------------------------------------------


def model(
    nodes: Annotated[int, "processors on the ring, three or more"] = 4,
    bug: Annotated[type[HirschbergSinclair], "a mistake to put in"] = HirschbergSinclair,
) -> Model:
    """Election on a two-way ring with O(n log n) messages, for every order of the ids and all initiators.

    Paper: D. Hirschberg and J. Sinclair, Decentralized Extrema-Finding in Circular Configurations of
        Processors, CACM 23(11), 1980.
    Assumes: ids that differ; no message is lost and no processor crashes.
    Liveness: everyone decides, under weak fairness of begin and of the deliveries; checked is that no state
        is a dead end, and that from each of them everyone can still decide.
    """
    if nodes < 3:
        raise ValueError("two ways round need three processors")

    def phase(s: Contender) -> int:
        return s.phase

    def far_apart(a: NodeView[int], b: NodeView[int]) -> bool | str:
        """Two processors that have come to phase k are more than 2 ** (k - 1) apart: each has had no higher
        id so near. Hence at most n / (2 ** (k - 1) + 1) come to phase k, on which the number of messages
        rests.
        """
        between = abs(a.node.index - b.node.index)
        distance, both = min(between, nodes - between), min(a.state, b.state)
        if both > 0 and distance <= 2 ** (both - 1):
            return f"{a.node} and {b.node}, {distance} apart, have both come to phase {both}"
        return True

    return Model(
        bug(),
        nodes=node_ids(nodes),
        environment=Environment(network="bag"),  # nothing is lost; the order does not matter
        initial=beginnings(ids_for(nodes), Contender),
        properties=[
            ring.one_elected(Contender),
            ring.highest_elected(Contender),
            ring.all_agree(Contender),
            election.decisions_are_final(Contender),
            always("candidates are far apart", pair(node_views(Contender, phase), far_apart)),
            ring.everyone_decides(Contender),
            ring.can_always_end(Contender),
            sometimes("a candidate comes to phase 2", each(view(Contender, phase), lambda k: k == 2)),
        ],
        deadlock=ring.proper_end(Contender),
    )
