"""A report in a few lines: what is not refuted, what bounds cut, how much was searched, what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import click

from elcheck.checker.check.report import CheckReport, Stats
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.values import counted, text
from elcheck.checker.process.limits import StopKind
from elcheck.checker.render.fit import NBSP, fitted
from elcheck.checker.render.run import Run
from elcheck.checker.render.wanted import Wanted
from elcheck.checker.replay.together import Refutation

_COLOURS = {
    Verdict.PROVED: "green",
    Verdict.HOLDS: "cyan",
    Verdict.VACUOUS: "yellow",
    Verdict.UNDETERMINED: "yellow",
    Verdict.REFUTED: "red",
}


def verdict(found: Verdict) -> str:
    """A verdict as the text output says it."""
    return click.style(found.words.upper(), fg=_COLOURS[found], bold=True)


def headline(result: Result, detail: str | None = None) -> str:
    """A result in a line: ``REFUTED one leader: n1 and n2 both lead``; ``detail`` in the place of its own."""
    detail = result.detail if detail is None else detail
    if result.kind == "error":
        return click.style("ERROR", fg="red", bold=True) + f": {detail}"
    fewest = f" (fewest faults: {result.fewest})" if result.fewest else ""
    said = f"{verdict(result.verdict)} {click.style(result.name, bold=True)}"
    return f"{said}: {detail}{fewest}" if detail else said


def summary(run: Run, report: CheckReport) -> list[str]:
    """What is not refuted: a line for each verdict and its reason, and what bounds have cut, once."""
    groups: dict[tuple[Verdict, str], list[str]] = {}
    for result in report.results:
        if result.verdict is not Verdict.REFUTED:
            reason = (result.brief or "") if result.verdict is Verdict.PROVED else brief(result)
            groups.setdefault((result.verdict, reason), []).append(result.name)
    lines = []
    for found in Verdict:
        for (of, reason), names in groups.items():
            if of is found:
                lines.append(f"{verdict(of)}: {', '.join(names)}" + (f" ({reason})" if reason else ""))
        if found is Verdict.HOLDS and report.stats.cut and report.stats.stopped is None:
            lines.append(f"  beyond: {beyond(run.parameters, report.stats)}")
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


def examined(parameters: Mapping[str, object], stats: Stats) -> list[str]:
    """What was not examined of all states, and why; or that nothing was left out."""
    lines = unexamined(stats)
    if stats.cut:
        cut = beyond(parameters, stats).replace(NBSP, " ")
        lines.append(f"Bounds: {cut}; what lies across them was not checked.")
    if stats.exhaustive:
        lines.append("Every reachable state was examined.")
    return lines


def beyond(parameters: Mapping[str, object], stats: Stats) -> str:
    """What bounds cut: ``steps were cut in 16 % of the states by depth 20, in 82 % by max_term 2``. A bound
    by a parameter has its value, where ``parameters`` are known.
    """
    shares: list[str] = []
    for name, count in sorted(stats.cut.items(), key=lambda item: " " not in item[0]):
        value = parameters.get(name)
        bound = (name if value is None else f"{name} {text(value)}").replace(" ", NBSP)
        states = " of the states" * (not shares)
        shares.append(f"in {share(count, stats.distinct)}{states} by {bound}")
    return f"steps were cut {', '.join(shares)}"


def share(part: int, whole: int) -> str:
    """A part of something: ``16 %``, ``less than 1 %``."""
    percent = 100 * part / max(whole, 1)
    if 0 < percent < 1:
        return "less than 1 %"
    if part < whole and percent > 99:
        return "more than 99 %"
    return f"{percent:.0f} %"


def closing(report: CheckReport, groups: Sequence[Refutation], wanted: Wanted) -> str:
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
    counts = Counter(r.verdict for r in report.results if r.verdict is not Verdict.REFUTED)
    others = ", ".join(f"{count} {_words(found, count)}" for found, count in counts.items())
    said += f"; of the others {others}" * bool(counts)
    hint = "-v says all."
    if wanted.drawable and not (wanted.diagram or wanted.explain):
        hint = "Next: --diagram, --explain, --report FILE.html, -v for all."
    return fitted(f"{said}. {hint}", wanted.width)


def _words(found: Verdict, count: int) -> str:
    """A verdict that so many have."""
    return "hold within bounds" if found is Verdict.HOLDS and count > 1 else found.words


def _next(report: CheckReport) -> str:
    """What to do next where nothing was refuted."""
    stats = report.stats
    if report.engine == "simulation":
        return "More walks (--walks), or others (--seed), see more; -v says all."
    if any(name.startswith("depth ") for name in stats.cut):
        return "A larger --depth goes further; -v says all."
    if stats.stopped is not None and stats.stopped.kind in (StopKind.STATES, StopKind.TIME, StopKind.MEMORY):
        return "Larger limits or a smaller model let it end; elcheck simulate walks at random; -v says all."
    return "-v says all."


def brief(result: Result) -> str:
    """What there is to say of a verdict, but for what cut or stopped the whole search: that is said once."""
    return (result.detail if result.brief is None else result.brief).partition("\n")[0]
