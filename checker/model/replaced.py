"""The parts of a value that are of one class: found, or others put in their place."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import fields
from typing import TypeVar

from elcheck.checker.model.collections import Bag, Map

P = TypeVar("P")


def replaced(value: object, of: type[P], change: Callable[[P], object]) -> object:
    """A value with another part in the place of each that is of a class; the same object where nothing is.

    What is no value of the language (a class of the model's own that is no dataclass) stays as it is.
    """

    def inner(part: object) -> object:
        return replaced(part, of, change)

    if isinstance(value, of):
        return change(value)
    if isinstance(value, tuple):
        return tuple([inner(part) for part in value])
    if isinstance(value, frozenset):
        return frozenset([inner(part) for part in value])
    if isinstance(value, Map):
        return Map({inner(key): inner(part) for key, part in value.items()})
    if isinstance(value, Bag):
        return Bag([inner(element) for element in value.elements()])
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _record(value, inner)
    return value


def _record(value: object, inner: Callable[[object], object]) -> object:
    """A dataclass with its fields replaced; the same object if all of them are."""
    assert dataclasses.is_dataclass(value)
    parts = {f.name: getattr(value, f.name) for f in fields(value)}
    made_parts = {name: inner(part) for name, part in parts.items()}
    if all(made_parts[name] is part for name, part in parts.items()):
        return value
    made: object = object.__new__(type(value))  # what its __init__ would do, it has done already
    for name, part in made_parts.items():
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
