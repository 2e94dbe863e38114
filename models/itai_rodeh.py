"""Election on a ring whose processes are all alike: they draw lots until the highest lot is drawn once only.

Without ids and without chance, processes that begin alike can stay alike for ever (Angluin 1980), so none
can be elected. With chance one can be, if they know how many they are: by the hops that a lot has made, a
process tells its own, when it comes home, from an equal one of another process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import Annotated, Literal

from elcheck import (
    WEAK,
    Bound,
    Environment,
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
    node_ids,
    node_views,
    receive,
    sometimes,
    whole,
)
from elcheck.models.ring import right
from elcheck.specs import ring
from elcheck.specs.election import decisions_are_final

Bug = Literal["no-fifo", "wrong-size", "tie-ignored", "one-lot"]


class Stage(Enum):
    """What a process is."""

    ACTIVE = 0
    PASSIVE = 1
    LEADER = 2
    FOLLOWER = 3


class Process(State):
    """The local state. ``lot`` is the number that an active process has drawn last, in round ``round``."""

    stage: Stage = Stage.PASSIVE
    lot: int = 0
    round: int = 0

    @property
    def elected(self) -> bool:
        """Whether it leads."""
        return self.stage is Stage.LEADER

    @property
    def decision(self) -> Stage | None:
        """Leader or follower, None as long as neither is certain."""
        return self.stage if self.stage in (Stage.LEADER, Stage.FOLLOWER) else None


class Lot(Message):
    """A lot on its way round, which has made ``hops`` hops; ``unique`` as long as it has met no equal one."""

    round: int
    lot: int
    hops: int = 1
    unique: bool = True


class Elected(Message):
    """The announcement: the sender is ``hops`` behind the leader."""

    hops: int = 1


class ItaiRodeh(Node[Process]):
    """Itai and Rodeh 1990, with ``rounds``; without, Fokkink and Pang 2006, algorithm A, which is finite but
    needs links that keep the order. ``size`` is what a process takes for the number of processes.
    """

    size: int
    lots: int
    rounds: bool = False
    bug: Bug | None = None

    def start(self) -> Steps[Process]:
        # All have drawn when it begins: who drew later could do nothing before, so its lot could as well have
        # been late.
        yield from self.draw(0)

    def draw(self, round: int) -> Steps[Process]:
        """Draw a lot, any of them, and send it round."""
        for lot in range(1, self.lots + 1):
            yield Step(
                Process(Stage.ACTIVE, lot, round), self.send(right(self.nodes, self.me), Lot(round, lot))
            )

    @receive(fair=WEAK)
    def lot(self, s: Process, src: NodeId, msg: Lot) -> Steps[Process]:
        """A higher lot makes passive, a lower one is purged, an equal one marked; one's own comes home."""
        after, farther = right(self.nodes, self.me), replace(msg, hops=msg.hops + 1)
        theirs, mine = (msg.round, msg.lot), (s.round, s.lot)
        if msg.hops == self.size:
            yield from self.home(s, msg)
        elif s.stage is not Stage.ACTIVE:
            yield Step(s, self.send(after, farther))
        elif theirs == mine:  # not the only one any more, so that its owner will draw again
            yield Step(s, self.send(after, replace(farther, unique=False)))
        elif theirs > mine:
            yield Step(Process(Stage.PASSIVE), self.send(after, farther))
        else:
            yield Step(s)

    def home(self, s: Process, msg: Lot) -> Steps[Process]:
        """One's own lot: it was the highest, and has won if nobody else had drawn the same."""
        if s.stage is not Stage.ACTIVE:
            yield Step(s)  # a higher one came first, which it does not when the order is kept
        elif msg.unique or self.bug == "tie-ignored":
            yield Step(Process(Stage.LEADER), self.send(right(self.nodes, self.me), Elected()))
        else:
            yield from self.draw(s.round + 1 if self.rounds else 0)

    @receive(fair=WEAK)
    def announcement(self, s: Process, src: NodeId, msg: Elected) -> Step[Process]:
        """Follow, and pass it on unless the leader is next."""
        farther = Elected(msg.hops + 1)
        onward = self.send(right(self.nodes, self.me), farther) if farther.hops < self.size else ()
        return Step(Process(Stage.FOLLOWER), onward)


def stage(s: Process) -> Stage:
    """What a process is."""
    return s.stage


def somebody_is_left(processes: Sequence[NodeView[Stage]]) -> bool | str:
    """There is always a process that can still be elected, or is."""
    left = any(n.state in (Stage.ACTIVE, Stage.LEADER) for n in processes)
    return left or "all have become passive"


def model(
    nodes: Annotated[int, "processes on the ring"] = 3,
    lots: Annotated[int, "different lots"] = 2,
    rounds: Annotated[int, "number the rounds, and search so many; 0 for none, which needs FIFO"] = 0,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
) -> Model:
    """Election on an anonymous ring, by lots, for everything that may be drawn.

    Paper: A. Itai and M. Rodeh, Symmetry Breaking in Distributed Networks, Information and Computation 88(1),
        1990 (FOCS 1981); W. Fokkink and J. Pang, Variations on Itai-Rodeh Leader Election for Anonymous Rings
        and their Analysis in PRISM, Journal of Universal Computer Science 12(8), 2006, algorithm A.
    Assumes: all know how many they are; independent draws; nothing is lost and no process crashes; without
        numbers of rounds, links that keep the order.
    Liveness: a leader is elected with probability one, which is not the same as always: lots may be equal
        for ever. Checked is what makes it so: from every state everyone can still decide.
    Bugs:
        no-fifo: without numbers of rounds, over links that don't keep the order, an old lot beats a new one
            until nobody is active (why Fokkink and Pang assume FIFO). It takes three different lots.
        wrong-size: two rings of two were joined, and nobody was told. That one can't do without the size is
            a theorem of Itai and Rodeh; a quorum for a cluster that has grown since is the same mistake.
        tie-ignored: a lot that has come home wins although it was marked.
        one-lot: there is nothing to choose from, as when all draw the same numbers from the same seed. That
            this can't work is a theorem of Angluin (STOC 1980).
    """
    size = nodes
    if bug == "no-fifo":
        lots = max(lots, 3)
    elif bug == "one-lot":
        lots = 1
    elif bug == "wrong-size":
        nodes = 2 * (size := 2)
    ordered = not rounds and bug != "no-fifo"

    def tie(state: State) -> bool:
        lots_out = [under_way.msg for under_way in state.network if isinstance(under_way.msg, Lot)]
        return any(lot.hops == size and not lot.unique for lot in lots_out)

    return Model(
        ItaiRodeh(size, lots, rounds > 0, bug),
        # Numbers of rounds do what the order on the links does, but there is no end to them.
        nodes=node_ids(nodes),
        environment=Environment(network="fifo" if ordered else "bag"),
        bounds=[Bound("max_round", Process, lambda s: s.round < rounds)] if rounds else [],
        properties=[
            ring.one_elected(),
            always("somebody is left", all_nodes(node_views(State, stage), somebody_is_left)),
            decisions_are_final(),
            ring.everyone_decides(),
            sometimes("a tie", whole(tie)),
            *([] if rounds else [ring.can_always_end()]),  # in the last round of the search it can't be told
            *([ring.quiet_after_the_end()] if ordered else []),
        ],
        deadlock=ring.proper_end(),
    )
