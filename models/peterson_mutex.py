"""Peterson's mutual exclusion: two processes, three shared variables, nothing but reads and writes.

A process raises its flag, gives the turn away, and waits until the other's flag is down or the turn has come
back. Every step reads or writes one shared variable. The wait reads two, again and again; one that lets the
process in is enough, and a reading that does not changes nothing: so there is a step for each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Annotated, Literal, TypeVar

from elcheck import WEAK, Model, Spec, State, action, always_possible, guard, leads_to, sometimes
from elcheck.specs.mutex import one_inside

Bug = Literal["turn-before-flag", "no-turn", "no-fence"]
V = TypeVar("V")


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
    """Where each process is, and the shared variables. ``stores`` is for processors with store buffers: what
    each process has written and the other cannot see yet, the oldest first.
    """

    at: tuple[Place, Place] = (Place.OUTSIDE, Place.OUTSIDE)
    flag: tuple[bool, bool] = (False, False)
    turn: int = 0
    stores: tuple[tuple[Store, ...], tuple[Store, ...]] = ((), ())

    @property
    def inside(self) -> tuple[int, ...]:
        """The processes in the critical section."""
        return tuple(i for i in (0, 1) if self.at[i] is Place.INSIDE)


class Peterson(Spec[Memory]):
    """The algorithm (Peterson 1981), where a write is seen at once."""

    bug: Bug | None
    processes: tuple[int, int] = (0, 1)

    @action(over="processes")
    def raise_flag(self, s: Memory, i: int) -> Memory:
        """Say that it wants to enter."""
        late = self.bug == "turn-before-flag"  # the turn is given away before the other can see the flag
        guard(s.at[i] is (Place.HALFWAY if late else Place.OUTSIDE), "it is elsewhere in its program")
        return self.write(go(s, i, Place.WAITING if late else Place.HALFWAY), i, Store.FLAG_UP)

    @action(fair=WEAK, over="processes")
    def give_turn(self, s: Memory, i: int) -> Memory:
        """Let the other go first."""
        early = self.bug == "turn-before-flag"
        guard(s.at[i] is (Place.OUTSIDE if early else Place.HALFWAY), "it is elsewhere in its program")
        return self.write(go(s, i, Place.HALFWAY if early else Place.WAITING), i, Store.TURN_AWAY)

    @action(fair=WEAK, over="processes")
    def see_flag_down(self, s: Memory, i: int) -> Memory:
        """Enter, since the other does not want to."""
        guard(s.at[i] is Place.WAITING, "it does not wait")
        guard(self.fence(s, i), "what it has written can't be seen yet")
        guard(not s.flag[1 - i], "the other's flag is up")
        return go(s, i, Place.INSIDE)

    @action(fair=WEAK, over="processes")
    def see_turn_back(self, s: Memory, i: int) -> Memory:
        """Enter, since the other has given the turn away later."""
        guard(s.at[i] is Place.WAITING, "it does not wait")
        guard(self.fence(s, i), "what it has written can't be seen yet")
        guard(self.bug != "no-turn", "there are flags only")  # when both are up, nobody gives way
        guard(self.read_turn(s, i) == i, "it is the other's turn")
        return go(s, i, Place.INSIDE)

    @action(fair=WEAK, over="processes")
    def leave(self, s: Memory, i: int) -> Memory:
        """Lower the flag."""
        guard(s.at[i] is Place.INSIDE, "it is not inside")
        return self.write(go(s, i, Place.OUTSIDE), i, Store.FLAG_DOWN)

    def write(self, s: Memory, i: int, store: Store) -> Memory:
        """What a process's write makes of the memory."""
        return seen(s, i, store)

    def read_turn(self, s: Memory, i: int) -> int:
        """Whose turn it is, for a process that looks."""
        return s.turn

    def fence(self, s: Memory, i: int) -> bool:
        """Whether a process that has written may read."""
        return True


class StoreBuffers(Peterson):
    """The same program on processors with store buffers, where what is written can be seen later (x86), and
    with a fence between the writes and the reads.
    """

    def write(self, s: Memory, i: int, store: Store) -> Memory:
        """A write goes into the buffer, which holds two."""
        guard(len(s.stores[i]) < 2, "its buffer is full")
        return replace(s, stores=put(s.stores, i, (*s.stores[i], store)))

    def read_turn(self, s: Memory, i: int) -> int:
        """A processor sees its own stores first."""
        return 1 - i if Store.TURN_AWAY in s.stores[i] else s.turn

    def fence(self, s: Memory, i: int) -> bool:
        """Wait until everything that this process has written can be seen."""
        return not s.stores[i] or self.bug == "no-fence"  # it reads on, and may find the other's old flag

    @action(fair=WEAK, over="processes")
    def drain(self, s: Memory, i: int) -> Memory:
        """The oldest store in a buffer reaches the memory."""
        guard(bool(s.stores[i]), "its buffer is empty")
        store, *later = s.stores[i]
        return seen(replace(s, stores=put(s.stores, i, tuple(later))), i, store)


def go(s: Memory, i: int, place: Place) -> Memory:
    """A process at another place of its program."""
    return replace(s, at=put(s.at, i, place))


def put(two: tuple[V, V], i: int, value: V) -> tuple[V, V]:
    """A pair with another value for one process."""
    return (value, two[1]) if i == 0 else (two[0], value)


def seen(s: Memory, i: int, store: Store) -> Memory:
    """The memory when what a process has written can be seen."""
    if store is Store.TURN_AWAY:
        return replace(s, turn=1 - i)
    return replace(s, flag=put(s.flag, i, store is Store.FLAG_UP))


def contended(s: Memory) -> bool:
    """One process waits while the other is inside."""
    return set(s.at) == {Place.WAITING, Place.INSIDE}


def entered(i: int) -> Callable[[Memory], bool]:
    """Whether a process is inside."""
    return lambda s: i in s.inside


def waiting(i: int) -> Callable[[Memory], bool]:
    """Whether a process waits to get in."""
    return lambda s: s.at[i] is Place.WAITING


def model(
    buffers: Annotated[bool, "processors with store buffers, and a fence"] = False,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
) -> Model:
    """Peterson's mutual exclusion of two processes.

    Paper: G. Peterson, Myths about the mutual exclusion problem, Information Processing Letters 12(3), 1981.
    Assumes: reads and writes that happen one at a time, in the order of the program.
    Liveness: who waits gets in, under weak fairness: nobody stays inside for ever. (That a process ever wants
        to get in is not assumed.)
    Bugs:
        turn-before-flag: the two writes the other way round, as a compiler or a processor may order them.
        no-turn: flags only (an attempt that Dijkstra goes through in Cooperating Sequential Processes, 1965).
        no-fence: the writes wait in a store buffer while the process reads on (seen on x86, with C++ release
            and acquire operations: niallryan.com/node/141). With buffers.
    """
    return Model(
        StoreBuffers(bug) if buffers or bug == "no-fence" else Peterson(bug),
        properties=[
            one_inside(),
            sometimes("one waits while the other is inside", contended),
            always_possible("process 0 can enter", entered(0)),
            always_possible("process 1 can enter", entered(1)),
            *(leads_to(f"process {i} gets in when it waits", waiting(i), entered(i)) for i in (0, 1)),
        ],
        deadlock=True,
    )
