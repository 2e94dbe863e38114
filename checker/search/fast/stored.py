"""What is known of all stored states: their codes, their observations, the edges between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np

from elcheck.checker.model.state import Event
from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.edges import LabelledEdges
from elcheck.checker.search.fast.layout import Ints, Words, Words2
from elcheck.checker.search.fast.misses import MissHandler
from elcheck.checker.search.search import RecordedEdges, StateObservations
from elcheck.checker.system.system import Observation

NETWORK_FAULTS = {
    L.TICKED: Event("tick", "tick"),
    L.LOST: Event("lose", "lose"),
    L.DUPLICATED: Event("duplicate", "duplicate"),
    L.DISCONNECTED: Event("disconnect", "disconnect"),
    L.PARTITIONED: Event("partition", "partition"),
}
"""The events of labels that are not outcomes. Partitions and their heals have one label."""


FEW = 2
"""States whose observations are read one by one: an operation on columns takes as long as that."""


class Codes(Sequence[int]):
    """The codes of the stored states. Each is made when it is asked for."""

    def __init__(self, misses: MissHandler) -> None:
        self._misses = misses

    def __len__(self) -> int:
        return int(self._misses.memory.h[L.STATES])

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._misses.numbering.code(index)


class StoredStates:
    """The states that a search has stored, in arrays."""

    def __init__(self, misses: MissHandler) -> None:
        self._misses = misses
        self._memory = misses.memory
        self._nodes = len(misses.system.tables)
        self.codes = Codes(misses)

    def observed(self, states: Words | Ints) -> list[Observation]:
        """The observation of each of these states."""
        if len(states) <= FEW:
            return [self._observed_one(int(state)) for state in states]
        columns = self._columns(self._memory.rows[states])
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def _observed_one(self, state: int) -> Observation:
        read, row = self._memory.read, self._memory.rows[state].tolist()
        locals_ = [read(L.IDS, number, L.LOCAL) for number in row[: self._nodes]]
        places = [read(L.LOCALS, number, L.OBSERVATION) for number in locals_]
        return (*places, *row[self._nodes : self._memory.fields - 1])

    def _columns(self, rows: Words2) -> list[Words]:
        """The observations of some states: a column for each node, then for each monitor."""
        memory, nodes = self._memory, self._nodes
        locals_ = (memory.column(L.IDS, rows[:, node], L.LOCAL) for node in range(nodes))
        columns = [memory.column(L.LOCALS, numbers, L.OBSERVATION) for numbers in locals_]
        return columns + [rows[:, place] for place in range(nodes, memory.fields - 1)]

    def observations(self) -> StateObservations:
        """For each state the number of its observation, and the observation of each number."""
        rows = self._memory.rows[: len(self.codes)]
        key, span = np.zeros(len(rows), np.int64), 1
        for column in self._columns(rows):
            values = int(column.max(initial=0)) + 1
            if span * values >= 1 << 62:
                _, key = np.unique(key, return_inverse=True)
                span = int(key.max(initial=0)) + 1
            key, span = key * values + column, span * values
        _, first, numbers = np.unique(key, return_index=True, return_inverse=True)
        return numbers, self.observed(first)

    def fields(self) -> Ints:
        """The fields of the codes of all states: a row for each state, the lowest field first."""
        found = self._memory.rows[: len(self.codes)].astype(np.int64)
        for table in self._misses.system.tables:
            column = found[:, table.index]
            met = np.flatnonzero(np.bincount(column))
            placed = np.zeros(int(met[-1]) + 1, np.int64)
            placed[met] = [self._misses.numbering.placed(id_) >> table.shift for id_ in met.tolist()]
            found[:, table.index] = placed[column]
        return found

    def edges(self) -> LabelledEdges:
        """The edges, if they were wanted."""
        h = self._memory.h
        return self._memory.edges.written(int(h[L.STATES]), int(h[L.NEXT]), int(h[L.EDGE_COUNT]))

    def event(self, label: int) -> Event:
        """What happens in an edge with the number of an outcome for a label."""
        return self._misses.observed[label][0]

    def recorded_edges(self) -> RecordedEdges:
        """The edges with the numbers of their events. Of a network fault the event is only its kind."""
        edges, observed = self.edges(), self._misses.observed
        numbers: dict[Event, int] = {}
        of_label = [numbers.setdefault(event, len(numbers)) for event, *_ in observed]
        of_label += [numbers.setdefault(NETWORK_FAULTS[n], len(numbers)) for n in sorted(NETWORK_FAULTS)]
        of_label.append(0)  # -1 is not a label; those of the steps without an outcome count from the end
        labels = np.array(of_label, np.int32)[edges.labels]
        used = np.bincount(labels, minlength=len(numbers)) > 0  # an event without an edge means nothing
        events = [event for event, number in numbers.items() if used[number]]
        labels = (np.cumsum(used) - 1).astype(np.int32)[labels]
        return RecordedEdges(edges.starts, edges.targets, labels, edges.cut.astype(np.bool_), tuple(events))
