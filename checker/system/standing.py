"""Values that note what is read of them: what all of them are, and atoms that nothing has looked at yet.

A handler is called on such values instead of on a state. They say to everybody who asks that they are of the
class that they stand for, and hold nothing of it: whatever looks into them comes through a method, which
notes the bits of the state's code that its answer depends on. What has no method of its own reads the whole
value, or fails. What Python asks no method about (``type(s.x)``, ``s.x is s.y``) is looked for in the code
that ran (``functions_run``). What is only copied, by ``replace``, ``put`` or a slice, is not read.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from elcheck.checker.model.replaced import replaced
from elcheck.checker.system.slots import Slot

if TYPE_CHECKING:
    from elcheck.checker.system.reading import StateReading

SLOTS = ("_elcheck",)
"""The one thing that it has of its own."""


class Stands:
    """What is given out in the place of a value."""

    __slots__ = ()


def part_of(value: Stands) -> SeenPart:
    """What it stands for."""
    return cast(SeenPart, object.__getattribute__(value, "_elcheck"))


def plain(value: object) -> object:
    """A value in which nothing stands for anything else: what did has been read."""
    return replaced(value, Stands, lambda stands: part_of(stands).plain())


class SeenPart:
    """What is in a slot, as a call sees it."""

    def __init__(self, reading: StateReading, slot: Slot) -> None:
        self.reading = reading
        self.slot = slot

    def plain(self) -> object:
        """The value, all of which is read."""
        self.reading.note(self.slot.whole)
        return self.slot.value(self.reading.code)

    def changed(self) -> int:
        """The bits of the code that change if this is put back into its slot."""
        return 0


class Unread(Stands):
    """An atom that was only copied so far. ``now`` is it, read."""

    __slots__ = SLOTS

    def __init__(self, reading: StateReading, slot: Slot) -> None:
        self._elcheck = SeenPart(reading, slot)

    @property  # type: ignore[misc]  # nobody sets it
    def __class__(self) -> type:
        return now(self).__class__

    def __getattr__(self, name: str) -> object:
        return getattr(now(self), name)


def now(value: object) -> object:
    """What may not have been read yet, read."""
    while type(value) is Unread:
        part = value._elcheck
        value = part.reading.of(part.slot)
    return value


def refuse(self: object, *_: object) -> object:
    """What stands for a value in a call can't be copied as an object."""
    raise TypeError("what stands for a value in a call can't be copied as an object")


REFUSED: dict[str, Callable[..., object]] = dict.fromkeys(
    ("__reduce_ex__", "__copy__", "__deepcopy__"), refuse
)
CALLED: dict[str, Callable[..., object]] = {
    "__hash__": hash, "__len__": len, "__iter__": iter, "__bool__": bool, "__str__": str, "__repr__": repr,
    "__format__": format, "__int__": int, "__float__": float, "__round__": round, "__divmod__": divmod,
    "__reversed__": reversed,
}  # fmt: skip
COMPARING = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
BINARY = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "and", "or", "xor", "lshift",
    "rshift",
)  # fmt: skip
OTHERS = ("__contains__", "__getitem__", "__neg__", "__pos__", "__abs__", "__invert__", "__index__")


def looking(name: str, look: Callable[[Stands], object]) -> Callable[..., object]:
    """The method of a name that does what the value does which ``look`` finds."""
    do: Callable[..., object] = CALLED.get(name) or getattr(operator, name)
    return lambda self, *given: do(look(self), *map(now, given))


def looking_from_the_right(name: str, look: Callable[[Stands], object]) -> Callable[..., object]:
    """The same of an operator whose left side does not know how."""
    do: Callable[..., object] = CALLED.get(name) or getattr(operator, name)
    return lambda self, other: do(now(other), look(self))


def whole(value: Stands) -> object:
    """What it stands for, all of it read."""
    return part_of(value).plain()


for _name in (*COMPARING, *CALLED, *(f"__{name}__" for name in BINARY), *OTHERS):
    setattr(Unread, _name, looking(_name, now))
for _name in BINARY:
    setattr(Unread, f"__r{_name}__", looking_from_the_right(f"__{_name}__", now))
for _name, _method in REFUSED.items():
    setattr(Unread, _name, _method)
