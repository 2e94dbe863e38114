"""The page of ``elcheck validate --report``: what logs were found to be, and the run that was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import click

from elcheck.checker.html.parts import ClaimView, Document, Section
from elcheck.checker.html.picture import pictures_of
from elcheck.checker.html.sources import Sources
from elcheck.checker.html.trace_view import TraceView, trace_view_of
from elcheck.checker.loading.docstring import ModelDoc
from elcheck.checker.loading.version import __version__
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.values import counted
from elcheck.checker.render import validation as words
from elcheck.checker.render.run import Run
from elcheck.checker.replay.judged import Judgement
from elcheck.checker.validation.behaviour import Behaviour
from elcheck.checker.validation.result import LogVerdict, Validation

DRAWN = 200
"""Steps that are drawn unless more are asked for: a page with thousands is of no use to anybody."""


def document(run: Run, found: Validation, about: ModelDoc, steps: int) -> Document:
    """The page. ``steps`` of the behaviour are drawn, the last ones, but at least :data:`DRAWN`; 0 is all."""
    sources = Sources(Runner(found.model))
    stories: tuple[TraceView, ...] = ()
    if found.behaviour is not None:
        stories = (_story(found.behaviour, sources, max(steps, DRAWN) if steps else 0),)
    return Document(
        run.name,
        found.verdict.value,
        run.summary,
        tuple(_facts(run, found, about)),
        "",
        tuple(_notes(found, stories)),
        run.command,
        "What is asked, and what came out",
        "question",
        tuple(_claims(found, stories)),
        stories,
        tuple(map(pictures_of, stories)),
        tuple(sources.places),
        tuple(sources.files),
        first=tuple(_stuck(found)),
        sections=tuple(_coverage(found)),
    )


def _story(behaviour: Behaviour, sources: Sources, steps: int) -> TraceView:
    """The last steps of the run, each with its lines."""
    view = trace_view_of(behaviour.trace, behaviour.model, sources, last=steps)
    return replace(view, logged=("", *words.lines(behaviour)[view.first :]))


def _claims(found: Validation, stories: tuple[TraceView, ...]) -> Iterator[ClaimView]:
    """That the logs are allowed, then each property along the run."""
    refused = found.verdict is LogVerdict.NOT_ALLOWED
    story = 0 if stories else None
    last = len(stories[0].frames) - 1 if stories else 0
    stuck = [refusal.node for refusal in found.refusals[:1]] if refused else []
    yield ClaimView(
        "what the nodes logged is a behaviour of the model",
        "logs",
        found.verdict.value,
        click.unstyle(words.headline(found)).partition(": ")[2],
        refused,
        "The behaviour up to there" if refused else "The behaviour",
        tuple(f"{r.refs} ({r.name}): {r.why}" for r in found.refusals[:1]),
        story,
        last if refused else 0,
        guilty=tuple(n.index for n in found.model.programs if n.name in stuck),
    )
    broken = {judgement.name for judgement in found.broken}
    for judgement in found.judgements:
        yield _claim(found, judgement, stories, wrong=judgement.name in broken)


def _claim(
    found: Validation, judgement: Judgement, stories: tuple[TraceView, ...], *, wrong: bool
) -> ClaimView:
    """What the run says of a property; it opens at the step that decides it, if that is drawn."""
    reached = judgement.kind == "sometimes" and judgement.at is not None
    drawn = judgement.at is not None and bool(stories) and judgement.at >= stories[0].first
    behaviour = found.behaviour
    said = "" if behaviour is None else click.unstyle(words.judged_in_words(judgement, behaviour))
    return ClaimView(
        judgement.name,
        judgement.kind,
        "broken" if wrong else "reached" if reached else "open",
        said,
        wrong,
        "How it goes wrong" if wrong else "How it is reached",
        story=0 if drawn else None,
        at=(judgement.at or 0) - stories[0].first if drawn else 0,
    )


def _stuck(found: Validation) -> Iterator[Section]:
    if found.refusals:
        rows = tuple(
            (
                refusal.node,
                "\n".join(f"{ref}  {text}" for ref, text in refusal.lines),
                refusal.name,
                refusal.why,
                refusal.source,
            )
            for refusal in found.refusals
        )
        header = ("node", "its next lines", "step", "why it is not possible", "source")
        yield Section(
            "Where each node is stuck", "The likeliest cause first.", header, rows, code=(1,), stacked=True
        )


def _coverage(found: Validation) -> Iterator[Section]:
    if found.coverage:
        rows = tuple(
            (f"{use.program}.{use.handler}", f"{use.observed:,}", f"{use.hidden:,}") for use in found.coverage
        )
        said = "How often each handler was run along this behaviour: with lines that tell of it, and without."
        header = ("handler", "observed", "hidden")
        yield Section("What was used of the model", said, header, rows, numbers=(1, 2), code=(0,))
    if found.guards:
        said = "In how many states of nodes along it each guard held, and in how many it forbade its step."
        guards = tuple(tuple(words.guard_row(use)) for use in found.guards)
        names = ("guard", "where", "held", "did not")
        yield Section("What guards have seen", said, names, guards, numbers=(2, 3), code=(1,))


def _facts(run: Run, found: Validation, about: ModelDoc) -> Iterator[tuple[str, str]]:
    yield from about.parts.items()
    for node, (name, log) in zip(found.model.programs, found.logs, strict=True):
        who = f"{node} ({name})" if name != node.name else node.name
        yield f"Log of {who}", words.log_in_words(log)
    if run.settings:
        yield "Parameters", run.settings
    yield "Environment", found.model.describe_environment()
    yield "Made by", f"elcheck {__version__}"


def _notes(found: Validation, stories: tuple[TraceView, ...]) -> Iterator[str]:
    if stories and stories[0].first:
        drawn = counted(len(stories[0].frames) - 1, "step")
        yield f"Of the behaviour the last {drawn} are drawn (--steps); messages from before are under way."
    yield from () if found.behaviour is None else words.remarks(found.behaviour)
