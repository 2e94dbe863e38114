"""The edges of the state graph, as compiled code writes them down."""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np

from elcheck.checker.search.fast.layout import Bytes, Ints, Words
from elcheck.checker.search.fast.pages import longer, reserve


class LabelledEdges(NamedTuple):
    """The steps of each state i, in their order: ``targets[starts[i]:starts[i + 1]]``, and their labels.

    A label is the number of an outcome (see ``FastSearch.event``), or a step without one: TICKED, LOST,
    DUPLICATED, DISCONNECTED or PARTITIONED of layout.py. ``cut[i]`` is 1 if a bound cuts a step of the state,
    if a step leads to a state that is not stored, or if the search has stopped before it followed the steps.
    """

    starts: Ints
    targets: Words
    labels: Words
    cut: Bytes


class EdgeArrays:
    """Room for the edges; none at all unless they are wanted."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted
        self.starts: Ints = reserve(np.int64) if wanted else np.zeros(1, np.int64)
        self.targets: Words = reserve(np.int32) if wanted else np.zeros(1, np.int32)
        self.labels: Words = reserve(np.int32) if wanted else np.zeros(1, np.int32)
        self.cut: Bytes = reserve(np.uint8) if wanted else np.zeros(1, np.uint8)

    @property
    def states(self) -> int:
        """For how many states there is room."""
        return min(len(self.starts) - 1, len(self.cut)) if self._wanted else sys.maxsize

    def grow(self, states: int, edges: int) -> None:
        """Give room for so many states and edges. Arrays that were reserved have it already."""
        if not self._wanted:
            return
        if len(self.starts) <= states:
            self.starts = longer(self.starts, states + 1)
        if len(self.cut) < states:
            self.cut = longer(self.cut, states)
        if len(self.targets) < edges:
            self.targets, self.labels = longer(self.targets, edges), longer(self.labels, edges)

    def written(self, states: int, expanded: int, edges: int) -> LabelledEdges:
        """The edges of so many states, of which the first were expanded."""
        starts, cut = self.starts[: states + 1].copy(), self.cut[:states].copy()
        starts[expanded + 1 :] = edges
        cut[expanded:] = 1
        return LabelledEdges(starts, self.targets[:edges], self.labels[:edges], cut)
