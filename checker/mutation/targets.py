"""Which functions are mutated: those that ran when handlers were asked, and what ranges are made of."""

from __future__ import annotations

import ast
import sys
import tokenize
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import TYPE_CHECKING, TypeVar

from elcheck.checker.loading.module_files import real_path
from elcheck.checker.mutation.installed import first_line, living_functions
from elcheck.checker.mutation.source_text import SourceText

if TYPE_CHECKING:
    from _typeshed import TraceFunction

T = TypeVar("T")
OF_VALUES = ("__eq__", "__ne__", "__hash__", "__repr__")
"""Methods that say which values are equal: the checker itself rests on them."""


@dataclass(frozen=True, eq=False)
class Target:
    """A function or method of a model, with what is nested in it."""

    name: str
    source: SourceText
    module: ModuleType
    function: ast.FunctionDef
    living: Sequence[FunctionType]
    """The functions of the model's files, of which one or several are this one."""


@dataclass(frozen=True, eq=False)
class ClassSource:
    """Where a class is written."""

    name: str
    source: SourceText
    node: ast.ClassDef


class Functions:
    """The functions of the files that a model is made of. ``main`` is its own file."""

    def __init__(self, modules: Mapping[Path, ModuleType], main: Path) -> None:
        self.modules = modules
        self.sources = {path: SourceText(path, _read(path)) for path in modules}
        self._main = main
        self._living = living_functions(modules.keys())
        self._spans: dict[Path, list[tuple[range, Target]]] = {
            path: list(self._targets(path)) for path in modules
        }
        self._of_code: dict[CodeType, Target | None] = {}
        self._paths: dict[str, Path | None] = {}

    def of(self, code: CodeType) -> Target | None:
        """The function that code belongs to, None if it is not of the model's files."""
        if code not in self._of_code:
            path = self.path(code.co_filename)
            line = code.co_firstlineno
            spans = self._spans.get(path, []) if path is not None else []
            fitting = [target for lines, target in spans if line in lines]
            self._of_code[code] = fitting[-1] if fitting else None  # the innermost one comes last
        return self._of_code[code]

    def path(self, name: str) -> Path | None:
        """The file of the model that a name of a file means."""
        if name not in self._paths:
            path = real_path(name)
            self._paths[name] = path if path in self.modules else None
        return self._paths[name]

    def every(self) -> Iterator[Target]:
        """All of them, the model's own file first, in the order of the code."""
        for path in sorted(self._spans, key=lambda path: (path != self._main, path)):
            spans = sorted(self._spans[path], key=lambda span: span[0].start)
            yield from (target for _, target in spans)

    def definition(self, cls: type) -> ClassSource | None:
        """Where a class is written, None if that is not in one of the files."""
        for path, module in self.modules.items():
            source = self.sources[path]
            for node in ast.walk(source.tree) if module.__name__ == cls.__module__ else ():
                if isinstance(node, ast.ClassDef) and _qualified(source, node) == cls.__qualname__:
                    return ClassSource(self._prefix(path) + cls.__qualname__, source, node)
        return None

    def _prefix(self, path: Path) -> str:
        return "" if path == self._main else f"{path.stem}."

    def _targets(self, path: Path) -> Iterator[tuple[range, Target]]:
        """The functions that stand in a module or a class, with their lines."""
        prefix = self._prefix(path)
        source = self.sources[path]
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef) and isinstance(
                source.parents[node], ast.Module | ast.ClassDef | ast.If | ast.Try
            ):
                lines = range(first_line(node), (node.end_lineno or node.lineno) + 1)
                name = prefix + _qualified(source, node)
                yield lines, Target(name, source, self.modules[path], node, self._living)


def _read(path: Path) -> bytes:
    with tokenize.open(path) as file:
        return file.read().encode()


def _qualified(source: SourceText, node: ast.AST) -> str:
    """The name of a function with those of the classes that it stands in."""
    names: list[str] = []
    while not isinstance(node, ast.Module):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        node = source.parents[node]
    return ".".join(reversed(names))


class Footprints:
    """Notes which of a model's functions and lines run."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self.lines: set[tuple[Path, int]] = set()
        """The lines that ran."""

    def of(self, call: Callable[[], T]) -> tuple[T, frozenset[Target]]:
        """What a call comes to, and the functions that ran for it."""
        codes: set[CodeType] = set()
        ran: set[tuple[str, int]] = set()
        path = self._functions.path

        def on_call(frame: FrameType, event: str, _: object) -> TraceFunction | None:
            if path(frame.f_code.co_filename) is None:
                return None
            codes.add(frame.f_code)
            return on_line

        def on_line(frame: FrameType, event: str, _: object) -> TraceFunction:
            ran.add((frame.f_code.co_filename, frame.f_lineno))
            return on_line

        outer = sys.gettrace()
        sys.settrace(on_call)
        try:
            result = call()
        finally:
            sys.settrace(outer)
        self.lines.update((found, line) for name, line in ran if (found := path(name)) is not None)
        return result, frozenset(target for code in codes if (target := self._functions.of(code)) is not None)
