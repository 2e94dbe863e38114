"""``elcheck zoo``: many models at once, with their bugs, as a regression test."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypedDict, Unpack

import click

from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.commands.files import (
    beside,
    in_words,
    require_folder,
    require_folders,
    write_all,
    wrote,
)
from elcheck.checker.commands.flags import beside_options, progress_option
from elcheck.checker.export.sarif import of_notes
from elcheck.checker.html.case_pages import CasePages
from elcheck.checker.loading.choice import KnownName
from elcheck.checker.loading.model_file import bundled
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.values import counted
from elcheck.checker.process.limits import Stop
from elcheck.checker.process.streams import NARROWEST, columns, say, write_document
from elcheck.checker.process.watch import Ended
from elcheck.checker.render import zoo as render
from elcheck.checker.render.failure import show_case
from elcheck.checker.render.notes import notes_of_cases
from elcheck.checker.render.progress import ProgressForm, write_progress
from elcheck.checker.search.engines import ENGINES
from elcheck.checker.zoo.case_result import CaseResult
from elcheck.checker.zoo.cases import Case
from elcheck.checker.zoo.pins import pin
from elcheck.checker.zoo.run import run
from elcheck.checker.zoo.selection import cases_of


@click.command(params=[*beside_options(), progress_option()])
@click.argument("what", nargs=-1, metavar="[MODEL|FOLDER|CASES.toml]...")
@click.option(
    "--format",
    "output_format",
    type=KnownName(["text", *render.FORMATS]),
    default="text",
    show_default=True,
)
@click.option(
    "--pin",
    "pins",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what came out to CASES.toml; what is wrong is not pinned.",
)
@click.option("--accept", is_flag=True, help="With --pin: pin what is wrong too, so that it is known.")
@click.option(
    "--report",
    "pages",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write a page for each case, and index.html for all of them, into a folder.",
)
@click.option("--width", type=click.IntRange(min=NARROWEST), help="Columns of the text.")
@click.option("--big", is_flag=True, help="Run the cases that take minutes too.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes at a time.  [default: one for each core]")
@click.option("--engine", type=KnownName(ENGINES), default="auto", show_default=True)
def zoo(
    what: tuple[str, ...], output_format: str, jobs: int | None, engine: str, **asked: Unpack[Written]
) -> int:
    """Check many models, each with all of its bugs.

    As it is a model has to hold, and with a bug it has to be refuted.

    Without arguments the models that come with elcheck, and what they come to has to be what is pinned. A
    folder stands for the models in it. A TOML file holds cases of its own, with what they have to come to:
    --pin writes one, or brings one up to date. It refuses what is wrong and not known to the file: a property
    that is refuted, say, or a mistake that is not found. With --accept it pins that too, which is known then.

    Each case is said on stderr when it ends. Ctrl-C ends the rest: what has come out by then is printed, and
    pinned; a case that was under way has come to nothing.

    Exit codes: 0 everything is as it has to be, or was accepted; 1 something is not; 2 usage; 20 it was
    interrupted; 74 a file can't be written; 150 a model can't be loaded.
    """
    _require(asked)
    big = asked["big"]
    cases = [case for name in what or bundled() for case in cases_of(name) if big or not case.big]
    pages = _pages(asked["pages"], cases)
    began = time.perf_counter()
    found: dict[int, CaseResult] = {}
    stopped: Stop | None = None
    try:
        running = run(cases, engine=engine, jobs=jobs or os.cpu_count() or 1, show=partial(_shown, pages))
        for place, outcome in running:
            found[place] = outcome
            _tell(_judged(outcome, asked), len(found), len(cases), asked["progress"])
    except Ended as ended:
        stopped = ended.notice()
    made = [found[place] for place in sorted(found)]
    outcomes = [_judged(outcome, asked) for outcome in made]
    missing = None if stopped is None else f"{stopped} after {len(found)} of {counted(len(cases), 'case')}"
    took = time.perf_counter() - began
    if output_format == "text":
        click.echo(render.as_text(outcomes, took, missing, columns(asked["width"])))
    else:
        write_document(render.FORMATS[output_format](outcomes, took, missing))
    code = _exit_code(outcomes, missing)
    write_all(_writers(outcomes, took, missing, asked, pages), failed=code != 0)
    _pin(made, asked["pins"], accept=asked["accept"])
    unwritten = pages is not None and not all(pages.link(o.case) for o in outcomes if o.stats is not None)
    return EXIT["io"] if unwritten and code == 0 else code


class Written(TypedDict):
    """What is written, and which cases are run."""

    json: Path | None
    junit: Path | None
    code_quality: Path | None
    sarif: Path | None
    annotate: bool
    pages: Path | None
    pins: Path | None
    accept: bool
    big: bool
    progress: ProgressForm
    width: int | None


def _shown(pages: CasePages | None, case: Case, report: CheckReport) -> dict[str, str]:
    """What is not ok of a case, as text; its page is written. That it can't be is said, and ends nothing."""
    if pages is not None:
        try:
            pages.write(case, report)
        except OSError as error:
            say(f"elcheck: {in_words(error)}")
    return show_case(case, report)


