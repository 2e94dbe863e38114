"""Running many cases, each in a process of its own."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context

from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.process.limits import SHARE, StopKind
from elcheck.checker.process.running import signals
from elcheck.checker.process.watch import current, here, look
from elcheck.checker.traces.code_flow import code_flow
from elcheck.checker.traces.source import place_of_end
from elcheck.checker.traces.trace import ReplayError
from elcheck.checker.zoo.case_result import CaseResult, PropertyLine
from elcheck.checker.zoo.cases import Case

PERIOD = 0.1
"""Seconds between two looks whether the run goes on."""


ShowCase = Callable[[Case, CheckReport], Mapping[str, str]]
"""Shows what is not ok of a case: for each such property, by its name, the text that says so."""


def show_nothing(case: Case, report: CheckReport) -> Mapping[str, str]:
    """Verdicts are enough."""
    del case, report
    return {}


def run_case(
    case: Case, engine: str = "auto", memory: float | None = None, show: ShowCase = show_nothing
) -> CaseResult | None:
    """Check one case; what fails is part of the outcome. None if a signal ends it: it has come to nothing.

    ``memory`` is the part of what is free that it may take.
    """
    try:
        report = check(case.build(), replace(case.limits, memory_share=memory), engine=engine)
    except (LoadError, UsageError, DefinitionError, HandlerError) as error:
        return CaseResult(case, error=str(error))
    except ReplayError as error:
        return CaseResult(case, error=f"this is a bug of elcheck, please report it: {error}")
    stopped = report.stats.stopped
    if current().stop is not None or (stopped is not None and stopped.kind is StopKind.INTERRUPT):
        return None
    if stopped is not None and stopped.kind is StopKind.MEMORY:  # what it came to is this machine's
        return CaseResult(case, error=f"not every state was examined: {stopped}")
    return outcome(case, report, show)


def outcome(case: Case, report: CheckReport, show: ShowCase = show_nothing) -> CaseResult:
    """What a case came to, from its report."""
    said = show(case, report)
    lines = tuple(_line(report, result, said.get(result.name, "")) for result in report.results)
    return CaseResult(case, report.verdict, lines, report.stats)


def _line(report: CheckReport, result: Result, said: str) -> PropertyLine:
    line = PropertyLine(result.name, result.kind, result.verdict, result.detail, result.steps, said)
    if not said:
        return line
    place = place_of_end(report.system.runner, result.trace)
    flow = None if result.trace is None else code_flow(report.model, result.trace, result.name)
    return replace(line, place=place, flow=flow)


def run(
    cases: Sequence[Case], *, engine: str, jobs: int, show: ShowCase = show_nothing
) -> Iterator[tuple[int, CaseResult]]:
    """The outcomes of cases as they end, with their places, ``jobs`` of them at a time. Raises Ended; what is
    under way then is no outcome.
    """
    if jobs == 1:
        for place, case in enumerate(cases):
            found = run_case(case, engine, SHARE, show)
            if found is None:
                look()
            else:
                yield place, found
        return
    begun = "fork" if sys.platform == "linux" else "spawn"  # a fork has all modules already
    pool = ProcessPoolExecutor(jobs, get_context(begun), _begin)
    try:
        places = {
            pool.submit(run_case, case, engine, SHARE / jobs, show): at for at, case in enumerate(cases)
        }
        waiting = set(places)
        while waiting:
            look()
            done, waiting = wait(waiting, PERIOD, FIRST_COMPLETED)
            for future in sorted(done, key=places.__getitem__):
                yield places[future], _result(future, cases[places[future]])
        pool.shutdown()  # they end by themselves: what is ended from outside is said to leak semaphores
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


def _begin() -> None:
    """Of a process that checks: a terminal's Ctrl-C is for the process that it works for to answer. What a
    fork has of that one's run is not its own.
    """
    signals.leave()
    here.watch = None
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
