"""Election on a one-way ring with O(n log n) messages: the active processors compare three neighbouring ids.

Those that are active stand for an id, at first their own. In each phase an active processor learns what the
two nearest active ones upstream stand for, and stays active only if the nearer one stands for the highest of
the three ids, which it stands for from then on. So at least half of them become relays in each phase, and
the highest id, wherever it has moved to, is left.
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
    Sends,
    State,
    Step,
    action,
    each,
    guard,
    node_ids,
    node_views,
    receive,
    sometimes,
)
from elcheck.models.ring import Processor, Stage, beginnings, ids_for, right
from elcheck.specs import ring
from elcheck.specs.election import decisions_are_final

Bug = Literal["no-fifo", "duplicate-ids", "keeps-own-id"]


class Contender(Processor):
    """The local state. A candidate (an active processor) stands for the id ``maximum``; ``neighbour`` is what
    the nearest candidate upstream stands for, 0 as long as it has not told so in this phase. ``found``: it
    has found out who leads, and its announcement is on its way.
    """

    maximum: int = 0
    neighbour: int = 0
    found: bool = False


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

    bug: Bug | None = None

    @action(fair=WEAK)
    def begin(self, s: Contender) -> Contender:
        """An initiator becomes a candidate for its own id."""
        guard(s.stage is Stage.INITIATOR, "it has heard of an election, or leaves that to others")
        return self.awake(s)

    def awake(self, s: Contender) -> tuple[Contender, Sends]:
        """Begin, by oneself or with the first message that comes: a candidate for one's own id."""
        if s.stage not in (Stage.ASLEEP, Stage.INITIATOR):
            return s, ()
        return Contender(s.id, Stage.CANDIDATE, maximum=s.id), self.send(
            right(self.nodes, self.me), One(s.id)
        )

    @receive(fair=WEAK)
    def one(self, s: Contender, src: NodeId, msg: One) -> Step[Contender]:
        """What the nearest candidate stands for; the next one is told."""
        s, sends = self.awake(s)
        onward = right(self.nodes, self.me)
        if s.stage is Stage.RELAY:
            return Step(s, sends + self.send(onward, msg))
        if msg.id != s.maximum:
            return Step(replace(s, neighbour=msg.id), sends + self.send(onward, Two(msg.id)))
        # it has been all the way round, and met no other candidate
        return Step(replace(s, found=True), sends + self.send(onward, Winner(msg.id)))

    @receive(fair=WEAK)
    def two(self, s: Contender, src: NodeId, msg: Two) -> Step[Contender]:
        """What the second candidate stands for: the phase is over, and the highest of the three goes on."""
        s, sends = self.awake(s)
        onward = right(self.nodes, self.me)
        if s.stage is Stage.RELAY:
            return Step(s, sends + self.send(onward, msg))
        if s.neighbour > max(s.maximum, msg.id):
            # The neighbour that stood for this id is out, since its own neighbour has a lower one: if nobody
            # took the id over, it would be gone.
            highest = s.maximum if self.bug == "keeps-own-id" else s.neighbour
            return Step(replace(s, maximum=highest, neighbour=0), sends + self.send(onward, One(highest)))
        return Step(replace(s, stage=Stage.RELAY, maximum=0, neighbour=0), sends)

    @receive(fair=WEAK)
    def winner(self, s: Contender, src: NodeId, msg: Winner) -> Step[Contender]:
        """Learn who leads, and pass it on; who found it takes it off the ring."""
        known = Contender(s.id, Stage.RELAY, msg.leader)
        return Step(known, () if s.found else self.send(right(self.nodes, self.me), msg))


def holds_another(s: Contender) -> bool:
    """Whether a processor stands for an id that is not its own."""
    return s.maximum > s.id


def model(
    nodes: Annotated[int, "processors on the ring"] = 4,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
) -> Model:
    """Election on a one-way ring with O(n log n) messages, for every order of the ids and all initiators.

    Paper: D. Dolev, M. Klawe and M. Rodeh, An O(n log n) Unidirectional Distributed Algorithm for Extrema
        Finding in a Circle, Journal of Algorithms 3(3), 1982, algorithm A; G. Peterson, An O(n log n)
        Unidirectional Algorithm for the Circular Extrema Problem, ACM TOPLAS 4(4), 1982.
    Assumes: ids that differ; links that keep the order and lose nothing; no processor crashes.
    Liveness: everyone decides, under weak fairness of begin and of the deliveries; checked is that no state
        is a dead end, and that from each of them everyone can still decide.
    Bugs:
        no-fifo: messages overtake each other, so that the ids of different phases are compared: all become
            relays, or two lead (the assumption that is left out when the algorithm is put on datagrams).
        duplicate-ids: the highest id is there twice; meeting its equal, a processor takes it for its own.
        keeps-own-id: who stays active goes on with its own id instead of its neighbour's.
    """
    return Model(
        Peterson(bug),
        nodes=node_ids(nodes),
        environment=Environment(network="bag" if bug == "no-fifo" else "fifo"),  # the order is kept
        initial=beginnings(ids_for(nodes, duplicate=bug == "duplicate-ids"), Contender),
        properties=[
            ring.one_elected(),
            ring.highest_elected(),
            ring.all_agree(),
            decisions_are_final(),
            ring.everyone_decides(),
            ring.can_always_end(),
            *([] if bug == "no-fifo" else [ring.quiet_after_the_end()]),
            sometimes("an id moves", each(node_views(State, holds_another), lambda n: n.state)),
        ],
        deadlock=ring.proper_end(),
    )
