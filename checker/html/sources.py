"""The source of a model: which lines a handler has, and the files in coloured words."""

from __future__ import annotations

import ast
import inspect
import tokenize
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from elcheck.checker.loading.docstring import first_sentence
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.traces.source import place_of_step
from elcheck.checker.traces.trace import TraceStep

if TYPE_CHECKING:
    from elcheck.checker.html.coloured import ColouredWord

_OURS = Path(__file__).parent.parent
BEFORE_AND_AFTER = {"crash": "at_crash", "restart": "recover", "start": "start"}
"""The methods that say what a step means which no handler takes."""


@dataclass(frozen=True)
class Excerpt:
    """A method: its name, the first line of its docstring, its file (by number), its first and last line."""

    name: str
    doc: str
    file: int
    first: int
    last: int


@dataclass(frozen=True)
class Source:
    """A file by its name, each line in coloured words."""

    name: str
    lines: tuple[tuple[ColouredWord, ...], ...]


class Sources:
    """The methods that traces and tables point at, each file and each method kept once."""

    def __init__(self, runner: Runner) -> None:
        self.files: list[Source] = []
        self.places: list[Excerpt] = []
        self._runner = runner
        self._numbers: dict[str, int | None] = {}
        self._spans: list[dict[int, int]] = []
        self._known: dict[object, int] = {}

    def of_event(self, event: Event) -> int | None:
        """The place of the method that says what an event does, None where there is nothing to show."""
        if event.name == "tick" and event.node is None:
            ticks = [tick for node in self._runner.nodes for tick in self._runner.events(node, "tick")]
            return next((self.of_event(event) for handler, event in ticks if handler.file), None)
        during = dict(event.args).get("during") if event.worldly else None
        name = BEFORE_AND_AFTER.get(event.kind, "") if event.worldly else event.name
        return self.of_method(self._program(event), str(during) if during else name)

    def line_of(self, place: int, before: GlobalState, step: TraceStep) -> int | None:
        """The line at which a step was taken, if it lies in the method of a place."""
        found, shown = place_of_step(self._runner, before, step), self.places[place]
        if found is None or self._file(found.file) != shown.file:
            return None
        return found.line if shown.first <= found.line <= shown.last else None

    def _program(self, event: Event) -> type:
        if event.node is None:
            return type(self._runner.model.program)
        return type(self._runner.programs[event.node])

    def of_method(self, program: type, name: str) -> int | None:
        """The place of a method of a program's class, unless it is elcheck's own or can't be read."""
        found: object = getattr(program, name, None)
        if not callable(found):
            return None
        method = inspect.unwrap(found)
        if method not in self._known:
            place = self._place(name, method)
            if place is None:
                return None
            self._known[method] = len(self.places)
            self.places.append(place)
        return self._known[method]

    def _place(self, name: str, method: Callable[..., object]) -> Excerpt | None:
        code = method.__code__ if inspect.isfunction(method) else None
        if code is None or _OURS in Path(code.co_filename).parents:
            return None
        number = self._file(code.co_filename)
        if number is None or code.co_firstlineno not in self._spans[number]:
            return None
        first = code.co_firstlineno
        doc = method.__doc__ or ""
        return Excerpt(name, first_sentence(doc), number, first, self._spans[number][first])

    def _file(self, path: str) -> int | None:
        """The number of a file, None for one that can't be read or is no Python any more."""
        from elcheck.checker.html.coloured import coloured  # its library takes its time to be imported

        if path not in self._numbers:
            try:
                with tokenize.open(path) as file:
                    text = file.read()
                self._spans.append(spans(text))
            except (OSError, SyntaxError, ValueError):
                self._numbers[path] = None
            else:
                self._numbers[path] = len(self.files)
                self.files.append(Source(Path(path).name, coloured(text)))
        return self._numbers[path]


def spans(text: str) -> dict[int, int]:
    """The last line of each function by its first one, decorators included. Raises SyntaxError."""
    functions = (n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef))
    return {
        min([f.lineno, *(d.lineno for d in f.decorator_list)]): f.end_lineno or f.lineno for f in functions
    }
