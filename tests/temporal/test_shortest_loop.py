"""Shortest fair loops, against all walks of a few steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from elcheck.checker.temporal.shortest_loop import LoopSteps, shortest_loop
from tests.support.examples import examples

LONGEST = 6


@dataclass(frozen=True)
class Graph:
    """Edges as (source, target, whether it moves, marks, conditions taken); what else is enabled."""

    edges: tuple[tuple[int, int, bool, int, int], ...]
    also: tuple[int, ...]
    strong: int

    def enabled(self, node: int) -> int:
        """The conditions at a node: what can be taken there is enabled."""
        found = self.also[node]
        for source, _, _, _, taken in self.edges:
            found |= taken if source == node else 0
        return found

    @property
    def steps(self) -> LoopSteps:
        """As the search is given it."""
        return LoopSteps(
            lambda node: [(n, edge[1]) for n, edge in enumerate(self.edges) if edge[0] == node],
            lambda edge: self.edges[edge][2],
            lambda edge: self.edges[edge][3],
            lambda edge: self.edges[edge][4],
            self.enabled,
            self.strong,
            3,
        )

    def walks(self, walk: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        """All walks that go on from one, up to a length."""
        yield walk
        if len(walk) < LONGEST:
            for number, edge in enumerate(self.edges):
                if edge[0] == self.edges[walk[-1]][1]:
                    yield from self.walks((*walk, number))

    def is_fair(self, walk: tuple[int, ...]) -> bool:
        """By the definition of a fair loop, with all marks."""
        edges = [self.edges[number] for number in walk]
        marks = taken = 0
        for _, _, _, mark, conditions in edges:
            marks |= mark
            taken |= conditions
        there = [self.enabled(source) for source, *_ in edges]
        for condition in (1, 2, 4):
            where = [bool(here & condition) for here in there]
            due = any(where) if self.strong & condition else all(where)
            if due and not taken & condition:
                return False
        return marks == 3

    def moves(self, walk: tuple[int, ...]) -> int:
        return sum(self.edges[number][2] for number in walk)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Up to three nodes and six edges."""
    node = st.integers(0, 2)
    marks, conditions = st.sampled_from([0, 1, 2, 3]), st.sampled_from([0, 0, 1, 2, 4])
    edge = st.tuples(node, node, st.booleans(), marks, conditions)
    edges = draw(st.lists(edge, min_size=1, max_size=6))
    also = draw(st.tuples(*[st.sampled_from([0, 0, 1, 2, 4])] * 3))
    return Graph(tuple(edges), also, draw(st.integers(0, 7)))


@examples(600)
@given(graphs())
def test_none_is_shorter(graph: Graph) -> None:
    starts = [number for number, edge in enumerate(graph.edges) if edge[0] == 0]
    walks = [walk for start in starts for walk in graph.walks((start,))]
    fair = [w for w in walks if graph.edges[w[-1]][1] == 0 and graph.is_fair(w)]
    found = shortest_loop(graph.steps, 0, 100)
    if found is not None:
        walk = tuple(edge for _, edge in found)
        assert graph.is_fair(walk)
        assert [graph.edges[edge][0] for edge in walk] == [node for node, _ in found]
        assert graph.edges[walk[-1]][1] == 0
        assert all(graph.moves(walk) <= graph.moves(other) for other in fair)
        assert shortest_loop(graph.steps, 0, graph.moves(walk)) is None
    else:
        assert not fair
