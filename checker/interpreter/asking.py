"""Asking the checks of scopes, those too that ask which steps a state has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from elcheck.checker.interpreter.steps import Interpreter, Successor
from elcheck.checker.model.model import Model
from elcheck.checker.model.scope import Enabled, Scope
from elcheck.checker.model.selector import Selector, StepNames
from elcheck.checker.model.state import Event, GlobalState


class Asker:
    """Asks the checks of a model's scopes."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._state: GlobalState | None = None  # the last one that was asked of
        self._found: list[Event] = []
        self._rest: Iterator[Successor] = iter(())

    def ask(self, scope: Scope, *seen: object) -> object:
        """What a check answers of what was seen. Raises what it raises, and HandlerError."""
        if not isinstance(scope.check, Enabled):
            return scope.ask(*seen)
        [state] = seen
        assert isinstance(state, GlobalState)
        steps = Selector(scope.check.name, scope.check.node, self._names)
        return any(event in steps for event in self._events(state))

    def _events(self, state: GlobalState) -> Iterator[Event]:
        """The steps of a state, each found when it is first wanted: one state is asked for many of them."""
        if self._state != state:
            self._state, self._found, self._rest = state, [], self._unbounded.steps(state)
        yield from self._found
        while True:
            try:
                event, _ = next(self._rest)
            except StopIteration:
                return
            except BaseException:
                self._state = None  # nothing follows a step that raised, and it has to raise again
                raise
            self._found.append(event)
            yield event

    @cached_property
    def _unbounded(self) -> Interpreter:
        return Interpreter(replace(self._model, bounds=()))  # what a bound cuts is enabled all the same

    @cached_property
    def _names(self) -> StepNames:
        return StepNames(self._model)
