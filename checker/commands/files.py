"""What a check writes into files: the HTML report, and exports for other tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from elcheck.checker.check.report import CheckReport
from elcheck.checker.export.formats import format_of, write
from elcheck.checker.export.subject import NoTrace
from elcheck.checker.loading.docstring import ModelDoc
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.process.watch import Ended
from elcheck.checker.render.run import Run
from elcheck.checker.system.system import deadlock_claim


@dataclass(frozen=True)
class OutputFiles:
    """The files to write. ``of`` names the property whose trace is exported."""

    report: Path | None = None
    graph: Path | None = None
    exports: tuple[Path, ...] = ()
    of: str | None = None

    @property
    def of_graph(self) -> bool:
        """Whether one of them is of the whole state graph."""
        return self.graph is not None or any(format_of(path).of == "graph" for path in self.exports)


def require_formats(files: OutputFiles) -> None:
    """Raise UsageError for what can't be written: better before a long search than after."""
    if files.report is not None and not files.report.parent.is_dir():
        raise UsageError(f"--report {files.report}: there is no folder {files.report.parent}")
    if files.graph is not None and format_of(files.graph).of != "graph":
        raise UsageError(
            f"--graph {files.graph}: the ending is of no state graph; --export writes everything else"
        )
    for path in files.exports:
        format_of(path)


def require_property(model: Model, name: str | None) -> None:
    """Raise UsageError if no property has a name."""
    known = [claim.name for claim in model.properties] + [claim.name for claim in deadlock_claim(model)]
    if name is not None and name not in known:
        raise UsageError(
            f"--export-of {name!r}: the model has no such property, but {', '.join(map(repr, known))}"
        )


def write_files(
    run: Run, report: CheckReport, about: ModelDoc, files: OutputFiles, sound: Model | None
) -> None:
    """Write all of them; ``sound`` is the model without the mistake that was put in, if one was.

    Where the check failed, its verdict's own code says more than that a file could not be written; that is
    said on stderr then. Raises UsageError, OSError or Ended if it did not fail.
    """
    writers: list[Callable[[], None]] = []
    if files.report is not None:
        from elcheck.checker.html import page  # which takes its time to be imported

        writers.append(partial(page.write, run, report, about, files.report, sound))
    graphs = () if files.graph is None else (files.graph,)
    writers += [partial(_export, report, path, files.of, run.command) for path in (*graphs, *files.exports)]
    for writer in writers:
        try:
            writer()
        except (UsageError, OSError) as error:
            if report.exit_code == 0:
                raise
            click.echo(f"elcheck: {_why(error)}", err=True)
        except Ended as ended:
            if report.exit_code == 0:
                raise
            click.echo(f"elcheck: {ended.notice()} before every file was written", err=True)
            return


def _export(report: CheckReport, path: Path, of: str | None, command: str) -> None:
    try:
        write(report, path, of, command)
    except NoTrace as error:
        click.echo(f"elcheck: {path} is not written: {error}", err=True)


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"can't write {error.filename or 'a file'}: {error.strerror}"
    return str(error)
