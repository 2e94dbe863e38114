"""The report for people. What is wrong comes first, then its trace, then in one line how much was searched
and what to do next; ``-v`` says everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import click

from elcheck.checker.check.coverage import Coverage
from elcheck.checker.check.report import CheckReport, Stats
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.values import counted, text
from elcheck.checker.process.limits import StopKind
from elcheck.checker.render.canvas import least_width
from elcheck.checker.render.diagram import diagram
from elcheck.checker.render.fit import NBSP, fitted, head, repeating, setting_lines, table
from elcheck.checker.render.run import Run
from elcheck.checker.render.table import trace_table
from elcheck.checker.replay.together import Refutation, refutations
from elcheck.checker.temporal.certificate import Certificate
from elcheck.checker.traces.explain import explain
from elcheck.checker.traces.reads import fields_read
from elcheck.checker.traces.show import show_columns
from elcheck.checker.traces.trace import Trace

_COLOURS = {
    Verdict.PROVED: "green",
    Verdict.HOLDS: "cyan",
    Verdict.VACUOUS: "yellow",
    Verdict.UNDETERMINED: "yellow",
    Verdict.REFUTED: "red",
}
_PLURAL = {
    Verdict.PROVED: "proved",
    Verdict.HOLDS: "hold within bounds",
    Verdict.VACUOUS: "vacuous",
    Verdict.UNDETERMINED: "undetermined",
}
Detail = Literal["quiet", "normal", "all"]
"""How much is said: verdicts alone, a screen, or everything."""


@dataclass(frozen=True)
class Wanted:
    """What of a report is shown, and how. ``width`` is a terminal's, to which it is fitted. ``drawable``:
    there are options that draw.
    """

    witnesses: bool = False
    certificate: bool = False
    diagram: bool = False
    explain: bool = False
    width: int | None = None
    detail: Detail = "normal"
    drawable: bool = True

    @property
    def all(self) -> bool:
        """Whether everything is said."""
        return self.detail == "all"


def render(run: Run, report: CheckReport, wanted: Wanted = Wanted()) -> str:
    """The whole report."""
    groups = refutations(report)
    if wanted.detail == "quiet":
        lines = [line for group in groups for line in _headlines(group)] + _summary(run, report)
        return "\n".join(fitted(line, wanted.width) for line in lines)
    parts = [_head(run, report, wanted)]
    if wanted.all:
        parts += [_table(report, wanted.width), "\n".join(_size(report, wanted.width))]
    elif not groups:
        parts.append("\n".join(fitted(line, wanted.width) for line in _summary(run, report)))
    parts += [_shown(report, group, wanted) for group in (groups if wanted.all else groups[:1])]
    parts += _troubles(report, groups if wanted.all else groups[:1], wanted)
    parts += _others(groups[1:], wanted)
    if wanted.witnesses:
        parts += [_witness(report, r, wanted) for r in report.results if _is_witness(r) and r.trace]
    parts += [fitted(f"Note: {note}.", wanted.width) for note in report.notes]
    parts += _coverage(report.coverage, report.stats, wanted, refuted=bool(groups))
    parts.append(repeating(run, wanted.width) if wanted.all else _closing(report, groups, wanted))
    return "\n\n".join(parts)


def verdict(found: Verdict) -> str:
    """A verdict as the text output says it."""
    return click.style(found.words.upper(), fg=_COLOURS[found], bold=True)


def _is_witness(result: Result) -> bool:
    return result.verdict is not Verdict.REFUTED


def _head(run: Run, report: CheckReport, wanted: Wanted) -> str:
    lines = setting_lines(run.settings if wanted.all else run.chosen, report.model)
    lines = lines if wanted.all else ["; ".join(lines)]
    if report.left_out:
        lines.append(f"not checked (--property): {', '.join(report.left_out)}")
    return head(run, *filter(None, lines), width=wanted.width)


# -- in a few lines ----------------------------------------------------------------------------------------


def _summary(run: Run, report: CheckReport) -> list[str]:
    """What is not refuted: a line for each verdict and its reason, and what bounds have cut, once."""
    groups: dict[tuple[Verdict, str], list[str]] = {}
    for result in report.results:
        if result.verdict is not Verdict.REFUTED:
            reason = (result.brief or "") if result.verdict is Verdict.PROVED else _brief(result)
            groups.setdefault((result.verdict, reason), []).append(result.name)
    lines = []
    for found in Verdict:
        for (of, reason), names in groups.items():
            if of is found:
                lines.append(f"{verdict(of)}: {', '.join(names)}" + (f" ({reason})" if reason else ""))
        if found is Verdict.HOLDS and report.stats.cut and report.stats.stopped is None:
            lines.append(f"  beyond: {beyond(run, report.stats)}")
    stats = report.stats
    if stats.stopped is not None and stats.stopped.kind is not StopKind.DECIDED:
        lines += unexamined(stats)
    return lines


def unexamined(stats: Stats) -> list[str]:
    """That not every state was examined, why, and what grows; nothing where the search came to its end."""
    if stats.stopped is None:
        return []
    grows = [f"What grows with the depth: {'; '.join(stats.growing)}."] * bool(stats.growing)
    return [f"Not every state was examined: {stats.stopped}.", *grows]


def beyond(run: Run, stats: Stats) -> str:
    """What bounds cut: ``steps were cut in 16 % of the states by depth 20, in 82 % by max_term 2``."""
    shares: list[str] = []
    for name, count in sorted(stats.cut.items(), key=lambda item: " " not in item[0]):
        value = run.parameters.get(name)
        bound = (name if value is None else f"{name} {text(value)}").replace(" ", NBSP)
        states = " of the states" * (not shares)
        shares.append(f"in {_share(count, stats.distinct)}{states} by {bound}")
    return f"steps were cut {', '.join(shares)}"


def _share(part: int, whole: int) -> str:
    percent = 100 * part / max(whole, 1)
    if 0 < percent < 1:
        return "less than 1 %"
    if part < whole and percent > 99:
        return "more than 99 %"
    return f"{percent:.0f} %"


def _closing(report: CheckReport, groups: Sequence[Refutation], wanted: Wanted) -> str:
    """How much was searched, what became of the other properties, and what to do next."""
    stats = report.stats
    if report.engine == "simulation":
        said = f"{counted(stats.distinct, 'state')} in {counted(stats.transitions, 'step')} of walks"
    else:
        said = f"{counted(stats.distinct, 'state')} to depth {stats.depth}"
    said += f" in {stats.seconds:.1f} s"
    if not groups:
        return fitted(f"{said}. {_next(report)}".strip(), wanted.width)
    if stats.stopped is not None and stats.stopped.kind not in (StopKind.DECIDED, StopKind.FIRST):
        said += f", not every state: {stats.stopped}"
    counts = Counter(_PLURAL[r.verdict] for r in report.results if r.verdict is not Verdict.REFUTED)
    others = ", ".join(f"{count} {words}" for words, count in counts.items())
    said += f"; of the others {others}" * bool(counts)
    hint = "-v says all."
    if wanted.drawable and not (wanted.diagram or wanted.explain):
        hint = "Next: --diagram, --explain, --report FILE.html, -v for all."
    return fitted(f"{said}. {hint}", wanted.width)


def _next(report: CheckReport) -> str:
    """What to do next where nothing was refuted."""
    stats = report.stats
    if any(name.startswith("depth ") for name in stats.cut):
        return "A larger --depth goes further; -v says all."
    if stats.stopped is not None and stats.stopped.kind in (StopKind.STATES, StopKind.TIME, StopKind.MEMORY):
        return "Larger limits or a smaller model let it end; elcheck simulate walks at random; -v says all."
    return "-v says all."


def _others(groups: Sequence[Refutation], wanted: Wanted) -> Iterator[str]:
    """What other traces refute, without them."""
    if groups and not wanted.all:
        lines = [line for group in groups for line in _headlines(group)]
        lines.append("  Other steps show that: -v, or --property NAME for one of them.")
        yield "\n".join(fitted(line, wanted.width) for line in lines)


# -- in full -----------------------------------------------------------------------------------------------


def _table(report: CheckReport, width: int | None) -> str:
    """The verdicts."""
    rows = [[result.name, result.kind, verdict(result.verdict), _brief(result)] for result in report.results]
    return table(rows, ["property", "kind", "verdict", "detail"], width, most={"verdict": 19})


def _brief(result: Result) -> str:
    """What there is to say of a verdict, but for what cut or stopped the whole search: that is said once."""
    return (result.detail if result.brief is None else result.brief).partition("\n")[0]


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
    lines += [*report.reductions, *unexamined(stats)]
    for name, count in stats.cut.items():
        cut = f"{counted(count, 'state')} ({_share(count, stats.distinct)})"
        lines.append(f"The bound {name} cut steps of {cut}; what lies across it was not checked.")
    if stats.exhaustive:
        lines.append("Every reachable state was examined.")
    return (fitted(line, width) for line in lines)


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
    return [_headline(result, detail) for result, detail in group.refuted]


def _headline(result: Result, detail: str) -> str:
    if result.kind == "error":
        return click.style("ERROR", fg="red", bold=True) + f": {detail}"
    said = f"{verdict(result.verdict)} {click.style(result.name, bold=True)}: {detail}"
    return said + (f" (fewest faults: {result.fewest})" if result.fewest else "")


def _shown(report: CheckReport, group: Refutation, wanted: Wanted) -> str:
    """A trace under what it refutes."""
    lines = [fitted(line, wanted.width) for line in _headlines(group)]
    if group.trace is not None:
        lines += _trace(report, group.refuted[0][0], group.trace, wanted)
    return "\n".join(lines)


def _witness(report: CheckReport, result: Result, wanted: Wanted) -> str:
    """A trace under what it shows."""
    assert result.trace is not None
    line = fitted(f"A witness of {click.style(result.name, bold=True)}, {result.detail}", wanted.width)
    return "\n".join([line, *_trace(report, result, result.trace, wanted)])


def _trace(report: CheckReport, result: Result, trace: Trace, wanted: Wanted) -> Iterator[str]:
    """A trace, and what there is to know of it."""
    width = wanted.width
    if result.shortest is not None and result.shortest > 1:
        what = "shortest traces" if trace.loop is None else "shortest ways to its loop"
        yield f"This is the clearest of {result.shortest:,} {what}."
    explanation = None
    read = fields_read(trace, report.model, report.claim_of(result))
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
        columns = show_columns(trace, report.show)
        yield trace_table(report.model, trace, width, explanation, read=read, show=columns)
    if result.certificate is not None and result.certificate.held_up:
        yield fitted(f"Held up by timing all along: {'; '.join(result.certificate.held_up)}.", width)
    if wanted.certificate and result.certificate:
        yield fitted(_certified(result.certificate), width)


def _troubles(report: CheckReport, groups: Sequence[Refutation], wanted: Wanted) -> Iterator[str]:
    """Where expressions have no value, in the traces that are shown."""
    for group in groups:
        columns = () if group.trace is None else show_columns(group.trace, report.show)
        yield from (fitted(column.trouble, wanted.width) for column in columns if column.trouble)


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
