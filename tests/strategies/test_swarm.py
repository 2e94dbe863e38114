"""Walks that are directed by what was seen, and walks by several processes."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from elcheck import Model, Node, action, always, each, guard, node_ids
from elcheck.checker.check.verdict import EXIT, Verdict
from elcheck.checker.loading.model_file import load
from elcheck.checker.process.limits import Limits, StopKind
from elcheck.checker.strategies.simulate import WalkPlan, simulate
from elcheck.checker.traces.trace import replay
from tests.support.models import Counter, Counting

needs_fork = pytest.mark.skipif(sys.platform == "win32", reason="processes are forked, which Windows can't")


def test_directed_walks_find_what_lies_deep() -> None:
    """A mistake 18 steps from the start, which as many walks without direction miss."""
    model = load("zab")(bug="own-history")
    plans = [WalkPlan(1800, 60, directed=directed) for directed in (False, True)]
    blind, directed = (simulate(model, plan) for plan in plans)
    assert blind.report.verdict is Verdict.UNDETERMINED
    assert directed.report.exit_code == EXIT["refuted"]
    assert len(directed.tally.seen) > 2 * len(blind.tally.seen)
    for result in directed.report.results:
        if result.trace is not None:
            replay(result.trace, model)


@needs_fork
@pytest.mark.parametrize("directed", [False, True])
def test_the_walks_of_a_seed_and_a_number_of_processes_are_the_same(directed: bool) -> None:
    model = load("raft_election")(nodes=3)
    plan = WalkPlan(90, 20, seed=7, directed=directed, workers=2)
    first, second = simulate(model, plan), simulate(model, plan)
    assert (first.tally.steps, first.tally.seen) == (second.tally.steps, second.tally.seen)
    assert [r.trace for r in first.report.results] == [r.trace for r in second.report.results]
    assert first.tally.walks == 90


@needs_fork
def test_processes_share_out_the_walks_of_one() -> None:
    """Without direction it is the same walks, and the first of them that finds something is named."""
    model = Counting(30).model(always("small", each(Counter, lambda s: s.value < 99)))
    one, three = (simulate(model, WalkPlan(50, 40, workers=workers)) for workers in (1, 3))
    assert (one.tally.walks, one.tally.steps) == (three.tally.walks, three.tally.steps)
    assert len(one.tally.seen) == len(three.tally.seen) == 31
    assert one.report.verdict is three.report.verdict is Verdict.UNDETERMINED
    assert three.report.coverage == one.report.coverage
    assert "in 3 processes" in str(three.report.stats.stopped)
    broken = Counting(30).model(always("small", each(Counter, lambda s: s.value < 9)))
    for workers in (1, 3):
        [result] = simulate(broken, WalkPlan(50, 40, workers=workers)).report.results
        assert result.verdict is Verdict.REFUTED
        assert result.trace is not None
        assert len(result.trace.steps) == 9
        assert "(walk 1," in result.detail


@needs_fork
def test_an_error_and_a_death_end_the_walks() -> None:
    failing = Counting(30, divides_at=5).model(always("small", each(Counter, lambda s: s.value < 99)))
    report = simulate(failing, WalkPlan(50, 40, workers=2)).report
    assert report.exit_code == EXIT["error"]
    assert report.results[-1].trace is not None
    assert len(report.results[-1].trace.steps) == 5

    parent = os.getpid()

    class Dies(Node[Counter]):
        @action
        def up(self, s: Counter) -> Counter:
            guard(s.value < 9, "it is at the top")
            if s.value == 7 and os.getpid() != parent:
                os.kill(os.getpid(), signal.SIGKILL)
            return Counter(s.value + 1)

    model = Model(Dies(), [always("small", each(Counter, lambda s: s.value < 99))], nodes=node_ids(1))
    found = simulate(model, WalkPlan(50, 40, workers=2))
    assert found.report.exit_code == EXIT["undetermined"]
    assert found.report.stats.stopped is not None
    assert found.report.stats.stopped.kind is StopKind.WORKER
    assert "ended, by signal 9" in str(found.report.stats.stopped)


@needs_fork
def test_the_time_ends_the_walks_of_all() -> None:
    model = Counting(30).model(always("small", each(Counter, lambda s: s.value < 99)))
    found = simulate(model, WalkPlan(None, 40, workers=2, limits=Limits(timeout=0.5)))
    assert found.complete
    assert found.tally.walks > 20
