"""The reference engine: breadth-first search over packed codes, in plain Python.

States are visited in the order in which they were found, so the first state that decides a property is one
of the nearest, and the path of parents to it is a shortest trace.
"""

from __future__ import annotations

import gc
import time
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.state import Event
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.memory import resident
from elcheck.checker.system.moves import Move
from elcheck.checker.system.system import UNCUT, Cuts, Found, System

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

EVERY = 256
"""States between two looks at the clock and the memory."""


@dataclass(frozen=True)
class Limits:
    """Where a search stops. ``depth`` is a bound on what is checked; the others stop it before it is done.

    ``max_memory`` is in bytes of the whole process, ``timeout`` in seconds. ``first`` ends the search at the
    depth at which a property is first refuted.
    """

    depth: int | None = None
    max_states: int | None = None
    max_memory: int | None = None
    timeout: float | None = None
    first: bool = False


Views: TypeAlias = tuple["npt.NDArray[np.int64]", list[tuple[int, ...]]]
"""For each state the number of what properties see of it, and the profile that each number stands for."""

Written: TypeAlias = tuple[
    "npt.NDArray[np.int64]",
    "npt.NDArray[np.int32]",
    "npt.NDArray[np.int32]",
    "npt.NDArray[np.bool_]",
    Sequence[Event],
]
"""A graph as an engine wrote it down: the parts of :class:`Graph`, but for ``initial``."""


@dataclass
class Search:
    """What a search has found so far.

    ``codes`` holds the states in the order of their finding; ``parents[i]`` is the index of the state from
    which state i was found, and of an initial state its own; ``levels[d]`` the index of the first state at
    depth d. ``expanded`` counts the states whose steps have been followed; ``capped``
    says that the limit on states stopped it. ``held`` is how many bytes the engine's own arrays hold, None
    where it does not know; ``spent`` the seconds of earlier runs that this one goes on from. ``views`` and
    ``graph`` tell what properties see of all states, and the edges between them, where an engine knows that
    faster than state by state.
    """

    codes: Sequence[int] = ()
    parents: Sequence[int] = ()
    levels: list[int] = field(default_factory=list)
    transitions: int = 0
    cuts: Counter[str] = field(default_factory=Counter)
    stopped: str | None = None
    failure: tuple[int | None, str] | None = None
    expanded: int = 0
    engine: str = "plain"
    capped: bool = False
    views: Callable[[], Views] | None = None
    graph: Callable[[], Written] | None = None
    held: int | None = None
    spent: float = 0.0

    @property
    def depth(self) -> int:
        """The greatest distance of a state from an initial one."""
        unfilled = bool(self.levels) and self.levels[-1] == len(self.codes)
        return max(0, len(self.levels) - 1 - unfilled)

    def depth_of(self, index: int) -> int:
        """The depth of a state."""
        return bisect_right(self.levels, index) - 1

    def level(self, depth: int) -> range:
        """The indices of the states of a depth."""
        known = len(self.codes)
        begin, end = ((self.levels[d] if d < len(self.levels) else known) for d in (depth, depth + 1))
        return range(begin, end)


Watch = Callable[[Search], None]


def explore(system: System, judge: Judge, limits: Limits, watch: Watch = lambda _: None) -> Search:
    """Search every reachable state, or as far as the limits and the bounds go.

    ``watch`` is called now and then while it runs, for progress. A keyboard interrupt stops the search like a
    limit. Raises DefinitionError for initial states that can't be.
    """
    explorer = Explorer(system, judge, limits, watch)
    with _no_collection():
        try:
            explorer.run()
        except KeyboardInterrupt:
            explorer.search.stopped = "it was interrupted"
    return explorer.search


class Patience:
    """The limits on time and memory, with seconds that are spent already."""

    def __init__(self, limits: Limits, watch: Watch, spent: float = 0.0) -> None:
        self._limits = limits
        self._watch = watch
        self._end = None if limits.timeout is None else time.monotonic() + limits.timeout - spent
        self.every = EVERY if limits.timeout is None else 1

    def out(self, search: Search) -> str | None:
        """What has run out, None as long as nothing has."""
        self._watch(search)
        limits = self._limits
        if self._end is not None and time.monotonic() > self._end:
            return f"--timeout {limits.timeout:g} ran out"
        if limits.max_memory is not None and resident() > limits.max_memory:
            return f"--max-memory of {limits.max_memory / 2**20:.0f} MiB was exceeded"
        return None


def between_levels(search: Search, judge: Judge, limits: Limits) -> None:
    """Stop when nothing is left to look for: asked here only, so that counts are of whole levels."""
    if judge.decided:
        search.stopped = "every property was decided"
    elif limits.first and judge.refuted:
        search.stopped = "a property was refuted (--first)"


