"""Checking a model: from the model to verdicts with traces. The command line is a thin layer over this."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from checker.engines import ENGINES, spilled
from checker.explore import Limits, Path, Patience, Search, Watch, path_to
from checker.model.model import Model
from checker.model.property import Property
from checker.model.values import counted
from checker.possible import judge_possibility
from checker.properties import Finding, Judge
from checker.spill import Spill
from checker.system import System, build
from checker.trace import Trace, trace_of
from checker.validate import validate
from checker.verdict import Verdict, overall

__all__ = ["Limits", "Report", "Result", "Stats", "check"]


@dataclass(frozen=True)
class Result:
    """What was found of one property. ``detail`` says what is wrong, or what the verdict rests on."""

    name: str
    kind: str
    verdict: Verdict
    detail: str = ""
    trace: Trace | None = None


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


@dataclass(frozen=True)
class Report:
    """Everything that a check has to say."""

    model: Model
    engine: str
    stats: Stats
    results: tuple[Result, ...]
    coverage: Coverage
    verdict: Verdict
    exit_code: int
    system: System = field(repr=False)
    search: Search = field(repr=False)


def check(
    model: Model,
    limits: Limits = Limits(),
    *,
    engine: str = "auto",
    watch: Watch = lambda _: None,
    twice: bool = False,
    spill: Spill | None = None,
) -> Report:
    """Search the states of a model and judge its properties.

    ``engine`` is one of :data:`checker.engines.ENGINES`. ``watch`` is called now and then with the search so
    far; ``twice`` reruns each handler to find those that are not deterministic; with ``spill`` the fast
    engine keeps the states in files, and the search can be resumed.

    Raises DefinitionError for a model that can't be checked, UsageError for an environment without a
    meaning or files that can't be used, and ReplayError if the engine is wrong.
    """
    began = time.perf_counter()
    validate(model)
    system = build(model, twice=twice)
    judge = Judge(system)
    if spill is None:
        search = ENGINES[engine](system, judge, limits, watch)
    else:
        search = spilled(engine, system, judge, limits, watch, spill)
    judge_possibility(search, system, judge, Patience(limits, watch, time.perf_counter() - began))
    stats = _stats(search, system, judge, time.perf_counter() - began)
    results = tuple(_results(system, judge, search, stats))
    verdict, code = overall([(result.kind, result.verdict) for result in results])
    return Report(model, search.engine, stats, results, _coverage(system), verdict, code, system, search)


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


def _results(system: System, judge: Judge, search: Search, stats: Stats) -> list[Result]:
    results = []
    for number, claim in enumerate(judge.claims):
        finding = judge.findings.get(number)
        if finding is None:
            verdict, detail = _undecided(claim, stats, judge.unsure.get(number))
            results.append(Result(claim.name, claim.kind, verdict, detail))
        else:
            refuted = claim.kind != "sometimes"
            verdict = Verdict.REFUTED if refuted else Verdict.PROVED
            trace = trace_of(_path(search, system, finding), system)
            detail = finding.detail.strip() if refuted else f"reached in {counted(len(trace.steps), 'step')}"
            results.append(Result(claim.name, claim.kind, verdict, detail, trace))
    if search.failure is not None:
        index, message = search.failure
        error_trace = None if index is None else trace_of(path_to(search, system, index), system)
        results.append(Result("nothing raises", "error", Verdict.REFUTED, message, error_trace))
    return results


def _path(search: Search, system: System, finding: Finding) -> Path:
    path = path_to(search, system, finding.index)
    return path if finding.step is None else [*path, finding.step]


def _undecided(claim: Property, stats: Stats, unsure: str | None) -> tuple[Verdict, str]:
    """The verdict of a property that nothing decided, and what it rests on. ``unsure`` says why a claim of
    possibility can't be told.
    """
    if stats.stopped is not None:
        return Verdict.UNDETERMINED, f"not every state was examined: {stats.stopped}"
    bounds = "; ".join(f"{name} cut {counted(count, 'state')}" for name, count in stats.cut.items())
    if unsure is not None:
        return Verdict.UNDETERMINED, "; ".join([unsure, *[bounds] * bool(bounds)])
    if claim.kind == "sometimes":
        if stats.cut:
            return Verdict.UNDETERMINED, f"not reached within bounds: {bounds}"
        return Verdict.VACUOUS, "no reachable state satisfies it"
    return (Verdict.HOLDS, bounds) if stats.cut else (Verdict.PROVED, "")


def _coverage(system: System) -> Coverage:
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
