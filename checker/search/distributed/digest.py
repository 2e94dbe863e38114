"""What a value is as a number of 64 bits, by its content: the same in every process, run and machine.

Python's own hash is another one in each process (of strings), or of each address (of classes). Which worker
owns a state must not depend on that, nor on how anybody numbers what the state is made of.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from enum import Enum, Flag
from functools import cache
from hashlib import blake2b

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.terms import Term, number_of

BITS, HALF = (1 << 64) - 1, 1 << 63
ODD = 0x9E3779B97F4A7C15
"""The odd number nearest to 2^64 divided by the golden ratio (Knuth, The Art of Computer Programming, volume
3, section 6.4)."""
MOST = 200_000
"""Parts of values of which the digests are kept."""
_SET, _MAPPING, _NONE, _BYTES, _NODE, _TERM, _TUPLE = (blake2b(bytes([n])).digest() for n in range(7))


def mixed(number: int) -> int:
    """A number of which every bit depends on all bits of another: the finalizer of SplitMix64 (Steele, Lea
    and Flood 2014, "Fast splittable pseudorandom number generators", figure 17).
    """
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & BITS
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & BITS
    return number ^ (number >> 31)


def in_order(title: int, parts: list[int]) -> int:
    """The digest of parts that are in an order."""
    found = title
    for part in parts:
        found = (found * ODD + part + 1) & BITS
    return mixed(found)


class Digests:
    """Digests of values. ``stands_for`` says by which number a node counts: nodes that may change places by
    the same one, so that what differs only in which of them is which has the same digest.
    """

    def __init__(self, stands_for: Callable[[NodeId], int]) -> None:
        self._stands_for = stands_for
        self._known: dict[object, int] = {}

    def of(self, value: object) -> int:
        """The digest of a value. Equal values have equal ones."""
        cls: type = type(value)
        if cls is str:
            return _of_text(str(value))
        if cls is int or cls is bool:
            return _of_number(value)  # type: ignore[arg-type]  # its class says so
        known = self._known.get(value)
        if known is None:
            if len(self._known) >= MOST:
                self._known.clear()
            known = self._known[value] = self._made(value)
        return known

    def _made(self, value: object) -> int:
        of = self.of
        match value:
            case NodeId():
                return in_order(_title(_NODE), [self._stands_for(value)])
            case Term():
                return in_order(_title(_TERM), [_of_number(number_of(value))])
            case Flag():
                return in_order(_of_text(type(value).__qualname__), [_of_number(value.value)])
            case Enum():
                return in_order(_of_text(type(value).__qualname__), [_of_text(value.name)])
            case int() | float():
                return _of_number(int(value)) if value == value // 1 else _of_text(repr(value))
            case None:
                return _title(_NONE)
            case bytes():
                return in_order(_title(_BYTES), [_of_bytes(value)])
            case tuple():
                return in_order(_title(_TUPLE) + len(value), [of(part) for part in value])
            case frozenset():
                return mixed(_title(_SET) + sum([of(part) for part in value]) & BITS)
            case Mapping():
                pairs = [in_order(1, [of(key), of(part)]) for key, part in value.items()]
                return mixed(_title(_MAPPING) + sum(pairs) & BITS)
        title = _of_text(type(value).__qualname__)
        if dataclasses.is_dataclass(value):
            fields = [f.name for f in dataclasses.fields(value) if f.compare]
            return in_order(title, [of(getattr(value, name)) for name in fields])
        return in_order(title, [_of_text(repr(value))])


@cache
def _title(name: bytes) -> int:
    return int.from_bytes(name[:8], "little")


@cache
def _of_text(text: str) -> int:
    return _of_bytes(text.encode("utf-8", "surrogatepass"))


def _of_bytes(content: bytes) -> int:
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "little")


def _of_number(number: int) -> int:
    if -HALF <= number < HALF:
        return mixed((number * ODD + 1) & BITS)
    return _of_text(f"the number {number}")
