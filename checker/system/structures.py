"""The parts of records, tuples, mappings and sets, in slots and bits of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from elcheck.checker.model.collections import Map
from elcheck.checker.model.likeness import require_same
from elcheck.checker.model.record import Record, fields_of, made
from elcheck.checker.model.values import order
from elcheck.checker.system.loop_filter import LoopFilter
from elcheck.checker.system.slots import STRUCTURES, Bits, Slot, Structure, compared


class RecordStructure(Structure):
    """A record of a class: its fields."""

    def __init__(self, slot: Slot, first: object) -> None:
        super().__init__(slot, first)
        cls: type = type(first)
        self.of = cls
        self.fields = {name: self.part() for name in fields_of(cls)}

    def takes(self, cls: type) -> bool:
        return cls is self.of

    def code(self, value: object) -> int:
        return sum([part.code(getattr(value, name)) for name, part in self.fields.items()])

    def value(self, code: int) -> object:
        return made(self.of, *[part.value(code) for part in self.fields.values()])

    def slots(self) -> Iterable[Slot]:
        return self.fields.values()


class TupleStructure(Structure):
    """A tuple as long as the first one that was in the slot: its elements."""

    of = tuple

    def __init__(self, slot: Slot, first: object) -> None:
        super().__init__(slot, first)
        assert isinstance(first, tuple)
        self.elements = [self.part() for _ in first]

    def fits(self, value: object) -> bool:
        assert isinstance(value, tuple)
        return len(value) == len(self.elements)

    def code(self, value: object) -> int:
        assert isinstance(value, tuple)
        return sum([part.code(element) for part, element in zip(self.elements, value, strict=True)])

    def value(self, code: int) -> object:
        return tuple([part.value(code) for part in self.elements])

    def slots(self) -> Iterable[Slot]:
        return self.elements


class MapStructure(Structure):
    """A mapping: what it has for each key. ``same_keys``: all that were there had the same keys."""

    of = Map

    def __init__(self, slot: Slot, first: object) -> None:
        super().__init__(slot, first)
        assert isinstance(first, Map)
        self.parts: dict[object, Slot] = {key: self.part() for key in first}
        self._keys: dict[object, object] = {key: key for key in first}
        self.same_keys = True
        self.relied = False

    def code(self, value: object) -> int:
        assert isinstance(value, Map)
        if self.same_keys and value.keys() != self.parts.keys():
            self._vary()
        return sum([self.at(key).code(element) for key, element in value.items()])

    def value(self, code: int) -> object:
        return Map.in_order({key: self.parts[key].value(code) for key in self.keys(code)})

    def compare(self, code: int, other: int) -> int:
        if self.same_keys or self.keys(code) == self.keys(other):
            return super().compare(code, other)
        return compared(order(self.value(code)), order(self.value(other)))

    def slots(self) -> Iterable[Slot]:
        return self.parts.values()

    def at(self, key: object) -> Slot:
        """The slot of a key, which may be new. Raises HandlerError as :func:`require_same` does."""
        part = self.parts.get(key)
        if part is not None:
            require_same(self._keys[key], key)
        else:
            part = self.parts[key] = self.part()
            self._keys[key] = key
            self.parts = {key: self.parts[key] for key in sorted(self.parts, key=order)}
        return part

    def at_more(self, key: object) -> Slot:
        """The slot of a key that a mapping gets."""
        if self.same_keys and key not in self.parts:
            self._vary()
        return self.at(key)

    def _vary(self) -> None:
        self.same_keys = False
        self.slot.room.upset = self.slot.room.upset or self.relied

    def keys(self, code: int) -> Sequence[object]:
        """The keys in the state of a code, in order."""
        if self.same_keys:
            return list(self.parts)
        return [key for key, part in self.parts.items() if code & part.lane.mask]


class SetStructure(Structure):
    """A set: which of the values that were ever met are in it."""

    of = frozenset

    def __init__(self, slot: Slot, first: object) -> None:
        super().__init__(slot, first)
        self._members: dict[object, Bits] = {}
        self._elements: dict[object, object] = {}
        self._sorted: list[int] = []
        self._groups: dict[LoopFilter, Bits] = {}

    def code(self, value: object) -> int:
        assert isinstance(value, frozenset)
        return sum([self.member(element).mask for element in value])

    def value(self, code: int) -> object:
        return self.among(code)

    def compare(self, code: int, other: int) -> int:
        """By the least member that only one has. That one is the less, unless the other ends before."""
        differing = code ^ other
        bits = self._in_order()
        at, least = next((at, bit) for at, bit in enumerate(bits) if bit & differing)
        without = other if code & least else code
        has_more = any(bit & without for bit in bits[at + 1 :])
        return -1 if bool(code & least) is has_more else 1

    def _in_order(self) -> list[int]:
        if len(self._sorted) < len(self._members):
            self._sorted = [self._members[element].mask for element in sorted(self._members, key=order)]
        return self._sorted

    def member(self, element: object) -> Bits:
        """The bit of a value, which may be new. Raises HandlerError as :func:`require_same` does."""
        bit = self._members.get(element)
        if bit is not None:
            if element is not self._elements[element]:
                require_same(self._elements[element], element)
        else:
            self._elements[element] = element
            bit = self._members[element] = Bits(self.slot.whole)
            bit.grow(1 << self.slot.room.take(1))
            for condition, group in self._groups.items():
                if condition.admits(element):
                    group.grow(bit.mask)
        return bit

    def group(self, condition: LoopFilter) -> Bits:
        """The bits of all values that a loop does not pass over, those too that are met later."""
        group = self._groups.get(condition)
        if group is None:
            group = self._groups[condition] = Bits(self.slot.whole)
            admitted = (bit.mask for element, bit in self._members.items() if condition.admits(element))
            group.grow(sum(admitted))
        return group

    def among(self, code: int) -> frozenset[object]:
        """The values whose bits are set."""
        return frozenset([element for element, bit in self._members.items() if code & bit.mask])


STRUCTURES.update(
    {frozenset: SetStructure, Record: RecordStructure, tuple: TupleStructure, Map: MapStructure}
)
