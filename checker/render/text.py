"""The report for people: what was checked, what came out, and the traces."""

from __future__ import annotations

from pathlib import Path

import click
from tabulate import tabulate

from checker.certificate import Certificate
from checker.check import Coverage, Report, Result, Stats
from checker.model.ids import NodeId
from checker.model.state import Envelope, Event, State, is_notice
from checker.model.values import text
from checker.render.changes import Changes, changes
from checker.render.run import Run
from checker.trace import Trace, TraceStep
from checker.verdict import Verdict

_COLOURS = {
    Verdict.PROVED: "green",
    Verdict.HOLDS: "green",
    Verdict.VACUOUS: "yellow",
    Verdict.UNDETERMINED: "yellow",
    Verdict.REFUTED: "red",
}
_SAID = {Verdict.HOLDS: "HOLDS WITHIN BOUNDS"}


def render(
    run: Run, report: Report, *, witnesses: bool = False, certificate: bool = False, width: int | None = None
) -> str:
    """The whole report. ``width`` wraps the changes of traces to a terminal's width; ``certificate`` says of
    each behaviour without end why it is fair.
    """
    parts = [_head(run, report), _table(report), _size(report.stats, report.engine)]
    parts += [f"Note: {note}." for note in report.notes]
    parts += _coverage(report.coverage, report.stats)
    for result in report.results:
        if result.trace is not None and (result.verdict is Verdict.REFUTED or witnesses):
            parts.append(_shown(report, result, width, certificate=certificate))
        elif result.kind == "error":
            parts.append(_headline(result))
    parts.append(f"To repeat it: {run.command}")
    return "\n\n".join(parts)


def verdict(found: Verdict) -> str:
    """A verdict as the text output says it."""
    return click.style(_SAID.get(found, found.value.upper()), fg=_COLOURS[found], bold=True)


def _head(run: Run, report: Report) -> str:
    lines = [click.style(run.name, bold=True) + (f": {run.summary}" if run.summary else "")]
    if run.parameters:
        lines.append(", ".join(f"{name} {_parameter(v)}" for name, v in run.parameters.items()))
    if report.model.programs:
        lines.append(report.model.environment.describe())
    return "\n".join(lines)


def _parameter(value: object) -> str:
    return (
        "none" if value is None else str(value).lower() if isinstance(value, bool) else text(value).strip("'")
    )


def _table(report: Report) -> str:
    rows = [
        [result.name, result.kind, verdict(result.verdict), result.detail.partition("\n")[0]]
        for result in report.results
    ]
    return tabulate(rows, headers=["property", "kind", "verdict", "detail"], tablefmt="simple")


def _size(stats: Stats, engine: str) -> str:
    rate = stats.distinct / max(stats.seconds, 1e-9)
    lines = [
        f"{stats.distinct:,} distinct states, {stats.transitions:,} transitions, depth {stats.depth}, "
        f"in {stats.seconds:.1f} s ({rate:,.0f} states/s, {engine} engine; "
        f"handlers ran {stats.handler_calls:,} times, properties {stats.evaluations:,} times)"
    ]
    if stats.stopped is not None:
        lines.append(f"Not every state was examined: {stats.stopped}.")
    for name, count in stats.cut.items():
        lines.append(f"The bound {name} cut steps of {count:,} states; what lies across it was not checked.")
    if stats.exhaustive:
        lines.append("Every reachable state was examined.")
    return "\n".join(lines)


def _coverage(coverage: Coverage, stats: Stats) -> list[str]:
    lines = [f"{name} never ran" for name in coverage.never_run]
    lines += [f"{name} was never enabled ({why})" for name, why in coverage.never_enabled]
    lines += [
        f"{program} has no handler for {message}, which it is sent" for program, message in coverage.unhandled
    ]
    lines += [f"blocked at the head of its link for ever: {head}" for head in coverage.blocked_heads]
    if not lines:
        return []
    so_far = "" if stats.exhaustive else " in what was searched"
    return [f"Coverage{so_far}:\n" + "\n".join(f"  {line}" for line in lines)]


def _headline(result: Result) -> str:
    if result.kind == "error":
        return click.style("ERROR", fg="red", bold=True) + f": {result.detail}"
    kind = "" if result.kind == "deadlock" else result.kind + " "
    return f"{verdict(result.verdict)} {kind}{click.style(result.name, bold=True)}: {result.detail}"


