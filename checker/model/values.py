"""Values that states and messages are made of: what is allowed, in which order, and how they print.

A model checker compares, stores and orders states by value. This module says which Python values can
be treated so (:func:`flaw`), gives every one of them a place in one total order that does not depend
on hashes (:func:`order`), and writes them as people do (:func:`text`).
"""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum, Flag
from functools import cache, cached_property, partial
from itertools import chain, repeat
from typing import TypeAlias, get_args, get_origin, get_type_hints

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.terms import Term, number_of

SortKey: TypeAlias = "tuple[int | float | str | bytes | SortKey, ...]"

_PLAIN = (bool, int, float, str, bytes, type(None), Enum)
_ATOMS = frozenset((bool, int, str, bytes, type(None), NodeId, Term))
_COLLECTIONS = "elcheck.checker.model.collections"
_TWICE = "elcheck.checker.model.twice"
DEEPEST = 100
"""How deep values may be nested: what walks them calls itself for each level."""
_MUTABLE = {list: "a tuple", set: "a frozenset", dict: "a tuple of pairs", bytearray: "bytes"}


def order(value: object) -> SortKey:
    """A key that sorts any allowed value, the same in every run (never by hash or address)."""
    cls: type = value.__class__  # what it says it is: something may stand for it
    return _key_of(cls)(value)


@cache
def _key_of(cls: type) -> Callable[[object], SortKey]:
    """What makes the keys of a class's values. They begin with the kind of value."""
    for kind, key in _KEYS:
        if issubclass(cls, kind):
            return key
    names = _fields(cls)
    if names is None:
        return lambda value: (10, cls.__qualname__, repr(value))
    title = (9, cls.__qualname__)
    return lambda value: (*title, *[order(getattr(value, name)) for name in names])


def _key_of_flag(value: Flag) -> SortKey:
    return (4, type(value).__qualname__, value.value)


def _key_of_member(value: Enum) -> SortKey:
    return (4, type(value).__qualname__, _places(type(value))[value.name])


@cache
def _places(cls: type[Enum]) -> dict[str, int]:
    return {member.name: place for place, member in enumerate(cls)}


def _key_of_mapping(value: Mapping[object, object]) -> SortKey:
    items = sorted((order(key), order(part)) for key, part in value.items())
    return (8, type(value).__qualname__, *items)


_KEYS: list[tuple[type, Callable[..., SortKey]]] = [
    (NodeId, lambda value: (5, value.index)),
    (Term, lambda value: (11, number_of(value))),
    (type(None), lambda value: (0,)),
    (Flag, _key_of_flag),
    (Enum, _key_of_member),
    (int, lambda value: (1, value)),
    (float, lambda value: (1, value)),
    (str, lambda value: (2, value)),
    (bytes, lambda value: (3, value)),
    (tuple, lambda value: (6, *map(order, value))),
    (frozenset, lambda value: (7, *sorted(map(order, value)))),
    (Mapping, _key_of_mapping),
]


