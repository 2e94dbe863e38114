"""What a check writes into files: the HTML report, and exports for other tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from elcheck.checker.check.report import CheckReport
from elcheck.checker.export.formats import FORMATS, format_of, write
from elcheck.checker.export.subject import NoTrace
from elcheck.checker.loading.docstring import ModelDoc
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.process.files import write_whole
from elcheck.checker.process.streams import say
from elcheck.checker.process.watch import Ended
from elcheck.checker.render import as_json, junit
from elcheck.checker.render.notes import SourceNote, as_code_quality, as_workflow_commands, notes_of
from elcheck.checker.render.run import Run


@dataclass(frozen=True)
class OutputFiles:
    """The files to write. ``of`` names the property whose trace is exported or drawn. ``annotate``: say what
    is wrong on stderr, as a CI server wants it.
    """

    report: Path | None = None
    picture: Path | None = None
    graph: Path | None = None
    exports: tuple[Path, ...] = ()
    of: str | None = None
    json: Path | None = None
    junit: Path | None = None
    code_quality: Path | None = None
    sarif: Path | None = None
    annotate: bool = False

    @property
    def of_graph(self) -> bool:
        """Whether one of them is of the whole state graph."""
        return self.graph is not None or any(format_of(path).of == "graph" for path in self.exports)


def require_formats(files: OutputFiles) -> None:
    """Raise UsageError for what can't be written: better before a long search than after."""
    for name in ("report", "picture", "json", "junit", "code_quality", "sarif"):
        require_folder(name.replace("_", "-"), getattr(files, name))
    if files.graph is not None and format_of(files.graph).of != "graph":
        raise UsageError(
            f"--graph {files.graph}: the ending is of no state graph; --export writes everything else"
        )
    for path in files.exports:
        format_of(path)


def require_folder(option: str, path: Path | None) -> None:
    """Raise UsageError if a file is to be written into a folder that is not there."""
    if path is not None and not path.parent.is_dir():
        raise UsageError(f"--{option} {path}: there is no folder {path.parent}")


def annotate(notes: Sequence[SourceNote]) -> None:
    """Say what is wrong so that GitHub Actions shows it at its lines."""
    click.echo(as_workflow_commands(notes), err=True, nl=False)


def write_code_quality(path: Path | None, notes: Sequence[SourceNote]) -> None:
    """Write what is wrong so that GitLab shows it at its lines, if there is a file to write it to."""
    if path is not None:
        write_whole(path, as_code_quality(notes) + "\n")
        wrote(path)


def write_files(
    run: Run, report: CheckReport, about: ModelDoc, files: OutputFiles, sound: Model | None
) -> None:
    """Write all of them; ``sound`` is the model without the mistake that was put in, if one was.

    Raises as :func:`write_all` does.
    """
    writers: list[Callable[[], None]] = []
    if files.annotate:
        writers.append(lambda: annotate(notes_of(report)))
    if files.json is not None:
        writers.append(partial(_document, files.json, as_json.render, run, report))
    if files.junit is not None:
        writers.append(partial(_document, files.junit, junit.render, run, report))
    if files.code_quality is not None:
        writers.append(lambda: write_code_quality(files.code_quality, notes_of(report)))
    if files.sarif is not None:
        writers.append(partial(_sarif, report, files.sarif, run.command))
    if files.report is not None:
        writers.append(partial(_page, run, report, about, files.report, sound))
    if files.picture is not None:
        writers.append(partial(_picture, report, files.picture, files.of))
    graphs = () if files.graph is None else (files.graph,)
    writers += [partial(_export, report, path, files.of, run.command) for path in (*graphs, *files.exports)]
    write_all(writers, failed=report.exit_code != 0)


def write_all(writers: Sequence[Callable[[], None]], *, failed: bool) -> None:
    """Call what writes files. ``failed``: the run's own code says more than that a file could not be written;
    that is said on stderr then. Raises UsageError, OSError or Ended if it did not fail.
    """
    for writer in writers:
        try:
            writer()
        except (UsageError, OSError) as error:
            if not failed:
                raise
            say(f"elcheck: {_why(error)}")
        except Ended as ended:
            if not failed:
                raise
            say(f"elcheck: {ended.notice()} before every file was written")
            return


def wrote(path: Path) -> None:
    """Say that a file was written."""
    say(f"elcheck: wrote {path}")


def _document(path: Path, render: Callable[[Run, CheckReport], str], run: Run, report: CheckReport) -> None:
    write_whole(path, render(run, report) + "\n")
    wrote(path)


def _sarif(report: CheckReport, path: Path, command: str) -> None:
    write(report, path, command=command, made=FORMATS[".sarif"])
    wrote(path)


def _page(run: Run, report: CheckReport, about: ModelDoc, path: Path, sound: Model | None) -> None:
    from elcheck.checker.html import page  # which takes its time to be imported

    page.write(run, report, about, path, sound)
    wrote(path)


def _picture(report: CheckReport, path: Path, of: str | None) -> None:
    from elcheck.checker.html import svg  # which takes its time to be imported

    _unless_there_is_no_trace(path, partial(svg.write, report, path, of))


def _export(report: CheckReport, path: Path, of: str | None, command: str) -> None:
    _unless_there_is_no_trace(path, partial(write, report, path, of, command))


def _unless_there_is_no_trace(path: Path, writer: Callable[[], None]) -> None:
    try:
        writer()
        wrote(path)
    except NoTrace as error:
        say(f"elcheck: {path} is not written: {error}")


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"can't write {error.filename or 'a file'}: {error.strerror}"
    return str(error)
