"""Equal values that are not the same: True and 1, 1 and 1.0, 0.0 and -0.0.

Python takes them for one, and so does what stores states by value, while ``is``, ``str`` and ``1 / x`` do
not. Where both came up in equal states, one of them would stand for the other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from enum import Enum
from functools import cache
from math import copysign

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.terms import Term
from elcheck.checker.model.values import text

_ONLY_THEIRS = frozenset((str, bytes, type(None), NodeId, Term))
"""Classes whose values equal none of another class, and are the same if they are equal."""
_ATOMS = _ONLY_THEIRS | {bool, int}
_NUMBERS = (bool, int, float)
REMEDY = "let each place have numbers of one class, and 0.0 for -0.0"


def require_same(known: object, value: object) -> None:
    """Raise HandlerError for a value that equals one that was met before, and is not the same."""
    why = _unlike(known, value, "it")
    if why is not None:
        raise HandlerError(f"{text(value)} equals {text(known)}, and is not the same: {why}; {REMEDY}")


def _unlike(known: object, value: object, where: str) -> str | None:
    """In what a value differs from another that it equals; None if in nothing."""
    cls: type = type(value)
    if known is value or cls in _ONLY_THEIRS:
        return None
    names = _fields(cls)
    if names:
        for name in names:
            one, other = getattr(known, name), getattr(value, name)
            if one is not other and (why := _unlike(one, other, f"{cls.__name__}.{name}")):
                return why
        return None
    if isinstance(value, _NUMBERS) and isinstance(known, _NUMBERS):
        said = f"{where} is {value!r} in one and {known!r} in the other"
        return None if _are_one(known, value) else said
    if isinstance(value, tuple) and isinstance(known, tuple):
        return None if _have_same_atoms(known, value) else _first(zip(known, value, strict=True), where)
    if isinstance(value, frozenset) and isinstance(known, frozenset):
        return _of_sets(known, value, where)
    if isinstance(value, Mapping) and isinstance(known, Mapping):
        keys = _of_sets(known.keys(), value.keys(), where)
        return keys or _first(((known[key], part) for key, part in value.items()), where)
    return None


def _have_same_atoms(known: tuple[object, ...], value: tuple[object, ...]) -> bool:
    """Whether two equal tuples are of atoms that are the same, as most are."""
    classes = list(map(type, value))
    return _ATOMS.issuperset(classes) and list(map(type, known)) == classes


def _first(pairs: Iterable[tuple[object, object]], where: str) -> str | None:
    found = (_unlike(known, value, where) for known, value in pairs if known is not value)
    return next(filter(None, found), None)


def _of_sets(known: Collection[object], value: Collection[object], where: str) -> str | None:
    """The same of two sets, whose elements have no places."""
    if _ONLY_THEIRS.issuperset(map(type, value)):
        return None
    same = {element: element for element in known}
    return _first(((same[element], element) for element in value), f"an element of {where}")


def _are_one(known: float, value: float) -> bool:
    if type(known) is not type(value):
        return False
    return not isinstance(value, float) or copysign(1, known) == copysign(1, value)


@cache
def _fields(cls: type) -> tuple[str, ...]:
    if not dataclasses.is_dataclass(cls) or issubclass(cls, Enum):
        return ()
    return tuple(field.name for field in dataclasses.fields(cls))
