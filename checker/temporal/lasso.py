"""A lasso: a shortest way to a fair component, and a shortest loop from there that keeps every promise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from elcheck.checker.temporal.cycles import fair_components
from elcheck.checker.temporal.fairness import FairnessConditions
from elcheck.checker.temporal.product import STUTTER, Product
from elcheck.checker.temporal.shortest_loop import LoopSteps, shortest_loop
from elcheck.checker.temporal.state_graph import Indices

TRIES = 16
"""Nodes near the beginning from which a loop is tried."""
Walk = list[tuple[int, int]]
"""Steps, as (node, edge) of a product, or (state, edge) of its graph."""
Duty = tuple[str, int]
"""What a loop has to do: bear a mark, do justice to a condition, or let terms rise."""
RISE: Duty = ("rise", 0)


@dataclass(frozen=True)
class Lasso:
    """A behaviour without end: some steps, then a loop, each step as (state, edge of the graph taken next).
    A loop without edges stays in its state.
    """

    stem: Walk
    loop: Walk


def lasso_of(product: Product, fairness: FairnessConditions) -> Lasso | None:
    """A fair behaviour, None if there is none. Its initial part is a shortest one to a fair component."""
    component = fair_components(product, fairness)
    near = np.flatnonzero(component >= 0)[:TRIES].tolist()  # nodes are in breadth-first order
    if not near:
        return None
    loops = _Loops(product, fairness, component)
    stems = {node: _stem(product, node) for node in near}
    least = min(_moves(product, stem) for stem in stems.values())
    nearest = [node for node, stem in stems.items() if _moves(product, stem) == least]
    found = {node: loops.from_(node) for node in nearest}
    best = min(nearest, key=lambda node: _moves(product, found[node]))
    loop = found[best]
    for node in nearest:
        shorter = loops.shortest(node, _moves(product, loop))
        if shorter is not None:
            best, loop = node, shorter
    return Lasso(_steps(product, stems[best]), _steps(product, loop))


def beginning_of(product: Product) -> Walk | None:
    """A shortest way to where the automaton accepts whatever comes, None if there is none. Its last step is
    that state, with STUTTER in the place of an edge.
    """
    near = np.flatnonzero(product.free)[:1].tolist()
    if not near:
        return None
    return [*_steps(product, _stem(product, near[0])), (int(product.states[near[0]]), STUTTER)]


def _moves(product: Product, walk: Walk) -> int:
    """The steps of a walk that are no stuttering."""
    return sum(int(product.edges[edge]) != STUTTER for _, edge in walk)


def _steps(product: Product, walk: Walk) -> list[tuple[int, int]]:
    return [(int(product.states[node]), int(product.edges[edge])) for node, edge in walk]


def _stem(product: Product, node: int) -> Walk:
    """A shortest walk to a node: of the edges to it, the first is of the node that was found first."""
    walk: Walk = []
    initial = set(product.initial.tolist())
    while node not in initial:
        edge = int(np.flatnonzero(product.targets[: product.starts[node]] == node)[0])
        node = int(np.searchsorted(product.starts, edge, "right")) - 1
        walk.append((node, edge))
    return walk[::-1]


class _Loops:
    """Loops in fair components."""

    def __init__(self, product: Product, fairness: FairnessConditions, component: Indices) -> None:
        self._product = product
        self._fairness = fairness
        self._component = component
        self._enabled: dict[int, frozenset[int]] = {}

    def from_(self, node: int) -> Walk:
        """A short loop. It bears every mark; which conditions it has to do justice to shows when it is there,
        and then it is made again.
        """
        marks: set[Duty] = {("mark", number) for number in range(self._product.sets)}
        duties = marks | ({RISE} if self._may_rise(node) else set())
        while True:
            walk = self._round(node, duties)
            missed = self._missed(walk)
            if not missed:
                return walk
            duties |= missed

    def shortest(self, node: int, most: int) -> Walk | None:
        """A shortest loop, if it has fewer moves than ``most``, and is found soon."""
        product, conditions = self._product, self._fairness.conditions

        def bits(numbers: Iterable[int]) -> int:
            return sum(1 << number for number in numbers)

        steps = LoopSteps(
            cache(lambda at: tuple(self._inner(at))),
            lambda edge: int(product.edges[edge]) != STUTTER,
            lambda edge: int(product.marks[edge]),
            cache(lambda edge: bits(self._taken(edge))),
            cache(lambda at: bits(self._enabled_at(at))),
            bits(number for number, condition in enumerate(conditions) if condition.strong),
            (1 << product.sets) - 1,
        )
        return shortest_loop(steps, node, most)

    def _round(self, node: int, duties: set[Duty]) -> Walk:
        """A loop that does its duties: always to the nearest thing that is still to be done, and back."""
        open_, walk, at = duties - self._at(node, duties), Walk(), node
        while open_:
            for step in self._nearest(at, partial(self._does, open_)):
                walk.append(step)
                open_ = open_ - self._done(step[1], open_)
                at = int(self._product.targets[step[1]])
        if at != node or not walk:
            walk += self._nearest(at, lambda edge: int(self._product.targets[edge]) == node)
        return walk

    def _does(self, duties: set[Duty], edge: int) -> bool:
        return bool(self._done(edge, duties))

    def _nearest(self, start: int, wanted: Callable[[int], bool]) -> Walk:
        """A shortest walk of at least one step inside the component whose last step is wanted."""
        before: dict[int, tuple[int, int]] = {}
        seen, level = {start}, [start]
        while level:
            following = []
            for node in level:
                for edge, target in self._inner(node):
                    if wanted(edge):
                        walk = [(node, edge)]
                        while walk[-1][0] != start:
                            walk.append(before[walk[-1][0]])
                        return walk[::-1]
                    if target not in seen:
                        seen.add(target)
                        before[target] = (node, edge)
                        following.append(target)
            level = following
        raise AssertionError("a fair component does not keep its promise")

    def _inner(self, node: int) -> Iterator[tuple[int, int]]:
        """The edges of a node that stay in its component, with where they lead."""
        product = self._product
        for edge in range(int(product.starts[node]), int(product.starts[node + 1])):
            target = int(product.targets[edge])
            if self._component[target] == self._component[node]:
                yield edge, target

    # -- what is done -----------------------------------------------------------------------------------

    def _missed(self, walk: Walk) -> set[Duty]:
        """The conditions that a loop breaks."""
        enabled = [self._enabled_at(node) for node, _ in walk]
        taken = {number for _, edge in walk for number in self._taken(edge)}
        known = self._fairness.conditions
        rises = any(self._rises(edge) for _, edge in walk)
        return {
            ("condition", number)
            for number in frozenset().union(*enabled) - taken
            if not (rises and known[number].passes)
            and (known[number].strong or all(number in here for here in enabled))
        }

    def _may_rise(self, node: int) -> bool:
        """Whether terms rise somewhere in the component of a node."""
        product, rises = self._product, self._fairness.graph.rises
        if rises is None:
            return False
        sources = np.repeat(self._component, np.diff(product.starts))
        inner = (sources == self._component[node]) & (self._component[product.targets] == sources)
        edges = product.edges[inner]
        return bool((rises[edges[edges != STUTTER]] > 0).any())

    def _rises(self, edge: int) -> bool:
        """Whether terms rise in a step."""
        step, rises = int(self._product.edges[edge]), self._fairness.graph.rises
        return rises is not None and step != STUTTER and bool(rises[step] > 0)

    def _done(self, edge: int, duties: set[Duty]) -> set[Duty]:
        """Which duties a step does: by its marks, the conditions that it takes, and the state after it."""
        marks = int(self._product.marks[edge])
        done: set[Duty] = {("mark", number) for number in range(self._product.sets) if marks >> number & 1}
        done |= {("condition", number) for number in self._taken(edge)}
        done |= {RISE} if self._rises(edge) else set()
        return (done & duties) | self._at(int(self._product.targets[edge]), duties)

    def _at(self, node: int, duties: set[Duty]) -> set[Duty]:
        """Which duties are done by being at a node: to the weak conditions that are not enabled there."""
        conditions = self._fairness.conditions
        weak = {n for kind, n in duties if kind == "condition" and not conditions[n].strong}
        return {("condition", number) for number in (weak - self._enabled_at(node) if weak else ())}

    def _taken(self, edge: int) -> list[int]:
        """The conditions that a step takes."""
        if self._product.edges[edge] == STUTTER:
            return []
        found = self._fairness.taken(np.zeros(1, np.int64), self._product.edges[edge : edge + 1])
        return [int(number) for number in found.conditions]

    def _enabled_at(self, node: int) -> frozenset[int]:
        """The conditions that are enabled at a node."""
        state = int(self._product.states[node])
        if state not in self._enabled:
            place = self._product.states[node : node + 1]
            found = self._fairness.enabled(np.zeros(1, np.int64), place, ask=True)
            self._enabled[state] = frozenset(int(number) for number in found.conditions)
        return self._enabled[state]
