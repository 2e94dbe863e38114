"""How far apart the terms of the nodes are: the bound that takes all nodes to tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from elcheck.checker.model.replaced import parts_of
from elcheck.checker.model.state import Event
from elcheck.checker.model.terms import Term, number_of
from elcheck.checker.system.moves import MASK, CutStep
from elcheck.checker.system.node_table import NodeTable
from elcheck.checker.system.system import Found

SPREAD = "spread"
"""The name of the bound."""
NONE = 1 << 30
"""The least term of what has none; no term is so late."""


def least_and_most(*values: object) -> tuple[int, int]:
    """The first and the last of all terms in some values, as numbers; NONE and -1 where there are none."""
    numbers = [number_of(term) for value in values for term in parts_of(value, Term)]
    return (min(numbers), max(numbers)) if numbers else (NONE, -1)


class Spread:
    """The bound on how far apart the terms in the local states of all nodes are."""

    def __init__(self, tables: Sequence[NodeTable], limit: int) -> None:
        self.limit = limit
        self._terms = [(table.shift, _TermsOf(table)) for table in tables]

    def is_beyond(self, code: int) -> bool:
        """Whether the terms of a state are further apart than the bound allows."""
        least, most = NONE, -1
        for shift, terms in self._terms:
            low, high = terms[(code >> shift) & MASK]
            least, most = min(least, low), max(most, high)
        return self.is_exceeded(least, most)

    def is_exceeded(self, least: int, most: int) -> bool:
        """Whether a state is beyond the bound whose terms are from the first to the last of these."""
        return most - least > self.limit

    def within(self, found: Found, cut: Callable[[CutStep], None]) -> Found:
        """The steps to states within the bound; the others are ``cut``."""
        kept: Found = []
        beyond: dict[Event, None] = {}
        for step in found:
            if self.is_beyond(step[0]):
                beyond[step[1].event] = None
            else:
                kept.append(step)
        for event in beyond:
            cut((SPREAD, event))
        return kept


class _TermsOf(dict[int, tuple[int, int]]):
    """The first and the last term in the local state of each id of a node."""

    def __init__(self, table: NodeTable) -> None:
        super().__init__()
        self._table = table

    def __missing__(self, id_: int) -> tuple[int, int]:
        local, _ = self._table.ids.values[id_]
        terms = self[id_] = least_and_most(self._table.local_states[local].state)
        return terms
