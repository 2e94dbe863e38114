"""The report as one JSON object. docs/json.md describes it; a change of it is a change of the version."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from enum import Enum

from elcheck.checker.check.counts import Counts
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.loading.version import JSON_FORMAT, __version__
from elcheck.checker.model.budget import Budget
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Envelope, GlobalState
from elcheck.checker.model.terms import Term, number_of
from elcheck.checker.model.values import order, text
from elcheck.checker.render.run import Run
from elcheck.checker.traces.changes import changes
from elcheck.checker.traces.show import show_columns
from elcheck.checker.traces.source import place_of_end, place_of_step
from elcheck.checker.traces.trace import Trace, TraceStep
from elcheck.checker.traces.wording import spent_in


def render(run: Run, report: CheckReport) -> str:
    """The whole report."""
    return json.dumps(document(run, report), indent=2, ensure_ascii=False)


def document(run: Run, report: CheckReport) -> dict[str, object]:
    """The report in JSON's types."""
    stats = report.stats
    coverage = report.coverage
    return {
        **asked(run, report.model),
        "engine": report.engine,
        "stats": {
            "distinct": stats.distinct,
            "representatives": stats.representatives,
            "transitions": stats.transitions,
            "depth": stats.depth,
            "exhaustive": stats.exhaustive,
            "stopped": None if stats.stopped is None else str(stats.stopped),
            "growing": list(stats.growing),
            "cut": stats.cut,
            "handler_calls": stats.handler_calls,
            "evaluations": stats.evaluations,
            "seconds": round(stats.seconds, 3),
            "bytes_per_state": None if stats.bytes_per_state is None else round(stats.bytes_per_state, 1),
            "workers": [load._asdict() for load in stats.workers],
        },
        "properties": [_result(report, result) for result in report.results],
        "coverage": {
            "never_run": list(coverage.never_run),
            "never_enabled": [{"handler": h, "why": why} for h, why in coverage.never_enabled],
            "never_changing": list(coverage.never_changing),
            "unhandled": [{"program": p, "message": m} for p, m in coverage.unhandled],
            "blocked_heads": list(coverage.blocked_heads),
        },
        **_counts(report.counts),
        "notes": report.notes,
        "reproduce": run.command,
        "verdict": report.verdict.value,
        "exit_code": report.exit_code,
    }


def _counts(counts: Counts | str | None) -> dict[str, object]:
    """What was counted, or why nothing was; nothing if nobody asked."""
    if counts is None:
        return {}
    return {"counts": {"failed": counts} if isinstance(counts, str) else dataclasses.asdict(counts)}


def asked(run: Run, model: Model) -> dict[str, object]:
    """What was asked, and of which elcheck: every report begins with it."""
    return {
        "elcheck": __version__,
        "format": JSON_FORMAT,
        "model": run.name,
        "parameters": {name: value(v) for name, v in run.parameters.items()},
        "environment": environment(model),
    }


def environment(model: Model) -> dict[str, object]:
    """The environment by its parts."""
    own = model.environment
    fields = [f.name for f in dataclasses.fields(own) if f.name not in ("fairness", "faults")]
    parts: dict[str, object] = {name: _plain(getattr(own, name)) for name in fields}
    return parts | {"faults": {name: _plain(budget) for name, budget in own.faults.items()}}


def _plain(part: object) -> object:
    """A part of an environment: a number, or in words."""
    return str(part) if isinstance(part, Budget) else part


def _result(report: CheckReport, result: Result) -> dict[str, object]:
    model, place = report.model, None if result.ok else place_of_end(report.system.runner, result.trace)
    return {
        "name": result.name,
        "kind": result.kind,
        "verdict": result.verdict.value,
        "detail": result.detail,
        "file": None if place is None else place.path,
        "line": None if place is None else place.line,
        "trace": None
        if result.trace is None
        else {**trace(model, result.trace), **_show(report, result.trace)},
        "shortest": result.shortest,
        "fewest": result.fewest or None,
        "certificate": None
        if result.certificate is None
        else [dataclasses.asdict(kept) for kept in result.certificate.kept],
    }


