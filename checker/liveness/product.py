"""A graph times an automaton: the behaviours of the one, read by the other.

A run of the product is a behaviour of the graph together with a run of the automaton that reads it. Every
state may stutter, which the automaton reads too: a step of no event. A formula that speaks of steps means
those that change something: for it a behaviour does not stutter for a while, only for ever, in a layer of
nodes of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from checker.graph import Graph, Indices, Mask, Offsets, distinct, ranges
from checker.liveness.automaton import Automaton, Transition
from checker.liveness.truth import Truth

STUTTER = -1
"""In the place of an edge: the state stays as it is."""


@dataclass(frozen=True, eq=False)
class Product:
    """Nodes are pairs of a state and an automaton's state, those that can be reached, in breadth-first order.

    states: the graph's state of each of N nodes. starts: N + 1 places; the edges of node i are
    ``starts[i]:starts[i + 1]``. targets, edges, marks: of each of M edges the node it leads to, the edge of
    the graph (or STUTTER), and the automaton's acceptance sets that it belongs to, as bits. sets: how many
    there are. initial: nodes.
    """

    states: Indices
    starts: Offsets
    targets: Indices
    edges: Offsets
    marks: Offsets
    sets: int
    initial: Indices


def product_of(graph: Graph, automaton: Automaton, states: Truth, events: Truth) -> Product:
    """The product, with the truth of the automaton's atoms for each state, and for each event."""
    guards = [guard for t in automaton.transitions for guard in _guards(t, automaton, states, events)]
    size = max(1, automaton.states) * (2 if events else 1)
    number = np.full(
        graph.size * size, -1, np.int32
    )  # of a node, by its state * size + the automaton's state
    fresh = np.arange(graph.initial, dtype=np.int64) * size + automaton.initial
    number[fresh] = np.arange(len(fresh))
    initial = number[fresh]
    nodes, parts = [fresh], []
    count = len(fresh)
    while len(fresh):
        level = _level(graph, guards, size, fresh)
        found = distinct(level.targets)
        fresh = found[number[found] < 0]
        number[fresh] = np.arange(count, count + len(fresh))
        count += len(fresh)
        nodes.append(fresh)
        parts.append(level)
    sources = np.concatenate([number[part.sources] for part in parts])
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(sources, minlength=count), out=starts[1:])
    return Product(
        (np.concatenate(nodes) // size).astype(np.int32),
        starts,
        np.concatenate([number[part.targets] for part in parts]),
        np.concatenate([part.edges for part in parts]),
        np.concatenate([part.marks for part in parts]),
        automaton.marks,
        initial,
    )


@dataclass(frozen=True, eq=False)
class _Level:
    """Edges, in the order of their sources; nodes as state * size + automaton's state."""

    sources: Offsets
    targets: Offsets
    edges: Offsets
    marks: Offsets


def _level(graph: Graph, guards: list[_Guard], size: int, nodes: Offsets) -> _Level:
    """The edges of some nodes, which are in ascending order."""
    columns: list[list[Offsets]] = [[], [], [], []]
    for guard in guards:
        taken = nodes[nodes % size == guard.source]
        for states, edges, targets in guard.steps(graph, (taken // size).astype(np.int32)):
            columns[0].append(states.astype(np.int64) * size + guard.source)
            columns[1].append(targets.astype(np.int64) * size + guard.target)
            columns[2].append(edges)
            columns[3].append(np.full(len(edges), guard.marks))
    none: Offsets = np.zeros(0, np.int64)
    sources, *others = (np.concatenate([none, *part]) for part in columns)
    order = np.argsort(sources, kind="stable")
    return _Level(sources[order], *(column[order] for column in others))


def _guards(transition: Transition, automaton: Automaton, states: Truth, events: Truth) -> Iterator[_Guard]:
    """A transition in each layer."""
    source, target = transition.source, transition.target
    if not events:
        yield _Guard(transition, source, target, states, events)
        return
    yield _Guard(transition, source, target, states, events, rests=False)
    for layer in (0, automaton.states):
        yield _Guard(transition, layer + source, automaton.states + target, states, events, moves=False)


class _Guard:
    """A transition of the automaton between two of the states of a layer, and where it may be taken.

    ``moves``: by the graph's steps; ``rests``: by stuttering.
    """

    def __init__(
        self,
        transition: Transition,
        source: int,
        target: int,
        states: Truth,
        events: Truth,
        *,
        moves: bool = True,
        rests: bool = True,
    ) -> None:
        self.source, self.target = source, target
        self._moves = moves
        self.marks = sum(1 << mark for mark in transition.marks)
        self._states: Mask | None = None
        self._events: Mask | None = None
        wanted = [(atom, True) for atom in transition.positive] + [(a, False) for a in transition.negative]
        for atom, value in wanted:
            if atom in states:
                self._states = _both(self._states, states[atom] == value)
            else:
                self._events = _both(self._events, events[atom] == value)
        self._rests = rests and not any(atom in events for atom in transition.positive)

    def steps(self, graph: Graph, states: Indices) -> Iterator[tuple[Indices, Offsets, Indices]]:
        """The steps from some states, as (state, edge, state after it)."""
        if self._states is not None:
            states = states[self._states[states]]
        if self._rests:
            yield states, np.full(len(states), STUTTER, np.int64), states
        if not self._moves:
            return
        counts = graph.starts[states + 1] - graph.starts[states]
        sources = np.repeat(states, counts)
        edges = ranges(graph.starts[states], graph.starts[states + 1])
        if self._events is not None:
            kept = self._events[graph.labels[edges]]
            sources, edges = sources[kept], edges[kept]
        yield sources, edges, graph.targets[edges]


def _both(a: Mask | None, b: Mask) -> Mask:
    return b if a is None else a & b
