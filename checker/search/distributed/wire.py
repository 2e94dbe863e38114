"""Values as bytes, between processes that have loaded the same model.

Pickle finds a class by its name in its module, and a model may have classes inside of functions. Here a class
has its address as a third name, for those that are called alike. What is read was written by a process of
the same search.
"""

from __future__ import annotations

import dataclasses
import io
import pickle
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from functools import cache

from elcheck.checker.model.record import fields_of, made

ClassName = tuple[str, str, int]
"""A class: its module, its name there, and its address, which is the same in processes forked from one."""

_BUILT_IN = ("builtins", "types")


def packed(value: object) -> bytes:
    """A value as bytes."""
    stream = io.BytesIO()
    _Writer(stream, pickle.HIGHEST_PROTOCOL).dump(value)
    return stream.getvalue()


def unpacked(data: bytes) -> object:
    """The value of some bytes."""
    found: object = pickle.loads(data)
    return found


class _Writer(pickle.Pickler):
    """Writes classes by their names, and records as their class and their fields alone: what a record keeps
    besides, as a cached property, is made again.
    """

    def reducer_override(self, value: object) -> tuple[Callable[..., object], tuple[object, ...]]:
        """How a value is made again; what is no class and no record is left to pickle."""
        return self._made_by(value) or NotImplemented

    def _made_by(self, value: object) -> tuple[Callable[..., object], tuple[object, ...]] | None:
        if isinstance(value, type):
            return (class_named, name_of(value)) if value.__module__ not in _BUILT_IN else None
        if dataclasses.is_dataclass(value) and not isinstance(value, Enum):
            cls: type = type(value)
            return made, (cls, *[getattr(value, name) for name in fields_of(cls)])
        return None


@cache
def name_of(cls: type) -> ClassName:
    """What a class is called."""
    return cls.__module__, cls.__qualname__, id(cls)


@cache
def class_named(module: str, name: str, address: int) -> type:
    """The class of a name: the one at that address, if there is one; else the one in its place in its module.
    Raises LookupError if this process has none.
    """
    in_place = _in_place(module, name)
    if in_place is not None and id(in_place) == address:
        return in_place
    found = _called(module, name)
    chosen = next((cls for cls in found if id(cls) == address), in_place or next(iter(found), None))
    if chosen is None:
        raise LookupError(f"this process has no class {module}.{name}: it has loaded another model")
    return chosen


def _in_place(module: str, name: str) -> type | None:
    """The class that is to be found by its name in its module."""
    found: object = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    is_it = isinstance(found, type) and (found.__module__, found.__qualname__) == (module, name)
    return found if is_it else None  # type: ignore[return-value]  # it was just asked whether it is a class


def _called(module: str, name: str) -> list[type]:
    """All classes of a name, in the order in which they were made."""
    wanted = (module, name)
    return list(dict.fromkeys(c for c in _all_below(object) if (c.__module__, c.__qualname__) == wanted))


def _all_below(top: type) -> Iterator[type]:
    below: list[type] = type.__subclasses__(top)
    for cls in below:
        yield cls
        yield from _all_below(cls)
