"""Checking a model: from the model to verdicts with traces. The command line is a thin layer over this."""

from __future__ import annotations

import time

from elcheck.checker.check.report import CheckReport, Stats, coverage_of
from elcheck.checker.check.results import results_of
from elcheck.checker.check.verdict import overall
from elcheck.checker.model.model import Model
from elcheck.checker.model.validate import validate
from elcheck.checker.search.engines import ENGINES
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.limits import LimitCheck, Limits, Resources
from elcheck.checker.search.search import Exploration, OnProgress
from elcheck.checker.system import build
from elcheck.checker.temporal.graph_finding import GraphFinding


def check(
    model: Model,
    limits: Limits = Limits(),
    *,
    engine: str = "auto",
    progress: OnProgress = lambda _: None,
    check_determinism: bool = False,
    resources: Resources = Resources(),
    clearest: bool = True,
) -> CheckReport:
    """Search the states of a model and judge its properties.

    ``engine`` is one of :class:`ENGINES`. ``progress`` is called now and then with the search so
    far. ``check_determinism`` runs each handler twice to find those that are not deterministic. ``resources``
    are the fast engine's. Traces are the clearest of the shortest ones, or (not ``clearest``) those that the
    search met.

    Raises DefinitionError for a model that can't be checked, UsageError for an environment without a
    meaning or files that can't be used, and ReplayError if the engine is wrong.
    """
    began = time.perf_counter()
    validate(model)
    system = build(model, check_determinism=check_determinism)
    judge = Judge(system)
    search = ENGINES[engine](system, judge, limits, progress, resources)
    exploration = Exploration(system, judge, search)
    spent = time.perf_counter() - began
    findings = _judge_graph(exploration, LimitCheck(limits, lambda: progress(search), spent))
    stats = _stats(exploration, time.perf_counter() - began)
    results = tuple(results_of(exploration, findings, clearest=clearest))
    verdict, code = overall([(result.kind, result.verdict) for result in results])
    return CheckReport(model, search.engine, stats, results, coverage_of(system), verdict, code, exploration)


def _judge_graph(exploration: Exploration, limit_check: LimitCheck) -> dict[int, GraphFinding]:
    """Decide what takes the whole graph. Only where something asks for it: numpy takes its time to be
    imported.
    """
    search = exploration.search
    kinds = {claim.kind for claim in exploration.judge.claims}
    if not kinds & {"possible", "liveness"} or (search.stopped is not None and not search.capped):
        return {}
    from elcheck.checker.temporal.claims import judge_graph

    return judge_graph(exploration, limit_check)


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