def _show(report: CheckReport, found: Trace) -> dict[str, object]:
    """What ``--show`` adds to a trace: the values of each expression, by state."""
    if not report.show:
        return {}
    return {"show": {column.expression: list(column.values) for column in show_columns(found, report.show)}}


def trace(model: Model, found: Trace) -> dict[str, object]:
    """A trace, with what each step changed and the state after it."""
    runner = Runner(model)
    return {
        "initial": _initial(model, found.initial),
        "steps": [_step(runner, before, step) for _, before, step in found.numbered],
        "loop": found.loop,
    }


def _step(runner: Runner, before: GlobalState, step: TraceStep) -> dict[str, object]:
    model, place = runner.model, place_of_step(runner, before, step)
    changed = changes(model, before, step.state)
    parts: dict[str, object] = {c.path: [value(c.old), value(c.new)] for c in changed.fields}
    if changed.added:
        parts["network.added"] = [envelope(e) for e in changed.added]
    if changed.removed:
        parts["network.removed"] = [envelope(e) for e in changed.removed]
    return {
        "action": step.event.name,
        "args": {name: value(v) for name, v in step.event.args},
        "choice": {name: value(v) for name, v in step.event.choice},
        "source": None if place is None else str(place),
        "node": None if step.event.node is None else step.event.node.name,
        "changes": parts,
        "state": state(model, step.state),
    }


def _initial(model: Model, start: GlobalState) -> dict[str, object]:
    """The first state, with what is spent of the budgets already if something is."""
    found, spent = state(model, start), spent_in(model, start)
    return {**found, "spent": spent} if spent else found


def state(model: Model, whole: GlobalState) -> dict[str, object]:
    """A global state."""
    if whole.shared is not None:
        return {"shared": value(whole.shared)}
    nodes = {
        view.node.name: {
            "up": view.up,
            **({"paused": view.paused} if model.pauses else {}),
            "state": value(view.state),
        }
        for view in whole.nodes
    }
    setting = whole.environment
    left: dict[str, object] = {name: _budget(count) for name, count in setting.counted()}
    left["standing"] = setting.standing
    left["early_timeouts"] = _budget(setting.early_timeouts)
    network = [envelope(e) for e in whole.network]
    found: dict[str, object] = {"nodes": nodes, "network": network, "environment": left}
    if whole.history:
        names = [monitor.name for monitor in model.monitors]
        found["history"] = dict(zip(names, map(value, whole.history), strict=True))
    return found


def _budget(count: int | None) -> object:
    return "unlimited" if count is None else count


def envelope(sent: Envelope) -> dict[str, object]:
    """A message under way."""
    age = {"age": sent.age} if sent.age else {}
    return {"src": sent.src.name, "dst": sent.dst.name, "msg": value(sent.msg), **age}


def value(plain: object) -> object:
    """A value of a state: node and enum names as strings, tuples and sets as arrays, dataclasses as objects
    with their class under ``type``.
    """
    if plain is None or isinstance(plain, bool | int | str):
        return plain.name if isinstance(plain, Enum) else plain
    if isinstance(plain, NodeId | Enum):
        return text(plain)
    if isinstance(plain, Term):
        return number_of(plain)
    if isinstance(plain, float):
        return plain if plain == plain and abs(plain) != float("inf") else str(plain)
    if isinstance(plain, tuple):
        return [value(item) for item in plain]
    if isinstance(plain, frozenset):
        return [value(item) for item in sorted(plain, key=order)]
    if isinstance(plain, Mapping):
        return {text(k): value(plain[k]) for k in sorted(plain, key=order)}
    if dataclasses.is_dataclass(plain) and not isinstance(plain, type):
        fields = {f.name: value(getattr(plain, f.name)) for f in dataclasses.fields(plain)}
        return {"type": type(plain).__name__, **fields}
    return text(plain)
