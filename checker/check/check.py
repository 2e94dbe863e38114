"""Checking a model: from the model to verdicts with traces. The command line is a thin layer over this."""

from __future__ import annotations

import time
from dataclasses import replace

from elcheck.checker.check.counts import Counts, counts_of
from elcheck.checker.check.coverage import coverage_of
from elcheck.checker.check.growth import growth_of
from elcheck.checker.check.report import CheckReport, Stats
from elcheck.checker.check.results import Result, results_of
from elcheck.checker.check.verdict import overall
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import UsageError, instead
from elcheck.checker.model.model import Model
from elcheck.checker.model.validate import validate
from elcheck.checker.process.limits import RAISED_ERROR, Limits, StopKind
from elcheck.checker.process.running import ending, watching
from elcheck.checker.process.watch import Ended, optional
from elcheck.checker.reductions.reduce import WantedReductions, reduced
from elcheck.checker.reductions.staleness import StaleChoice
from elcheck.checker.search.engines import ENGINES
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.resources import Resources
from elcheck.checker.search.search import Exploration, OnProgress
from elcheck.checker.system import System, build
from elcheck.checker.temporal.graph_finding import GraphFinding
from elcheck.checker.traces.trace import ReplayError

GREW = (StopKind.STATES, StopKind.TIME, StopKind.MEMORY, StopKind.DISK, StopKind.INTERRUPT)
"""What ends a search that may have none."""


def check(
    model: Model,
    limits: Limits = Limits(),
    *,
    engine: str = "auto",
    progress: OnProgress = lambda _: None,
    every_call_twice: bool = False,
    resources: Resources = Resources(),
    symmetry: bool = True,
    dead_messages: StaleChoice = "auto",
    relative_terms: bool = True,
    clearest: bool = True,
    counts: bool = False,
) -> CheckReport:
    """Search the states of a model and judge its properties.

    With ``symmetry`` states that differ in an exchange of nodes are searched once, where nodes turn out to be
    alike; ``dead_messages`` says by which rules messages that can do nothing any more are taken out; with
    ``relative_terms`` terms are counted from the least, where a bound on their spread makes that worth it.
    ``engine`` is one of :class:`ENGINES`. ``progress`` is called now and then with the search so
    far. ``every_call_twice`` runs each handler twice to find those that are not deterministic. ``resources``
    are the fast engine's. Traces are the clearest of the shortest ones, or (not ``clearest``) those that the
    search met. With ``counts`` all states are looked at once more, to count the steps of each action and the
    states in which each ``sometimes`` holds.

    Raises DefinitionError for a model that can't be checked, UsageError for an environment without a
    meaning or files that can't be used, and ReplayError if the engine is wrong.
    """
    if engine not in ENGINES:
        raise UsageError(f"there is no engine {engine!r}; {instead(engine, ENGINES)}")
    began = time.perf_counter()

    def fresh() -> System:
        return build(model, every_call_twice=every_call_twice)

    def explore(system: System) -> tuple[Exploration, dict[int, GraphFinding], Counts | str | None]:
        judge = Judge(system)
        found = Exploration(system, judge, ENGINES[engine](system, judge, limits, progress, resources))
        _call_again(found)
        with watching(on_look=lambda: progress(found.search)):
            findings = _judge_graph(found)
        counted = _counts(found, limits) if counts else None
        _certify(found)
        return found, findings, counted

    with watching(limits):
        validate(model)
        (exploration, findings, counted), reductions = reduced(
            fresh, explore, WantedReductions(symmetry, dead_messages, relative_terms)
        )
        search = exploration.search
        stats = _stats(exploration, time.perf_counter() - began)
        results = _results(exploration, findings, clearest=clearest)
        stats = replace(stats, growing=_growing(exploration))
    system = exploration.system.full
    verdict, code = overall([(result.kind, result.verdict) for result in results])
    coverage = coverage_of(system)
    return CheckReport(
        model, search.engine, stats, results, coverage, verdict, code, exploration, reductions, counts=counted
    )


def _counts(exploration: Exploration, limits: Limits) -> Counts | str:
    """The counts of a search, or why there are none."""
    try:
        with optional(), ending():
            return counts_of(exploration, limits) or "the search ended among the states of a depth"
    except HandlerError as error:
        return str(error)
    return "the run ended before it was done"


def _certify(exploration: Exploration) -> None:
    """Check what the search took for granted. Where a limit ends that, it has not come to its end."""
    try:
        with ending():
            exploration.system.verify()
    except Ended as ended:
        stop = ended.notice()
        exploration.search.stopped = exploration.search.stopped or stop


def _call_again(exploration: Exploration) -> None:
    """Make some calls of a search that is over once more, and note what answers otherwise now."""
    search = exploration.search
    why = None
    if search.failure is None:
        with optional(), ending():
            why = exploration.system.runner.unlike_before()
    if why is not None:
        search.failure, search.stopped = (None, why), RAISED_ERROR


def _results(
    exploration: Exploration, findings: dict[int, GraphFinding], *, clearest: bool
) -> tuple[Result, ...]:
    """The results. Where a handler is to blame for it that a trace does not replay, nothing is known."""
    search = exploration.search
    try:
        return tuple(results_of(exploration, findings, clearest=clearest))
    except ReplayError:
        why = search.failure[1] if search.failure else exploration.system.runner.unlike_before()
        if why is None:
            raise
    exploration.judge.forget()
    search.failure, search.stopped = (None, why), RAISED_ERROR
    return tuple(results_of(exploration, {}))


def _judge_graph(exploration: Exploration) -> dict[int, GraphFinding]:
    """Decide what takes the whole graph. Only where something asks for it: numpy takes its time to be
    imported.
    """
    search = exploration.search
    kinds = {claim.kind for claim in exploration.judge.claims}
    if not kinds & {"possible", "liveness"} or (search.stopped is not None and not search.capped):
        return {}
    from elcheck.checker.temporal.claims import judge_graph

    return judge_graph(exploration)


def _stats(exploration: Exploration, seconds: float) -> Stats:
    search = exploration.search
    cut = dict(sorted(search.cuts.items()))
    return Stats(
        distinct=search.distinct,
        representatives=None if search.represented is None else len(search.codes),
        transitions=search.transitions,
        depth=search.depth,
        exhaustive=search.stopped is None and not cut,
        cut=cut,
        stopped=search.stopped,
        handler_calls=exploration.system.runner.calls,
        evaluations=exploration.judge.evaluations,
        seconds=seconds + search.spent,
        bytes_per_state=None if search.held is None else search.held / max(1, len(search.codes)),
        workers=search.workers,
    )


def _growing(exploration: Exploration) -> tuple[str, ...]:
    """What grows, if that may be why a search has not come to an end."""
    stopped = exploration.search.stopped
    if stopped is not None and stopped.kind in GREW:
        with optional(), ending():
            return growth_of(exploration)
    return ()
