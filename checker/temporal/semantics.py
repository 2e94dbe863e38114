"""What a formula says of a lasso, read off its definition: no automaton, no packed state.

This is what a counterexample is checked with before anyone is shown it; one without a loop is the beginning
of a behaviour, which goes on in any way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from elcheck.checker.interpreter.asking import Asker
from elcheck.checker.model.call import theirs
from elcheck.checker.model.formula import And, Constant, Formula, Not, Or, Release, Taken, Until
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Some
from elcheck.checker.model.refinement import MapsToStep
from elcheck.checker.model.scope import Scope
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.search.judge import arguments_of
from elcheck.checker.system.views import view_of
from elcheck.checker.temporal.promises import Promises


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


def breaks(formula: Formula, states: Sequence[GlobalState], events: Sequence[Event], model: Model) -> bool:
    """Whether a behaviour that begins so breaks a formula however it goes on, as can be told place by place
    (Kupferman and Vardi 2001, "Model checking of safety properties": an informative prefix).
    """
    return _known(formula, states, events, model)[0] is False


def _known(
    formula: Formula, states: Sequence[GlobalState], events: Sequence[Event], model: Model
) -> list[bool | None]:
    """The formula's value at each place, None where it depends on what comes after the last."""

    def known(part: Formula) -> list[bool | None]:
        return _known(part, states, events, model)

    anyhow = _anyhow(formula)
    if anyhow is not None:
        return [anyhow] * len(states)
    match formula:
        case Not(operand):
            return [*map(_not, known(operand))]
        case And(left, right):
            return list(map(_both, known(left), known(right)))
        case Or(left, right):
            return list(map(_either, known(left), known(right)))
        case Until(left, right) | Release(left, right):
            found: list[bool | None] = []
            later: bool | None = None
            for a, b in zip(reversed(known(left)), reversed(known(right)), strict=True):
                goes_on = isinstance(formula, Until)
                later = _either(b, _both(a, later)) if goes_on else _both(b, _either(a, later))
                found.append(later)
            return found[::-1]
        case MapsToStep():
            return [*(_maps(formula, a, b, model) for a, b in pairwise(states)), None]
        case Taken():
            is_called = Promises(model).is_called
            return [*(is_called(event, formula.name, formula.node) for event in events), None]
        case _:
            return [*_holding(formula, states, model)]


def _anyhow(formula: Formula) -> bool | None:
    """The formula's value in every behaviour at every place, None unless its form alone tells."""
    match formula:
        case Constant(value):
            return value
        case Not(operand):
            return _not(_anyhow(operand))
        case And(left, right):
            return False if _contrary(left, right) else _both(_anyhow(left), _anyhow(right))
        case Or(left, right):
            return True if _contrary(left, right) else _either(_anyhow(left), _anyhow(right))
        case Until(_, right) | Release(_, right):
            return _anyhow(right)
        case _:
            return None


def _contrary(f: Formula, g: Formula) -> bool:
    """Whether the form alone tells that one holds where the other does not."""
    match f, g:
        case Constant(a), Constant(b):
            return a != b
        case Not(a), Not(b):
            return _contrary(a, b)
        case (Not(a), _) if a == g:
            return True
        case (_, Not(b)) if b == f:
            return True
        case (And(a, b), Or(c, d)) | (Until(a, b), Release(c, d)):
            return _contrary(a, c) and _contrary(b, d)
        case (Or(), And()) | (Release(), Until()):
            return _contrary(g, f)
        case _:
            return False


def _not(a: bool | None) -> bool | None:
    return None if a is None else not a


def _both(a: bool | None, b: bool | None) -> bool | None:
    return False if a is False or b is False else None if a is None or b is None else True


def _either(a: bool | None, b: bool | None) -> bool | None:
    return True if a is True or b is True else None if a is None or b is None else False


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
        case MapsToStep():
            after = (*word.states[1:], word.states[word.back])
            steps = zip(word.states, after, word.events, strict=True)
            return [event is not None and _maps(formula, a, b, model) for a, b, event in steps]
        case Taken():
            is_called = Promises(model).is_called
            return [e is not None and is_called(e, formula.name, formula.node) for e in word.events]
        case _:
            return _holding(formula, word.states, model)


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


def _holding(atom: Formula, states: Sequence[GlobalState], model: Model) -> list[bool]:
    """In which states an atom holds."""
    scope = atom.scope if isinstance(atom, Some) else atom
    assert isinstance(scope, Scope)
    asker, wanted = Asker(model), any if isinstance(atom, Some) else all

    def holds(state: GlobalState) -> bool:
        with theirs:
            return wanted(asker.ask(scope, *args) is True for args in _arguments(scope, state, model))

    return list(map(holds, states))


def _maps(atom: MapsToStep, before: GlobalState, after: GlobalState, model: Model) -> bool:
    """Whether a step maps to one of an abstract action."""
    [old], [new] = (_arguments(atom.seen, state, model) for state in (before, after))
    return atom.holds(atom.seen.ask(*old), atom.seen.ask(*new))


def _arguments(scope: Scope, state: GlobalState, model: Model) -> list[tuple[object, ...]]:
    if scope.kind == "whole":
        return [(state,)]
    if scope.kind == "shared":
        return [(state.shared,)]
    if scope.kind == "history":
        return [(state.history[model.place_of(scope.monitor)],)]
    views = (view_of(scope, view) for view in state.nodes)
    return list(arguments_of(scope, tuple(view for view in views if view is not None)))
