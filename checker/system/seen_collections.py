"""Tuples, mappings and sets that note what is read of them."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from types import FrameType
from typing import TYPE_CHECKING, cast

from elcheck.checker.model.collections import Map
from elcheck.checker.model.values import order
from elcheck.checker.system.functions_run import FunctionsRun
from elcheck.checker.system.loop_filter import (
    LoopFilter,
    begins_loop,
    is_as_it_was,
    is_loop_of_comprehension,
    loop_filter,
)
from elcheck.checker.system.standing import COMPARING, REFUSED, SLOTS, SeenPart, Stands, looking, plain, whole
from elcheck.checker.system.structures import MapStructure, SetStructure, TupleStructure

if TYPE_CHECKING:
    from elcheck.checker.system.reading import StateReading


class SeenTuple(Stands, Sequence[object]):
    """A tuple of a settled length."""

    __slots__ = (*SLOTS, "_elements")

    def __init__(self, reading: StateReading, shape: TupleStructure) -> None:
        self._elcheck = SeenPart(reading, shape.slot)
        self._elements = shape.elements

    @property  # type: ignore[misc]  # nobody sets it
    def __class__(self) -> type:
        return tuple

    def __getitem__(self, at: object) -> object:  # type: ignore[override]  # of a slice: a tuple
        reading = self._elcheck.reading
        if isinstance(at, slice):
            return tuple(map(reading.copy_of, self._elements[at]))
        return reading.of(self._elements[operator.index(cast(int, at))])

    def __iter__(self) -> Iterator[object]:
        return map(self._elcheck.reading.of, self._elements)

    def __len__(self) -> int:
        return len(self._elements)

    def __add__(self, other: object) -> object:
        return (*self[:], *other) if isinstance(other, tuple) else NotImplemented  # type: ignore[misc]

    def __radd__(self, other: object) -> object:
        return (*other, *self[:]) if isinstance(other, tuple) else NotImplemented  # type: ignore[misc]


class SeenMap(Stands, Mapping[object, object]):
    """A mapping, in which there may be other values for some keys since."""

    __slots__ = (*SLOTS, "_over", "_shape")

    def __init__(
        self, reading: StateReading, shape: MapStructure, over: Mapping[object, object] | None = None
    ) -> None:
        self._shape = shape
        self._over = over or {}
        self._elcheck = _SeenPartOfMap(reading, shape, self._over)

    @property  # type: ignore[misc]  # nobody sets it
    def __class__(self) -> type:
        return Map

    @property
    def _items(self) -> dict[object, object]:
        return {key: self[key] for key in self}

    def __getitem__(self, key: object) -> object:
        key = plain(key)
        if key in self._over:
            return self._over[key]
        reading, shape = self._elcheck.reading, self._shape
        if shape.same_keys:
            shape.relied = True
            return reading.of(shape.parts[key])
        part = shape.at(key)
        reading.note(part.lane)
        if not reading.code & part.lane.mask:
            raise KeyError(key)
        return reading.of(part)

    def __iter__(self) -> Iterator[object]:
        reading, shape = self._elcheck.reading, self._shape
        if shape.same_keys:
            shape.relied = True
        else:
            reading.note(shape.slot.whole)
        keys = shape.keys(reading.code)
        new = self._over.keys() - set(keys)
        return iter(sorted([*keys, *new], key=order) if new else keys)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Map) and self._items == dict(other.items())

    def put(self, key: object, value: object) -> SeenMap:
        """The map with another value for one key."""
        return self | {key: value}

    def __or__(self, other: object) -> SeenMap:
        if not isinstance(other, Mapping):
            return NotImplemented
        more = {plain(key): value for key, value in other.items()}
        return SeenMap(self._elcheck.reading, self._shape, {**self._over, **more})


class _SeenPartOfMap(SeenPart):
    def __init__(self, reading: StateReading, shape: MapStructure, over: Mapping[object, object]) -> None:
        super().__init__(reading, shape.slot)
        self._shape = shape
        self._over = over

    def plain(self) -> object:
        found = cast("Map[object, object]", super().plain())
        return found | {key: plain(value) for key, value in self._over.items()} if self._over else found

    def changed(self) -> int:
        changed, shape, reading = 0, self._shape, self.reading
        for key, value in self._over.items():
            part = shape.at_more(key)
            if not shape.same_keys:
                reading.note(part.lane)
            changed ^= reading.change(part, value)
        return changed


class SeenSet(Stands, Set[object]):
    """A set, to which some values may have been added since, or taken out."""

    __slots__ = (*SLOTS, "_less", "_more", "_shape")

    def __init__(
        self,
        reading: StateReading,
        shape: SetStructure,
        more: frozenset[object] = frozenset(),
        less: frozenset[object] = frozenset(),
    ) -> None:
        self._shape, self._more, self._less = shape, more, less
        self._elcheck = _SeenPartOfSet(reading, shape, more, less)

    @property  # type: ignore[misc]  # nobody sets it
    def __class__(self) -> type:
        return frozenset

    def __contains__(self, value: object) -> bool:
        value = plain(value)
        if value in self._more or value in self._less:
            return value in self._more
        reading = self._elcheck.reading
        bit = self._shape.member(value)
        reading.note(bit)
        return bool(reading.code & bit.mask)

    def __iter__(self) -> Iterator[object]:
        return _Members(self, sys._getframe(1))

    def __len__(self) -> int:
        return len(self.those(None))

    def those(self, condition: LoopFilter | None) -> frozenset[object]:
        """The values that a loop does not pass over, without a condition all."""
        if condition is None:
            return cast("frozenset[object]", self._elcheck.plain())
        reading, group = self._elcheck.reading, self._shape.group(condition)
        reading.note(group)
        more = frozenset(filter(condition.admits, self._more))
        return (self._shape.among(reading.code & group.mask) | more) - self._less

    def _with(self, more: Iterable[object], less: Iterable[object]) -> SeenSet:
        added, gone = (frozenset(map(plain, values)) for values in (more, less))
        return SeenSet(
            self._elcheck.reading, self._shape, (self._more | added) - gone, (self._less - added) | gone
        )

    def __or__(self, other: object) -> SeenSet:
        return self._with(other, ()) if isinstance(other, Set) else NotImplemented

    __ror__ = __or__

    def __sub__(self, other: object) -> SeenSet:
        return self._with((), other) if isinstance(other, Set) else NotImplemented

    def __rsub__(self, other: object) -> object:
        return _those(other, lambda value: value not in self)

    def __and__(self, other: object) -> object:  # type: ignore[override]  # which may be NotImplemented
        return _those(other, lambda value: value in self)

    __rand__ = __and__

    def __ge__(self, other: object) -> bool:
        return all(value in self for value in other) if isinstance(other, Set) else NotImplemented

    def union(self, *others: Iterable[object]) -> SeenSet:
        """The set with all others' values."""
        return self._with((value for other in others for value in other), ())

    def difference(self, *others: Iterable[object]) -> SeenSet:
        """The set without all others' values."""
        return self._with((), (value for other in others for value in other))

    def issuperset(self, other: Iterable[object]) -> bool:
        """Whether it has all values of another."""
        return all(value in self for value in other)

    def isdisjoint(self, other: Iterable[object]) -> bool:
        """Whether it has no value of another."""
        return not any(value in self for value in other)


