"""The states of a search as columns of numbers: each thing that tells states apart in a column of its own."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from elcheck.checker.model.environment import EnvironmentState
from elcheck.checker.process.watch import EVERY, endable, look
from elcheck.checker.search.search import Exploration, Search
from elcheck.checker.system import NodeSystem
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.local_states import LocalState
from elcheck.checker.system.mailboxes import Mailbox
from elcheck.checker.system.moves import MASK, WIDTH
from elcheck.checker.system.node_table import NodeTable

Numbers: TypeAlias = npt.NDArray[np.int64]
V = TypeVar("V", covariant=True)
K = TypeVar("K", bound=Hashable)
WORD = 62
"""Bits of a number that stands for several columns."""


@dataclass(frozen=True, eq=False)
class Column(Generic[V]):
    """One thing that states are told apart by: for each state a number, and what each number stands for."""

    numbers: Numbers
    values: Sequence[V]

    def merged(self, key: Callable[[V], K]) -> Column[K]:
        """The column with one number for all values that have equal keys."""
        keys: Interner[K] = Interner()
        of_value = np.array([keys.number(key(value)) for value in self.values], np.int64)
        return Column(of_value[self.numbers], keys.values)

    @classmethod
    def of(cls, numbers: Numbers, value: Callable[[int], V]) -> Column[V]:
        """A column of any numbers; ``value`` says what one stands for."""
        met, places = np.unique(numbers, return_inverse=True)
        return Column(places.reshape(-1).astype(np.int64), [value(number) for number in met.tolist()])


@dataclass(frozen=True, eq=False)
class NodeColumns:
    """What states are told apart by at one node: its local state, and what is under way to it. ``known`` are
    the numbers that the node's table has for local states. It tells more of them apart: whether the network
    keeps mail for a node that is down is not of the node.
    """

    table: NodeTable
    local: Column[LocalState]
    known: Column[int]
    mail: Column[Mailbox]


@dataclass(frozen=True, eq=False)
class StateColumns:
    """All columns: of nodes, monitors and the environment, or of a Spec its state alone."""

    nodes: tuple[NodeColumns, ...] = ()
    monitors: tuple[Column[object], ...] = ()
    environment: Column[EnvironmentState] | None = None
    shared: Column[object] | None = None


def columns_of(exploration: Exploration) -> StateColumns:
    """The columns of all states that a search has stored. Raises Ended."""
    system, search = exploration.system.full, exploration.search
    if not isinstance(system, NodeSystem):
        codes = np.fromiter(search.codes, np.int64, len(search.codes))
        return StateColumns(shared=Column.of(codes, lambda code: system.decode(code).shared))
    nodes = len(system.tables)
    fields = _fields(search, nodes + len(system.model.monitors) + 1)
    monitors = [
        Column(fields[:, nodes + at], system.history.known(at)) for at in range(len(system.model.monitors))
    ]
    return StateColumns(
        tuple(_of_node(table, fields[:, table.index]) for table in system.tables),
        tuple(monitors),
        Column.of(fields[:, -1], system.environments.state),
    )


def _of_node(table: NodeTable, ids: Numbers) -> NodeColumns:
    look()
    pairs = Column.of(ids, table.ids.values.__getitem__)
    known = pairs.merged(lambda pair: pair[0])
    local = known.merged(lambda number: replace(table.local_states[number], drops=False))
    return NodeColumns(table, local, known, pairs.merged(lambda pair: pair[1]))


def distinct_rows(columns: Iterable[Column[object]]) -> int:
    """How many different rows some columns have. Raises Ended."""
    look()
    with endable:
        words = _words(columns)
        if not words:
            return 1
        order = np.lexsort(words) if len(words) > 1 else np.argsort(words[0])
        differ = np.zeros(max(0, len(order) - 1), np.bool_)
        for word in words:
            ordered = word[order]
            differ |= ordered[1:] != ordered[:-1]
        return int(differ.sum()) + bool(len(order))


def _words(columns: Iterable[Column[object]]) -> list[Numbers]:
    """As few numbers for each state as tell the same states apart as the columns do."""
    found: list[Numbers] = []
    room = 0
    for column in columns:
        bits = max(1, (len(column.values) - 1).bit_length())
        if room < bits:
            found.append(np.zeros(len(column.numbers), np.int64))
            room = WORD
        found[-1] = (found[-1] << bits) | column.numbers
        room -= bits
    return found


def _fields(search: Search, count: int) -> Numbers:
    """The fields of the codes of all states: a row for each state."""
    if search.fields is not None:
        return search.fields()
    found = np.empty((len(search.codes), count), np.int64)
    for index, code in enumerate(search.codes):
        if index % EVERY == 0:
            look()
        found[index] = [(code >> shift) & MASK for shift in range(0, count * WIDTH, WIDTH)]
    return found
