"""A report as a piece of HTML, for notebooks: the verdicts, and the first counterexample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.export.subject import describe
from elcheck.checker.model.values import counted
from elcheck.checker.traces.source import place_of_step
from elcheck.checker.traces.trace import going_on
from elcheck.checker.traces.wording import in_words

_COLOURS = {Verdict.REFUTED: "#c62828", Verdict.UNDETERMINED: "#b26a00", Verdict.VACUOUS: "#b26a00"}
"""Of verdicts that ask for attention; readable on white and on black."""


def render(report: CheckReport) -> str:
    """Two tables at most. Everything that comes from the model is escaped."""
    stats = report.stats
    verdicts = _table(("property", "kind", "verdict", "detail"), map(_row, report.results))
    size = f"{counted(stats.distinct, 'distinct state')}, {counted(stats.transitions, 'transition')}, "
    size += f"depth {stats.depth}" + ("" if stats.stopped is None else f"; not complete: {stats.stopped}")
    parts = [verdicts, f"<p>{escape(size)}</p>"]
    refuted = (r for r in report.results if r.verdict is Verdict.REFUTED and r.trace is not None)
    first = next(refuted, None)
    if first is not None:
        parts.append(_trace(report, first))
    return "<div>" + "".join(parts) + "</div>"


def _row(result: Result) -> list[str]:
    said = escape(result.verdict.words)
    colour = _COLOURS.get(result.verdict)
    shown = f'<strong style="color: {colour}">{said}</strong>' if colour else said
    return [escape(result.name), escape(result.kind), shown, escape(result.detail.partition("\n")[0])]


def _trace(report: CheckReport, result: Result) -> str:
    """A counterexample, a step a line."""
    trace = result.trace
    assert trace is not None
    runner = report.system.runner
    rows = [["0", "", "start", escape(describe(trace.initial)).replace("\n", "<br>"), ""]]
    for number, before, step in trace.numbered:
        source = str(place_of_step(runner, before, step) or "")
        node = step.event.node.name if step.event.node else ""
        told = escape("; ".join(in_words(report.model, before, step)))
        rows.append([str(number), escape(node), escape(str(step.event)), told, escape(source)])
    table = _table(("step", "node", "action", "what it does", "source"), rows)
    again = "" if trace.loop is None else f"<p>{going_on(trace, trace.loop)}</p>"
    return f"<p><strong>{escape(result.name)}</strong>: {escape(result.detail)}</p>{table}{again}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    style = ' style="text-align: left; vertical-align: top"'
    head = "".join(f"<th{style}>{escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td{style}>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