def text(value: object, *, sparse: bool = False) -> str:
    """How a value reads in a trace: node names, enum names, sets in order. ``sparse`` leaves out the fields
    of dataclasses that are at their defaults.
    """
    part = partial(text, sparse=sparse)
    if isinstance(value, NodeId):
        return value.name
    if isinstance(value, Enum):
        return name_of(value)
    if isinstance(value, tuple):
        return "(" + ", ".join(map(part, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, frozenset):
        return "{" + ", ".join(part(v) for v in sorted(value, key=order)) + "}"
    if isinstance(value, Mapping):
        items = sorted(value.items(), key=lambda item: order(item[0]))
        return "{" + ", ".join(f"{part(k)}: {part(v)}" for k, v in items) + "}"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown = [(f, getattr(value, f.name)) for f in dataclasses.fields(value)]
        parts = [f"{f.name}={part(v)}" for f, v in shown if not (sparse and _is_default(f, v))]
        return f"{type(value).__name__}({', '.join(parts)})"
    return repr(value)


def name_of(member: Enum) -> str:
    """What a member of an Enum is called. A Flag without any of its members has no name of its own."""
    name: str | None = member.name
    return str(member) if name is None else name


def called(value: object) -> str:
    """What is in a place where it can't be, in a message: never by its address, and in few words."""
    if inspect.isroutine(value):
        return f"the function {value.__name__}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    unsaid = type(value).__repr__ is object.__repr__ or dataclasses.is_dataclass(value)
    return f"a {type(value).__name__}" if unsaid else repr(value)


def _is_default(field: dataclasses.Field[object], value: object) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return value == field.default_factory()
    return field.default is not dataclasses.MISSING and value == field.default


def counted(count: int, noun: str) -> str:
    """So many of something: ``1 step``, ``1,234 states``."""
    return f"{count:,} {noun}{'s' if count != 1 else ''}"


def flaw(value: object, where: str = "") -> str | None:
    """Why a value can't be part of a state or a message, or None when it can.

    The answer names the part that is at fault: ``Server.votes is a set, which can change: use a
    frozenset``.
    """
    where = where or type(value).__name__
    try:
        return None if _is_sound(value, 0) else _explained(value, where)
    except TooDeepError:
        return f"{where} is nested more than {DEEPEST} deep"


class TooDeepError(Exception):
    """A value has parts that have parts, and so on for longer than Python can follow."""


def flaw_of_next(state: object, before: object) -> str | None:
    """Why what a handler answers can't be a state, or None when it can. What it has kept of the state before,
    the very same values, is not looked at again; an equal one is, since it may be of another class.
    """
    cls: type = type(state)
    names = _fields(cls)
    if names is None or type(before) is not cls:
        return flaw(state)
    try:
        for name in names:
            part = getattr(state, name)
            if type(part) not in _ATOMS and part is not getattr(before, name) and not _is_sound(part, 1):
                return flaw(state)
    except TooDeepError:
        return flaw(state)
    return None if len(getattr(state, "__dict__", ())) <= len(names) else flaw(state)


def _is_sound(value: object, depth: int) -> bool:
    """Whether a value has no flaw, without the words for it: asked of everything that a handler yields.
    Raises TooDeepError.
    """
    cls: type = type(value)
    if cls in _ATOMS:
        return True
    if depth > DEEPEST:
        raise TooDeepError
    below = depth + 1
    if cls is tuple or cls is frozenset:
        parts: Collection[object] = value  # type: ignore[assignment]  # its class says so
        return _ATOMS.issuperset(map(type, parts)) or all(map(_is_sound, parts, repeat(below)))
    names = _fields(cls)
    if names is not None:
        for name in names:
            part = getattr(value, name)
            if type(part) not in _ATOMS and not _is_sound(part, below):
                return False
        return len(getattr(value, "__dict__", ())) <= len(names) or _beside(value) is None
    if _is_sound_mapping(cls):
        items: Mapping[object, object] = value  # type: ignore[assignment]  # its class says so
        return all(map(_is_sound, chain(items.keys(), items.values()), repeat(below)))
    return _explained(value, cls.__name__) is None


@cache
def _is_sound_mapping(cls: type) -> bool:
    return issubclass(cls, Mapping) and not issubclass(cls, dict) and flaw_of_class(cls) is None


@cache
def _fields(cls: type) -> tuple[str, ...] | None:
    """The fields of a sound class of dataclasses, none of an enum's; None for any other class."""
    if issubclass(cls, Enum) and not issubclass(cls, int | str | bytes | float):
        return () if cls.__eq__ is object.__eq__ else None
    if dataclasses.is_dataclass(cls) and not issubclass(cls, tuple | Mapping) and flaw_of_class(cls) is None:
        return tuple(f.name for f in dataclasses.fields(cls))
    return None


def _explained(value: object, where: str) -> str | None:
    for kind, instead in _MUTABLE.items():
        if isinstance(value, kind):
            return f"{where} is a {kind.__name__}, which can change: use {instead}"
    if isinstance(value, type):
        return f"{where} is the class {value.__name__} itself, not one of its values"
    if isinstance(value, _PLAIN):
        return _flaw_of_plain(value, where)
    if isinstance(value, tuple) and type(value) is not tuple:
        name = type(value).__name__
        return f"{where} is a {name}, which equals every tuple of the same parts: use a frozen dataclass"
    if isinstance(value, frozenset) and type(value) is not frozenset and type(value).__module__ != _TWICE:
        name = type(value).__name__
        return f"{where} is a {name}, which equals every set of the same elements: use a frozenset"
    if isinstance(value, tuple | frozenset):
        return _first_flaw((f"an element of {where}", item) for item in value)
    if isinstance(value, Mapping):
        pairs = ((f"an entry of {where}", part) for item in value.items() for part in item)
        return flaw_of_class(type(value)) or _first_flaw(pairs)
    if dataclasses.is_dataclass(value):
        parts = dataclasses.fields(value)
        name = type(value).__name__
        inner = _first_flaw((f"{name}.{f.name}", getattr(value, f.name)) for f in parts)
        return flaw_of_class(type(value)) or inner or _beside(value)
    why = flaw_of_class(type(value))
    return f"{where}: {why}" if why is not None else _flaw_of_equality(value, where)


def _flaw_of_equality(value: object, where: str) -> str | None:
    """A value of a class that compares may still be unlike itself, as a Decimal that is not a number."""
    try:
        return None if value == value and hash(value) is not None else f"{where} does not even equal itself"
    except Exception as error:
        return f"{where} can't be compared: {type(error).__name__}: {error}"


def _beside(value: object) -> str | None:
    """What a value of a class of dataclasses keeps that is no field of it, and so would be hidden."""
    cls: type = type(value)
    fields = set(_fields(cls) or ())
    if isinstance(value, NodeId | Enum):
        return None
    for name in vars(value).keys() - fields:
        if not isinstance(inspect.getattr_static(cls, name, None), cached_property):
            return f"{cls.__name__} keeps {name}, which is no field of it: make it one, or a property"
    return None


def _flaw_of_plain(value: object, where: str) -> str | None:
    """Numbers, strings and enum members are values, but not those that equal values of another class."""
    if isinstance(value, float) and value != value:
        return f"{where} is not a number (NaN), which does not even equal itself"
    name = type(value).__name__
    if isinstance(value, Enum) and isinstance(value, int | str | bytes | float):
        return f"{where} is a {name}, whose members equal plain numbers or strings: use a plain Enum"
    if isinstance(value, Enum) and type(value).__eq__ is not object.__eq__:
        return f"{where} is a {name}, an Enum with an __eq__ of its own: leave that out"
    if not isinstance(value, Enum) and type(value) not in _PLAIN:
        return f"{where} is a {name}, which may equal a plain value: use a frozen dataclass"
    return None


def _first_flaw(parts: Iterable[tuple[str, object]]) -> str | None:
    return next((why for where, part in parts if (why := flaw(part, where)) is not None), None)


def flaw_of_class(cls: type) -> str | None:
    """Why no instance of a class can be compared by value, or None when they can.

    What is not all of a value must not decide whether it equals another: states that behave differently would
    be taken for one. So only the equality of frozen dataclasses is trusted, and that of Maps and Bags.
    """
    name = cls.__name__
    equal: object = cls.__eq__
    hashed: object = cls.__hash__
    if dataclasses.is_dataclass(cls) and not _is_frozen(cls):
        return f"{name} is a dataclass that can change: write @dataclass(frozen=True)"
    if equal is object.__eq__:
        if hashed is not object.__hash__:
            return f"{name} defines __hash__ without __eq__, so equal states would not be found equal"
        return f"{name} has no __eq__, so two equal values would count as different states"
    if hashed is None:
        return f"{name} can't be hashed: it defines __eq__ without __hash__"
    if dataclasses.is_dataclass(cls):
        return None if cls is NodeId else _hidden_part(cls)
    if cls.__module__ == _COLLECTIONS or cls is Term:
        return None
    return f"{name} says itself which of its values are equal, and may hide a difference: use a Record"


@cache
def _hidden_part(cls: type) -> str | None:
    """What the equality of a frozen dataclass leaves out, or may leave out; None if it is of all fields."""
    name = cls.__name__
    fields = dataclasses.fields(cls)
    for f in fields:
        if not f.compare:
            return f"{name}.{f.name} has compare=False, which would hide differences: leave it out"
    why = _own_look(cls, fields)
    if why is not None:
        return why
    made = dataclasses.make_dataclass(
        name, [(f.name, object, dataclasses.field(hash=f.hash)) for f in fields], frozen=True
    )
    if not _is_same_code(cls.__eq__, made.__eq__):
        return f"{name} has an __eq__ that does not compare all of its fields, and only these: leave it out"
    if not _is_same_code(cls.__hash__, made.__hash__):
        return f"{name} has a __hash__ of its own: leave it out, a frozen dataclass has one"
    return None


def _own_look(cls: type, fields: Iterable[dataclasses.Field[object]]) -> str | None:
    """What shows something else in the place of a field, or of a value's class, so that an equality that asks
    for these does not compare what is there.
    """
    name = cls.__name__
    for base in cls.__mro__[:-1]:
        for own in ("__getattribute__", "__class__"):
            if own in vars(base):
                return f"{name} has a {own} of its own, which may hide a difference: leave it out"
    for f in fields:
        there: object = inspect.getattr_static(cls, f.name, None)
        if inspect.isdatadescriptor(there) and not isinstance(there, types.MemberDescriptorType):
            return (
                f"{name}.{f.name} is a {type(there).__name__}, which may hide what is there: make it a field"
            )
    return None


def _is_same_code(method: object, made: object) -> bool:
    """Whether a method does what another does, which takes nothing but its arguments and builtins."""
    codes = (getattr(method, "__code__", None), getattr(made, "__code__", None))
    mine, its = ((c.co_code, c.co_names, c.co_consts, c.co_varnames) if c else None for c in codes)
    return mine is not None and mine == its


def flaw_of_annotations(cls: type, above: frozenset[type] = frozenset()) -> str | None:
    """The same from the annotations of a dataclass alone, so that a mistake is found before a run."""
    why = flaw_of_class(cls)
    if why is not None or not dataclasses.is_dataclass(cls):
        return why
    try:
        hints = get_type_hints(cls)
    except Exception:
        return None  # names that exist for the type checker only: the values are still checked
    for f in dataclasses.fields(cls):
        for part in _parts(hints[f.name]):
            if part in _MUTABLE:
                kind, instead = part.__name__, _MUTABLE[part]
                return f"{cls.__name__}.{f.name} is a {kind}, which can change: use {instead}"
            if dataclasses.is_dataclass(part) and part is not cls and part not in above:
                inner = flaw_of_annotations(part, above | {cls})
            else:
                inner = _flaw_of_leaf(part)
            if inner is not None:
                return f"{cls.__name__}.{f.name}: {inner}"
    return None


def _flaw_of_leaf(cls: type) -> str | None:
    """Why no instance of a class in an annotation can be a value. A class without an equality may be a base
    of those that have one.
    """
    plain = issubclass(cls, (tuple, frozenset, *_PLAIN)) or dataclasses.is_dataclass(cls)
    equal: object = cls.__eq__
    return None if plain or equal is object.__eq__ or inspect.isabstract(cls) else flaw_of_class(cls)


def _parts(hint: object) -> list[type]:
    """Every class named in an annotation: ``dict[str, list[int]] | None`` names four."""
    found = [hint] if isinstance(hint, type) and get_origin(hint) is None else []
    origin = get_origin(hint)
    if isinstance(origin, type) and origin is not types.UnionType:
        found.append(origin)
    for arg in get_args(hint):
        found.extend(_parts(arg))
    return found


def _is_frozen(cls: type) -> bool:
    parameters: object = getattr(cls, "__dataclass_params__", None)
    return bool(getattr(parameters, "frozen", False))
