"""Strongly connected components: by their definition, compiled as in plain Python, and of any shape."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elcheck.checker.search.fast import tarjan
from elcheck.checker.temporal.components import LARGE, components, components_of
from elcheck.checker.temporal.state_graph import Indices, Offsets

ROOT = Path(__file__).parents[2]
EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=24)


def arrays(size: int, edges: Iterable[tuple[int, int]]) -> tuple[Offsets, Indices]:
    """A graph as components() takes it."""
    pairs = np.array(sorted(edges), np.int32).reshape(-1, 2)
    return np.searchsorted(pairs[:, 0], np.arange(size + 1)), pairs[:, 1].copy()


def together(size: int, edges: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """The pairs of nodes of which each leads to the other, by Warshall's algorithm."""
    leads = {(a, a) for a in range(size)} | set(edges)
    for middle, a, b in product(range(size), repeat=3):
        if (a, middle) in leads and (middle, b) in leads:
            leads.add((a, b))
    return {(a, b) for a, b in leads if (b, a) in leads}


@given(EDGES)
def test_nodes_are_together_if_each_leads_to_the_other(edges: list[tuple[int, int]]) -> None:
    """Edges may be parallel, or lead back to where they come from."""
    count, of = components(*arrays(8, edges))
    assert {(a, b) for a, b in product(range(8), repeat=2) if of[a] == of[b]} == together(8, edges)
    assert set(of.tolist()) == set(range(count))


@given(EDGES)
def test_of_a_few_edges(edges: list[tuple[int, int]]) -> None:
    """The same by the names of the nodes, of those that have edges."""
    of = components_of([(10 * a, 10 * b) for a, b in edges])
    named = sorted({node for edge in edges for node in edge})
    assert sorted(of) == [10 * node for node in named]
    same = {(a, b) for a, b in product(named, repeat=2) if of[10 * a] == of[10 * b]}
    assert same == {(a, b) for a, b in together(8, edges) if a in named and b in named}


def test_no_nodes_and_no_edges() -> None:
    assert components(*arrays(0, []))[0] == 0
    assert components_of([]) == {}
    count, of = components(*arrays(3, []))
    assert (count, len(set(of.tolist()))) == (3, 3)


@pytest.mark.parametrize("closed", [False, True])
def test_a_long_way_takes_no_recursion(closed: bool) -> None:
    """Larger than LARGE, so compiled where numba is installed."""
    size = 2 * LARGE
    targets = np.arange(1, size + closed, dtype=np.int32) % size
    starts = np.minimum(np.arange(size + 1), len(targets))
    assert components(starts, targets)[0] == (1 if closed else size)


def random_graph(size: int, degree: int) -> tuple[Offsets, Indices]:
    """Edges between random nodes, each of them twice."""
    random = np.random.default_rng(1)
    sources = np.sort(random.integers(0, size, size * degree)).repeat(2)
    targets = random.integers(0, size, size * degree, np.int32).repeat(2)
    return np.searchsorted(sources, np.arange(size + 1)), targets


@pytest.mark.parametrize("degree", [1, 2, 4])
def test_compiled_as_in_plain_python(degree: int) -> None:
    """Number for number."""
    pytest.importorskip("numba", reason="the fast engine needs numba: pip install 'elcheck[fast]'")
    from elcheck.checker.search.fast import cache

    cache.machine_code()  # nobody waits for it for so small a graph
    starts, targets = random_graph(LARGE, degree)
    assert len(targets) > LARGE
    count, of = components(starts, targets)
    assert "elcheck.checker.search.fast.calls" in sys.modules
    plain, *room = ([0] * LARGE for _ in range(4))
    assert count == tarjan.components(starts.tolist(), targets.tolist(), LARGE, plain, *room)
    assert of.tolist() == [number - (LARGE - count + 1) for number in plain]
    assert 1 < count < LARGE


WITHOUT_NUMBA = """
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "numba" else find(name)
"""
NOT_COMPILED = """
from elcheck import UsageError
from elcheck.checker.search.fast import cache
def fail(): raise UsageError("there is no room")
cache.machine_code = fail
cache.is_compiled = lambda: True
"""
COUNT = """
import sys
from elcheck.checker.temporal.components import LARGE, components
from tests.temporal.test_components import random_graph
print(components(*random_graph(LARGE, 1))[0], "elcheck.checker.search.fast.compiled" in sys.modules)
"""


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (WITHOUT_NUMBA, ""),
        (NOT_COMPILED, "elcheck: there is no room; components are found in plain Python instead\n"),
    ],
    ids=["without numba", "not compiled"],
)
def test_where_nothing_is_compiled(before: str, said: str) -> None:
    """Plain Python comes to the same, with a word if that was not expected."""
    if said:
        pytest.importorskip("numba", reason="the fast engine needs numba: pip install 'elcheck[fast]'")
    command = [sys.executable, "-c", before + COUNT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    count, _ = components(*random_graph(LARGE, 1))
    assert done.stdout == f"{count} {bool(said)}\n"
    assert done.stderr == said
