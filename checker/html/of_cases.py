"""The page of ``elcheck zoo --report``: what each case came to, and the way to its own page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import click

from elcheck.checker.html.parts import Document, Section
from elcheck.checker.loading.version import __version__
from elcheck.checker.model.values import counted
from elcheck.checker.render import zoo as words
from elcheck.checker.zoo.case_result import CaseResult
from elcheck.checker.zoo.cases import Case


def document(
    outcomes: Sequence[CaseResult],
    seconds: float,
    missing: str | None,
    command: str,
    link: Callable[[Case], str],
) -> Document:
    """The page of cases. ``missing`` says why some are not there, ``link`` leads to a case's own page."""
    wrong = [outcome for outcome in outcomes if outcome.problems]
    ends = [] if missing is None else [f"Not every case was run: {missing}."]
    first = _section("Not as it has to be", "", ("case", "what is wrong"), map(_problems, wrong), link)
    known = _section(
        "Known refutations",
        "These models are refuted as they are, and it is pinned that they are.",
        ("case", "property", "steps", "what goes wrong"),
        map(_known, outcomes),
        link,
        numbers=(2,),
    )
    header = ("case", "verdict", "breaks", "steps", "states", "seconds", "expected")
    every = _section("Every case", "", header, map(_case, outcomes), link, numbers=(3, 4, 5), verdicts=(1, 6))
    return Document(
        "elcheck zoo",
        f"wrong in {counted(len(wrong), 'case')}" if wrong else "all as they have to be",
        " ".join([words.sum_in_words(outcomes, seconds), *ends]),
        (("Made by", f"elcheck {__version__}"),),
        "",
        (),
        command,
        "",
        "",
        claims=(),
        stories=(),
        pictures=(),
        places=(),
        sources=(),
        first=tuple(first),
        sections=(*every, *known),
    )


CaseRow = tuple[Case, tuple[str, ...]]
"""A case, and what stands behind it in a table."""


def _problems(outcome: CaseResult) -> Iterator[CaseRow]:
    return ((outcome.case, (problem,)) for problem in outcome.problems)


def _known(outcome: CaseResult) -> Iterator[CaseRow]:
    for line in outcome.known:
        yield outcome.case, (line.name, "" if line.steps is None else str(line.steps), line.detail)


def _case(outcome: CaseResult) -> Iterator[CaseRow]:
    yield outcome.case, tuple(map(click.unstyle, words.row(outcome)))


def _section(
    title: str,
    said: str,
    header: tuple[str, ...],
    found: Iterator[Iterator[CaseRow]],
    link: Callable[[Case], str],
    numbers: tuple[int, ...] = (),
    verdicts: tuple[int, ...] = (),
) -> Iterator[Section]:
    """A table of which each row leads to a case's page, if there is anything in it."""
    rows = list(chain.from_iterable(found))
    cells = tuple((case.name, *said_of) for case, said_of in rows)
    if rows:
        pages = tuple(link(case) for case, _ in rows)
        yield Section(title, said, header, cells, numbers, (0,), stacked=True, verdicts=verdicts, pages=pages)
