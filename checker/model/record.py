"""Records: the values that a model is made of. A subclass is a frozen dataclass without saying so."""

from __future__ import annotations

import dataclasses
import inspect
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from types import CodeType
from typing import TypeVar, cast, dataclass_transform

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.ids import NodeId

T = TypeVar("T")
R = TypeVar("R")

_DURABLE = "durable"
FRAIL = "frail"
"""What says of a field that a damage may hurt it."""
_MADE = "__elcheck_made__"
_OURS = "elcheck.checker."
REPLACING = "_elcheck_replacing"
"""The method of a record that has a way of its own to be copied with other fields."""


@dataclass_transform(frozen_default=True)
class Record:
    """A value with named fields. Every subclass is made a frozen dataclass (PEP 681).

    ``class Ballot(Record, order=True)`` also compares, field by field.
    """

    def __init_subclass__(cls, *, order: bool = False) -> None:
        super().__init_subclass__()
        dataclass(frozen=True, order=order)(cls)
        setattr(cls, _MADE, True)


class State(Record):
    """The state of a node, or the shared state of a Spec."""


class Message(Record):
    """What nodes send to each other."""


class Crashed(Message):
    """What a perfect failure detector tells a node: ``peer`` has crashed."""

    peer: NodeId


class Disconnected(Message):
    """What a node learns first when its fifo link to ``peer`` has broken."""

    peer: NodeId


def durable(default: T, *, frail: bool = False) -> T:
    """A field of a local state that survives a crash; every other field falls back to its default. ``frail``:
    a damage of the disk (``Environment(disk=1)``) may hurt it.
    """
    made: object = field(default=default, metadata={_DURABLE: True, FRAIL: frail})
    return cast(T, made)  # a dataclass takes a Field where its annotation says T


def decorated_again(error: BaseException) -> str | None:
    """What is to be said if ``@dataclass`` was put on a Record, and raised therefore; else None."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        cls: object = frame.f_locals.get("cls")
        if frame.f_code.co_filename == dataclasses.__file__ and isinstance(cls, type) and _MADE in vars(cls):
            base = next(base.__name__ for base in cls.__mro__ if base.__module__.startswith(_OURS))
            return f"{cls.__name__} is a {base}, and so a frozen dataclass already: leave out @dataclass"
    return None


def durable_fields(cls: type) -> frozenset[str]:
    """The names of the durable fields of a class of local states."""
    found = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
    return frozenset(f.name for f in found if f.metadata.get(_DURABLE))


def require_survivors(cls: type) -> None:
    """Raise DefinitionError if a field of a class of local states is neither durable nor has a default."""
    for f in dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ():
        no_default = f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        if f.init and no_default and not f.metadata.get(_DURABLE):
            raise DefinitionError(
                f"{cls.__name__}.{f.name} is not durable and has no default, and a restart has to find "
                "something in it: declare it durable(...), or give it a default"
            )


def survivor(state: object) -> object:
    """What a crash spares of a local state: its durable fields, the others at their defaults.

    Raises DefinitionError for a field that is neither durable nor has a default.
    """
    require_survivors(type(state))
    assert dataclasses.is_dataclass(state)
    assert not isinstance(state, type)
    kept = {
        f.name: getattr(state, f.name)
        for f in dataclasses.fields(state)
        if f.init and f.metadata.get(_DURABLE)
    }
    return type(state)(**kept)


def made(cls: type, *parts: object) -> object:
    """A record of a class, of the values of its fields, which have been in a record before."""
    record: object = object.__new__(cls)
    for name, part in zip(fields_of(cls), parts, strict=True):
        object.__setattr__(record, name, part)
    return record


@cache
def fields_of(cls: type) -> tuple[str, ...]:
    """The names of the fields of a class of records."""
    return tuple(f.name for f in dataclasses.fields(cls))


@cache
def is_made_of_fields(cls: type) -> bool:
    """Whether a record of a class is what its fields are, and making one does nothing but take these."""
    written: object = getattr(inspect.getattr_static(cls, "__init__"), "__code__", None)
    by_dataclass = isinstance(written, CodeType) and written.co_filename == "<string>"
    own = hasattr(cls, "__post_init__") or any("__new__" in vars(base) for base in cls.__mro__[:-1])
    return by_dataclass and not own and all(f.init for f in dataclasses.fields(cls))


def replace(record: R, /, **changes: object) -> R:
    """A record with other values in some of its fields; the others are copied, and not read."""
    cls: type = type(record)
    replacing: Callable[..., R] | None = getattr(cls, REPLACING, None)
    return dataclasses.replace(record, **changes) if replacing is None else replacing(record, changes)  # type: ignore[type-var]  # what is no dataclass it refuses
