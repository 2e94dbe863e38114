"""The state of a Spec as one integer, in which each part of the state has bits of its own.

A *slot* is a place in the state: a field, the element for a key of a mapping, an element of a tuple. What is
there is an atom, or has parts in slots of their own; which of these, a *lane* of bits says. Of a set each
member that was ever met has one bit. Nothing is declared: a slot, a lane's next number and a member's bit
come to be when the first value needs them, in bits that were unused until then, and so are 0 in all codes.
Equal states have equal codes, and codes of different states differ.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from elcheck.checker.model.likeness import require_same
from elcheck.checker.model.twice import EVERY, FIRST
from elcheck.checker.model.values import SortKey, order

KEPT = 10_000
"""Values of a slot whose codes are kept, and codes whose values are."""
FIRST_BITS, MORE_BITS = 3, 5
"""A lane begins with so many bits, and takes so many when its numbers need more."""


class Masked(Protocol):
    """What has a copy of the mask of some bits, for speed."""

    mask: int


class Bits:
    """Some bits of a code. They may become more; those are 0 in every code that was made before."""

    def __init__(self, within: Bits | None = None) -> None:
        self.mask = 0
        self.copies: list[Masked] = []
        self._within = within

    def grow(self, more: int) -> None:
        """Take in bits that nothing has used."""
        self.mask |= more
        for copy in self.copies:
            copy.mask = self.mask
        if self._within is not None:
            self._within.grow(more)

    def is_within(self, some: Collection[Bits]) -> bool:
        """Whether these bits are among some, or always all within one of those."""
        return self in some or (self._within is not None and self._within.is_within(some))


class Room:
    """How many bits are used, and whether something that was relied on is so no longer."""

    def __init__(self) -> None:
        self.used = 0
        self.upset = False

    def take(self, width: int) -> int:
        """Bits that are unused so far: where they begin."""
        begin = self.used
        self.used += width
        return begin


class Lane(Bits):
    """Bits for one of several tokens, which are numbered from 1; 0 is none of them."""

    def __init__(self, room: Room, within: Bits) -> None:
        super().__init__(within)
        self._room = room
        self._pieces: list[
            tuple[int, int, int]
        ] = []  # of a number: its bits from here on, how many, to where
        self._width = 0
        self._codes: dict[object, int] = {}
        self._tokens: dict[int, object] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def code(self, token: object) -> int:
        """The code of a token, which may be new. Raises HandlerError as :func:`require_same` does."""
        known = self._codes.get(token)
        if known is not None:
            if token is not self._tokens[known]:
                require_same(self._tokens[known], token)
        else:
            number = len(self._codes) + 1
            while number >> self._width:
                width = MORE_BITS if self._pieces else FIRST_BITS
                begin = self._room.take(width)
                self._pieces.append((self._width, width, begin))
                self._width += width
                self.grow(((1 << width) - 1) << begin)
            known = sum(((number >> low) & ((1 << width) - 1)) << begin for low, width, begin in self._pieces)
            self._codes[token], self._tokens[known] = known, token
        return known

    def token(self, code: int) -> object:
        """The token in the code of a state; None also if there is none."""
        return self._tokens.get(code & self.mask)


class Slot:
    """A place in the state. ``shape`` is how all that was ever there has parts; None if something was an
    atom, or had others. ``relied``: tables rest on that.
    """

    def __init__(self, room: Room, within: Bits | None, *, keeps: bool = True) -> None:
        self.room = room
        self.whole = Bits(within)
        self.lane = Lane(room, self.whole)
        self.shape: Structure | None = None
        self.relied = False
        self._keeps = keeps
        self._shapes: dict[type, Structure] = {}
        self._codes: dict[object, tuple[int, object]] = {}
        self._values: dict[int, object] = {}
        self._met_again = 0

    def code(self, value: object) -> int:
        """The code of a value at this place. Raises HandlerError as :func:`require_same` does."""
        if self._keeps and (found := self._codes.get(value)) is not None:
            known, its = found
            if its is not value:
                self._require_same(its, value)
        else:
            shape = self._shape_of(value)
            known = self._token(value if shape is None else shape)
            if shape is not None:
                known |= shape.code(value)
            if self._keeps:
                if len(self._codes) >= KEPT:
                    self._codes.clear()
                self._codes[value] = known, value
        return known

    def _require_same(self, known: object, value: object) -> None:
        """Look whether a value is the same as the equal one that was met before; all of what has parts takes
        its time: at first, and then now and then.
        """
        self._met_again += 1
        if not self._shapes or self._met_again <= FIRST or self._met_again % EVERY == 0:
            require_same(known, value)

    def value(self, code: int) -> object:
        """What is at this place in the state of a code."""
        mine = code & self.whole.mask
        known = self._values.get(mine)
        if known is None:
            token = self.lane.token(code)
            known = token.value(code) if isinstance(token, Structure) else token
            if self._keeps:
                if len(self._values) >= KEPT:
                    self._values.clear()
                self._values[mine] = known
        return known

    def compare(self, code: int, other: int) -> int:
        """Below 0 if what is here in one state comes before what is in another, above 0 if it comes after."""
        if not (code ^ other) & self.whole.mask:
            return 0
        token = self.lane.token(code)
        if isinstance(token, Structure) and token is self.lane.token(other):
            return token.compare(code, other)
        return compared(order(self.value(code)), order(self.value(other)))

    def _token(self, token: object) -> int:
        before = len(self.lane)
        code = self.lane.code(token)
        if len(self.lane) > before:
            self.shape = token if before == 0 and isinstance(token, Structure) else None
            self.room.upset = self.room.upset or (before > 0 and self.relied)
        return code

    def _shape_of(self, value: object) -> Structure | None:
        """How a value has parts, None if it is an atom. Tuples have, if they are as long as the first one."""
        cls: type = type(value)
        shape = self._shapes.get(cls)
        if shape is None:
            make = next((make for kind, make in STRUCTURES.items() if issubclass(cls, kind)), None)
            if make is None:
                return None
            alike = (shape for shape in self._shapes.values() if shape.takes(cls))
            shape = self._shapes[cls] = next(alike, None) or make(self, value)
        return shape if shape.fits(value) else None


class Structure:
    """How what is in a slot has parts, if that is of class ``of``."""

    of: type

    def __init__(self, slot: Slot, first: object) -> None:
        self.slot = slot

    def takes(self, cls: type) -> bool:
        """Whether it is the shape of values of a class, which may equal one that had this shape."""
        return issubclass(cls, self.of)

    def fits(self, value: object) -> bool:
        """Whether a value of the class has these parts."""
        del value
        return True

    def code(self, value: object) -> int:
        """The code of the parts of a value."""
        raise NotImplementedError

    def value(self, code: int) -> object:
        """The value of a code."""
        raise NotImplementedError

    def compare(self, code: int, other: int) -> int:
        """As :meth:`Slot.compare`, of two values of this shape, which differ."""
        parts = (part.compare(code, other) for part in self.slots())
        return next(filter(None, parts), 0)

    def slots(self) -> Iterable[Slot]:
        """The slots of its parts, in the order in which they decide which of two values is less."""
        return ()

    def part(self) -> Slot:
        """A new slot for a part."""
        return Slot(self.slot.room, self.slot.whole)


def compared(key: SortKey, other: SortKey) -> int:
    """Below 0 if a key is less than another, above 0 if it is greater."""
    return (key > other) - (key < other)


STRUCTURES: dict[type, type[Structure]] = {}
"""How values of a class and of those derived from it have parts (``structures``)."""
