"""What calls came to, found again by what they had looked at.

A decision tree: a node names bits of a state's code to look at, what they are leads to the next node, and a
leaf is what the call came to. A call that looks at nothing else of the state comes to the same in every state
that leads to its leaf. The tree grows where a look-up ends without one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from elcheck.checker.system.slots import Bits

L = TypeVar("L", bound="tuple[object, ...]")


class Fork(Generic[L]):
    """Bits to look at, and what is next by what they are: another node, or a leaf."""

    __slots__ = ("bits", "mask", "next")

    def __init__(self, bits: Bits) -> None:
        self.bits = bits
        self.mask = bits.mask
        self.next: dict[int, Fork[L] | L] = {}
        bits.copies.append(self)


class Decisions(Generic[L]):
    """The decision tree of one call. Its leaves are tuples."""

    def __init__(self) -> None:
        self.root: Fork[L] | L | None = None

    def find(self, code: int) -> L | None:
        """What the call comes to in the state of a code, None if that is not known."""
        at = self.root
        while type(at) is Fork:
            at = at.next.get(code & at.mask)
        return at  # type: ignore[return-value]  # no node any more

    def learn(self, code: int, looked_at: Iterable[Bits], leaf: L) -> None:
        """Note what a call came to in the state of a code, of which it has looked at some bits, in order.

        Where that order is not the one of the tree, the leaf rests on more than was looked at, never on less.
        """
        above: Fork[L] | None = None
        at, seen = self.root, set()
        while type(at) is Fork:
            above = at
            seen.add(at.bits)
            at = at.next.get(code & at.mask)
        for bits in looked_at:
            if not bits.is_within(seen):
                seen.add(bits)
                node: Fork[L] = Fork(bits)
                self._put(above, code, node)
                above = node
        self._put(above, code, leaf)

    def _put(self, above: Fork[L] | None, code: int, below: Fork[L] | L) -> None:
        if above is None:
            self.root = below
        else:
            above.next[code & above.mask] = below
