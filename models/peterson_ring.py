"""Election on a one-way ring with O(n log n) messages: the active processors compare three neighbouring ids.

Those that are active stand for an id, at first their own. In each phase an active processor learns what the
two nearest active ones upstream stand for, and stays active only if the nearer one stands for the highest of
the three ids, which it stands for from then on. So at least half of them become relays in each phase, and
the highest id, wherever it has moved to, is left.
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
    Sends,
    Step,
    action,
    each,
    guard,
    node_ids,
    receive,
    replace,
    sometimes,
)
from elcheck.models.ring import Processor, Stage, beginnings, ids_for, right
from elcheck.specs import election, ring


class Contender(Processor):
    """The state of a processor. Those that are active are candidates."""

    maximum: int = 0
    """The id that a candidate stands for."""
    neighbour: int = 0
    """What the nearest candidate upstream stands for, 0 as long as it has not told so in this phase."""
    found: bool = False
    """It has found out who leads, and its announcement is on its way."""


class One(Message):
    """What the sender stands for, to the next candidate."""

    id: int


class Two(Message):
    """What the candidate before the sender stands for."""

    id: int


class Winner(Message):
    """The announcement."""

    leader: int


class Peterson(Node[Contender]):
    """Dolev, Klawe and Rodeh 1982, algorithm A; Peterson 1982. The channels have to keep the order."""

    @action(fair=WEAK)
    def begin(self, s: Contender) -> Step[Contender]:
        """An initiator becomes a candidate for its own id."""
        guard(s.stage is Stage.INITIATOR, "it has heard of an election, or leaves that to others")
        return Step(*self.awake(s))

    def awake(self, s: Contender) -> tuple[Contender, Sends]:
        """Begin, by oneself or with the first message that comes: a candidate for one's own id."""
        if s.stage not in (Stage.ASLEEP, Stage.INITIATOR):
            return s, ()
        return Contender(s.id, Stage.CANDIDATE, maximum=s.id), self.send(right(self), One(s.id))

    @receive(fair=WEAK)
    def one(self, s: Contender, src: NodeId, msg: One) -> Step[Contender]:
        """What the nearest candidate stands for; the next one is told."""
        s, sends = self.awake(s)
        if s.stage is Stage.RELAY:
            return Step(s, sends + self.send(right(self), msg))
        if msg.id == s.maximum:  # it has been all the way round, and met no other candidate
            return Step(replace(s, found=True), sends + self.send(right(self), Winner(msg.id)))
        return Step(replace(s, neighbour=msg.id), sends + self.send(right(self), Two(msg.id)))

    @receive(fair=WEAK)
    def two(self, s: Contender, src: NodeId, msg: Two) -> Step[Contender]:
        """What the second candidate stands for: the phase is over, and the highest of the three goes on."""
        s, sends = self.awake(s)
        if s.stage is Stage.RELAY:
            return Step(s, sends + self.send(right(self), msg))
        if s.neighbour > max(s.maximum, msg.id):
            maximum = self.next_maximum(s)
            return Step(
                replace(s, maximum=maximum, neighbour=0), sends + self.send(right(self), One(maximum))
            )
        return Step(replace(s, stage=Stage.RELAY, maximum=0, neighbour=0), sends)

    def next_maximum(self, s: Contender) -> int:
        """It stands for its neighbour's id. The neighbour is out, since its own neighbour has a lower one: if
        nobody took the id over, it would be gone.
        """
        return s.neighbour

    @receive(fair=WEAK)
    def winner(self, s: Contender, src: NodeId, msg: Winner) -> Step[Contender]:
        """Learn who leads, and pass it on; who found it takes it off the ring."""
        known = Contender(s.id, Stage.RELAY, msg.leader)
        return Step(known, () if s.found else self.send(right(self), msg))


# -- Mistakes ----------------------------------------------------------------------------------------------


class NoFifo(Peterson):
    """Messages overtake each other, so that the ids of different phases are compared: all become relays, or
    two lead (the assumption that is left out when the algorithm is put on datagrams).
    """


class DuplicateIds(Peterson):
    """The highest id is there twice; meeting its equal, a processor takes it for its own."""


class KeepsOwnId(Peterson):
    """Who stays active goes on with its own id instead of its neighbour's."""

    def next_maximum(self, s: Contender) -> int:
        return s.maximum


# -- The model ---------------------------------------------------------------------------------------------


def model(
    nodes: Annotated[int, "processors on the ring"] = 4,
    bug: Annotated[type[Peterson], "a mistake to put in"] = Peterson,
) -> Model:
    """Election on a one-way ring with O(n log n) messages, for every order of the ids and all initiators.

    Paper: D. Dolev, M. Klawe and M. Rodeh, An O(n log n) Unidirectional Distributed Algorithm for Extrema
        Finding in a Circle, Journal of Algorithms 3(3), 1982, algorithm A; G. Peterson, An O(n log n)
        Unidirectional Algorithm for the Circular Extrema Problem, ACM TOPLAS 4(4), 1982.
    Assumes: ids that differ; links that keep the order and lose nothing; no processor crashes.
    Liveness: everyone decides, under weak fairness of begin and of the deliveries; checked is that no state
        is a dead end, and that from each of them everyone can still decide.
    """
    return Model(
        bug(),
        nodes=node_ids(nodes),
        environment=Environment(network="bag" if bug is NoFifo else "fifo"),  # the order is kept
        initial=beginnings(ids_for(nodes, duplicate=bug is DuplicateIds), Contender),
        properties=[
            ring.one_elected(Contender),
            ring.highest_elected(Contender),
            ring.all_agree(Contender),
            election.decisions_are_final(Contender),
            ring.everyone_decides(Contender),
            ring.can_always_end(Contender),
            *([] if bug is NoFifo else [ring.quiet_after_the_end(Contender)]),
            sometimes("an id moves", each(Contender, lambda s: s.maximum > s.id)),
        ],
        deadlock=ring.proper_end(Contender),
    )
