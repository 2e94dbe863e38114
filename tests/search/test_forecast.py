"""Forecasts come near what comes, and are not made where nothing can be told."""

from __future__ import annotations

from itertools import accumulate, pairwise
from math import comb

import pytest

from elcheck.checker.check.check import check
from elcheck.checker.loading.model_file import load
from elcheck.checker.process.limits import Limits
from elcheck.checker.render.estimate import Growth, rounded
from elcheck.checker.search.forecast import forecast
from elcheck.checker.search.search import Search

CUBE = [comb(20, depth) for depth in range(21)]
"""The levels of 20 independent steps: a million states."""


def test_a_cube_is_foreseen_after_its_middle() -> None:
    found = {depth: forecast(CUBE[:depth]) for depth in range(13, 20)}
    for depth, end in found.items():
        assert end is not None, depth
        assert 0.9 < end.states / 2**20 < 1.1
        assert abs(end.depth - 20) <= 4


@pytest.mark.parametrize(("nodes", "terms"), [(3, 3), (4, 2)])
def test_an_election_is_foreseen_before_its_end(nodes: int, terms: int) -> None:
    sizes = check(load("raft_election")(nodes=nodes, terms=terms)).search.sizes
    found = [end.states / sum(sizes) for n in range(3, len(sizes)) if (end := forecast(sizes[:n]))]
    assert len(found) > 3
    assert all(0.7 < part < 1.3 for part in found)


@pytest.mark.parametrize(
    "sizes",
    [
        [2**depth for depth in range(20)],  # no end in sight
        [1000] * 20,
        [3**depth if depth % 2 else 3 ** (depth - 1) for depth in range(1, 15)],  # not regular
        [1, 2, 3, 2],  # few
        [],
    ],
)
def test_nothing_is_said_where_growth_says_nothing(sizes: list[int]) -> None:
    assert forecast(sizes) is None


def test_a_limit_on_depth_is_where_it_ends() -> None:
    doubling = [2**depth for depth in range(12)]
    assert forecast(doubling) is None
    end = forecast(doubling, 13)
    assert end is not None
    assert (end.states, end.depth) == (2**14 - 1, 13)


def test_an_estimate_is_of_complete_levels_only() -> None:
    totals = [0, *accumulate(CUBE[:14])]
    search = Search(codes=range(totals[-1] + 1000), levels=totals, totals=totals)
    assert search.complete_sizes == tuple(CUBE[:14])
    assert list(search.sizes) == [*CUBE[:14], 1000]
    assert all(size > 0 for size in search.sizes)
    said = Growth().said(search, 10.0, 2**30)
    end = forecast(CUBE[:14])
    assert end is not None
    assert said == f"estimate in all: {rounded(end.states)}, 10 s"


def test_memory_is_foreseen_by_what_more_states_took() -> None:
    growth = Growth()
    for levels, held in ((10, 100), (14, 150)):
        totals = [0, *accumulate(CUBE[:levels])]
        search = Search(codes=range(totals[-1]), levels=totals, totals=totals)
        said = growth.said(search, 1.0, held << 20)
    assert said.endswith(" MiB")
    assert 150 <= int(said.split(", ")[-1].split()[0]) < 200


def test_numbers_have_two_digits() -> None:
    assert [rounded(n) for n in (7, 939_575, 39_800_000, 1_250_000, 2.6e9)] == [
        "7", "940,000", "40 million", "1.2 million", "2.6 billion",
    ]  # fmt: skip


def test_a_search_has_the_sizes_of_its_levels() -> None:
    search = check(load("raft_election")(), Limits(depth=6)).search
    assert sum(search.sizes) == search.distinct
    assert all(a <= b for a, b in pairwise(search.totals))
