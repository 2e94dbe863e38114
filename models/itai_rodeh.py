"""Election on a ring whose processes are all alike: they draw lots until the highest lot is drawn once only.

Without ids and without chance, processes that begin alike can stay alike for ever (Angluin 1980), so none
can be elected. With chance one can be, if they know how many they are: by the hops that a lot has made, a
process tells its own, when it comes home, from an equal one of another process.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Annotated

from elcheck import (
    WEAK,
    Bound,
    Environment,
    GlobalState,
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
    replace,
    sometimes,
    whole,
)
from elcheck.models.ring import right
from elcheck.specs import election, ring


class Stage(Enum):
    """What a process is."""

    ACTIVE = 0
    PASSIVE = 1
    LEADER = 2
    FOLLOWER = 3


class Process(State):
    """The state of a process."""

    stage: Stage = Stage.PASSIVE
    lot: int = 0
    """The number that an active process has drawn last."""
    round: int = 0
    """And in which round."""

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

    def start(self) -> Steps[Process]:
        """All have drawn when it begins: who drew later could do nothing before, so its lot could as well
        have been late.
        """
        return self.draw(0)

    def draw(self, round: int) -> Steps[Process]:
        """Draw a lot, any of them, and send it round."""
        for lot in range(1, self.lots + 1):
            yield Step(Process(Stage.ACTIVE, lot, round), self.send(right(self), Lot(round, lot)))

    @receive(fair=WEAK)
    def lot(self, s: Process, src: NodeId, msg: Lot) -> Process | Step[Process] | Steps[Process]:
        """A higher lot makes passive, a lower one is purged, an equal one marked; one's own comes home."""
        farther = replace(msg, hops=msg.hops + 1)
        theirs, mine = (msg.round, msg.lot), (s.round, s.lot)
        if msg.hops == self.size:
            return self.home(s, msg)
        if s.stage is not Stage.ACTIVE:
            return Step(s, self.send(right(self), farther))
        if theirs == mine:  # not the only one any more, so that its owner will draw again
            return Step(s, self.send(right(self), replace(farther, unique=False)))
        if theirs > mine:
            return Step(Process(Stage.PASSIVE), self.send(right(self), farther))
        return s

    def home(self, s: Process, msg: Lot) -> Process | Step[Process] | Steps[Process]:
        """One's own lot: it was the highest, and has won or is drawn again."""
        if s.stage is not Stage.ACTIVE:
            return s  # a higher one came first, which it does not when the order is kept
        if self.has_won(msg):
            return Step(Process(Stage.LEADER), self.send(right(self), Elected()))
        return self.draw(s.round + 1 if self.rounds else 0)

    def has_won(self, msg: Lot) -> bool:
        """Nobody else has drawn the same."""
        return msg.unique

    @receive(fair=WEAK)
    def announcement(self, s: Process, src: NodeId, msg: Elected) -> Step[Process]:
        """Follow, and pass it on unless the leader is next."""
        farther = Elected(msg.hops + 1)
        onward = self.send(right(self), farther) if farther.hops < self.size else ()
        return Step(Process(Stage.FOLLOWER), onward)


# -- Mistakes ----------------------------------------------------------------------------------------------


class NoFifo(ItaiRodeh):
    """Without numbers of rounds, over links that don't keep the order, an old lot beats a new one until
    nobody is active (why Fokkink and Pang assume FIFO). It takes three different lots.
    """


class WrongSize(ItaiRodeh):
    """Two rings of two were joined, and nobody was told. That one can't do without the size is a theorem of
    Itai and Rodeh; a quorum for a cluster that has grown since is the same mistake.
    """


class TieIgnored(ItaiRodeh):
    """A lot that has come home wins although it was marked."""

    def has_won(self, msg: Lot) -> bool:
        return True


class OneLot(ItaiRodeh):
    """There is nothing to choose from, as when all draw the same numbers from the same seed. That this can't
    work is a theorem of Angluin (STOC 1980).
    """


# -- The model ---------------------------------------------------------------------------------------------


def model(
    nodes: Annotated[int, "processes on the ring"] = 3,
    lots: Annotated[int, "different lots"] = 2,
    rounds: Annotated[int, "number the rounds, and search so many; 0 for none, which needs FIFO"] = 0,
    bug: Annotated[type[ItaiRodeh], "a mistake to put in"] = ItaiRodeh,
) -> Model:
    """Election on an anonymous ring, by lots, for everything that may be drawn.

    Paper: A. Itai and M. Rodeh, Symmetry Breaking in Distributed Networks, Information and Computation 88(1),
        1990 (FOCS 1981); W. Fokkink and J. Pang, Variations on Itai-Rodeh Leader Election for Anonymous Rings
        and their Analysis in PRISM, Journal of Universal Computer Science 12(8), 2006, algorithm A.
    Assumes: all know how many they are; independent draws; nothing is lost and no process crashes; without
        numbers of rounds, links that keep the order.
    Liveness: a leader is elected with probability one, which is not the same as always: lots may be equal
        for ever. Checked is what makes it so: from every state everyone can still decide.
    """
    if bug is NoFifo:
        lots = max(lots, 3)
    elif bug is OneLot:
        lots = 1
    nodes, size = (4, 2) if bug is WrongSize else (nodes, nodes)
    ordered = not rounds and bug is not NoFifo

    def stage(s: Process) -> Stage:
        return s.stage

    def somebody_is_left(processes: Sequence[NodeView[Stage]]) -> bool | str:
        """There is always a process that can still be elected, or is."""
        left = any(n.state in (Stage.ACTIVE, Stage.LEADER) for n in processes)
        return left or "all have become passive"

    def tie(state: GlobalState) -> bool:
        lots_out = [under_way.msg for under_way in state.network if isinstance(under_way.msg, Lot)]
        return any(lot.hops == size and not lot.unique for lot in lots_out)

    return Model(
        bug(size, lots, rounds > 0),
        nodes=node_ids(nodes),
        # Numbers of rounds do what the order on the links does, but there is no end to them.
        environment=Environment(network="fifo" if ordered else "bag"),
        bounds=[Bound("max_round", Process, lambda s: s.round < rounds)] if rounds else [],
        properties=[
            ring.one_elected(Process),
            always("somebody is left", all_nodes(node_views(Process, stage), somebody_is_left)),
            election.decisions_are_final(Process),
            ring.everyone_decides(Process),
            sometimes("a tie", whole(tie)),
            *([] if rounds else [ring.can_always_end(Process)]),  # in the last round it can't be told
            *([ring.quiet_after_the_end(Process)] if ordered else []),
        ],
        deadlock=ring.proper_end(Process),
    )
