"""The reference engine: breadth-first search over packed codes, in plain Python.

The search visits states in the order of finding. So the first state that decides a property is one of the
nearest, and the path of parents to it is a shortest trace.
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
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.state import Event
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.memory import resident
from elcheck.checker.system.moves import Move
from elcheck.checker.system.system import UNCUT, Cuts, Found, Observation, System

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

EVERY = 256
"""States between two looks at the clock and the memory."""


@dataclass(frozen=True)
class Limits:
    """Where a search stops. ``depth`` bounds what is checked; the others stop the search before it is done.

    ``max_memory`` counts bytes of the whole process, ``timeout`` seconds. ``first`` ends the search at the
    depth at which a property is first refuted.
    """

    depth: int | None = None
    max_states: int | None = None
    max_memory: int | None = None
    timeout: float | None = None
    first: bool = False


StateObservations: TypeAlias = tuple["npt.NDArray[np.int64]", list[Observation]]
"""For each state the number of its observation, and the observation of each number."""


class RecordedEdges(NamedTuple):
    """The edges as an engine recorded them: the parts of :class:`Graph`, without ``initial``."""

    starts: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int32]
    leaves: npt.NDArray[np.bool_]
    events: Sequence[Event]


@dataclass
class Search:
    """What a search has found so far.

    ``codes`` holds the states in the order of finding. ``parents[i]`` is the index of the state from which
    state i was found, of an initial state its own. ``levels[d]`` is the index of the first state at depth d.
    ``stopped`` says which limit ended the search, ``capped`` that it was the limit on states. ``failure`` is
    the index of a state, and what raised there. ``expanded`` counts the states whose steps were followed.
    ``held`` is the size of the engine's own arrays in bytes, None where it does not know. ``spent`` counts
    the seconds of the runs before a resume. ``observations`` and ``edges`` tell the observations of all
    states, and the edges between them, where the engine knows these faster than state by state.
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
    observations: Callable[[], StateObservations] | None = None
    edges: Callable[[], RecordedEdges] | None = None
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


OnProgress: TypeAlias = Callable[[Search], None]
"""Called now and then while a search runs."""


def search_plain(
    system: System, judge: Judge, limits: Limits, progress: OnProgress = lambda _: None
) -> Search:
    """Search every reachable state, or as far as the limits and the bounds go.

    A keyboard interrupt stops the search like a limit. Raises DefinitionError for an initial state that is
    beyond a bound.
    """
    running = PlainSearch(system, judge, limits, progress)
    with _no_collection():
        try:
            running.run()
        except KeyboardInterrupt:
            running.search.stopped = "it was interrupted"
    return running.search


class LimitCheck:
    """Looks at the clock and the memory while a search runs. ``spent``: seconds before it began.

    ``every``: states between two looks.
    """

    def __init__(self, limits: Limits, progress: OnProgress, spent: float = 0.0) -> None:
        self._limits = limits
        self._progress = progress
        self._end = None if limits.timeout is None else time.monotonic() + limits.timeout - spent
        self.every = EVERY if limits.timeout is None else 1

    def exceeded(self, search: Search) -> str | None:
        """The limit that is exceeded, in words; None as long as there is none. Reports progress first."""
        self._progress(search)
        limits = self._limits
        if self._end is not None and time.monotonic() > self._end:
            return f"--timeout {limits.timeout:g} ran out"
        if limits.max_memory is not None and resident() > limits.max_memory:
            return f"--max-memory of {limits.max_memory / 2**20:.0f} MiB was exceeded"
        return None


def between_levels(search: Search, judge: Judge, limits: Limits) -> None:
    """Stop if nothing is left to look for. Levels are finished first, so that counts are of whole ones."""
    if judge.decided:
        search.stopped = "every property was decided"
    elif limits.first and judge.refuted:
        search.stopped = "a property was refuted (--first)"


class PlainSearch:
    """One breadth-first search."""

    def __init__(self, system: System, judge: Judge, limits: Limits, progress: OnProgress) -> None:
        self._codes: list[int] = []
        self._parents = array("Q")
        self.search = Search(self._codes, self._parents)
        self._seen: set[int] = set()
        self._system = system
        self._judge = judge
        self._limits = limits
        self._limit_check = LimitCheck(limits, progress)

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
        """Expand the states of one depth. Those found for the first time are the next depth."""
        search, judge, seen = self.search, self._judge, self._seen
        codes, parents, successors = self._codes, self._parents, self._system.successors
        cap = self._limits.max_states or float("inf")
        every = self._limit_check.every
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
                    if move.visible or judge.every_state:
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
        """Expand the states at the limit on depth, to know whether new ones lie beyond; they are not kept."""
        search = self.search
        for index in range(begin, end):
            if index % self._limit_check.every == 0 and self._stop():
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
        self.search.stopped = self._limit_check.exceeded(self.search)
        return self.search.stopped is not None


def stuck(steps: Found, cuts: Cuts) -> bool:
    """Whether nothing but faults can happen; a step that a bound cuts could."""
    return not cuts.steps and all(move.event.fault for _, move in steps)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Suspend the collection of cyclic garbage: a search makes millions of objects, and cycles of none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


Path = list[tuple[int, Move | None]]
"""An initial code with None, then each next code with the move to it."""


def path_to(search: Search, system: System, index: int) -> Path:
    """A shortest path to a state."""
    chain = [index]
    while search.parents[chain[-1]] != chain[-1]:
        chain.append(search.parents[chain[-1]])
    codes = [search.codes[i] for i in reversed(chain)]
    path: Path = [(codes[0], None)]
    for before, after in pairwise(codes):
        steps, _ = system.successors(before)
        path.append((after, next(move for succ, move in steps if succ == after)))
    return path
