"""Running many cases, each in a process of its own, and saying where one is not what it has to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat

from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport, Stats
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.traces.trace import ReplayError
from elcheck.checker.zoo.cases import Case


@dataclass(frozen=True)
class PropertyLine:
    """What was found of one property; ``steps`` is the length of its trace."""

    name: str
    kind: str
    verdict: Verdict
    detail: str
    steps: int | None


@dataclass(frozen=True)
class CaseResult:
    """What a case came to. ``error`` says why it could not be run; then there are no ``stats``."""

    case: Case
    verdict: Verdict | None = None
    lines: tuple[PropertyLine, ...] = ()
    stats: Stats | None = None
    error: str | None = None

    @property
    def refuted(self) -> list[PropertyLine]:
        """The properties that are refuted, those with the shortest traces first."""
        found = [line for line in self.lines if line.verdict is Verdict.REFUTED]
        return sorted(found, key=lambda line: line.steps or 0)

    @property
    def found(self) -> dict[str, object]:
        """What can be pinned of it."""
        if self.stats is None or self.verdict is None:
            return {}
        stats = self.stats
        traces = {line.name: line.steps for line in self.lines if line.steps is not None}
        cut = {"cut": stats.cut} if stats.cut and not self.case.first else {}
        counts = {"distinct": stats.distinct, "transitions": stats.transitions, "depth": stats.depth}
        return {**counts, "verdict": self.verdict.value, **cut, **({"traces": traces} if traces else {})}

    @property
    def problems(self) -> list[str]:
        """In what it differs from what it has to be."""
        if self.error is not None:
            return [self.error]
        problems = []
        holds = self.verdict in (Verdict.PROVED, Verdict.HOLDS)
        if self.case.expects == "sound" and not holds and self.verdict is not None:
            problems.append(f"it does not hold: {self.verdict.words}")
        if self.case.expects == "broken" and self.verdict is not Verdict.REFUTED:
            problems.append("the mistake is not found")
        for name, pinned in self.case.pinned.items():
            found = self.found.get(name, {} if name in ("cut", "traces") else None)
            if found != pinned:
                problems.append(f"{name} is {_said(found)}, pinned {_said(pinned)}")
        return problems


def _said(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def run_case(case: Case, engine: str = "auto") -> CaseResult:
    """Check one case; what fails is part of the outcome."""
    try:
        report = check(case.build(), case.limits, engine=engine)
    except (LoadError, UsageError, DefinitionError, HandlerError) as error:
        return CaseResult(case, error=str(error))
    except ReplayError as error:
        return CaseResult(case, error=f"this is a bug of elcheck, please report it: {error}")
    return outcome(case, report)


def outcome(case: Case, report: CheckReport) -> CaseResult:
    """What a case came to, from its report."""
    lines = tuple(
        PropertyLine(r.name, r.kind, r.verdict, r.detail, None if r.trace is None else len(r.trace.steps))
        for r in report.results
    )
    return CaseResult(case, report.verdict, lines, report.stats)


def run(cases: Sequence[Case], *, engine: str, jobs: int) -> Iterator[CaseResult]:
    """The outcomes of cases, in their order, ``jobs`` of them at a time."""
    if jobs == 1:
        yield from map(run_case, cases, repeat(engine))
        return
    pool = ProcessPoolExecutor(jobs)
    try:
        yield from pool.map(run_case, cases, repeat(engine))
    finally:
        pool.shutdown(cancel_futures=True)
