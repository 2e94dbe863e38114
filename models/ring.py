"""Election on a one-way ring: the highest id goes all the way round and comes home to its owner.

Every processor knows its own id and how to send to its neighbour on the right, no more: not who else there
is, nor how many. The ids that can't win are swallowed on the way (which is what Chang and Roberts added to Le
Lann's algorithm), and a last lap tells everyone who leads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from itertools import chain, combinations, permutations
from typing import Annotated, TypeVar

from elcheck import (
    WEAK,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    Prepared,
    Sends,
    State,
    Step,
    action,
    durable,
    guard,
    node_ids,
    receive,
    replace,
)
from elcheck.specs import election, ring

S = TypeVar("S", bound=State)


class Stage(Enum):
    """What part a processor takes in the election."""

    ASLEEP = 0
    """It has heard of no election, and does not begin one."""
    INITIATOR = 1
    """The same, but sooner or later it will begin one."""
    CANDIDATE = 2
    RELAY = 3
    """It has met a higher id, and only passes messages on."""


class Processor(State):
    """The state of a processor."""

    id: int = durable(0)
    stage: Stage = Stage.ASLEEP
    leader: int | None = None
    """The id of the leader, once it knows it."""

    @property
    def elected(self) -> bool:
        """Whether it leads."""
        return self.leader == self.id

    @property
    def decision(self) -> int | None:
        """Who leads, irrevocably."""
        return self.leader


class Token(Message):
    """The id of a candidate, on its way round."""

    id: int


class Elected(Message):
    """The announcement, on the last lap."""

    leader: int


class ChangRoberts(Node[Processor]):
    """Chang and Roberts 1979: of Le Lann's ids (1977), those that can't win are stopped on their way. The
    links need not keep the order.
    """

    @action(fair=WEAK)
    def begin(self, s: Processor) -> Step[Processor]:
        """An initiator becomes a candidate."""
        guard(s.stage is Stage.INITIATOR, "it has heard of an election, or leaves that to others")
        return self.stand(s)

    def stand(self, s: Processor) -> Step[Processor]:
        """A candidate's id sets out."""
        return Step(replace(s, stage=Stage.CANDIDATE), self.send(right(self), Token(s.id)))

    @receive(fair=WEAK)
    def token(self, s: Processor, src: NodeId, msg: Token) -> Step[Processor]:
        """A higher id passes and makes a relay, a lower one is swallowed, one's own has won."""
        if msg.id == s.id:
            return Step(replace(s, leader=s.id), self.send(right(self), Elected(s.id)))
        if msg.id > s.id:
            return Step(replace(s, stage=Stage.RELAY), self.send(right(self), msg))
        if s.stage in (Stage.ASLEEP, Stage.INITIATOR):
            return self.wake(s)
        return Step(s, self.swallow(msg))

    def wake(self, s: Processor) -> Step[Processor]:
        """Woken by a lower id, which it swallows, it stands in its place."""
        return self.stand(s)

    def swallow(self, msg: Token) -> Sends:
        """What becomes of an id that can't win: it does not come home."""
        return ()

    @receive(fair=WEAK)
    def announcement(self, s: Processor, src: NodeId, msg: Elected) -> Step[Processor]:
        """Learn who leads, and pass it on."""
        if self.is_over(s, msg):
            return Step(s)
        return Step(replace(s, stage=Stage.RELAY, leader=msg.leader), self.send(right(self), msg))

    def is_over(self, s: Processor, msg: Elected) -> bool:
        """The leader takes its own announcement off the ring."""
        return msg.leader == s.id


# -- Mistakes ----------------------------------------------------------------------------------------------


class DuplicateIds(ChangRoberts):
    """The highest id is there twice. (The stations of a Token Ring elect their Active Monitor like this, by
    address; before one joins, its Duplicate Address Test looks for its equal.)
    """


class SwallowNone(ChangRoberts):
    """Every id is passed on, as in Le Lann's algorithm, but whoever sees its own again wins at once, without
    a look at the ids that it has passed on.
    """

    def swallow(self, msg: Token) -> Sends:
        return self.send(right(self), msg)


class SleeperSwallows(ChangRoberts):
    """A lower id that wakes a processor is swallowed as if its own were under way already ("participant" is
    set on receipt, and taken to mean that it has sent; a slip of textbook code).
    """

    def wake(self, s: Processor) -> Step[Processor]:
        return Step(replace(s, stage=Stage.CANDIDATE))


class AnnounceForever(ChangRoberts):
    """Nobody takes the announcement off the ring. (On a Token Ring it is a duty of the Active Monitor to
    remove what goes round a second time.)
    """

    def is_over(self, s: Processor, msg: Elected) -> bool:
        return False


# -- Rings -------------------------------------------------------------------------------------------------


def right(at: Node[S]) -> NodeId:
    """The neighbour that a processor sends to."""
    return at.nodes[(at.me.index + 1) % len(at.nodes)]


def left(at: Node[S]) -> NodeId:
    """The neighbour on the other side."""
    return at.nodes[at.me.index - 1]


def ids_for(nodes: int, *, duplicate: bool = False) -> tuple[int, ...]:
    """The ids 1, 2, ... of a ring; with ``duplicate`` the highest is there twice."""
    if nodes < 2:
        raise ValueError("a ring has at least two processors")
    return (*range(1, nodes), nodes - 1 if duplicate else nodes)


def arrangements(ids: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every order of the ids round the ring, turned so that the first id stays where it is."""
    first, *others = ids
    for rest in sorted(set(permutations(others))):
        yield (first, *rest)


def beginnings(
    ids: Sequence[int], processor: Callable[[int, Stage], Processor] = Processor
) -> list[Prepared]:
    """The initial states: every order of the ids round the ring, and every set of initiators but none."""
    nodes = node_ids(len(ids))
    sizes = range(1, len(nodes) + 1)
    sets = list(chain.from_iterable(combinations(nodes, size) for size in sizes))
    return [
        Prepared(
            {
                node: processor(id, Stage.INITIATOR if node in initiators else Stage.ASLEEP)
                for node, id in zip(nodes, order, strict=True)
            }
        )
        for order in arrangements(ids)
        for initiators in sets
    ]


# -- The model ---------------------------------------------------------------------------------------------


def model(
    nodes: Annotated[int, "processors on the ring"] = 4,
    bug: Annotated[type[ChangRoberts], "a mistake to put in"] = ChangRoberts,
) -> Model:
    """Election on a one-way ring, for every order of the ids and every set of initiators.

    Paper: G. Le Lann, Distributed Systems: Towards a Formal Approach, IFIP Congress 1977; E. Chang and
        R. Roberts, An Improved Algorithm for Decentralized Extrema-Finding in Circular Configurations of
        Processes, CACM 22(5), 1979.
    Assumes: ids that differ; no message is lost and no processor crashes.
    Liveness: everyone decides, under weak fairness of begin and of each delivery.
    """
    return Model(
        bug(),
        nodes=node_ids(nodes),
        environment=Environment(network="bag"),  # nothing is lost; the order does not matter
        initial=beginnings(ids_for(nodes, duplicate=bug is DuplicateIds)),
        properties=[
            ring.one_elected(Processor),
            ring.highest_elected(Processor),
            ring.all_agree(Processor),
            election.decisions_are_final(Processor),
            election.every_node_decides(Processor),
            ring.everyone_decides(Processor),
            ring.can_always_end(Processor),
            ring.quiet_after_the_end(Processor, Elected),
        ],
        deadlock=ring.proper_end(Processor),
    )
