"""A search without dead messages finds what a search of all states does."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given

from elcheck import load
from elcheck.checker.check.check import check
from tests.oracle.aging_models import aging_models, alive
from tests.oracle.comparing_reduced import compare_dead_messages
from tests.oracle.random_models import Case
from tests.support.examples import examples

ENGINES = ("plain", "fast")
# What a search of its own, which shares nothing with the engines, found: all states, and those without
# messages of an earlier term than their receiver's; the depth of these.
COUNTS = [(3, 2, 1_380, 765, 10), (3, 3, 22_249, 3_829, 12)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("nodes", "terms", "states", "alive", "depth"), COUNTS)
def test_states_without_dead_messages_are_counted(
    nodes: int, terms: int, states: int, alive: int, depth: int, engine: str
) -> None:
    model = load("raft_election")(nodes=nodes, terms=terms)
    for symmetry in (False, True):
        report = check(model, engine=engine, symmetry=symmetry, dead_messages="all")
        assert (report.stats.distinct, report.stats.depth) == (alive, depth)
    assert check(model, engine=engine, dead_messages="off").stats.distinct == states


used: Counter[bool] = Counter()


@examples(90)
@given(aging_models)
def test_models_whose_messages_grow_old(case: Case) -> None:
    used[compare_dead_messages(case, 100, alive)] += 1


def test_many_of_these_models_are_reduced_and_many_are_not() -> None:
    if not used:
        pytest.skip("the random models ran elsewhere")
    assert min(used.values()) * 6 > sum(used.values()) > 0


@pytest.mark.big
@examples(10_000)
@given(aging_models)
def test_many_models_whose_messages_grow_old(case: Case) -> None:
    compare_dead_messages(case, 2000, alive)
