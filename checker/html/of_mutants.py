"""The page of ``elcheck mutate --report``: the scores, and each survivor with its change and its trace."""

from __future__ import annotations

from collections.abc import Iterator

import click

from elcheck.checker.html.parts import ClaimView, Document, Section
from elcheck.checker.html.picture import pictures_of
from elcheck.checker.html.sources import Sources
from elcheck.checker.html.trace_view import TraceView, trace_view_of
from elcheck.checker.loading.docstring import ModelDoc
from elcheck.checker.loading.version import __version__
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.values import counted
from elcheck.checker.mutation.mutant import Mutant
from elcheck.checker.mutation.report import CampaignReport
from elcheck.checker.mutation.survivor import Survivor
from elcheck.checker.mutation.trial import MutantFate
from elcheck.checker.render import mutation as words
from elcheck.checker.render.run import Run


def document(run: Run, report: CampaignReport, about: ModelDoc) -> Document:
    """The page of a campaign."""
    sources = Sources(Runner(report.baseline.model))
    stories: list[TraceView] = []
    claims = tuple(_survivor(survivor, sources, stories) for survivor in report.survivors)
    return Document(
        run.name,
        _verdict(report),
        run.summary,
        tuple(_facts(run, report, about)),
        "",
        tuple(click.unstyle(line) for line in words.sum_in_words(report)),
        run.command,
        "What survived",
        "mutant",
        claims,
        tuple(stories),
        tuple(map(pictures_of, stories)),
        tuple(sources.places),
        tuple(sources.files),
        first=(_scores(report), _properties(report)),
        sections=tuple(_further(report)),
    )


def _verdict(report: CampaignReport) -> str:
    score = report.tally.score
    left = len(report.unexplained)
    said = "nothing to kill" if score is None else f"{100 * score:.0f} % killed"
    return f"{said}, {counted(left, 'survivor')} unexplained" if left else said


# -- survivors -----------------------------------------------------------------------------------------------


def _survivor(survivor: Survivor, sources: Sources, stories: list[TraceView]) -> ClaimView:
    """A survivor: its change, the first step that goes otherwise, what comes nearest to minding."""
    mutant, deviation = survivor.mutant, survivor.deviation
    story, at = None, 0
    if deviation is not None:
        view = words.with_trace(
            survivor, deviation, lambda model, trace: trace_view_of(trace, model, sources)
        )
        story, at = len(stories), len(view.frames) - 1
        stories.append(view)
    lacks = deviation is not None and bool(deviation.less)
    return ClaimView(
        mutant.key,
        mutant.operator,
        MutantFate.SURVIVED.value,
        click.unstyle(words.difference_in_words(survivor)),
        True,
        "The first step that goes otherwise, as the model has it" if lacks else "The step that is new",
        (click.unstyle(words.nearest_in_words(survivor)),),
        story,
        at,
        difference=tuple(mutant.difference.rstrip().splitlines()[2:]),
    )


# -- tables --------------------------------------------------------------------------------------------------


def _scores(report: CampaignReport) -> Section:
    rows = [*report.functions.items(), ("all", report.tally)]
    return Section(
        "What became of the mutants of each function",
        "Equivalent ones answer every question of the search as the model does, within these bounds.",
        ("function", "mutants", *(fate.value for fate in words.FATES)),
        tuple(
            (name, str(tally.mutants), *(str(tally.fates.get(fate, 0) or "·") for fate in words.FATES))
            for name, tally in rows
        ),
        numbers=(1, 2, 3, 4, 5),
        code=(0,),
    )


def _properties(report: CampaignReport) -> Section:
    return Section(
        "What each property kills",
        "Alone are those that no other property kills in as few steps: a property without any checks "
        "nothing that others do not check as soon.",
        ("property", "kills", "alone", "in steps, at the least"),
        tuple(
            (score.name, str(score.kills), str(score.alone), str(score.fewest or ""))
            for score in report.properties
        ),
        numbers=(1, 2, 3),
    )


def _further(report: CampaignReport) -> Iterator[Section]:
    """What is not as pinned, what is explained, what could not be told; then every mutant."""
    if report.deviations:
        yield Section("Not as pinned", "", ("what",), tuple((said,) for said in report.deviations))
    known = [m for m in report.having(MutantFate.SURVIVED) if report.explained.get(m.key)]
    if known:
        rows = tuple((m.key, report.explained[m.key]) for m in known)
        yield Section("Survived, as is known", "", ("mutant", "why nothing depends on it"), rows, code=(0,))
    undecided = report.having(MutantFate.UNDECIDED)
    if undecided:
        limits = tuple((m.key, report.trials[m.key].why) for m in undecided)
        yield Section("Undecided", "A limit ended the search.", ("mutant", "limit"), limits, code=(0,))
    header = ("mutant", "line", "fate", "killed by", "in steps")
    every = tuple(_row(mutant, report) for mutant in report.mutants)
    yield Section("Every mutant", "", header, every, numbers=(4,), code=(0, 1), stacked=True)


def _row(mutant: Mutant, report: CampaignReport) -> tuple[str, ...]:
    place = f"{mutant.file.name}:{mutant.lines.start}"
    trial = report.trials.get(mutant.key)
    if trial is None:
        return mutant.key, place, "not tried", "", ""
    steps = "" if trial.steps is None else str(trial.steps)
    return mutant.key, place, trial.fate.value, ", ".join(trial.killers), steps


def _facts(run: Run, report: CampaignReport, about: ModelDoc) -> Iterator[tuple[str, str]]:
    yield from about.parts.items()
    if run.settings:
        yield "Parameters", run.settings
    yield "Environment", report.baseline.model.describe_environment()
    yield "As it is", words.size_in_words(report)
    yield "Made by", f"elcheck {__version__}"
