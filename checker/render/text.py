"""The report for people: what was checked, what came out, and the traces."""

from __future__ import annotations

from dataclasses import dataclass

import click

from elcheck.checker.check.report import CheckReport, Coverage, Stats
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.render.diagram import diagram
from elcheck.checker.render.fit import fitted, table
from elcheck.checker.render.run import Run
from elcheck.checker.render.table import trace_table
from elcheck.checker.temporal.certificate import Certificate
from elcheck.checker.traces.explain import explain

_COLOURS = {
    Verdict.PROVED: "green",
    Verdict.HOLDS: "green",
    Verdict.VACUOUS: "yellow",
    Verdict.UNDETERMINED: "yellow",
    Verdict.REFUTED: "red",
}


@dataclass(frozen=True)
class Wanted:
    """What of a report is shown, and how. ``width`` is a terminal's, to which it is fitted."""

    witnesses: bool = False
    certificate: bool = False
    diagram: bool = False
    explain: bool = False
    width: int | None = None


def render(run: Run, report: CheckReport, wanted: Wanted = Wanted()) -> str:
    """The whole report."""
    parts = [_head(run, report, wanted.width), _table(report, wanted.width)]
    parts.append("\n".join(fitted(line, wanted.width) for line in _size(report)))
    parts += [fitted(f"Note: {note}.", wanted.width) for note in report.notes]
    parts += _coverage(report.coverage, report.stats)
    for result in report.results:
        if (result.verdict is Verdict.REFUTED or wanted.witnesses) and result.trace is not None:
            parts.append(_shown(report, result, wanted))
        elif result.kind == "error":
            parts.append(_headline(result))
    parts.append(f"To repeat it: {run.command}")
    return "\n\n".join(parts)


def verdict(found: Verdict) -> str:
    """A verdict as the text output says it."""
    return click.style(found.words.upper(), fg=_COLOURS[found], bold=True)


def _head(run: Run, report: CheckReport, width: int | None) -> str:
    lines = [click.style(run.name, bold=True) + (f": {run.summary}" if run.summary else "")]
    if run.parameters:
        lines.append(fitted(run.settings, width))
    if report.model.programs:
        lines.append(report.model.environment.describe())
    return "\n".join(lines)


def _table(report: CheckReport, width: int | None) -> str:
    """The verdicts."""
    rows = [[result.name, result.kind, verdict(result.verdict), _brief(result)] for result in report.results]
    return table(rows, ["property", "kind", "verdict", "detail"], "detail", width)


def _brief(result: Result) -> str:
    """What there is to say of a verdict, but for what cut or stopped the whole search: that stands below."""
    return (result.detail if result.brief is None else result.brief).partition("\n")[0]


def _size(report: CheckReport) -> list[str]:
    """How much was searched, in how much time, and what was left out."""
    stats = report.stats
    searched = stats.distinct if stats.representatives is None else stats.representatives
    rate = searched / max(stats.seconds, 1e-9)
    held = "" if stats.bytes_per_state is None else f", {stats.bytes_per_state:,.0f} bytes a state"
    one_of = "" if stats.representatives is None else f" ({stats.representatives:,} searched)"
    lines = [
        f"{stats.distinct:,} distinct states{one_of}, {stats.transitions:,} transitions, depth {stats.depth}",
        f"searched in {stats.seconds:.1f} s ({rate:,.0f} states/s{held}) by the {report.engine} engine",
        f"handlers ran {stats.handler_calls:,} times, properties {stats.evaluations:,} times",
    ]
    lines += report.reductions
    if stats.stopped is not None:
        lines.append(f"Not every state was examined: {stats.stopped}.")
        lines += [f"What grows with the depth: {'; '.join(stats.growing)}."] * bool(stats.growing)
    for name, count in stats.cut.items():
        lines.append(f"The bound {name} cut steps of {count:,} states; what lies across it was not checked.")
    if stats.exhaustive:
        lines.append("Every reachable state was examined.")
    return lines


def _coverage(coverage: Coverage, stats: Stats) -> list[str]:
    lines = [f"{name} never ran" for name in coverage.never_run]
    lines += [f"{name} was never enabled ({why})" for name, why in coverage.never_enabled]
    lines += [f"{name} never changed anything, and sent nothing" for name in coverage.never_changing]
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


def _shown(report: CheckReport, result: Result, wanted: Wanted) -> str:
    """A trace under what it shows."""
    assert result.trace is not None
    if result.verdict is Verdict.REFUTED:
        lines = [_headline(result)]
    else:
        lines = [f"A witness of {click.style(result.name, bold=True)}, {result.detail}"]
    if result.shortest is not None and result.shortest > 1:
        what = "shortest traces" if result.trace.loop is None else "shortest ways to its loop"
        lines.append(f"This is the clearest of {result.shortest:,} {what}.")
    lines[0] = fitted(
        lines[0] + (f" (fewest faults: {result.fewest})" if result.fewest else ""), wanted.width
    )
    explanation = None
    if wanted.explain:
        explanation = explain(result.trace, report.model, report.claim_of(result))
        lines.append(str(explanation))
    if wanted.diagram and not result.trace.initial.nodes:
        lines.append("There is no diagram to draw: a Spec has one state and no nodes. The steps are these:")
    if wanted.diagram and result.trace.initial.nodes:
        matters = explanation.matters if explanation is not None else ()
        lines.append(diagram(report.model, result.trace, wanted.width, matters))
    else:
        lines.append(trace_table(report.model, result.trace, wanted.width, explanation))
    if result.certificate is not None and result.certificate.held_up:
        held = f"Held up by timing all along: {'; '.join(result.certificate.held_up)}."
        lines.append(fitted(held, wanted.width))
    if wanted.certificate and result.certificate:
        lines.append(_certified(result.certificate))
    return "\n".join(lines)


def _certified(certificate: Certificate) -> str:
    """Why a behaviour is fair, a condition a line."""
    lines = [f"  {kept}" for kept in certificate.kept]
    if not lines:
        return "It is fair: no step of which fairness is assumed is enabled in the loop."
    return "It is fair:\n" + "\n".join([*lines, "  of what else is assumed, nothing is enabled in the loop"])
