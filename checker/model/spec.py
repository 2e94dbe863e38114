"""Specs over one shared state: the second front door, for shared memory and puzzles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.step import Steps

S = TypeVar("S")


@dataclass(frozen=True)
class SharedProgram:
    """Write a subclass of :class:`Spec`; this base only drops the type of its state."""


@dataclass(frozen=True)
class Spec(SharedProgram, Generic[S]):
    """An algorithm over one global state of class ``S``, a frozen dataclass, as in TLA+.

    Its methods marked ``@action`` are guarded generators over the whole state. The fields of a subclass
    (a frozen dataclass) are the parameters.
    """

    def start(self) -> Steps[S]:
        """The initial states."""
        raise DefinitionError(f"{type(self).__name__} has no start(self)")
        yield
