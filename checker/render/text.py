"""The report for people. What is wrong comes first, then its trace, then in one line how much was searched
and what to do next; ``-v`` says everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import click

from elcheck.checker.check.coverage import Coverage
from elcheck.checker.check.meaning import meaning
from elcheck.checker.check.report import CheckReport, Stats
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.values import counted
from elcheck.checker.render.canvas import least_width
from elcheck.checker.render.diagram import diagram
from elcheck.checker.render.fit import fitted, head, repeating, setting_lines, table
from elcheck.checker.render.run import Run
from elcheck.checker.render.summary import brief, closing, headline, share, summary, unexamined, verdict
from elcheck.checker.render.table import trace_table
from elcheck.checker.render.wanted import SHORTENED, UNFITTED, WHOLE, Wanted
from elcheck.checker.replay.together import Refutation, refutations
from elcheck.checker.temporal.certificate import Certificate
from elcheck.checker.traces.afterwards import afterwards
from elcheck.checker.traces.explain import explain
from elcheck.checker.traces.reads import FieldsRead, fields_read
from elcheck.checker.traces.show import ShowColumn, show_columns
from elcheck.checker.traces.trace import Trace


class ShownTrace(NamedTuple):
    """A trace, what the failing check reads of it, and the columns of ``--show``."""

    trace: Trace
    read: FieldsRead
    columns: tuple[ShowColumn, ...]


def render(run: Run, report: CheckReport, wanted: Wanted = UNFITTED) -> str:
    """The report, shortened to a screen if that is wanted, as far as it has to be."""
    groups = refutations(report)
    if wanted.detail == "quiet":
        lines = [line for group in groups for line in _headlines(group)] + summary(run, report)
        return "\n".join(fitted(line, wanted.width) for line in lines)
    first = groups if wanted.all else groups[:1]
    shown = [(group, _of_trace(report, group.refuted[0][0])) for group in first]
    as_wanted = partial(_render, run, report, groups, shown)
    said = as_wanted(wanted)
    for shortened in SHORTENED if wanted.a_screen else ():
        if not _too_high(said, wanted):
            break
        said = as_wanted(replace(wanted, shortened=shortened))
    if wanted.a_screen and (excess := _too_high(said, wanted)):
        said = as_wanted(replace(wanted, shortened=replace(SHORTENED[-1], steps=excess + 1)))
    return said


def _too_high(said: str, wanted: Wanted) -> int:
    """By how many lines a report is higher than a screen."""
    return max(0, said.count("\n") + 1 - (wanted.height or 0))


def _of_trace(report: CheckReport, result: Result) -> ShownTrace | None:
    """The trace of a result, if it has one, with what is shown of it in whatever length."""
    if result.trace is None:
        return None
    read = fields_read(result.trace, report.model, report.claim_of(result))
    return ShownTrace(result.trace, read, show_columns(result.trace, report.show))


def _render(
    run: Run,
    report: CheckReport,
    groups: Sequence[Refutation],
    shown: Sequence[tuple[Refutation, ShownTrace | None]],
    wanted: Wanted,
) -> str:
    """The report with the traces of those groups that are ``shown``."""
    parts = [_head(run, report, wanted)]
    if wanted.all:
        parts += [_table(report, wanted.width), *_meanings(report, wanted.width)]
        parts.append("\n".join(_size(report, wanted.width)))
    elif not groups:
        parts.append("\n".join(fitted(line, wanted.width) for line in summary(run, report)))
    parts += _counts(report, wanted.width)
    parts += [_shown(report, group, found, wanted) for group, found in shown]
    parts += [
        fitted(said, wanted.width) for group, found in shown if (said := _afterwards(report, group, found))
    ]
    columns = (column for _, found in shown if found is not None for column in found.columns)
    parts += [fitted(column.trouble, wanted.width) for column in columns if column.trouble]
    parts += _others(groups[1:], wanted)
    if wanted.witnesses:
        parts += [_witness(report, r, wanted) for r in report.results if _is_witness(r) and r.trace]
    parts += [fitted(f"Note: {note}.", wanted.width) for note in report.notes]
    parts += _coverage(report.coverage, report.stats, wanted, refuted=bool(groups))
    parts.append(repeating(run, wanted.width) if wanted.all else closing(report, groups, wanted))
    return "\n\n".join(parts)


def _is_witness(result: Result) -> bool:
    return result.verdict is not Verdict.REFUTED


def _head(run: Run, report: CheckReport, wanted: Wanted) -> str:
    lines = setting_lines(run.settings if wanted.all else run.chosen, report.model)
    lines = lines if wanted.all else ["; ".join(lines)]
    if report.left_out:
        lines.append(f"not checked (--property): {', '.join(report.left_out)}")
    return head(run, *lines, width=wanted.width)


def _others(groups: Sequence[Refutation], wanted: Wanted) -> Iterator[str]:
    """What other traces refute, without them."""
    if groups and not wanted.all:
        lines = [line for group in groups for line in _headlines(group)]
        lines.append("  Other steps show that: -v, or --property NAME for one of them.")
        yield "\n".join(fitted(line, wanted.width) for line in lines)


# -- in full -----------------------------------------------------------------------------------------------


def _table(report: CheckReport, width: int | None) -> str:
    """The verdicts."""
    rows = [[result.name, result.kind, verdict(result.verdict), brief(result)] for result in report.results]
    return table(rows, ["property", "kind", "verdict", "detail"], width, most={"verdict": 19})


def _meanings(report: CheckReport, width: int | None) -> Iterator[str]:
    """What each property says, as far as its author says it in a docstring or it is a formula."""
    said = [(result.name, meaning(claim)) for result in report.results if (claim := report.claim_of(result))]
    lines = [f"  {click.style(name, bold=True)}: {' '.join(words)}" for name, words in said if words]
    if lines:
        yield "\n".join(["What they say:", *(fitted(line, width) for line in lines)])


def _size(report: CheckReport, width: int | None) -> Iterator[str]:
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
    if stats.workers:
        held = ", ".join(f"{load.held / 2**20:,.0f}" for load in stats.workers)
        sent = sum(load.sent for load in stats.workers) / 2**20
        lines.append(f"{len(stats.workers)} processes held {held} MiB, and sent each other {sent:,.1f} MiB")
    lines += [*report.reductions, *unexamined(stats)]
    for name, count in stats.cut.items():
        cut = f"{counted(count, 'state')} ({share(count, stats.distinct)})"
        lines.append(f"The bound {name} cut steps of {cut}; what lies across it was not checked.")
    if stats.exhaustive:
        lines.append("Every reachable state was examined.")
    return (fitted(line, width) for line in lines)


def _counts(report: CheckReport, width: int | None) -> Iterator[str]:
    """How often each action was taken, and where each ``sometimes`` holds, if that was asked for."""
    counts = report.counts
    if isinstance(counts, str):
        yield fitted(f"Nothing was counted: {counts}.", width)
    elif counts is not None:
        steps = [[name, f"{count:,}"] for name, count in counts.steps.items()]
        yield table(steps, ["steps of", "how many"], width, right=["how many"])
        of = {r.name: claim for r in report.results if (claim := report.claim_of(r)) is not None}
        met = [
            f"{name}: met by {count:,} of {_all(report, counts.states, of_steps=of[name].is_of_steps)}"
            for name, count in counts.met.items()
            if name in of
        ]
        if met:
            yield "\n".join(fitted(line, width) for line in met)


def _all(report: CheckReport, states: int, *, of_steps: bool) -> str:
    """What a count is of."""
    return counted(report.stats.transitions, "step") if of_steps else counted(states, "state")


def _coverage(coverage: Coverage, stats: Stats, wanted: Wanted, *, refuted: bool) -> list[str]:
    """What was never used: after a refutation only if everything is said, and only then what a parameter
    has switched off.
    """
    off = dict(coverage.switched_off)
    lines = [f"{name} never ran" for name in coverage.never_run if name not in off]
    lines += [f"{name} was never enabled ({why})" for name, why in coverage.never_enabled if name not in off]
    lines += [f"{name} never changed anything, and sent nothing" for name in coverage.never_changing]
    lines += [
        f"{program} has no handler for {message}, which it is sent" for program, message in coverage.unhandled
    ]
    lines += [f"blocked at the head of its link for ever: {head}" for head in coverage.blocked_heads]
    if wanted.all:
        lines += [f"{name} is switched off: {switch}" for name, switch in off.items()]
    if not lines or (refuted and not wanted.all):
        return []
    so_far = "" if stats.exhaustive else " in what was searched"
    return ["\n".join([f"Coverage{so_far}:", *(fitted(f"  {line}", wanted.width) for line in lines)])]


# -- traces ------------------------------------------------------------------------------------------------


def _headlines(group: Refutation) -> list[str]:
    return [headline(result, detail) for result, detail in group.refuted]


def _shown(report: CheckReport, group: Refutation, found: ShownTrace | None, wanted: Wanted) -> str:
    """A trace under what it refutes."""
    said = _headlines(group)
    if wanted.shortened.lines == 1:
        said = [f"{first} …" if rest else first for first, _, rest in (line.partition("\n") for line in said)]
    lines = [fitted(line, wanted.width) for line in said]
    if found is not None:
        lines += _trace(report, group.refuted[0][0], found, wanted)
    return "\n".join(lines)


def _afterwards(report: CheckReport, group: Refutation, found: ShownTrace | None) -> str:
    """What can still happen where something is not possible any more."""
    if found is None or all(result.kind != "possible" for result, _ in group.refuted):
        return ""
    return afterwards(report.model, found.trace.states[-1])


def _witness(report: CheckReport, result: Result, wanted: Wanted) -> str:
    """A trace under what it shows."""
    found = _of_trace(report, result)
    assert found is not None
    line = fitted(f"A witness of {click.style(result.name, bold=True)}, {result.detail}", wanted.width)
    return "\n".join([line, *_trace(report, result, found, wanted)])


def _trace(report: CheckReport, result: Result, found: ShownTrace, wanted: Wanted) -> Iterator[str]:
    """A trace, and what there is to know of it."""
    trace, read, columns = found
    width, notes = wanted.width, []
    if result.shortest is not None and result.shortest > 1:
        what = "shortest traces" if trace.loop is None else "shortest ways to its loop"
        notes.append(f"This is the clearest of {result.shortest:,} {what}.")
    if wanted.shortened != WHOLE:
        notes.append("It is shortened to fit a screen: -v shows it whole.")
    if notes:
        yield fitted(" ".join(notes), width)
    explanation = None
    if wanted.explain:
        explanation = explain(trace, report.model, report.claim_of(result))
        yield fitted(str(explanation), width)
    why_not = _undrawable(trace, width) if wanted.diagram else None
    if why_not is not None:
        yield fitted(why_not, width)
    if wanted.diagram and why_not is None:
        matters = explanation.matters if explanation is not None else ()
        yield diagram(report.model, trace, width, matters, read)
    else:
        yield trace_table(
            report.model, trace, width, explanation, read=read, show=columns, shortened=wanted.shortened
        )
    if result.certificate is not None and result.certificate.held_up:
        yield fitted(f"Held up by timing all along: {'; '.join(result.certificate.held_up)}.", width)
    if wanted.certificate and result.certificate:
        yield fitted(_certified(result.certificate), width)


def _undrawable(trace: Trace, width: int | None) -> str | None:
    """Why there is no diagram to draw, if there is none."""
    lanes = len(trace.initial.nodes)
    if not lanes:
        return "There is no diagram to draw: a Spec has one state and no nodes. The steps are these:"
    if width is not None and width < least_width(lanes):
        return f"{lanes} lanes need {least_width(lanes)} columns (--width): the steps are these:"
    return None


def _certified(certificate: Certificate) -> str:
    """Why a behaviour is fair, a condition a line."""
    lines = [f"  {kept}" for kept in certificate.kept]
    if not lines:
        return "It is fair: no step of which fairness is assumed is enabled in the loop."
    return "It is fair:\n" + "\n".join([*lines, "  of what else is assumed, nothing is enabled in the loop"])
