"""What a check writes into files: the HTML report, and exports for other tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from elcheck.checker.check.report import CheckReport
from elcheck.checker.export.formats import FORMATS, format_of, rendered, write
from elcheck.checker.export.subject import NoTrace
from elcheck.checker.loading.docstring import ModelDoc
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.process.files import write_whole
from elcheck.checker.process.streams import say
from elcheck.checker.process.watch import Ended
from elcheck.checker.render import as_json
from elcheck.checker.render.run import Run

if TYPE_CHECKING:
    from elcheck.checker.render.notes import SourceNote


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
    require_folders(vars(files))
    if files.graph is not None and format_of(files.graph).of != "graph":
        raise UsageError(
            f"--graph {files.graph}: the ending is of no state graph; --export writes everything else"
        )
    for path in files.exports:
        format_of(path)


def require_folders(values: Mapping[str, object]) -> None:
    """Raise UsageError if a report or what is beside it is to be written into a folder that is not there."""
    for name in ("report", "picture", "json", "junit", "code_quality", "sarif"):
        if isinstance(path := values.get(name), Path):
            require_folder(name.replace("_", "-"), path)


def require_folder(option: str, path: Path | None) -> None:
    """Raise UsageError if a file is to be written into a folder that is not there."""
    if path is not None and not path.parent.is_dir():
        raise UsageError(f"--{option} {path}: there is no folder {path.parent}")


def beside(
    values: Mapping[str, object],
    forms: Mapping[str, Callable[[], str]],
    notes: Callable[[], Sequence[SourceNote]] = tuple,
) -> list[Callable[[], None]]:
    """What writes all that is asked for beside the answer that is printed: ``forms`` make documents, by the
    names of their options; ``notes`` are what is wrong, for CI servers.
    """
    from elcheck.checker.render.notes import as_code_quality

    found = dict(forms)
    found.setdefault("code_quality", lambda: as_code_quality(notes()) + "\n")
    writers: list[Callable[[], None]] = [partial(_annotate, notes)] * bool(values.get("annotate"))
    for name, make in found.items():
        if isinstance(path := values.get(name), Path):
            writers.append(partial(_document, path, make))
    return writers


def _annotate(notes: Callable[[], Sequence[SourceNote]]) -> None:
    """Say what is wrong so that GitHub Actions shows it at its lines."""
    from elcheck.checker.render.notes import as_workflow_commands

    click.echo(as_workflow_commands(notes()), err=True, nl=False)


def write_files(
    run: Run, report: CheckReport, about: ModelDoc, files: OutputFiles, sound: Model | None
) -> None:
    """Write all of them; ``sound`` is the model without the mistake that was put in, if one was.

    Raises as :func:`write_all` does.
    """
    if files == OutputFiles():
        return
    from elcheck.checker.render import junit  # which a search that writes nothing does without
    from elcheck.checker.render.notes import notes_of

    forms: dict[str, Callable[[], str]] = {
        "json": lambda: as_json.render(run, report) + "\n",
        "junit": lambda: junit.render(run, report) + "\n",
        "sarif": lambda: rendered(report, FORMATS[".sarif"], command=run.command),
    }
    writers = beside(vars(files), forms, lambda: notes_of(report))
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
            say(f"elcheck: {in_words(error)}")
        except Ended as ended:
            if not failed:
                raise
            say(f"elcheck: {ended.notice()} before every file was written")
            return


def wrote(path: Path) -> None:
    """Say that a file was written."""
    say(f"elcheck: wrote {path}")


def _document(path: Path, make: Callable[[], str]) -> None:
    write_whole(path, make())
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


def in_words(error: Exception) -> str:
    """Why a file could not be written."""
    if isinstance(error, OSError):
        return f"can't write {error.filename or 'a file'}: {error.strerror}"
    return str(error)
