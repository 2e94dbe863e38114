"""All values of a small type, and of a class by those of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum, Flag
from functools import reduce
from itertools import chain, combinations, product
from math import prod
from operator import or_
from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

from elcheck.checker.model.clock import Clock
from elcheck.checker.model.collections import Map
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.inductive import Every
from elcheck.checker.process.watch import look

MOST = 100_000
"""Values of one field at most."""


class Domain:
    """All values of a class. ``fields`` has the values of each field."""

    def __init__(self, every: Every, nodes: Sequence[NodeId]) -> None:
        self.of = every.of
        hints = get_type_hints(every.of)
        self.fields: dict[str, tuple[object, ...]] = {}
        for f in fields(every.of):
            if f.name in every.domains:
                self.fields[f.name] = every.domains[f.name]
            elif hints[f.name] is Clock and isinstance(f.default, Clock):
                most = f.default.most
                self.fields[f.name] = tuple(Clock(most, ticks) for ticks in range(most + 1))
            else:
                where = f"every({every.of.__name__}, ...): the field {f.name}"
                self.fields[f.name] = tuple(values_of(hints[f.name], nodes, where))
        self._sets = {name: frozenset(values) for name, values in self.fields.items()}

    def __len__(self) -> int:
        return prod(map(len, self.fields.values()))

    def __iter__(self) -> Iterator[object]:
        """The values, field by field in order."""
        for values in product(*self.fields.values()):
            look()
            yield self.of(**dict(zip(self.fields, values, strict=True)))

    def __contains__(self, value: object) -> bool:
        return type(value) is self.of and all(
            getattr(value, name) in values for name, values in self._sets.items()
        )


def values_of(hint: object, nodes: Sequence[NodeId], where: str) -> list[object]:
    """All values of a type. Raises DefinitionError for one that has too many."""
    found = _values(hint, nodes)
    if found is None or len(found) > MOST:
        shown = getattr(hint, "__name__", None) if not get_args(hint) else str(hint)
        raise DefinitionError(f"{where} is of type {shown or hint}: say which values it takes, as in "
                              "every(Server, term=range(3))")  # fmt: skip
    return found


def _flags(cls: type[Flag]) -> list[object] | None:
    """All that the members of a Flag can be together, None if that is too many."""
    members = list(cls)
    if 1 << len(members) > MOST:
        return None
    some = chain.from_iterable(combinations(members, size) for size in range(len(members) + 1))
    return [reduce(or_, chosen, cls(0)) for chosen in some]


def _values(hint: object, nodes: Sequence[NodeId]) -> list[object] | None:
    origin, args = get_origin(hint), get_args(hint)
    if hint is None or hint is NoneType:
        return [None]
    if hint is bool:
        return [False, True]
    if hint is NodeId:
        return list(nodes)
    if isinstance(hint, type) and issubclass(hint, Flag):
        return _flags(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return list(hint)
    if origin is Literal:
        return list(args)
    parts = [_values(arg, nodes) for arg in args if arg is not Ellipsis]
    known = [part for part in parts if part is not None]
    if not args or len(known) < len(args):
        return None
    return _made_of(origin, known)


def _made_of(origin: object, parts: list[list[object]]) -> list[object] | None:
    """All unions, tuples, sets or maps of some values."""
    if origin in (Union, UnionType):
        return list(dict.fromkeys(chain(*parts)))
    if origin is tuple and prod(map(len, parts)) <= MOST:
        return list(product(*parts))
    if origin is frozenset and 2 ** len(parts[0]) <= MOST:
        sizes = range(len(parts[0]) + 1)
        return [frozenset(some) for size in sizes for some in combinations(parts[0], size)]
    if origin is Map and len(parts[1]) ** len(parts[0]) <= MOST:
        return [
            Map(dict(zip(parts[0], values, strict=True)))
            for values in product(parts[1], repeat=len(parts[0]))
        ]
    return None


def met_fields(values: Sequence[object]) -> list[Every]:
    """For each class of some values the values that occur in each field; of a Map, in each of its places."""
    found: dict[type, dict[str, dict[object, None]]] = {}
    for value in values:
        look()
        if is_dataclass(value) and not isinstance(value, type):
            known = found.setdefault(type(value), {f.name: {} for f in fields(value)})
            for name, met in known.items():
                met[getattr(value, name)] = None
    return [
        Every(cls, {name: tuple(_mixed(list(met))) for name, met in known.items()})
        for cls, known in found.items()
    ]


def _mixed(values: list[object]) -> list[object]:
    """Some values of a field; of Maps with the same keys, all that have at each key what one of them has."""
    maps = [value for value in values if isinstance(value, Map)]
    if len(maps) < len(values) or len({frozenset(value) for value in maps}) != 1:
        return values
    keys = list(maps[0])
    at = [dict.fromkeys(value[key] for value in maps) for key in keys]
    if prod(map(len, at)) > MOST:
        return values
    return [Map(dict(zip(keys, some, strict=True))) for some in product(*at)]
