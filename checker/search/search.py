"""A search: what it has found, and the paths to that."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from elcheck.checker.model.state import Event
from elcheck.checker.process.limits import DECIDED, FIRST, Limits, Stop, StopKind
from elcheck.checker.search.judge import Judge
from elcheck.checker.system.moves import Move
from elcheck.checker.system.spread import SPREAD
from elcheck.checker.system.system import Cuts, Found, Observation, Path, System

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

StateObservations: TypeAlias = tuple["npt.NDArray[np.int64]", list[Observation]]
"""For each state the number of its observation, and the observation of each number."""


class RecordedEdges(NamedTuple):
    """The edges as an engine recorded them: the parts of :class:`Graph`, without ``initial``."""

    starts: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int32]
    leaves: npt.NDArray[np.bool_]
    events: Sequence[Event]


class WorkerLoad(NamedTuple):
    """What one of several workers holds and does: its states, the bytes that its process held at most, the
    seconds of CPU that it used, and the bytes, and states, that it sent to others.
    """

    states: int = 0
    held: int = 0
    cpu: float = 0.0
    sent: int = 0
    sent_states: int = 0


@dataclass
class Search:
    """What a search has found so far.

    ``codes`` holds the states in the order of finding; ``represented`` is how many states of the full system
    these stand for, None if each stands for itself. ``parents[i]`` is the index of the state from which
    state i was found, of an initial state its own. ``levels[d]`` is the index of the first state at depth d,
    and ``totals[d]`` how many states there are above that depth.
    ``stopped`` says what ended the search before it was done. ``failure`` is
    the index of a state, and what raised there. ``expanded`` counts the states whose steps were followed.
    ``held`` is the size of the engine's own arrays in bytes, None where it does not know. ``spent`` counts
    the seconds of the runs before a resume. ``observations``, ``fields`` and ``edges`` tell the observations
    of all states, the fields of their codes (a row for each state, the lowest field first), and the edges
    between them, where the engine knows these faster than state by state. ``workers``
    tells what each of several workers holds.
    """

    codes: Sequence[int] = ()
    parents: Sequence[int] = ()
    levels: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    transitions: int = 0
    cuts: Counter[str] = field(default_factory=Counter)
    stopped: Stop | None = None
    failure: tuple[int | None, str] | None = None
    expanded: int = 0
    engine: str = "plain"
    represented: int | None = None
    observations: Callable[[], StateObservations] | None = None
    fields: Callable[[], npt.NDArray[np.int64]] | None = None
    edges: Callable[[], RecordedEdges] | None = None
    held: int | None = None
    spent: float = 0.0
    workers: tuple[WorkerLoad, ...] = ()

    @property
    def distinct(self) -> int:
        """How many states there are; each state found counts for all that it represents."""
        return len(self.codes) if self.represented is None else self.represented

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many states there are at each depth."""
        counts = [end - begin for begin, end in pairwise([*self.totals, self.distinct])]
        while counts and not counts[-1]:
            counts.pop()
        return tuple(counts)

    @property
    def complete_sizes(self) -> tuple[int, ...]:
        """How many states there are at each depth of which all states are known."""
        return tuple(end - begin for begin, end in pairwise(self.totals))

    def begin_level(self) -> None:
        """Let the states that are found next be those of the next depth."""
        self.levels.append(len(self.codes))
        self.totals.append(self.distinct)

    @property
    def capped(self) -> bool:
        """True if the limit on states ended it: what it has found is sound, and ends at that."""
        return self.stopped is not None and self.stopped.kind is StopKind.STATES

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

    def stop_between_levels(self, judge: Judge, limits: Limits) -> None:
        """Stop if nothing is left to look for. Levels are finished first: counts are of whole ones."""
        if judge.decided:
            self.stopped = DECIDED
        elif limits.first and judge.refuted:
            self.stopped = FIRST


OnProgress: TypeAlias = Callable[[Search], None]
"""Called now and then while a search runs."""


@dataclass(frozen=True, eq=False)
class Exploration:
    """A search that is over, with the system that it searched and the judge of the system's properties."""

    system: System
    judge: Judge
    search: Search

    @property
    def terms_apart(self) -> int | None:
        """How far apart the terms of nodes are at most, if verdicts speak of every number of terms: they were
        taken together, and nothing is left out but behaviours in which they are further apart.
        """
        whole = self.search.stopped is None and set(self.search.cuts) <= {SPREAD}
        return self.system.any_terms if whole else None

    def path_to(self, index: int, step: tuple[int, Move] | None = None) -> Path:
        """A shortest path to a state, and perhaps a step from there, in the full system."""
        parents, codes = self.search.parents, self.search.codes
        chain = [index]
        while parents[chain[-1]] != chain[-1]:
            chain.append(parents[chain[-1]])
        return self.system.path([codes[i] for i in reversed(chain)], step)


def is_stuck(events: Iterable[Event]) -> bool:
    """True if nothing but faults can happen, by the events that are enabled."""
    return all(event.fault for event in events)


def has_no_step(steps: Found, cuts: Cuts) -> bool:
    """True if nothing but faults can happen in a state; a step that a bound cuts could."""
    return not cuts.steps and is_stuck(move.event for _, move in steps)
