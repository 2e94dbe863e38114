"""Workers of a cluster come to what one process does, also if some of them die."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator

import pytest

from elcheck.checker.check.check import check
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.search.distributed import ray_actors, shard
from elcheck.checker.search.resources import Resources
from elcheck.checker.strategies.simulate import WalkPlan, simulate

ray = pytest.importorskip("ray", reason="clusters need Ray: pip install 'elcheck[ray]'")

TWO = Resources(workers=2, cluster="auto")


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """One cluster for all tests: it takes its time to start."""
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112  # Ray's own name
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.mark.parametrize("name", ["tests/reference/paxos_messages.py", "raft_election"])
def test_it_comes_to_what_one_process_does(name: str) -> None:
    """A Spec of a file that no package has, and representatives of node programs."""
    model: Model = load(name)(**({"acceptors": 2} if "paxos" in name else {}))
    one, two = check(model, engine="plain"), check(model, engine="plain", resources=TWO)
    assert two.stats.distinct == one.stats.distinct
    assert two.stats.transitions == one.stats.transitions
    assert two.stats.representatives == one.stats.representatives
    assert [r.verdict for r in two.results] == [r.verdict for r in one.results]
    lengths = [[r.trace and len(r.trace.steps) for r in report.results] for report in (one, two)]
    assert lengths[0] == lengths[1]
    assert all(load_.states > 0 for load_ in two.stats.workers)


@pytest.mark.big
def test_it_goes_on_where_workers_die(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them at random, ten times; the states of turns that were lost are not counted twice."""
    monkeypatch.setattr(shard, "TURN", 16)
    exchange, rng = ray_actors.RayActors.exchange, random.Random(4)
    deaths = range(3, 33, 3)
    calls = 0

    def deadly(self: ray_actors.RayActors, method: str, *arguments: object) -> list[object]:
        nonlocal calls
        calls += 1
        if calls in deaths:
            os.kill(rng.choice(self.pids), signal.SIGKILL)
        return exchange(self, method, *arguments)

    monkeypatch.setattr(ray_actors.RayActors, "exchange", deadly)
    model = load("peterson_ring")()
    one, two = check(model, engine="plain"), check(model, engine="plain", resources=TWO)
    assert calls > deaths[-1]
    assert two.stats.stopped is None
    assert (two.stats.distinct, two.stats.transitions) == (one.stats.distinct, one.stats.transitions)
    assert two.stats.depth == one.stats.depth
    assert [r.verdict for r in two.results] == [r.verdict for r in one.results]
    assert two.coverage == one.coverage


@pytest.mark.big
def test_walks_of_a_cluster_are_those_of_processes() -> None:
    model = load("raft_election")()
    plans = [WalkPlan(60, 20, directed=True, workers=2, cluster=c) for c in (None, "auto")]
    here, there = (simulate(model, plan) for plan in plans)
    assert here.tally.seen == there.tally.seen
    assert here.tally.steps == there.tally.steps


def test_more_workers_than_cores() -> None:
    with pytest.raises(UsageError, match="--workers 9: the cluster has 2 cores"):
        check(load("die_hard")(), resources=Resources(workers=9, cluster="auto"))