def _pages(folder: Path | None, cases: Sequence[Case]) -> CasePages | None:
    """The folder of pages that is wanted, with none of these cases in it. Raises UsageError."""
    if folder is None:
        return None
    if folder.suffix == ".html":
        raise UsageError(f"--report {folder}: there is a page for each case, so name a folder")
    pages = CasePages(folder)
    try:
        pages.make()
        pages.clear(cases)
    except OSError as error:
        raise UsageError(f"--report {folder}: {error.strerror}") from error
    return pages


def _writers(
    outcomes: Sequence[CaseResult],
    took: float,
    missing: str | None,
    asked: Written,
    pages: CasePages | None,
) -> list[Callable[[], None]]:
    """What writes all that is asked for beside the answer."""
    notes = notes_of_cases(outcomes)
    command = shlex.join(["elcheck", *click.get_current_context().find_root().obj])
    forms: dict[str, Callable[[], str]] = {
        "json": lambda: render.as_json(outcomes, took, missing) + "\n",
        "junit": lambda: render.as_junit(outcomes, took, missing) + "\n",
        "sarif": lambda: of_notes(notes, command),
    }
    writers = beside(asked, forms, lambda: notes)
    if pages is not None:
        writers += [
            lambda: pages.write_index(outcomes, took, missing, command),
            lambda: wrote(pages.index),
        ]
    return writers


def _exit_code(outcomes: Sequence[CaseResult], missing: str | None) -> int:
    if any(outcome.error for outcome in outcomes):
        return EXIT["load"]
    if any(outcome.problems for outcome in outcomes):
        return EXIT["unexpected"]
    return 0 if missing is None else EXIT["undetermined"]


def _judged(outcome: CaseResult, asked: Written) -> CaseResult:
    """What came out, as it is judged: with ``--accept`` it is as pinned, since it will be."""
    return outcome.pinned if asked["accept"] and outcome.error is None else outcome


def _tell(outcome: CaseResult, done: int, of: int, form: ProgressForm) -> None:
    """Say that a case has ended."""
    if form == "text":
        say(f"{done} of {of}: {render.line(outcome)}")
    elif form == "json":
        write_progress("case", {"done": done, "of": of, **render.as_object(outcome)})


def _require(asked: Written) -> None:
    """Raise UsageError for what can't be written: better before long searches than after."""
    require_folders(asked)
    require_folder("pin", asked["pins"])
    if asked["accept"] and asked["pins"] is None:
        raise UsageError("--accept is of --pin CASES.toml, which keeps what is accepted")


def _pin(outcomes: Sequence[CaseResult], path: Path | None, *, accept: bool) -> None:
    """Pin what cases came to; say what is refused."""
    if path is None or not outcomes:
        return
    refused = pin(outcomes, path, accept=accept)
    if path.is_file():  # if all is refused, a new one is not made
        wrote(path)
    for why in refused:
        say(f"elcheck: not pinned: {why}")
    if refused:
        say("elcheck: mend it, or add --accept to pin it as it is: it is known then")