class _Members(Iterator[object]):
    """The members of a set, in a loop those that its first conditions admit."""

    def __init__(self, members: SeenSet, frame: FrameType) -> None:
        self._members = members
        self._frame = frame
        self._loop = FunctionsRun.unwatched(lambda: begins_loop(frame.f_code, frame.f_lasti))
        self._rest: Iterator[object] | None = None
        self._filter: LoopFilter | None = None

    def __next__(self) -> object:
        frame = sys._getframe(1)
        if self._rest is None:
            self._filter = FunctionsRun.unwatched(lambda: self._condition(frame))
            del self._frame
            self._rest = iter(self._members.those(self._filter))
        elif self._filter is not None:
            condition = self._filter
            if not FunctionsRun.unwatched(lambda: is_as_it_was(frame, condition)):
                raise TypeError("what a loop passes over has changed in it")
        return next(self._rest)

    def _condition(self, frame: FrameType) -> LoopFilter | None:
        """The conditions of the loop that asks for the next member, if it is one through these members."""
        here = frame is self._frame and frame.f_lasti == self._loop
        inner = is_loop_of_comprehension(frame.f_code, frame.f_lasti) and frame.f_locals[".0"] is self
        return loop_filter(frame) if here or inner else None


def _those(values: object, are_wanted: Callable[[object], bool]) -> object:
    return frozenset(filter(are_wanted, values)) if isinstance(values, Set) else NotImplemented


class _SeenPartOfSet(SeenPart):
    def __init__(
        self, reading: StateReading, shape: SetStructure, more: frozenset[object], less: frozenset[object]
    ) -> None:
        super().__init__(reading, shape.slot)
        self._shape, self._more, self._less = shape, more, less

    def plain(self) -> object:
        return (cast("frozenset[object]", super().plain()) | self._more) - self._less

    def changed(self) -> int:
        changed, reading = 0, self.reading
        for value in (*self._more, *self._less):
            bit = self._shape.member(value)
            reading.note(bit)
            if bool(reading.code & bit.mask) != (value in self._more):
                changed |= bit.mask
        return changed


def _elements(value: Stands) -> tuple[object, ...]:
    return tuple(cast(SeenTuple, value))


for _name in (*COMPARING, "__hash__"):
    setattr(SeenTuple, _name, looking(_name, _elements))
for _cls, _names in (
    (SeenTuple, ("__mul__", "__rmul__")),
    (SeenMap, ("__hash__",)),
    (SeenSet, ("__hash__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__xor__", "__rxor__")),
):
    for _name in _names:
        setattr(_cls, _name, looking(_name.replace("__r", "__"), whole))
for _cls in (SeenTuple, SeenMap, SeenSet):
    for _name in ("__str__", "__repr__", "__format__"):
        setattr(_cls, _name, looking(_name, whole))
    for _name, _method in REFUSED.items():
        setattr(_cls, _name, _method)
