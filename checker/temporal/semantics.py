"""What a formula says of a lasso, read off its definition: no automaton, no packed state.

This is what a counterexample is checked with before anyone is shown it.
"""

from __future__ import annotations

from dataclasses import dataclass

from elcheck.checker.model.call import theirs
from elcheck.checker.model.formula import And, Constant, Formula, Not, Or, Release, Taken, Until
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Scope, Some
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.search.judge import arguments_of
from elcheck.checker.system.views import view_of


@dataclass(frozen=True)
class LassoWord:
    """An endless behaviour: its states with the event after each (None: it stutters), and the place to which
    the last of them goes back.
    """

    states: tuple[GlobalState, ...]
    events: tuple[Event | None, ...]
    back: int


def satisfies(formula: Formula, word: LassoWord, model: Model) -> bool:
    """Whether a behaviour satisfies a formula, from its first state on."""
    return _values(formula, word, model)[0]


def _values(formula: Formula, word: LassoWord, model: Model) -> list[bool]:
    """The formula's value at each place."""
    match formula:
        case Constant(value):
            return [value] * len(word.states)
        case Not(operand):
            return [not value for value in _values(operand, word, model)]
        case And(left, right):
            return [a and b for a, b in _pairs(left, right, word, model)]
        case Or(left, right):
            return [a or b for a, b in _pairs(left, right, word, model)]
        case Until(left, right):
            return _fixpoint(_pairs(left, right, word, model), word.back, until=True)
        case Release(left, right):
            return _fixpoint(_pairs(left, right, word, model), word.back, until=False)
        case Taken():
            return [event is not None and formula.means(event) for event in word.events]
        case _:
            return [_holds(formula, state, model) for state in word.states]


def _pairs(left: Formula, right: Formula, word: LassoWord, model: Model) -> list[tuple[bool, bool]]:
    return list(zip(_values(left, word, model), _values(right, word, model), strict=True))


def _fixpoint(values: list[tuple[bool, bool]], back: int, *, until: bool) -> list[bool]:
    """``until``: the least solution of u = right or (left and next u); else the greatest of
    r = right and (left or next r).
    """
    found = [not until] * len(values)
    for _ in range(2):  # once round the loop for the value at its end, once more for the others
        for at in reversed(range(len(values))):
            later = found[at + 1] if at + 1 < len(values) else found[back]
            left, right = values[at]
            found[at] = right or (left and later) if until else right and (left or later)
    return found


def _holds(atom: Formula, state: GlobalState, model: Model) -> bool:
    """Whether an atom holds in a state."""
    scope = atom.scope if isinstance(atom, Some) else atom
    assert isinstance(scope, Scope)
    answers = (scope.ask(*args) is True for args in _arguments(scope, state, model))
    with theirs:
        return any(answers) if isinstance(atom, Some) else all(answers)


def _arguments(scope: Scope, state: GlobalState, model: Model) -> list[tuple[object, ...]]:
    if scope.kind == "whole":
        return [(state,)]
    if scope.kind == "shared":
        return [(state.shared,)]
    if scope.kind == "history":
        return [(state.history[model.place_of(scope.monitor)],)]
    views = (view_of(scope, view.node, view.state, up=view.up) for view in state.nodes)
    return list(arguments_of(scope, tuple(view for view in views if view is not None)))
