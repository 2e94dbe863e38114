"""Specs over one shared state: the second front door, for shared memory and puzzles."""

from __future__ import annotations

from typing import Generic, TypeVar, cast

from elcheck.checker.model.node import first_state
from elcheck.checker.model.record import Record, State
from elcheck.checker.model.step import Outcome

S = TypeVar("S", bound=State)


class SharedProgram(Record):
    """Write a subclass of :class:`Spec`; this base only drops the type of its state."""


class Spec(SharedProgram, Generic[S]):
    """An algorithm over one global state of class ``S``, as in TLA+.

    Its methods marked ``@action`` are guarded functions of the whole state, which return the new state or
    yield steps. The fields of a subclass are the parameters.
    """

    def start(self) -> Outcome[S]:
        """The initial states: ``S()``, unless it says otherwise."""
        return cast(S, first_state(self, Spec))  # Spec[S] was read for S
