"""A mutant: a model with one small mistake in its source, and how to put it in."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from elcheck.checker.model.handlers import Mark, mark_of, remark
from elcheck.checker.mutation.installed import CodeChange, exchanged, first_line
from elcheck.checker.mutation.source_text import SourceText, TextEdit, shortened
from elcheck.checker.mutation.targets import Target


@dataclass(frozen=True)
class CodeMutation:
    """A function with other code."""

    target: Target
    edit: TextEdit

    def installed(self) -> AbstractContextManager[None]:
        """The functions with the mutation, as long as the context lasts."""
        source, function = self.target.source, self.target.function
        change = CodeChange(source, source.edited(self.edit), first_line(function), function.name)
        return exchanged(change, self.target.living)


@dataclass(frozen=True)
class LostField:
    """A field of a class of states that is not durable any more."""

    cls: type
    field: str

    @contextmanager
    def installed(self) -> Iterator[None]:
        """The class with the mutation, as long as the context lasts."""
        field = next(f for f in dataclasses.fields(self.cls) if f.name == self.field)
        known = field.metadata
        field.metadata = MappingProxyType({})
        try:
            yield
        finally:
            field.metadata = known


@dataclass(frozen=True)
class OtherMark:
    """A handler whose decorator says something else."""

    method: Callable[..., object]
    mark: Mark

    @contextmanager
    def installed(self) -> Iterator[None]:
        """The handler with the mutation, as long as the context lasts."""
        known = mark_of(self.method)
        assert known is not None
        remark(self.method, self.mark)
        try:
            yield
        finally:
            remark(self.method, known)


Mutation: TypeAlias = CodeMutation | LostField | OtherMark


@dataclass(frozen=True)
class Mutant:
    """A mutation, and how it is told: where it is, by which operator, what stood there and what stands there.

    ``key`` names it among all of its model, and stays the same where lines above it change.
    """

    function: str
    operator: str
    before: str
    after: str
    source: SourceText
    edit: TextEdit
    mutation: Mutation
    key: str = ""

    @property
    def file(self) -> Path:
        """The file that it is in."""
        return self.source.path

    @property
    def lines(self) -> range:
        """The lines that it changes."""
        return self.source.lines(self.edit)

    @property
    def difference(self) -> str:
        """The change of the source as a unified diff."""
        return self.source.difference(self.edit)

    @property
    def target(self) -> Target | None:
        """The function whose code it changes, None if it changes none."""
        return self.mutation.target if isinstance(self.mutation, CodeMutation) else None


def change_in_words(before: str, after: str) -> str:
    """What is instead of what, in one line."""
    return f"{shortened(before)} → {shortened(after)}" if after else f"without {shortened(before)}"
