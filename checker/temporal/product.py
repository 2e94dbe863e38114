"""A graph times an automaton: the behaviours of the one, read by the other.

A run of the product is a behaviour of the graph together with a run of the automaton that reads it. Every
state may stutter, which the automaton reads too: a step of no event. A formula that speaks of steps means
those that change something: for it a behaviour does not stutter for a while, only for ever, in a layer of
nodes of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from elcheck.checker.model.formula import Formula
from elcheck.checker.temporal.automaton import Automaton, Transition, free_states, recurrent_states
from elcheck.checker.temporal.state_graph import Graph, Indices, Mask, Offsets, distinct, ranges
from elcheck.checker.temporal.truth import Truth

Marks = npt.NDArray[np.unsignedinteger]
STUTTER = -1
"""In the place of an edge: the state stays as it is."""


@dataclass(frozen=True, eq=False)
class Product:
    """Nodes are pairs of a state and an automaton's state, those that can be reached, in breadth-first order.

    states: the graph's state of each of N nodes. starts: N + 1 places; the edges of node i are
    ``starts[i]:starts[i + 1]``. targets, edges, marks: of each of M edges the node it leads to, the edge of
    the graph (or STUTTER), and the automaton's acceptance sets that it belongs to, as bits. sets: how many
    there are. recurrent: the nodes whose automaton's state an accepting run may come back to. free: those
    from which the automaton accepts whatever comes, and anything may come. initial: nodes.
    """

    states: Indices
    starts: Offsets
    targets: Indices
    edges: Indices
    marks: Marks
    sets: int
    recurrent: Mask
    free: Mask
    initial: Indices


def product_of(graph: Graph, automaton: Automaton, states: Truth, events: Truth) -> Product:
    """The product, with the truth of the automaton's atoms for each state, and for each step."""
    guards: dict[int, list[_Guard]] = {}
    for transition in automaton.transitions:
        for guard in _guards(transition, automaton, states, events):
            guards.setdefault(guard.source, []).append(guard)
    size = max(1, automaton.states) * (2 if events else 1)
    number = np.full(graph.size * size, -1, np.int32)  # by a node's state * size + its automaton's state
    fresh = np.arange(graph.initial, dtype=np.int64) * size + automaton.initial
    number[fresh] = np.arange(len(fresh))
    initial = number[fresh]
    nodes, levels = [fresh], []
    count = len(fresh)
    while len(fresh):
        level = _level(graph, guards, size, fresh)
        found = distinct(level.targets)
        fresh = found[number[found] < 0]
        number[fresh] = np.arange(count, count + len(fresh))
        count += len(fresh)
        nodes.append(fresh)
        levels.append((level.degrees, number[level.targets], level.edges, level.marks))
    degrees, targets, edges, marks = (np.concatenate(parts) for parts in zip(*levels, strict=True))
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(degrees, out=starts[1:])
    of_node = np.concatenate(nodes)
    recurrent = np.zeros(size, np.bool_)
    for layer in range(0, size, max(1, automaton.states)):
        recurrent[[layer + state for state in recurrent_states(automaton)]] = True
    places = (of_node // size).astype(np.int32)
    return Product(
        places,
        starts,
        targets,
        edges,
        marks,
        automaton.marks,
        recurrent[of_node % size],
        _free(automaton, guards, places, (of_node % size).astype(np.int32)),
        initial,
    )


def _free(automaton: Automaton, guards: dict[int, list[_Guard]], states: Indices, runs: Indices) -> Mask:
    """Which nodes, pairs of a state and an automaton's state, accept whatever comes: those in a free state,
    and those from which one is reached by whichever step. (Who rests for ever does not go on in any way.)
    """
    free = free_states(automaton)
    found: Mask = np.isin(runs, free)
    for source, all_of_source in guards.items():
        ways = [guard for guard in all_of_source if guard.moves and guard.target in free]
        if ways:
            here = np.flatnonzero(runs == source)
            found[here] |= _pass_all(ways, states[here])
    return found


def _pass_all(ways: Sequence[_Guard], states: Indices) -> Mask:
    """In which of some states every step passes one of the guards."""
    passed, which = np.unique([way.may_pass(states) for way in ways], axis=1, return_inverse=True)
    whole = [_is_whole([way.wanted for way, may in zip(ways, each, strict=True) if may]) for each in passed.T]
    found: Mask = np.array(whole, np.bool_)[which.ravel()]
    return found


def _is_whole(wanted: Sequence[Mapping[Formula, bool]]) -> bool:
    """Whether every step is as one of those that are wanted."""
    if not all(wanted):
        return True
    if not wanted:
        return False
    atom = next(iter(wanted[0]))
    return all(
        _is_whole(
            [
                {a: v for a, v in each.items() if a != atom}
                for each in wanted
                if each.get(atom, is_so) is is_so
            ]
        )
        for is_so in (True, False)
    )


@dataclass(frozen=True, eq=False)
class _Level:
    """How many edges each of some nodes has, and these: to what (state * size + automaton's state), by which
    edge of the graph, with which marks.
    """

    degrees: Offsets
    targets: Offsets
    edges: Indices
    marks: Marks


def _level(graph: Graph, guards: dict[int, list[_Guard]], size: int, nodes: Offsets) -> _Level:
    """The edges of some nodes, which are in ascending order. ``guards`` are by the states they are of."""
    sources, targets = [np.zeros(0, np.int32)], [np.zeros(0, np.int64)]
    edges, marks = [np.zeros(0, np.int32)], [np.zeros(0, np.uint8)]
    of_automaton = nodes % size
    for source in distinct(of_automaton).tolist():
        places = np.flatnonzero(of_automaton == source).astype(np.int32)
        here = (nodes[places] // size).astype(np.int32)
        for guard in guards.get(source, ()):
            for at, edge, state in guard.steps(graph, here):
                sources.append(places[at])
                targets.append(state.astype(np.int64) * size + guard.target)
                edges.append(edge)
                marks.append(np.full(len(edge), guard.marks, guard.mark_type))
    from_ = np.concatenate(sources)
    order = np.argsort(from_, kind="stable")
    return _Level(
        np.bincount(from_, minlength=len(nodes)),
        np.concatenate(targets)[order],
        np.concatenate(edges)[order],
        np.concatenate(marks)[order],
    )


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

    ``moves``: by the graph's steps; ``rests``: by stuttering. ``wanted`` is what is asked of a step.
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
        self.moves = moves
        self.marks = sum(1 << mark for mark in transition.marks)
        self.mark_type = np.min_scalar_type(self.marks)
        self._states: Mask | None = None
        self._events: Mask | None = None
        self.wanted: dict[Formula, bool] = {}
        asked = {**dict.fromkeys(transition.positive, True), **dict.fromkeys(transition.negative, False)}
        for atom, value in asked.items():
            if atom in states:
                self._states = _both(self._states, states[atom] == value)
            else:
                self.wanted[atom] = value
                self._events = _both(self._events, events[atom] == value)
        self._rests = rests and not any(atom in events for atom in transition.positive)

    def may_pass(self, states: Indices) -> Mask:
        """In which of some states a step that is as ``wanted`` passes."""
        return np.ones(len(states), np.bool_) if self._states is None else self._states[states]

    def steps(self, graph: Graph, states: Indices) -> Iterator[tuple[Offsets, Indices, Indices]]:
        """The steps from some states, as (place among the states, edge, state after it)."""
        places = np.arange(len(states))
        if self._states is not None:
            places = places[self._states[states]]
            states = states[places]
        if self._rests:
            yield places, np.full(len(states), STUTTER, np.int32), states
        if not self.moves:
            return
        begins, ends = graph.starts[states], graph.starts[states + 1]
        sources = np.repeat(places, ends - begins)
        edges = ranges(begins, ends).astype(np.int32)
        if self._events is not None:
            kept = self._events[edges]
            sources, edges = sources[kept], edges[kept]
        yield sources, edges, graph.targets[edges]


def _both(a: Mask | None, b: Mask) -> Mask:
    return b if a is None else a & b
