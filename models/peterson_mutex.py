"""Peterson's mutual exclusion: two processes, three shared variables, nothing but reads and writes.

A process raises its flag, gives the turn away, and waits until the other's flag is down or the turn has come
back. Every step reads or writes one shared variable. The wait reads two, again and again; one that lets the
process in is enough, and a reading that does not changes nothing: so there is a step for each of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Annotated

from elcheck import (
    WEAK,
    Map,
    Model,
    Scope,
    Spec,
    State,
    action,
    always_possible,
    guard,
    holds,
    inductive,
    leads_to,
    replace,
    sometimes,
)
from elcheck.specs import mutex

BOTH = (0, 1)
"""The processes."""


class Place(Enum):
    """Where a process is in its program."""

    OUTSIDE = 0
    HALFWAY = 1
    WAITING = 2
    INSIDE = 3


class Store(Enum):
    """What a process writes."""

    FLAG_UP = 0
    TURN_AWAY = 1
    FLAG_DOWN = 2


class Memory(State):
    """Where each process is, and the shared variables."""

    at: Map[int, Place] = Map(dict.fromkeys(BOTH, Place.OUTSIDE))
    flag: Map[int, bool] = Map(dict.fromkeys(BOTH, False))
    turn: int = 0
    stores: Map[int, tuple[Store, ...]] = Map(dict.fromkeys(BOTH, ()))
    """With store buffers: what each process has written and the other can't see yet, the oldest first."""

    @property
    def inside(self) -> tuple[int, ...]:
        """The processes in the critical section."""
        return tuple(i for i in BOTH if self.at[i] is Place.INSIDE)

    def move(self, i: int, place: Place) -> Memory:
        """A process at another place of its program."""
        return replace(self, at=self.at.put(i, place))

    def see(self, i: int, store: Store) -> Memory:
        """What a process has written can be seen."""
        if store is Store.TURN_AWAY:
            return replace(self, turn=1 - i)
        return replace(self, flag=self.flag.put(i, store is Store.FLAG_UP))


class Peterson(Spec[Memory]):
    """The algorithm (Peterson 1981), where a write is seen at once; or ``buffered``, on processors with store
    buffers, where it can be seen later (x86), and with a fence between the writes and the reads.
    """

    buffered: bool = False

    # -- The program of a process ----------------------------------------------------------------------------

    def processes(self) -> Iterable[int]:
        """There are two."""
        return BOTH

    @action(over=processes)
    def raise_flag(self, s: Memory, i: int) -> Memory:
        """Say that it wants to enter."""
        guard(s.at[i] is Place.OUTSIDE, "it is elsewhere in its program")
        return self.write(s.move(i, Place.HALFWAY), i, Store.FLAG_UP)

    @action(fair=WEAK, over=processes)
    def give_turn(self, s: Memory, i: int) -> Memory:
        """Let the other go first."""
        guard(s.at[i] is Place.HALFWAY, "it is elsewhere in its program")
        return self.write(s.move(i, Place.WAITING), i, Store.TURN_AWAY)

    @action(fair=WEAK, over=processes)
    def see_flag_down(self, s: Memory, i: int) -> Memory:
        """Enter, since the other does not want to."""
        guard(s.at[i] is Place.WAITING, "it does not wait")
        guard(self.may_read(s, i), "what it has written can't be seen yet")
        guard(not s.flag[1 - i], "the other's flag is up")
        return s.move(i, Place.INSIDE)

    @action(fair=WEAK, over=processes)
    def see_turn_back(self, s: Memory, i: int) -> Memory:
        """Enter, since the other has given the turn away later."""
        guard(s.at[i] is Place.WAITING, "it does not wait")
        guard(self.may_read(s, i), "what it has written can't be seen yet")
        guard(self.has_turn(s, i), "it is the other's turn")
        return s.move(i, Place.INSIDE)

    @action(fair=WEAK, over=processes)
    def leave(self, s: Memory, i: int) -> Memory:
        """Lower the flag."""
        guard(s.at[i] is Place.INSIDE, "it is not inside")
        return self.write(s.move(i, Place.OUTSIDE), i, Store.FLAG_DOWN)

    # -- Reads and writes ------------------------------------------------------------------------------------

    def write(self, s: Memory, i: int, store: Store) -> Memory:
        """What a process writes is seen at once, or goes into its buffer, which holds two."""
        if not self.buffered:
            return s.see(i, store)
        guard(len(s.stores[i]) < 2, "its buffer is full")
        return replace(s, stores=s.stores.put(i, (*s.stores[i], store)))

    def may_read(self, s: Memory, i: int) -> bool:
        """The fence: wait until everything that this process has written can be seen."""
        return not s.stores[i]

    def has_turn(self, s: Memory, i: int) -> bool:
        """Whether a process sees that it has the turn. It sees what it has written itself first."""
        return Store.TURN_AWAY not in s.stores[i] and s.turn == i

    def buffers(self) -> Iterable[int]:
        """The processes that have a store buffer."""
        return BOTH if self.buffered else ()

    @action(fair=WEAK, over=buffers)
    def drain(self, s: Memory, i: int) -> Memory:
        """The oldest store in a buffer reaches the memory."""
        guard(bool(s.stores[i]), "its buffer is empty")
        store, *later = s.stores[i]
        return replace(s, stores=s.stores.put(i, tuple(later))).see(i, store)


