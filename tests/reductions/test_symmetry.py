"""A search of one state for all that differ in which node is which finds what all of them show."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given

from elcheck import load
from elcheck.checker.check.check import check
from elcheck.checker.process.limits import Limits
from tests.oracle.alike_models import alike_models
from tests.oracle.comparing import compare
from tests.oracle.random_models import Case
from tests.support.examples import examples

ENGINES = ("plain", "fast")

# What a search of its own, which shares nothing with the engines, found: states, and orbits of them.
ORBITS = [
    ("raft_election", {"nodes": 3, "terms": 2}, None, 1_380, 244),
    ("raft_election", {"nodes": 3, "terms": 3}, None, 22_249, 3_749),
    ("raft_election", {"nodes": 4, "terms": 2}, None, 31_073, 1_465),
    ("raft", {}, 10, 6_553, 3_281),
    ("raft", {"candidates": 3}, 10, 21_279, 3_609),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("model", "parameters", "depth", "states", "orbits"), ORBITS)
def test_orbits_are_counted(
    model: str, parameters: dict[str, int], depth: int | None, states: int, orbits: int, engine: str
) -> None:
    report = check(load(model)(**parameters), Limits(depth=depth), engine=engine)
    assert (report.stats.distinct, report.stats.representatives) == (states, orbits)


used: Counter[bool] = Counter()


@examples(150)
@given(alike_models())
def test_models_of_nodes_that_are_alike(case: Case) -> None:
    compare(case, cap=150)
    report = check(case.model, Limits(depth=case.limit or 4))
    used[report.stats.representatives is not None] += 1


def test_most_of_these_models_are_reduced_and_some_are_not() -> None:
    if not used:
        pytest.skip("the random models ran elsewhere")
    assert used[True] > used[False] > 0


@pytest.mark.big
@examples(20_000)
@given(alike_models())
def test_many_models_of_nodes_that_are_alike(case: Case) -> None:
    compare(case, cap=3000)