class Explorer:
    """One breadth-first search."""

    def __init__(self, system: System, judge: Judge, limits: Limits, watch: Watch) -> None:
        self._codes: list[int] = []
        self._parents = array("Q")
        self.search = Search(self._codes, self._parents)
        self._seen: set[int] = set()
        self._system = system
        self._judge = judge
        self._limits = limits
        self._patience = Patience(limits, watch)

    def run(self) -> None:
        """Search level by level until nothing is new, everything is decided, or a limit is met."""
        search = self.search
        try:
            self._begin()
            while search.stopped is None and search.levels[-1] < len(search.codes):
                begin, end = search.levels[-1], len(search.codes)
                if self._limits.depth == len(search.levels) - 1:
                    self._probe(begin, end)
                    return
                search.levels.append(end)
                self._level(begin, end)
        except MemoryError:
            search.stopped = "memory ran out"
        except HandlerError as error:
            search.failure = (self._at, str(error))
            search.stopped = "an error ended it"

    def _begin(self) -> None:
        self._at: int | None = None
        search, cap = self.search, self._limits.max_states or float("inf")
        for number, code in enumerate(self._system.initial()):
            if number % EVERY == 0 and self._stop():
                break
            if code not in self._seen:
                if len(search.codes) >= cap:
                    search.stopped, search.capped = f"--max-states {cap:.0f} was reached", True
                    break
                self._add(code, len(search.codes))
        self.search.levels.append(0)
        for index, code in enumerate(self.search.codes):
            self._at = index
            self._judge.state(index, code)
        if search.stopped is None and self._limits.first:
            between_levels(search, self._judge, self._limits)

    def _add(self, code: int, parent: int) -> None:
        self._seen.add(code)
        self._codes.append(code)
        self._parents.append(parent)

    def _level(self, begin: int, end: int) -> None:
        """Expand the states of one depth; those found for the first time are the next."""
        search, judge, seen = self.search, self._judge, self._seen
        codes, parents, successors = self._codes, self._parents, self._system.successors
        cap = self._limits.max_states or float("inf")
        every = self._patience.every
        for index in range(begin, end):
            if index % every == 0 and self._stop():
                return
            self._at = index
            code = codes[index]
            steps, cuts = successors(code)
            for succ, move in steps:
                if succ not in seen:
                    if len(codes) >= cap:
                        search.stopped, search.capped = f"--max-states {cap:.0f} was reached", True
                        return
                    seen.add(succ)
                    codes.append(succ)
                    parents.append(index)
                    if move.watch or judge.every_state:
                        self._at = len(codes) - 1
                        judge.state(self._at, succ)
            search.transitions += len(steps)
            search.expanded = index + 1
            if cuts is not UNCUT:
                search.cuts.update(cuts.bounds)
            if judge.asks_steps or judge.asks_deadlock:
                self._at = index
                self._examine(index, code, steps, stuck=stuck(steps, cuts))
        between_levels(search, judge, self._limits)

    def _probe(self, begin: int, end: int) -> None:
        """Expand the states at the depth limit without keeping what is new, to know whether anything is."""
        search = self.search
        for index in range(begin, end):
            if index % self._patience.every == 0 and self._stop():
                return
            self._at = index
            code = search.codes[index]
            steps, cuts = self._system.successors(code)
            kept = [(succ, move) for succ, move in steps if succ in self._seen]
            beyond = [f"depth {self._limits.depth}"] if len(kept) < len(steps) else []
            search.transitions += len(kept)
            search.expanded = index + 1
            search.cuts.update([*cuts.bounds, *beyond])
            self._examine(index, code, kept, stuck=stuck(steps, cuts))

    def _examine(self, index: int, code: int, steps: Found, *, stuck: bool) -> None:
        """Judge the steps of a state, and the lack of them."""
        judge = self._judge
        if judge.asks_deadlock and stuck:
            judge.no_next_step(index, code)
        if judge.asks_steps:
            for succ, move in steps:
                judge.step(index, code, succ, move)

    def _stop(self) -> bool:
        """Whether to stop, with the reason noted."""
        self.search.stopped = self._patience.out(self.search)
        return self.search.stopped is not None


def stuck(steps: Found, cuts: Cuts) -> bool:
    """Whether nothing but faults can happen; a step that a bound cuts could."""
    return not cuts.steps and all(move.event.fault for _, move in steps)


@contextmanager
def _no_collection() -> Iterator[None]:
    """No cyclic garbage collection meanwhile: a search makes millions of objects and no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


Path = list[tuple[int, Move | None]]


def path_to(search: Search, system: System, index: int) -> Path:
    """A shortest path to a state: (initial code, None), then each next code with the move to it."""
    chain = [index]
    while search.parents[chain[-1]] != chain[-1]:
        chain.append(search.parents[chain[-1]])
    codes = [search.codes[i] for i in reversed(chain)]
    path: Path = [(codes[0], None)]
    for before, after in pairwise(codes):
        steps, _ = system.successors(before)
        path.append((after, next(move for succ, move in steps if succ == after)))
    return path
