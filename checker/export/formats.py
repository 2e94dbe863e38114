"""The formats by the endings of their files, and the one way to write them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

from elcheck.checker.check.check import Report
from elcheck.checker.export.subject import Subject, result_with_trace
from elcheck.checker.model.errors import UsageError


@dataclass(frozen=True)
class Format:
    """A format: what it is called, what it is of, and the module here that writes it."""

    name: str
    of: Literal["trace", "report", "graph"]
    module: str

    def render(self, subject: Subject) -> str:
        """The file. The module is imported only now: those of graphs need what takes long to import."""
        made: str = import_module(f"elcheck.checker.export.{self.module}").render(subject)
        return made


FORMATS: dict[str, Format] = {
    ".itf.json": Format("ITF JSON", "trace", "itf"),
    ".tlc.json": Format("TLC's trace JSON", "trace", "tlc"),
    ".shiviz": Format("a ShiViz log", "trace", "shiviz"),
    ".mmd": Format("a Mermaid sequence diagram", "trace", "mermaid"),
    ".sarif": Format("SARIF 2.1.0", "report", "sarif"),
    ".dot": Format("DOT", "graph", "dot"),
    ".graphml": Format("GraphML", "graph", "graphml"),
    ".aut": Format("Aldebaran", "graph", "aldebaran"),
}
"""By the ending of the file. A new one is a line here and a module that renders it."""


def format_of(name: str | Path) -> Format:
    """The format that the ending of a file's name says. Raises UsageError."""
    found = [made for ending, made in FORMATS.items() if Path(name).name.endswith(ending)]
    if not found:
        raise UsageError(f"{name}: the ending says the format: {', '.join(FORMATS)}")
    return found[0]


def rendered(report: Report, made: Format, of: str | None = None, command: str = "") -> str:
    """A report in a format. ``of`` names the property whose trace is meant; None is the first refuted one.

    Raises NoTrace where there is no such trace, UsageError for a graph that is too large.
    """
    result = result_with_trace(report, of) if made.of == "trace" else None
    return made.render(Subject(report, result, command))


def write(report: Report, path: Path, of: str | None = None, command: str = "") -> None:
    """Write a file in the format of its ending. Raises what :func:`rendered` does, and OSError."""
    try:
        said = rendered(report, format_of(path), of, command)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    path.write_text(said, encoding="utf-8", newline="\n")
