"""The graph that a finished search leaves: its states' steps once more, from index to index, in arrays."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from elcheck.checker.model.state import Event
from elcheck.checker.process.watch import EVERY, look
from elcheck.checker.search.search import Exploration
from elcheck.checker.system.system import UNCUT

Indices = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Number = TypeVar("Number", np.int32, np.int64)


@dataclass(frozen=True, eq=False)
class Graph:
    """The stored states and the steps between them: the edges of state i are ``starts[i]:starts[i + 1]``.

    starts: n + 1 places. targets, labels: for each of m edges the state after it, and the number of its event
    in ``events``. leaves: for each of n states, whether some step of it is no edge here: cut by a bound, to a
    state that was not stored, or never looked at. initial: the states below this are the initial ones.
    rises: of each edge by how many terms the state after it is later than the one that stands for it; None if
    none is.
    """

    starts: Offsets
    targets: Indices
    labels: Indices
    leaves: Mask
    initial: int
    events: Sequence[Event] = ()
    rises: Indices | None = None

    @property
    def size(self) -> int:
        """States."""
        return len(self.leaves)


def reaching(graph: Graph, goals: Mask) -> Mask:
    """Which states lead to a goal by some edges, the goals among them."""
    order = np.argsort(graph.targets, kind="stable")
    ends = np.searchsorted(graph.targets[order], np.arange(graph.size + 1))
    sources = np.repeat(np.arange(graph.size), np.diff(graph.starts))[order]
    found, fresh = goals.copy(), np.flatnonzero(goals)
    while len(fresh):
        into = sources[ranges(ends[fresh], ends[fresh + 1])]
        fresh = distinct(into[~found[into]])
        found[fresh] = True
    return found


def distinct(numbers: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """The different numbers, in order. (On integers, numpy's own ``unique`` hashes, which takes ten times as
    long.)
    """
    found = np.sort(numbers)
    first = np.ones(len(found), np.bool_)
    first[1:] = found[1:] != found[:-1]
    kept: npt.NDArray[Number] = found[first]
    return kept


def ranges(starts: Offsets, ends: Offsets) -> Offsets:
    """The numbers from each start up to its end, one range behind the other."""
    counts = ends - starts
    before = np.cumsum(counts) - counts
    found: Offsets = np.arange(int(counts.sum())) + np.repeat(starts - before, counts)
    return found


def graph_of(exploration: Exploration, *, exact: bool = False) -> Graph:
    """The graph of a search. An engine that wrote down the edges may say no more of a fault than its kind;
    with ``exact`` the steps are asked for once more, and events are whole. Raises Ended.
    """
    search, system = exploration.search, exploration.system
    initial = search.levels[1] if len(search.levels) > 1 else len(search.codes)
    if search.edges is not None and not exact:
        written, targets_, labels_, leaves, events = search.edges()
        return Graph(written, targets_, labels_, leaves, initial, events)
    index_of = {system.representative(code): index for index, code in enumerate(search.codes)}
    starts, targets, labels, rises = array("q", [0]), array("i"), array("i"), array("i")
    leaves = np.zeros(len(search.codes), np.bool_)
    numbers: dict[Event, int] = {}
    for index, code in enumerate(search.codes):
        if index % EVERY == 0:
            look()
        if index < search.expanded:
            found, cuts = system.expanded(code)
            for (whole, _), (succ, move) in zip(found, system.reduced(found), strict=True):
                target = index_of.get(succ)
                if target is not None:
                    targets.append(target)
                    rises.append(system.rise(whole))
                    labels.append(numbers.setdefault(move.event, len(numbers)))
            leaves[index] = cuts is not UNCUT or len(targets) - starts[-1] < len(found)
        else:
            leaves[index] = True
        starts.append(len(targets))
    return Graph(
        np.frombuffer(starts, np.int64),
        np.frombuffer(targets, np.int32) if targets else np.zeros(0, np.int32),
        np.frombuffer(labels, np.int32) if labels else np.zeros(0, np.int32),
        leaves,
        initial,
        tuple(numbers),
        np.frombuffer(rises, np.int32) if any(rises) else None,
    )
