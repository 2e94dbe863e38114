"""Records, a state too, that note which of their fields are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from elcheck.checker.model.record import REPLACING, fields_of, is_made_of_fields, made
from elcheck.checker.system.functions_run import FunctionsRun
from elcheck.checker.system.standing import REFUSED, SLOTS, SeenPart, Stands, part_of, plain
from elcheck.checker.system.structures import RecordStructure

if TYPE_CHECKING:
    from elcheck.checker.system.reading import StateReading


def seen_record(
    reading: StateReading, shape: RecordStructure, over: Mapping[str, object] | None = None
) -> Stands:
    """A record, in some of whose fields there may be other values since."""
    made_of = _class_of_seen(shape.of)
    record = cast(Stands, object.__new__(made_of))
    object.__setattr__(record, "_elcheck", _SeenPartOfRecord(reading, shape, over or {}))
    return record


class _SeenPartOfRecord(SeenPart):
    def __init__(self, reading: StateReading, shape: RecordStructure, over: Mapping[str, object]) -> None:
        super().__init__(reading, shape.slot)
        self.shape = shape
        self.over = over

    def field(self, name: str) -> object:
        """What a call gets that asks for a field."""
        return self.over[name] if name in self.over else self.reading.of(self.shape.fields[name])

    def plain(self) -> object:
        if not self.over:
            return super().plain()
        fields = self.shape.fields
        return made(self.shape.of, *[plain(self.field(name)) for name in fields])

    def changed(self) -> int:
        changed = 0
        for name, value in self.over.items():
            changed ^= self.reading.change(self.shape.fields[name], value)
        return changed


def _class_of_seen(cls: type) -> type:
    """The class of what stands for records of a class, which has its methods."""
    found = _CLASSES.get(cls)
    if found is None:
        found = _CLASSES[cls] = FunctionsRun.unwatched(lambda: _made_class_of_seen(cls))
    return found


_CLASSES: dict[type, type] = {}


def _made_class_of_seen(cls: type) -> type:
    names = frozenset(fields_of(cls))
    copies_fields = is_made_of_fields(cls)

    def look(self: Stands, name: str) -> object:
        if name in names:
            return cast(_SeenPartOfRecord, part_of(self)).field(name)
        if name == "__class__":
            return cls
        if name == "__dict__":
            return dict(vars(part_of(self).plain()))
        return object.__getattribute__(self, name)

    def replacing(self: Stands, changes: dict[str, object]) -> object:
        part = cast(_SeenPartOfRecord, part_of(self))
        if not copies_fields or not changes.keys() <= names:
            return cls(**{**{name: part.field(name) for name in names}, **changes})
        return seen_record(part.reading, part.shape, {**part.over, **changes})

    kept = {name: getattr(cls, name) for name in ("__repr__", "__eq__", "__hash__")}
    namespace = {"__slots__": SLOTS, "__getattribute__": look, REPLACING: replacing, **kept, **REFUSED}
    return type(cls)(cls.__name__, (cls, Stands), namespace)
