"""Terms that a model has of its own: constants, in sets and tables too, where its functions find them.

A dictionary or a set looks a term up by its hash, and compares it with none of another hash. So that a
look-up among a model's own terms is noticed, a term has to be as late as one of these.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType

from elcheck.checker.model.call import is_of_a_model
from elcheck.checker.model.model import Model
from elcheck.checker.model.terms import Term, number_of

FARTHEST = 50
"""How far apart the terms of a state may be, more than any spread."""


def shifts_to_own_terms(model: Model) -> list[int]:
    """By how many terms later any term of a state is one of the model's own."""
    own = own_terms(model)
    return sorted({number - here for number in own for here in range(min(number, FARTHEST))})


def own_terms(model: Model) -> set[int]:
    """The numbers of the terms, but for the first one, that the functions of a model can find."""
    found: set[int] = set()
    todo: list[object] = list(_roots(model))
    seen: dict[int, object] = {}
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen[id(one)] = one
        if isinstance(one, Term):
            found.add(number_of(one))
        else:
            todo += _within(one)
    return found - {0}


def _roots(model: Model) -> Iterator[object]:
    yield from map(type, model.programs.values())
    for claim in model.properties:
        yield from (claim.scope, claim.formula)
    yield from (model.monitors, model.bounds, model.assume)


def _within(one: object) -> Iterable[object]:
    """What can be found by way of something: of a function what its names stand for, of a class of a model
    its attributes, of a value its parts.
    """
    if isinstance(one, FunctionType):
        if not is_of_a_model(one.__code__.co_filename):
            return ()
        cells = [cell.cell_contents for cell in one.__closure__ or () if _is_filled(cell)]
        names = {name for code in _codes(one.__code__) for name in code.co_names}
        its = [one.__globals__[name] for name in names if name in one.__globals__]
        return [*cells, *its, one.__defaults__, one.__kwdefaults__, *vars(one).values()]
    if isinstance(one, type):
        bases = [base for base in one.__mro__ if is_of_a_model(_file_of(base.__module__))]
        return [value for base in bases for value in vars(base).values()]
    if isinstance(one, ModuleType):
        return vars(one).values() if is_of_a_model(getattr(one, "__file__", None) or "<") else ()
    if isinstance(one, MethodType | staticmethod | classmethod):
        return (one.__func__,)
    return gc.get_referents(one)


def _is_filled(cell: object) -> bool:
    return bool(gc.get_referents(cell))


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of a function and of those that are written in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _file_of(module: str) -> str:
    return getattr(sys.modules.get(module), "__file__", None) or "<"
