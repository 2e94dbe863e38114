"""The report of a check: how large the search was, what came out for each property, what was never used."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import NoReturn

from elcheck.checker.check.counts import Counts
from elcheck.checker.check.coverage import Coverage
from elcheck.checker.check.notes import notes_of
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.errors import hint
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Property
from elcheck.checker.model.values import counted
from elcheck.checker.process.limits import Stop
from elcheck.checker.search.search import Exploration, Search, WorkerLoad
from elcheck.checker.system import System
from elcheck.checker.traces.show import ShowExpression


@dataclass(frozen=True)
class Stats:
    """The size of a search, by the conventions of docs/semantics.md.

    ``exhaustive``: every reachable state was examined. ``cut``: for each bound, how many stored states have a
    step that it cuts. ``stopped``: the limit that ended the search before it was done. ``evaluations``: how
    often a check was called. ``seconds``: with those of the runs that a resumed search goes on from.
    ``bytes_per_state``: of the engine's own arrays, None where that is not known. ``representatives``: how
    many states were searched, each for all that differ from it only in which node is which; None if each
    stood for itself. ``growing``: what grows with the depth, in words, if a limit ended the search.
    ``workers``: what each of several processes held.
    """

    distinct: int
    transitions: int
    depth: int
    exhaustive: bool
    cut: dict[str, int]
    stopped: Stop | None
    handler_calls: int
    evaluations: int
    seconds: float
    bytes_per_state: float | None = None
    representatives: int | None = None
    growing: tuple[str, ...] = ()
    workers: tuple[WorkerLoad, ...] = ()


@dataclass(frozen=True, repr=False)
class CheckReport:
    """Everything that a check has to say. ``reductions`` say which states were taken together, which not;
    ``left_out`` names the properties that were not to be checked, ``show`` has what is to be shown of the
    states of a trace. ``counts`` are there if they were asked for, or why they are not.
    """

    model: Model
    engine: str
    stats: Stats
    results: tuple[Result, ...]
    coverage: Coverage
    verdict: Verdict
    exit_code: int
    exploration: Exploration
    reductions: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    show: tuple[ShowExpression, ...] = ()
    counts: Counts | str | None = None

    @property
    def ok(self) -> bool:
        """Whether every property is proved, or holds within the bounds that were set."""
        return self.verdict.ok

    def __bool__(self) -> NoReturn:
        raise TypeError("a report is not true or false: ask report.ok, or call report.expect()")

    @property
    def system(self) -> System:
        """The system of all states, of which representatives may have been searched."""
        return self.exploration.system.full

    @property
    def search(self) -> Search:
        """The search."""
        return self.exploration.search

    def __getitem__(self, name: str) -> Result:
        """The result of a property. Raises KeyError."""
        found = next((result for result in self.results if result.name == name), None)
        if found is None:
            known = [result.name for result in self.results]
            said = f"there is no property {name!r}, but {', '.join(map(repr, known))}"
            raise KeyError(said + hint(name, known))
        return found

    def claim_of(self, result: Result) -> Property | None:
        """The claim that a result is of, None for an exception."""
        claims = (c for c in self.system.claims if (c.kind, c.name) == (result.kind, result.name))
        return next(claims, None)

    def __repr__(self) -> str:
        counts = Counter(result.verdict.words for result in self.results)
        said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        states = counted(self.stats.distinct, "state")
        return f"<{type(self).__name__} of {counted(len(self.results), 'result')}: {said}; {states}>"

    @property
    def notes(self) -> list[str]:
        """What one has to know to take the verdicts for what they are."""
        still = self.stats.exhaustive and not self.stats.transitions
        return notes_of(self.model, self.system.runner, nothing_changes=still)
