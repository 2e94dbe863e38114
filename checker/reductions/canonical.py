"""The representative of a state among all that differ from it only in an exchange of nodes, and how many
those are.

The nodes of a block are put in the order of what each is (:class:`Invariants`). Nodes that are alike in that
are told apart by how the others see them. Of those that are alike even so, either every exchange of two
leaves the state as it is, or each order is tried, and the least code is taken. (Bosnacki, Dams and
Holenderski, Symmetric Spin, STTT 4, 2002, sort by one variable, and try all orders or one of them, which then
finds several representatives; here there is one for each orbit, since nothing but exact ties is left to try.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise, permutations, product
from math import factorial, prod
from typing import TypeAlias

from elcheck.checker.reductions.group import Block
from elcheck.checker.reductions.invariants import Invariants
from elcheck.checker.reductions.swapped import Learned, Swapped
from elcheck.checker.system.moves import MASK
from elcheck.checker.system.packed import NodeSystem

Order: TypeAlias = tuple[int, ...]
"""For each place of a node the node that goes there."""
Tie: TypeAlias = list[int]
"""Places of one block, one after the other, whose nodes are alike."""

KNOWN = 100_000
"""States that are known to be one of those that a representative stands for, some 200 bytes each."""


class Canonical:
    """Representatives of the states of a system.

    ``adjacent[a]`` exchanges the node a with the next one of its block.
    """

    def __init__(self, system: NodeSystem, blocks: Sequence[Block], adjacent: dict[int, Swapped]) -> None:
        self._shifts = [table.shift for table in system.tables]
        self._monitors = [system.history.shift(at) for at, _ in enumerate(system.model.monitors)]
        self._top = system.environments.shift
        self.blocks = [block for block in blocks if len(block) > 1]
        self._adjacent = adjacent
        block_of = [next(b for b, block in enumerate(blocks) if i in block) for i in range(len(self._shifts))]
        self.invariants = Invariants(system, block_of)
        self.size = prod(factorial(len(block)) for block in self.blocks)
        self._identity = tuple(range(len(self._shifts)))
        self._movers: dict[Order, _Mover] = {}
        self._known: dict[int, tuple[int, int]] = {}

    def of(self, code: int) -> int:
        """The representative of a state."""
        return self._sorted(code)[0]

    def orbit(self, code: int) -> int:
        """How many states a representative stands for, itself included."""
        return self.size // self._sorted(code)[1]

    def moving(self, code: int, other: int) -> Callable[[int], int]:
        """Moves the nodes of a state as those of ``code`` have to be moved to make another with the same
        representative.
        """
        there, back = self._orders_to_sort(code), self._orders_to_sort(other)
        orders = [*there, *map(_inverse, reversed(back))]

        def moved(state: int) -> int:
            for order in orders:
                state = self._moved(state, order)
            return state

        return moved

    def _orders_to_sort(self, code: int) -> list[Order]:
        """The orders of nodes, one after the other, that make the representative of a state."""
        first, cells = self._ranking(code)
        found, representative = self._moved(code, first), self.of(code)
        return [first, next(o for o in self._orders(cells) if self._moved(found, o) == representative)]

    def _sorted(self, code: int) -> tuple[int, int]:
        """The representative of a state, and how many orders of its nodes leave it as it is."""
        known = self._known.get(code)
        if known is None:
            order, cells = self._ranking(code)
            found = self._moved(code, order)
            known = self._least(found, cells) if cells else (found, 1)
            if len(self._known) >= KNOWN:
                self._known.clear()
            self._known[code] = self._known[known[0]] = known
        return known

    def _ranking(self, code: int) -> tuple[Order, list[Tie]]:
        """The nodes of a state in the order of what they are, and the cells of those that are alike."""
        order: list[int] = list(self._identity)
        cells: list[Tie] = []
        for block in self.blocks:
            keys = {i: self.invariants.of(i, (code >> self._shifts[i]) & MASK) for i in block}
            if len(set(keys.values())) == len(block):
                ranked = sorted(block, key=keys.__getitem__)
            else:
                ranked, tied = self._ranked(code, block, keys)
                cells += tied
            for place, node in zip(block, ranked, strict=True):
                order[place] = node
        return tuple(order), cells

    def _ranked(self, code: int, block: Block, keys: dict[int, int]) -> tuple[list[int], list[Tie]]:
        """The nodes of a block in order, where some are alike in what they are; and the cells of those that
        are alike in how others see them, too.
        """
        ids = [(code >> shift) & MASK for shift in self._shifts]
        towards = self.invariants.towards
        ranked: list[int] = []
        cells: list[Tie] = []
        for tied in _groups(block, keys):
            if len(tied) == 1:
                ranked += tied
                continue
            seen = {j: sorted([towards(i, id_, j) for i, id_ in enumerate(ids) if i != j]) for j in tied}
            for alike in _groups(tied, seen):
                if len(alike) > 1:
                    cells.append(list(block[len(ranked) : len(ranked) + len(alike)]))
                ranked += alike
        return ranked, cells

    def _least(self, code: int, cells: list[Tie]) -> tuple[int, int]:
        """The least code by any order within cells, and how many orders leave it as it is."""
        still, torn = 1, []
        for cell in cells:
            if all(self._adjacent[a].code(code) == code for a in cell[:-1]):
                still *= factorial(len(cell))
            else:
                torn.append(cell)
        if not torn:
            return code, still
        found = [self._moved(code, order) for order in self._orders(torn)]
        least = min(found)
        return least, still * found.count(least)

    def _orders(self, cells: list[Tie]) -> Iterator[Order]:
        """Every order of the nodes that keeps each in its cell."""
        for choice in product(*map(permutations, cells)):
            order = list(self._identity)
            for cell, nodes in zip(cells, choice, strict=True):
                for place, node in zip(cell, nodes, strict=True):
                    order[place] = node
            yield tuple(order)

    # -- moving the nodes of a state -------------------------------------------------------------------

    def _moved(self, code: int, order: Order) -> int:
        """A state with its nodes in another order."""
        if order == self._identity:
            return code
        mover = self._movers.get(order)
        if mover is None:
            mover = self._movers[order] = self._mover(order)
        made = 0
        for shift, fields in zip(self._shifts, mover.nodes, strict=True):
            made += fields[(code >> shift) & MASK]
        for shift, numbers in zip(self._monitors, mover.monitors, strict=True):
            made += numbers[(code >> shift) & MASK] << shift
        return made + (mover.environments[code >> self._top] << self._top)

    def _mover(self, order: Order) -> _Mover:
        return _Mover([self._adjacent[a] for a in self._exchanges(order)], self._shifts, len(self._monitors))

    def _exchanges(self, order: Order) -> list[int]:
        """The exchanges of neighbours in a block, one after the other, that bring about an order."""
        left, found = list(order), []
        for block in self.blocks:
            for _ in block:
                for a, b in pairwise(block):
                    if left[a] > left[b]:
                        left[a], left[b] = left[b], left[a]
                        found.append(a)
        return found[::-1]


def _groups(nodes: Iterable[int], keys: Mapping[int, int] | Mapping[int, list[int]]) -> list[list[int]]:
    """Nodes in the order of their keys, those of one key together."""
    return [list(same) for _, same in groupby(sorted(nodes, key=keys.__getitem__), key=keys.__getitem__)]


def _inverse(order: Order) -> Order:
    """The order that undoes another."""
    return tuple(sorted(range(len(order)), key=order.__getitem__))


class _Mover:
    """What several exchanges, one after the other, make of each field of a state.

    ``nodes[i]`` leads from an id of the node i to its field at the node's new place, shifted there.
    """

    def __init__(self, exchanges: Sequence[Swapped], shifts: Sequence[int], monitors: int) -> None:
        self._exchanges = exchanges
        self._shifts = shifts
        self.nodes = [Learned(self._node(i)) for i in range(len(shifts))]
        self.monitors = [Learned(self._monitor(at)) for at in range(monitors)]
        self.environments = Learned(self._environment)

    def _node(self, i: int) -> Callable[[int], int]:
        def learn(id_: int) -> int:
            at = i
            for swapped in self._exchanges:
                id_, at = swapped.ids[at][id_], swapped.swap.index(at)
            return id_ << self._shifts[at]

        return learn

    def _monitor(self, at: int) -> Callable[[int], int]:
        def learn(number: int) -> int:
            for swapped in self._exchanges:
                number = swapped.monitors[at][number]
            return number

        return learn

    def _environment(self, number: int) -> int:
        for swapped in self._exchanges:
            number = swapped.environments[number]
        return number
