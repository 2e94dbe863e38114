"""The parts of a value that are of one class: found, or others put in their place."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from operator import is_
from typing import TypeVar

from elcheck.checker.model.collections import Bag, Map

P = TypeVar("P")

_PLAIN = frozenset((bool, int, str, bytes, type(None)))
"""Classes whose values have no parts."""


def replaced(value: object, of: type[P], change: Callable[[P], object]) -> object:
    """A value with another part in the place of each that is of a class; the same object where nothing is.

    The class is of nodes or of terms, not of numbers or texts. What is no value of the language (a class of
    the model's own that is no dataclass) stays as it is.
    """
    if isinstance(value, of):
        return change(value)
    cls: type = type(value)
    names = _fields(cls)
    if names is not None:
        return _record(value, names, of, change)
    if cls in _PLAIN:
        return value
    if isinstance(value, tuple | frozenset):
        if _PLAIN.issuperset(map(type, value)):
            return value
        made = [replaced(part, of, change) for part in value]
        return value if all(map(is_, made, value)) else _collection(value)(made)
    if isinstance(value, Map):
        return Map({replaced(key, of, change): replaced(part, of, change) for key, part in value.items()})
    if isinstance(value, Bag):
        return Bag([replaced(element, of, change) for element in value.elements()])
    return value


def _collection(value: object) -> type[tuple[object, ...] | frozenset[object]]:
    return tuple if isinstance(value, tuple) else frozenset


@cache
def _fields(cls: type) -> tuple[str, ...] | None:
    """The names of the fields of a dataclass; None for any other class."""
    return tuple([f.name for f in dataclasses.fields(cls)]) if dataclasses.is_dataclass(cls) else None


def _record(value: object, names: tuple[str, ...], of: type[P], change: Callable[[P], object]) -> object:
    """A dataclass with its fields replaced; the same object if all of them are."""
    parts = [getattr(value, name) for name in names]
    made_parts = [part if type(part) in _PLAIN else replaced(part, of, change) for part in parts]
    if all(map(is_, made_parts, parts)):
        return value
    made: object = object.__new__(type(value))  # what its __init__ would do, it has done already
    for name, part in zip(names, made_parts, strict=True):
        object.__setattr__(made, name, part)
    return made


def parts_of(value: object, of: type[P]) -> list[P]:
    """All parts of a value that are of a class, itself included; one that it has twice comes twice."""
    found: list[P] = []

    def note(part: P) -> P:
        found.append(part)
        return part

    replaced(value, of, note)
    return found
