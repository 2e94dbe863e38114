"""Checking a model: from the model to verdicts with traces. The command line is a thin layer over this."""

from __future__ import annotations

import time
from dataclasses import replace

from elcheck.checker.check.growth import growth_of
from elcheck.checker.check.report import CheckReport, Stats, coverage_of
from elcheck.checker.check.results import results_of
from elcheck.checker.check.verdict import overall
from elcheck.checker.model.model import Model
from elcheck.checker.model.validate import validate
from elcheck.checker.process.limits import Limits, StopKind
from elcheck.checker.process.running import ending, watching
from elcheck.checker.process.watch import optional
from elcheck.checker.search.engines import ENGINES
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.resources import Resources
from elcheck.checker.search.search import Exploration, OnProgress
from elcheck.checker.system import build
from elcheck.checker.temporal.graph_finding import GraphFinding

GREW = (StopKind.STATES, StopKind.TIME, StopKind.MEMORY, StopKind.DISK, StopKind.INTERRUPT)
"""What ends a search that may have none."""


def check(
    model: Model,
    limits: Limits = Limits(),
    *,
    engine: str = "auto",
    progress: OnProgress = lambda _: None,
    check_determinism: bool = False,
    resources: Resources = Resources(),
) -> CheckReport:
    """Search the states of a model and judge its properties.

    ``engine`` is one of :class:`ENGINES`. ``progress`` is called now and then with the search so
    far. ``check_determinism`` runs each handler twice to find those that are not deterministic. ``resources``
    are the fast engine's.

    Raises DefinitionError for a model that can't be checked, UsageError for an environment without a
    meaning or files that can't be used, and ReplayError if the engine is wrong.
    """
    began = time.perf_counter()
    with watching(limits):
        validate(model)
        system = build(model, check_determinism=check_determinism)
        judge = Judge(system)
        search = ENGINES[engine](system, judge, limits, progress, resources)
        exploration = Exploration(system, judge, search)
        with watching(on_look=lambda: progress(search)):
            findings = _judge_graph(exploration)
        stats = _stats(exploration, time.perf_counter() - began)
        results = tuple(results_of(exploration, findings))
        stats = replace(stats, growing=_growing(exploration))
    verdict, code = overall([(result.kind, result.verdict) for result in results])
    return CheckReport(model, search.engine, stats, results, coverage_of(system), verdict, code, exploration)


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
        distinct=len(search.codes),
        transitions=search.transitions,
        depth=search.depth,
        exhaustive=search.stopped is None and not cut,
        cut=cut,
        stopped=search.stopped,
        handler_calls=exploration.system.runner.calls,
        evaluations=exploration.judge.evaluations,
        seconds=seconds + search.spent,
        bytes_per_state=None if search.held is None else search.held / max(1, len(search.codes)),
    )


def _growing(exploration: Exploration) -> tuple[str, ...]:
    """What grows, if that may be why a search has not come to an end."""
    stopped = exploration.search.stopped
    if stopped is not None and stopped.kind in GREW:
        with optional(), ending():
            return growth_of(exploration)
    return ()
