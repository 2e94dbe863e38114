"""Running many cases, each in a process of its own, and saying where one is not what it has to be."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import get_context

from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport, Stats
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.process.limits import SHARE, StopKind
from elcheck.checker.process.watch import current, look
from elcheck.checker.traces.trace import ReplayError
from elcheck.checker.zoo.cases import Case

PERIOD = 0.1
"""Seconds between two looks whether the run goes on."""


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


def run_case(case: Case, engine: str = "auto", memory: float | None = None) -> CaseResult | None:
    """Check one case; what fails is part of the outcome. None if a signal ends it: it has come to nothing.

    ``memory`` is the part of what is free that it may take.
    """
    try:
        report = check(case.build(), replace(case.limits, memory_share=memory), engine=engine)
    except (LoadError, UsageError, DefinitionError, HandlerError) as error:
        return CaseResult(case, error=str(error))
    except ReplayError as error:
        return CaseResult(case, error=f"this is a bug of elcheck, please report it: {error}")
    if current().stop is not None:
        return None
    stopped = report.stats.stopped
    if stopped is not None and stopped.kind is StopKind.MEMORY:  # what it came to is this machine's
        return CaseResult(case, error=f"not every state was examined: {stopped}")
    return outcome(case, report)


def outcome(case: Case, report: CheckReport) -> CaseResult:
    """What a case came to, from its report."""
    lines = tuple(
        PropertyLine(r.name, r.kind, r.verdict, r.detail, None if r.trace is None else len(r.trace.steps))
        for r in report.results
    )
    return CaseResult(case, report.verdict, lines, report.stats)


def run(cases: Sequence[Case], *, engine: str, jobs: int) -> Iterator[tuple[int, CaseResult]]:
    """The outcomes of cases as they end, with their places, ``jobs`` of them at a time. Raises Ended; what is
    under way then is no outcome.
    """
    if jobs == 1:
        for place, case in enumerate(cases):
            found = run_case(case, engine, SHARE)
            if found is None:
                look()
            else:
                yield place, found
        return
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _leave_signals)
    try:
        places = {pool.submit(run_case, case, engine, SHARE / jobs): at for at, case in enumerate(cases)}
        waiting = set(places)
        while waiting:
            look()
            done, waiting = wait(waiting, PERIOD, FIRST_COMPLETED)
            for future in sorted(done, key=places.__getitem__):
                yield places[future], _result(future, cases[places[future]])
    finally:
        _end(pool)


def _result(future: Future[CaseResult | None], case: Case) -> CaseResult:
    try:
        found = future.result()
    except BrokenProcessPool:
        found = None
    return found or CaseResult(
        case, error="a process that checks was ended from outside before this one was done"
    )


def _leave_signals() -> None:
    """Of a process that checks: a terminal's Ctrl-C is for the process that it works for to answer."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _end(pool: ProcessPoolExecutor) -> None:
    """End the processes, also those that still check."""
    processes = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()
