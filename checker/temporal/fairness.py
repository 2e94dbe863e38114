"""Conditions of fairness over a graph: which edges are their steps, and where they are enabled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from elcheck.checker.temporal.state_graph import Graph, Indices, Mask, Offsets, distinct, ranges


@dataclass(frozen=True)
class Condition:
    """Weak: not enabled for ever without being taken. Strong: not again and again without being taken.

    ``passes``: it is of steps of one term, and of no later ones. Where terms rise for ever, it is enabled for
    a while only, and so always met.
    """

    name: str
    strong: bool
    passes: bool = False


@dataclass(frozen=True, eq=False)
class Pairs:
    """Distinct pairs (row, condition), by rows."""

    rows: Offsets
    conditions: Offsets


class FairnessConditions:
    """The conditions of a graph.

    An edge with label l is a step of the conditions ``of_label[starts[l]:starts[l + 1]]``. ``hidden`` is
    asked of states from which some step is no edge (``graph.leaves``), and answers with the conditions that
    are enabled there; it may add to ``conditions``.
    """

    def __init__(
        self,
        graph: Graph,
        conditions: Sequence[Condition],
        starts: Offsets,
        of_label: Indices,
        hidden: Callable[[int], Sequence[int]],
    ) -> None:
        self.graph = graph
        self.conditions = conditions
        self._starts = starts
        self._of_label = of_label
        self._hidden = hidden
        self._asked: dict[int, Sequence[int]] = {}

    @property
    def strong(self) -> Mask:
        """Which conditions are strong."""
        found: Mask = np.array([condition.strong for condition in self.conditions], np.bool_)
        return found

    @property
    def passing(self) -> Mask:
        """Which conditions are of one term."""
        found: Mask = np.array([condition.passes for condition in self.conditions], np.bool_)
        return found

    def busy(self) -> Mask:
        """In which states a condition is enabled by an edge."""
        fair = np.diff(self._starts)[self.graph.labels] > 0
        found = np.zeros(self.graph.size, np.bool_)
        found[np.repeat(np.arange(self.graph.size, dtype=np.int32), np.diff(self.graph.starts))[fair]] = True
        return found

    def taken(self, rows: Offsets, edges: Indices | Offsets) -> Pairs:
        """The conditions of some edges, each edge with a row."""
        width = len(self._starts)
        keys: Offsets = rows * width + self.graph.labels[edges]
        keys = distinct(keys)  # few, where rows are components
        labels = keys % width
        begins, ends = self._starts[labels], self._starts[labels + 1]
        return self._distinct(np.repeat(keys // width, ends - begins), self._of_label[ranges(begins, ends)])

    def enabled(self, rows: Offsets, states: Indices, *, ask: bool) -> Pairs:
        """The conditions that are enabled in some states, each state with a row. What is not told by edges is
        left out unless ``ask`` says to ask for it, which is slow.
        """
        begins, ends = self.graph.starts[states], self.graph.starts[states + 1]
        known = self.taken(np.repeat(rows, ends - begins), ranges(begins, ends))
        if not ask:
            return known
        more_rows, more = [known.rows], [known.conditions]
        for at in np.flatnonzero(self.graph.leaves[states]).tolist():
            found = self.hidden(int(states[at]))
            more_rows.append(np.full(len(found), rows[at], np.int64))
            more.append(np.array(found, np.int64))
        return self._distinct(np.concatenate(more_rows), np.concatenate(more))

    def hidden(self, state: int) -> Sequence[int]:
        """The conditions that are enabled in a state from which some step is no edge."""
        found = self._asked.get(state)
        if found is None:
            found = self._asked[state] = self._hidden(state)
        return found

    def _distinct(self, rows: Offsets, conditions: Indices | Offsets) -> Pairs:
        count = max(1, len(self.conditions))
        keys: Offsets = distinct(rows * count + conditions.astype(np.int64))
        return Pairs(keys // count, keys % count)
