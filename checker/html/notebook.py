"""Reports and traces as pieces of HTML, for notebooks: verdicts, and the picture of a trace.

A piece stands alone: it has no script, and its style, which comes with it, speaks of nothing outside of it.
It takes ink and paper from the notebook, so that it can be read on a light one and on a dark one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape

from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.export.subject import describe, first_refuted
from elcheck.checker.html.assets import asset
from elcheck.checker.html.picture import pictures_of
from elcheck.checker.html.shapes import as_markup
from elcheck.checker.html.trace_view import TraceView, decided_view, trace_view_of
from elcheck.checker.model.model import Model
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.values import counted
from elcheck.checker.render.summary import brief, examined
from elcheck.checker.traces.source import place_of_step
from elcheck.checker.traces.trace import Trace, going_on
from elcheck.checker.traces.wording import in_words

_COLOURS = {
    Verdict.PROVED: "#1f8a4c",
    Verdict.HOLDS: "#2f7fd0",
    Verdict.REFUTED: "#d84a3f",
    Verdict.UNDETERMINED: "#b26a00",
    Verdict.VACUOUS: "#b26a00",
}
"""Readable on white and on black."""


def of_report(report: CheckReport) -> str:
    """The verdicts, and the first counterexample. Everything that comes from the model is escaped."""
    stats = report.stats
    verdicts = _table(("property", "kind", "verdict", "detail"), map(_row, report.results))
    size = f"{counted(stats.distinct, 'distinct state')}, {counted(stats.transitions, 'transition')}, "
    size += f"depth {stats.depth}."
    parts = [verdicts, *(f"<p>{escape(said)}</p>" for said in (*examined({}, stats), size))]
    first = first_refuted(report)
    if first is not None:
        parts.append(f'<p><strong>{escape(first.name)}</strong>: <span class="wrong">')
        parts.append(f"{escape(first.detail)}</span></p>")
        assert first.trace is not None
        parts.append(_trace(first.trace, report.model, *decided_view(first, report)))
    return _whole(parts)


def of_trace(trace: Trace, model: Model) -> str:
    """A trace alone."""
    return _whole([_trace(trace, model, trace_view_of(trace, model))])


def _whole(parts: Iterable[str]) -> str:
    return f'<div class="elcheck"><style>{asset("notebook.css")}</style>{"".join(parts)}</div>'


def _row(result: Result) -> list[str]:
    colour = _COLOURS[result.verdict]
    shown = f'<strong style="color: {colour}">{escape(result.verdict.words)}</strong>'
    return [escape(result.name), escape(result.kind), shown, escape(brief(result))]


def _trace(trace: Trace, model: Model, view: TraceView, guilty: Collection[str] = ()) -> str:
    """The picture with its steps beside it; folded away, a table with the lines of the source."""
    again = "" if trace.loop is None else f"<p>{escape(going_on(trace, trace.loop))}</p>"
    table = f"<details><summary>As a table</summary>{_steps(trace, model)}</details>"
    return _picture(view, guilty) + again + table


def _picture(view: TraceView, guilty: Collection[str]) -> str:
    """The names of the lanes, the drawing, a line for each step, and what the marks mean."""
    pictures = pictures_of(view)
    drawn = pictures.wide
    lanes = "".join(
        f'<span style="left: {at}px"{_class(name in guilty)}>{escape(name)}</span>'
        for name, at in zip(view.nodes, drawn.lanes, strict=True)
    )
    steps = "".join(
        f"<li><strong>{escape(frame.located(view.nodes))}</strong> "
        f"<span>{escape('; '.join(frame.changes))}</span></li>"
        for frame in view.frames
    )
    entries = "".join(
        f"<li>{'' if entry.drawn is None else as_markup(entry.drawn)}{escape(entry.said)}</li>"
        for entry in pictures.legend
    )
    return (
        f'<div class="run"><div class="lanes">{lanes}</div>{as_markup(drawn.drawn)}'
        f'<ol class="steps" style="margin-left: {drawn.width}px">{steps}</ol></div>'
        f'<ul class="legend">{entries}</ul>'
    )


def _class(guilty: bool) -> str:
    return ' class="guilty"' if guilty else ""


def _steps(trace: Trace, model: Model) -> str:
    """A trace, a step a line."""
    runner = Runner(model)
    rows = [["0", "", "start", escape(describe(trace.initial)).replace("\n", "<br>"), ""]]
    for number, before, step in trace.numbered:
        source = str(place_of_step(runner, before, step) or "")
        node = step.event.node.name if step.event.node else ""
        told = escape("; ".join(in_words(model, before, step)))
        rows.append([str(number), escape(node), escape(str(step.event)), told, escape(source)])
    return _table(("step", "node", "action", "what it does", "source"), rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
