"""``elcheck zoo``: many models at once, with their bugs, as a regression test."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from elcheck.checker.check.verdict import EXIT
from elcheck.checker.loading.model_file import bundled
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.values import counted
from elcheck.checker.process.limits import Stop
from elcheck.checker.process.streams import write_document
from elcheck.checker.process.watch import Ended
from elcheck.checker.render import zoo as render
from elcheck.checker.search.engines import ENGINES
from elcheck.checker.zoo.cases import Case, of_model
from elcheck.checker.zoo.pins import pin, pinned, read
from elcheck.checker.zoo.run import CaseResult, run


@click.command()
@click.argument("what", nargs=-1, metavar="[MODEL|FOLDER|CASES.toml]...")
@click.option(
    "--format", "output_format", type=click.Choice(list(render.FORMATS)), default="text", show_default=True
)
@click.option(
    "--pin",
    "pins",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what came out to CASES.toml.",
)
@click.option("--big", is_flag=True, help="Run the cases that take minutes too.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes at a time.  [default: one for each core]")
@click.option("--engine", type=click.Choice(list(ENGINES)), default="auto", show_default=True)
def zoo(
    what: tuple[str, ...], output_format: str, pins: Path | None, big: bool, jobs: int | None, engine: str
) -> int:
    """Check many models, each with all of its bugs.

    As it is a model has to hold, and with a bug it has to be refuted.

    Without arguments the models that come with elcheck, and what they come to has to be what is pinned. A
    folder stands for the models in it. A TOML file holds cases of its own, with what they have to come to:
    --pin writes one, or brings one up to date.

    Each case is said on stderr when it ends. Ctrl-C ends the rest: what has come out by then is printed, and
    pinned; a case that was under way has come to nothing.

    Exit codes: 0 everything is as it has to be; 1 something is not; 2 usage; 20 it was interrupted; 74 the
    file can't be written; 150 a model can't be loaded.
    """
    cases = [case for name in what or bundled() for case in _cases(name) if big or not case.big]
    began = time.perf_counter()
    found: dict[int, CaseResult] = {}
    stopped: Stop | None = None
    try:
        for place, outcome in run(cases, engine=engine, jobs=jobs or os.cpu_count() or 1):
            found[place] = outcome
            click.echo(f"{len(found)} of {len(cases)}: {render.line(outcome)}", err=True)
    except Ended as ended:
        stopped = ended.notice()
    outcomes = [found[place] for place in sorted(found)]
    missing = None if stopped is None else f"{stopped} after {len(found)} of {counted(len(cases), 'case')}"
    said = render.FORMATS[output_format](outcomes, time.perf_counter() - began, missing)
    (click.echo if output_format == "text" else write_document)(said)
    if pins is not None and outcomes:
        pin(outcomes, pins)
    if any(outcome.error for outcome in outcomes):
        return EXIT["load"]
    if any(outcome.problems for outcome in outcomes):
        return EXIT["unexpected"]
    return 0 if missing is None else EXIT["undetermined"]


def _cases(name: str) -> list[Case]:
    """The cases that an argument stands for. Raises LoadError or UsageError."""
    path = Path(name)
    if path.suffix == ".toml":
        return read(path)
    if path.is_dir():
        files = [file for file in sorted(path.glob("*.py")) if not file.name.startswith("_")]
        if not files:
            raise UsageError(f"there is no model in the folder {name}")
        return [pinned(case) for file in files for case in of_model(str(file))]
    return [pinned(case) for case in of_model(name)]
