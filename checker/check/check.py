"""Checking a model: from the model to verdicts with traces. The command line is a thin layer over this."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

from elcheck.checker.check.results import Result, results_of
from elcheck.checker.check.verdict import Verdict, overall
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Property
from elcheck.checker.model.validate import validate
from elcheck.checker.model.values import counted
from elcheck.checker.search.engines import ENGINES
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.plain import LimitCheck, Limits, OnProgress, Search
from elcheck.checker.search.resources import Resources
from elcheck.checker.system import System, build
from elcheck.checker.temporal.assumptions import Assumptions
from elcheck.checker.temporal.graph_finding import GraphFinding

__all__ = ["Limits", "Report", "Result", "Stats", "check"]


@dataclass(frozen=True)
class Stats:
    """The size of a search, by the conventions of docs/semantics.md.

    ``exhaustive``: every reachable state was examined. ``cut``: for each bound, how many stored states have a
    step that it cuts. ``stopped``: the limit that ended the search before it was done. ``evaluations``: how
    often a check was called. ``seconds``: with those of the runs that a resumed search goes on from.
    ``bytes_per_state``: of the engine's own arrays, None where that is not known.
    """

    distinct: int
    transitions: int
    depth: int
    exhaustive: bool
    cut: dict[str, int]
    stopped: str | None
    handler_calls: int
    evaluations: int
    seconds: float
    bytes_per_state: float | None = None


@dataclass(frozen=True)
class Coverage:
    """What of the model the search never used."""

    never_run: tuple[str, ...] = ()
    never_enabled: tuple[tuple[str, str], ...] = ()
    unhandled: tuple[tuple[str, str], ...] = ()
    blocked_heads: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Report:
    """Everything that a check has to say."""

    model: Model
    engine: str
    stats: Stats
    results: tuple[Result, ...]
    coverage: Coverage
    verdict: Verdict
    exit_code: int
    system: System
    search: Search

    def __getitem__(self, name: str) -> Result:
        """The result of a property. Raises KeyError."""
        found = next((result for result in self.results if result.name == name), None)
        if found is None:
            known = ", ".join(repr(result.name) for result in self.results)
            raise KeyError(f"there is no property {name!r}, but {known}")
        return found

    def claim_of(self, result: Result) -> Property | None:
        """The claim that a result is of, None for an exception."""
        claims = (c for c in self.system.claims if (c.kind, c.name) == (result.kind, result.name))
        return next(claims, None)

    def __repr__(self) -> str:
        counts = Counter(result.verdict.words for result in self.results)
        said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        states = counted(self.stats.distinct, "state")
        return f"<Report of {counted(len(self.results), 'result')}: {said}; {states}>"

    @property
    def notes(self) -> list[str]:
        """What one has to know to take the verdicts for what they are."""
        found = self.model.environment.notes()
        if any(claim.kind == "liveness" for claim in self.model.properties):
            assumed = [str(Assumptions(self.model)), *["what its formulas say"] * bool(self.model.assume)]
            found.append(f"every state may stutter; assumed is {' and '.join(assumed)}")
        return found


def check(
    model: Model,
    limits: Limits = Limits(),
    *,
    engine: str = "auto",
    progress: OnProgress = lambda _: None,
    check_determinism: bool = False,
    resources: Resources = Resources(),
) -> Report:
    """Search the states of a model and judge its properties.

    ``engine`` is one of :class:`ENGINES`. ``progress`` is called now and then with the search so
    far. ``check_determinism`` runs each handler twice to find those that are not deterministic. ``resources``
    are the fast engine's.

    Raises DefinitionError for a model that can't be checked, UsageError for an environment without a
    meaning or files that can't be used, and ReplayError if the engine is wrong.
    """
    began = time.perf_counter()
    validate(model)
    system = build(model, check_determinism=check_determinism)
    judge = Judge(system)
    search = ENGINES[engine](system, judge, limits, progress, resources)
    answers = _judge_graph(search, system, judge, LimitCheck(limits, progress, time.perf_counter() - began))
    stats = _stats(search, system, judge, time.perf_counter() - began)
    results = tuple(results_of(system, judge, search, answers))
    verdict, code = overall([(result.kind, result.verdict) for result in results])
    return Report(model, search.engine, stats, results, coverage_of(system), verdict, code, system, search)


def _judge_graph(
    search: Search, system: System, judge: Judge, limit_check: LimitCheck
) -> dict[int, GraphFinding]:
    """Decide what takes the whole graph. Only where something asks for it: numpy and scipy take their time to
    be imported.
    """
    kinds = {claim.kind for claim in judge.claims}
    if not kinds & {"possible", "liveness"} or (search.stopped is not None and not search.capped):
        return {}
    from elcheck.checker.temporal.claims import judge_graph

    return judge_graph(search, system, judge, limit_check)


def _stats(search: Search, system: System, judge: Judge, seconds: float) -> Stats:
    cut = dict(sorted(search.cuts.items()))
    return Stats(
        distinct=len(search.codes),
        transitions=search.transitions,
        depth=search.depth,
        exhaustive=search.stopped is None and not cut,
        cut=cut,
        stopped=search.stopped,
        handler_calls=system.runner.calls,
        evaluations=judge.evaluations,
        seconds=seconds + search.spent,
        bytes_per_state=None if search.held is None else search.held / max(1, len(search.codes)),
    )


def coverage_of(system: System) -> Coverage:
    """What was never used of a model in all that a system was asked so far."""
    never_run, never_enabled = [], []
    for (owner, name), tally in system.runner.tallies.items():
        if not tally.called:
            never_run.append(f"{owner}.{name}")
        elif not tally.enabled:
            why = tally.blocked.most_common(1)
            never_enabled.append((f"{owner}.{name}", why[0][0] if why else "it yields nothing"))
    return Coverage(
        tuple(never_run),
        tuple(never_enabled),
        tuple(sorted(system.runner.unhandled)),
        tuple(system.blocked_heads()),
    )