# -- Mistakes ----------------------------------------------------------------------------------------------


class TurnBeforeFlag(Peterson):
    """The two writes the other way round, as a compiler or a processor may order them."""

    def give_turn(self, s: Memory, i: int) -> Memory:
        guard(s.at[i] is Place.OUTSIDE, "it is elsewhere in its program")
        return self.write(s.move(i, Place.HALFWAY), i, Store.TURN_AWAY)

    def raise_flag(self, s: Memory, i: int) -> Memory:
        guard(s.at[i] is Place.HALFWAY, "it is elsewhere in its program")
        return self.write(s.move(i, Place.WAITING), i, Store.FLAG_UP)


class NoTurn(Peterson):
    """Flags only (an attempt that Dijkstra goes through in Cooperating Sequential Processes, 1965)."""

    def has_turn(self, s: Memory, i: int) -> bool:
        return False


class NoFence(Peterson):
    """The writes wait in a store buffer while the process reads on (seen on x86, with C++ release and acquire
    operations: niallryan.com/node/141). With buffers.
    """

    def may_read(self, s: Memory, i: int) -> bool:
        return True


# -- The model ---------------------------------------------------------------------------------------------


def waiting(i: int) -> Scope:
    """A process waits to get in."""
    return holds(Memory, lambda s: s.at[i] is Place.WAITING)


def entered(i: int) -> Scope:
    """A process is in the critical section."""
    return holds(Memory, lambda s: s.at[i] is Place.INSIDE)


def model(
    buffers: Annotated[bool, "processors with store buffers, and a fence"] = False,
    bug: Annotated[type[Peterson], "a mistake to put in"] = Peterson,
) -> Model:
    """Peterson's mutual exclusion of two processes.

    Paper: G. Peterson, Myths about the mutual exclusion problem, Information Processing Letters 12(3), 1981.
    Assumes: reads and writes that happen one at a time, in the order of the program.
    Liveness: who waits gets in, under weak fairness: nobody stays inside for ever. (That a process ever wants
        to get in is not assumed.)
    """

    def contended(s: Memory) -> bool:
        return set(s.at.values()) == {Place.WAITING, Place.INSIDE}

    def flags_are_up(s: Memory) -> bool:
        return all(s.flag[i] is (s.at[i] is not Place.OUTSIDE) for i in BOTH)

    def turn_is_theirs(s: Memory) -> bool:
        pairs = [i for i in BOTH if s.at[i] is Place.INSIDE and s.at[1 - i] is Place.WAITING]
        return all(s.turn == i for i in pairs)

    inside = mutex.one_inside(Memory)
    why = [holds(Memory, flags_are_up), holds(Memory, turn_is_theirs)]
    waits, enters = [waiting(i) for i in BOTH], [entered(i) for i in BOTH]
    return Model(
        bug(buffers or bug is NoFence),
        properties=[
            inside,
            sometimes("one waits while the other is inside", holds(Memory, contended)),
            *(always_possible(f"process {i} can enter", enters[i]) for i in BOTH),
            *(leads_to(f"process {i} gets in when it waits", waits[i], enters[i]) for i in BOTH),
        ],
        deadlock=True,
        inductive=[inductive("only one is inside, and why", [inside.scope, *why])],
    )
