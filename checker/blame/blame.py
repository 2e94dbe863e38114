"""What a state space is made of: the search, then what may be counted on it, then searches beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from math import inf

from elcheck.checker.blame.columns import columns_of
from elcheck.checker.blame.cutoff import SIZES, PairsSeen, cutoff_of, pairs_seen, scaling
from elcheck.checker.blame.dead_messages import left_without_dead
from elcheck.checker.blame.parts import counted, parts_of
from elcheck.checker.blame.report import Blame, SpaceSize
from elcheck.checker.blame.space import explored
from elcheck.checker.blame.variants import MakeModel, count_of, variants_of
from elcheck.checker.check.growth import growth_of
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.memory import resident
from elcheck.checker.process.running import ending, watching
from elcheck.checker.process.watch import Ended, current
from elcheck.checker.search.forecast import forecast
from elcheck.checker.search.search import Exploration, OnProgress, Search
from elcheck.checker.system import NodeSystem

FURTHER = 1_000_000
"""States up to which variants are searched, if nothing else is said."""


def _unchanged(changed: Mapping[str, int]) -> Model:
    raise UsageError(f"there is no parameter {', '.join(changed)}")


@dataclass(frozen=True)
class BlameSubject:
    """What is blamed: a model, and how to make it with other parameters, of which ``parameters`` has those
    that are numbers.
    """

    model: Model
    make: MakeModel = _unchanged
    parameters: Mapping[str, int] = field(default_factory=dict)


def blame(
    subject: BlameSubject,
    limits: Limits = Limits(),
    *,
    further: int = FURTHER,
    engine: str = "auto",
    progress: OnProgress = lambda _: None,
) -> Blame:
    """Find what the states of a model are told apart by, and what more of something would cost.

    The first search may take half of the time of the ``limits``. ``further`` is the limit on the states of
    each search beside it, 0 for none of them. ``progress`` is called now and then with the search so far.
    Raises DefinitionError and UsageError as a check does.
    """
    with watching(limits) as watch:
        began = time.perf_counter()
        half = None if limits.timeout is None else limits.timeout / 2
        found = explored(subject.model, replace(limits, timeout=half), engine=engine, progress=progress)
        report = Blame(subject.model, _size(found.search, time.perf_counter() - began), further)
        with ending() if watch.over else nullcontext():
            _count(found, report, limits)
        del found
        beside = replace(limits, max_states=further, timeout=None)
        if further and report.size.failure is None:
            with _noted(report, "one more, one fewer, and other numbers of nodes"):
                _search_beside(subject, report, _Beside(beside, engine, progress, 0))
    return report


def _size(search: Search, seconds: float) -> SpaceSize:
    return SpaceSize(
        search.distinct,
        search.transitions,
        search.sizes,
        len(search.complete_sizes) if search.stopped is not None else len(search.sizes),
        dict(sorted(search.cuts.items())),
        search.stopped,
        None if search.failure is None else search.failure[1],
        search.engine,
        seconds,
        resident(),
    )


def _count(found: Exploration, report: Blame, limits: Limits) -> None:
    """Count on the states that were found."""
    search = found.search
    if search.stopped is not None and search.failure is None:
        report.forecast = forecast(search.complete_sizes, limits.depth)
    with _noted(report, "what is told apart"):
        columns = columns_of(found)
        for part in parts_of(report.model, columns):
            report.parts.append(counted(part))
        system = found.system.full
        if isinstance(system, NodeSystem):
            report.live = left_without_dead(columns, system.history)
    if search.stopped is not None:
        with _noted(report, "what grows"):
            report.growing = growth_of(found)


@dataclass
class _Beside:
    """How searches beside the first one are made, and how many of them are left."""

    limits: Limits
    engine: str
    progress: OnProgress
    left: int

    @property
    def next(self) -> Limits:
        """Of what time there is left, about two parts for the next one."""
        time_left = current().deadline - time.monotonic()
        self.left -= 1
        return (
            replace(self.limits, timeout=2 * time_left / (self.left + 3)) if time_left < inf else self.limits
        )


def _search_beside(subject: BlameSubject, report: Blame, how: _Beside) -> None:
    """Search with one more and one fewer of everything, then with other numbers of nodes. Raises Ended."""
    variants = list(variants_of(subject.model, subject.make, subject.parameters))
    names = scaling(subject.make, subject.parameters)
    how.left = len(variants) + len(names) * len(SIZES)
    for variant in variants:
        current().look()
        count = count_of(variant, how.next, how.engine, how.progress)
        if count is not None:
            report.variants.append(count)
    for name in names:
        seen: list[PairsSeen] = []
        for value in SIZES:
            current().look()
            found = pairs_seen(subject.make, name, value, how.next, how.engine, how.progress)
            if found is None:
                continue
            seen.append(found)
            report.cutoffs = [*(c for c in report.cutoffs if c.parameter != name), cutoff_of(name, seen)]
            if found.stopped is not None:  # more nodes take longer
                break


@contextmanager
def _noted(report: Blame, what: str) -> Iterator[None]:
    """A part that an end leaves out, with a word on that."""
    try:
        yield
    except Ended as ended:
        report.unfinished.append(f"{what}: {ended.notice()}")
