"""Asking the checks of scopes, those too that ask which steps a state has."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from elcheck.checker.interpreter.steps import Interpreter
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Enabled, Scope
from elcheck.checker.model.selector import Selector, StepNames
from elcheck.checker.model.state import GlobalState


class Asker:
    """Asks the checks of a model's scopes."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def ask(self, scope: Scope, *seen: object) -> object:
        """What a check answers of what was seen. Raises what it raises, and HandlerError."""
        if not isinstance(scope.check, Enabled):
            return scope.ask(*seen)
        [state] = seen
        assert isinstance(state, GlobalState)
        steps = Selector(scope.check.name, scope.check.node, self._names)
        return any(event in steps for event, _ in self._unbounded.steps(state))

    @cached_property
    def _unbounded(self) -> Interpreter:
        return Interpreter(replace(self._model, bounds=()))  # what a bound cuts is enabled all the same

    @cached_property
    def _names(self) -> StepNames:
        return StepNames(self._model)
