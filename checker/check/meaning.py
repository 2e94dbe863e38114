"""What a property says, in the words of those who wrote it and as a formula."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeAlias

from elcheck.checker.loading.docstring import first_sentence
from elcheck.checker.model.formula import (
    FALSE,
    TRUE,
    And,
    Constant,
    Formula,
    Not,
    Or,
    Release,
    Taken,
    Until,
    atoms_of,
)
from elcheck.checker.model.property import Property, Some
from elcheck.checker.model.refinement import MapsToStep
from elcheck.checker.model.scope import Scope

Names: TypeAlias = dict[Callable[..., object], str]


def meaning(claim: Property) -> tuple[str, ...]:
    """The first paragraph of the docstring of a claim's check, or of the function that makes it. Of a claim
    of behaviours its formula, and that of each of its checks. Empty if nothing is said.
    """
    if claim.formula is None:
        return tuple(filter(None, [_doc(claim.scope.check)]))
    names = _names(claim.formula)
    docs = [f"{name}: {doc}" for check, name in names.items() if (doc := _doc(check))]
    return f"{formula_text(claim.formula, names)} (G: always, F: in the end).", *docs


def _names(formula: Formula) -> Names:
    """What each check of a formula goes by, a number behind a name that two have."""
    names: Names = {}
    times: Counter[str] = Counter()
    for atom in atoms_of(formula):
        scope = atom.scope if isinstance(atom, Some) else atom
        if isinstance(scope, Scope) and scope.check not in names:
            name = _name(scope.check)
            times[name] += 1
            names[scope.check] = name if times[name] == 1 else f"{name} {times[name]}"
    return names


def _doc(check: Callable[..., object]) -> str:
    own = inspect.getdoc(check) if inspect.isfunction(check) else None
    maker = _maker(check)
    return first_sentence(own or (maker.__doc__ if maker is not None else None) or "")


def _maker(check: Callable[..., object]) -> Callable[..., object] | None:
    """The function in which a check is defined, unless that makes the whole model."""
    if not inspect.isfunction(check) or "<locals>" not in check.__qualname__:
        return None
    found: object = sys.modules.get(check.__module__)
    for name in check.__qualname__.partition(".<locals>")[0].split("."):
        found = getattr(found, name, None)
    if not inspect.isfunction(found):
        return None
    return None if "Model" in str(found.__annotations__.get("return", "")) else found


def _name(check: Callable[..., object]) -> str:
    """What a check goes by: the name of the function that makes it, or else its own."""
    name = str(getattr(_maker(check) or check, "__name__", "p"))
    return "p" if name == "<lambda>" else name.lstrip("_")


def formula_text(formula: Formula, names: Names) -> str:
    """A formula of temporal logic in one line: ``G (p implies F q)``."""
    match formula:
        case Constant(value):
            return str(value).lower()
        case Until(left, right):
            return (
                f"F {_inner(right, names)}"
                if left == TRUE
                else f"{_inner(left, names)} until {_inner(right, names)}"
            )
        case Release(left, right):
            return (
                f"G {_inner(right, names)}"
                if left == FALSE
                else f"{_inner(left, names)} releases {_inner(right, names)}"
            )
        case Or(Not(left), right):
            return f"{_inner(left, names)} implies {_inner(right, names)}"
        case And() | Or():
            word = " and " if isinstance(formula, And) else " or "
            return word.join(_inner(part, names) for part in _parts(formula, type(formula)))
        case Not(operand):
            return f"not {_inner(operand, names)}"
        case Taken(name, node):
            return f"taken({name})" if node is None else f"taken({name}, {node})"
        case MapsToStep():
            return f"maps to {formula.action}"
        case Some(scope):
            return f"some {names[scope.check]}"
        case Scope(_, check):
            return names[check]
    return type(formula).__name__


def _inner(formula: Formula, names: Names) -> str:
    """A formula as a part of another."""
    whole = isinstance(formula, Constant | Not | Some | Scope | Taken | MapsToStep)
    unary = isinstance(formula, Until | Release) and formula.left in (TRUE, FALSE)
    return formula_text(formula, names) if whole or unary else f"({formula_text(formula, names)})"


def _parts(formula: Formula, kind: type[And] | type[Or]) -> Iterator[Formula]:
    """What is joined by the same word all along."""
    if isinstance(formula, kind):
        yield from _parts(formula.left, kind)
        yield from _parts(formula.right, kind)
    else:
        yield formula
