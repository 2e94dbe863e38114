"""One call's look at a state: what it is given instead, what it has read of that, and what it makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from elcheck.checker.system.seen_collections import SeenMap, SeenSet, SeenTuple
from elcheck.checker.system.seen_records import seen_record
from elcheck.checker.system.slots import Bits, Slot, Structure
from elcheck.checker.system.standing import Stands, Unread, part_of, plain
from elcheck.checker.system.structures import MapStructure, RecordStructure, SetStructure, TupleStructure


class StateReading:
    """What one call has looked at of the state of a code, in order. ``lazily``: what it gets by a slice is
    read when something is asked of it.
    """

    def __init__(self, code: int, *, lazily: bool) -> None:
        self.code = code
        self.lazily = lazily
        self.noted: dict[Bits, None] = {}

    def note(self, bits: Bits) -> None:
        """Note that some bits were looked at."""
        self.noted[bits] = None

    def of(self, slot: Slot) -> object:
        """What a call gets that asks what is in a slot."""
        token: object = slot.shape
        if token is None:
            self.note(slot.lane)
            token = slot.lane.token(self.code)
        else:
            slot.relied = True
        return _standing_for(self, token) if isinstance(token, Structure) else token

    def copy_of(self, slot: Slot) -> object:
        """What a call gets that may do no more than copy what is in a slot."""
        return Unread(self, slot) if self.lazily and slot.shape is None else self.of(slot)

    def change(self, slot: Slot, value: object) -> int:
        """The bits of the code that change if a value is put into a slot. What was there counts as read."""
        if isinstance(value, Stands):
            part = part_of(value)
            if part.reading is self and part.slot is slot:
                return part.changed()
        pieces = self._pieces(slot, value)
        if pieces is None:
            code = slot.code(plain(value))
            self.note(slot.whole)
            return (self.code & slot.whole.mask) ^ code
        slot.relied = True
        changed = 0
        for inner, piece in pieces:
            changed ^= self.change(inner, piece)
        return changed

    def _pieces(self, slot: Slot, value: object) -> Iterable[tuple[Slot, object]] | None:
        """The parts of a value that was put together of parts, where one of the same shape is always."""
        shape = slot.shape
        if not self.code & slot.lane.mask:
            return None
        if isinstance(shape, TupleStructure) and type(value) is tuple and shape.fits(value):
            copied = any(isinstance(element, Stands) for element in value)
            return list(zip(shape.elements, value, strict=True)) if copied else None
        if isinstance(shape, RecordStructure) and type(value) is shape.of:
            return [(part, getattr(value, name)) for name, part in shape.fields.items()]
        return None


def _standing_for(reading: StateReading, shape: Structure) -> object:
    """What stands for a value of a shape."""
    if isinstance(shape, RecordStructure):
        return seen_record(reading, shape)
    if isinstance(shape, TupleStructure):
        return SeenTuple(reading, shape)
    return (
        SeenMap(reading, shape)
        if isinstance(shape, MapStructure)
        else SeenSet(reading, cast(SetStructure, shape))
    )
