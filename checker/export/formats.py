"""The formats by the endings of their files, and the one way to write them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

from elcheck.checker.check.report import CheckReport
from elcheck.checker.export.libraries import require
from elcheck.checker.export.subject import Exported, result_with_trace
from elcheck.checker.model.errors import UsageError, hint
from elcheck.checker.process.files import write_whole


@dataclass(frozen=True)
class Format:
    """A format: what it is called, what it is of, the module here that writes it, and the libraries that this
    one needs beside elcheck's own.
    """

    name: str
    of: Literal["trace", "report", "graph"]
    module: str
    libraries: tuple[str, ...] = ()

    def render(self, subject: Exported) -> str:
        """The file. The module is imported only now: those of graphs need what takes long to import."""
        made: str = import_module(f"elcheck.checker.export.{self.module}").render(subject)
        return made


FORMATS: dict[str, Format] = {
    ".itf.json": Format("ITF JSON", "trace", "itf"),
    ".tlc.json": Format("TLC's trace JSON", "trace", "tlc"),
    ".shiviz": Format("a ShiViz log", "trace", "shiviz"),
    ".mmd": Format("a Mermaid sequence diagram", "trace", "mermaid"),
    ".sarif": Format("SARIF 2.1.0", "report", "sarif"),
    ".dot": Format("DOT", "graph", "dot", ("networkx", "pydot")),
    ".graphml": Format("GraphML", "graph", "graphml", ("networkx",)),
    ".aut": Format("Aldebaran", "graph", "aldebaran"),
}
"""By the ending of the file. A new one is a line here and a module that renders it."""


def format_of(name: str | Path) -> Format:
    """The format that the ending of a file's name says. Raises UsageError, also where its libraries lack."""
    found = [made for ending, made in FORMATS.items() if Path(name).name.endswith(ending)]
    if not found:
        meant = hint("".join(Path(name).suffixes), FORMATS)
        raise UsageError(f"{name}: the ending says the format: {', '.join(FORMATS)}{meant}")
    require(found[0].libraries, f"{name}: {found[0].name}")
    return found[0]


def rendered(report: CheckReport, made: Format, of: str | None = None, command: str = "") -> str:
    """A report in a format. ``of`` names the property whose trace is meant; None is the first refuted one.

    Raises NoTrace where there is no such trace, UsageError for a graph that is too large.
    """
    result = result_with_trace(report, of) if made.of == "trace" else None
    return made.render(Exported(report, result, command))


def write(
    report: CheckReport, path: Path, of: str | None = None, command: str = "", made: Format | None = None
) -> None:
    """Write a file in a format, that of its ending unless one is given.

    Raises what :func:`rendered` does, and OSError.
    """
    made = made or format_of(path)
    try:
        said = rendered(report, made, of, command)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    write_whole(path, said)