def _shown(report: Report, result: Result, width: int | None, *, certificate: bool) -> str:
    assert result.trace is not None
    if result.verdict is Verdict.REFUTED:
        lead = _headline(result)
    else:
        lead = f"A witness of {click.style(result.name, bold=True)}, {result.detail}"
    lead += f" (fewest faults: {result.fewest})" if result.fewest else ""
    shown = lead + "\n" + trace_table(report, result.trace, width)
    return shown + "\n" + _certified(result.certificate) if certificate and result.certificate else shown


def _certified(certificate: Certificate) -> str:
    """Why a behaviour is fair, a condition a line."""
    lines = [f"  {kept}" for kept in certificate.kept]
    if not lines:
        return "It is fair: no step of which fairness is assumed is enabled in the loop."
    return "It is fair:\n" + "\n".join([*lines, "  of what else is assumed, nothing is enabled in the loop"])


# -- traces ----------------------------------------------------------------------------------------------


def trace_table(report: Report, trace: Trace, width: int | None = None) -> str:
    """A trace, one step a line: its number, whose it is, what it does, what changes, where it is written."""
    rows = [["0", "", "start", _start(trace.initial), ""]]
    states = trace.states
    for number, (before, step) in enumerate(zip(states, trace.steps, strict=False), 1):
        node = step.event.node.name if step.event.node else ""
        said = _changes(report, before, step)
        rows.append([str(number), node, str(step.event), said, _source(report, step.event)])
    headers = ["step", "node", "action", "changes", "source"]
    limit = _room(rows, headers, width)
    table = tabulate(
        rows,
        headers=headers,
        tablefmt="simple",
        disable_numparse=True,
        maxcolwidths=[None] * 3 + [limit, None],
    )
    return table + ("" if trace.loop is None else "\n" + _round(trace, trace.loop))


def _round(trace: Trace, loop: int) -> str:
    """How a behaviour without end goes on."""
    if loop == len(trace.steps):
        return "and stays there for ever"
    return f"back to step {loop}, and so on for ever"


def _room(rows: list[list[str]], headers: list[str], width: int | None) -> int | None:
    """How wide the changes may be for the table to fit."""
    if width is None:
        return None
    others = sum(max(len(row[i]) for row in [*rows, headers]) for i in (0, 1, 2, 4))
    return max(30, width - others - 8)


def _start(state: State) -> str:
    """The initial state, nodes that start alike together."""
    if state.shared is not None:
        return text(state.shared)
    alike: dict[str, list[str]] = {}
    for view in state.nodes:
        alike.setdefault(text(view.state), []).append(view.node.name)
    parts = [f"{', '.join(names)}: {said}" for said, names in alike.items()]
    return "; ".join([*parts, *_messages("under way", state.network)])


def _changes(report: Report, before: State, step: TraceStep) -> str:
    changed = changes(report.model, before, step.state)
    own = step.event.node.name if step.event.node else ""
    parts = []
    for change in changed.fields:
        if change.field == "up":
            parts.append(f"{'' if change.node == own else change.node + ' '}{'up' if change.new else 'down'}")
        elif not change.field.endswith(" left"):
            name = change.field if change.node == own else change.path
            parts.append(f"{name} {text(change.old)} → {text(change.new)}")
    return "; ".join([", ".join(parts)] * bool(parts) + _network(step.event, changed))


def _network(event: Event, changed: Changes) -> list[str]:
    """What a step sends, and what it takes away beyond the message that it delivers or loses."""
    named = None
    if event.kind in ("receive", "lose") and event.node is not None:
        args = dict(event.args)
        src = args["src"]
        named = Envelope(src, event.node, args["msg"]) if isinstance(src, NodeId) else None
    gone = list(changed.removed)
    if named in gone:
        gone.remove(named)
    sent = [] if event.kind == "duplicate" else list(changed.added)
    return _messages("sends", sent) + _messages("gone:", gone)


def _messages(verb: str, envelopes: list[Envelope] | tuple[Envelope, ...]) -> list[str]:
    """Messages by what they say: ``sends Vote(term=1) to n2, n3``."""
    found: list[str] = []
    by_msg: dict[str, list[str]] = {}
    for e in envelopes:
        if is_notice(e) and verb == "sends":
            found.append(f"{e.dst} is told {text(e.msg)}")
        else:
            by_msg.setdefault(text(e.msg), []).append(e.dst.name)
    return [f"{verb} {msg} to {', '.join(targets)}" for msg, targets in by_msg.items()] + found


def _source(report: Report, event: Event) -> str:
    handler = report.system.runner.handler(event)
    return f"{Path(handler.file).name}:{handler.line}" if handler is not None else ""
