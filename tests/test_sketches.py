"""What the sketches come to: the ring's reference counts, all verdicts, the traces of the bugs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checker import Environment, Model
from checker.check import Limits, Report, check
from checker.model.environment import NetworkName
from checker.trace import Trace
from checker.verdict import Verdict
from tests.sketches import bully, paxos, ring, zab_discovery

PROVED, HOLDS, REFUTED = Verdict.PROVED, Verdict.HOLDS, Verdict.REFUTED


def within(model: Model, environment: Environment) -> Model:
    return replace(model, environment=environment)


def verdicts(report: Report) -> dict[str, Verdict]:
    return {result.name: result.verdict for result in report.results}


def trace(report: Report, name: str) -> Trace:
    found = next(result.trace for result in report.results if result.name == name)
    assert found is not None
    return found


def events(found: Trace) -> list[str]:
    return [step.event.name for step in found.steps]


# -- The ring ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "network", "distinct"),
    [
        (3, "fifo", 24),
        (3, "bag", 34),
        (3, "set", 34),
        (3, "sent-set", 17),
        (4, "fifo", 76),
        (4, "bag", 157),
        (4, "set", 157),
        (4, "sent-set", 60),
    ],
)
def test_the_ring_has_the_reference_counts(nodes: int, network: NetworkName, distinct: int) -> None:
    report = check(within(ring.model(nodes), Environment(network=network)))
    assert report.stats.distinct == distinct
    assert report.stats.exhaustive
    assert verdicts(report) == {"only the smallest id wins": PROVED, "a node wins": PROVED}


# -- Bully -------------------------------------------------------------------------------------------------


def test_bully_has_one_coordinator_under_bounded_delays_without_recovery() -> None:
    report = check(bully.model())
    assert report.exit_code == 0
    assert verdicts(report) == {"at most one coordinator": PROVED, "another takes over": PROVED}


def test_one_false_suspicion_breaks_bully() -> None:
    model = bully.model()
    report = check(within(model, replace(model.environment, timing="async")))
    assert report.exit_code == 12
    assert verdicts(report)["at most one coordinator"] is REFUTED
    assert events(trace(report, "at most one coordinator")) == ["suspect", "no_answer"]


def test_a_recovery_of_the_highest_breaks_bully() -> None:
    model = bully.model()
    report = check(within(model, replace(model.environment, restart=1)))
    assert verdicts(report)["at most one coordinator"] is REFUTED
    found = events(trace(report, "at most one coordinator"))
    assert len(found) == 4
    assert found[-1] == "restart"


# -- Paxos -------------------------------------------------------------------------------------------------


def test_paxos_decides_once() -> None:
    report = check(paxos.model())
    assert report.exit_code == 0
    assert verdicts(report) == {"decisions are final": PROVED, "a value is learned": PROVED}
    assert len(trace(report, "a value is learned").steps) == 10


def test_paxos_breaks_when_a_promise_is_forgotten() -> None:
    report = check(paxos.model(bug="forget-promise"))
    assert report.exit_code == 12
    assert verdicts(report) == {"decisions are final": REFUTED, "a value is learned": PROVED}
    found = events(trace(report, "decisions are final"))
    assert len(found) == 22
    assert found.count("crash") == found.count("restart") == 1


@pytest.mark.big
def test_paxos_breaks_when_a_promise_is_ignored() -> None:
    report = check(paxos.model(bug="ignore-promise"))
    assert verdicts(report) == {"decisions are final": REFUTED, "a value is learned": PROVED}
    found = events(trace(report, "decisions are final"))
    assert len(found) == 20
    assert "crash" not in found


# -- ZAB ---------------------------------------------------------------------------------------------------

ONE_LEADER = "at most one leader per term, ever"


def test_zab_establishes_one_leader_per_epoch() -> None:
    model = zab_discovery.model(max_epoch=1)
    report = check(within(model, replace(model.environment, disconnect=0)))
    assert report.exit_code == 0
    assert verdicts(report) == {ONE_LEADER: HOLDS, "terms only grow": HOLDS, "a leader is elected": PROVED}
    assert set(report.stats.cut) == {"max_epoch"}


def test_zab_holds_with_broken_links_as_far_as_it_is_searched() -> None:
    report = check(zab_discovery.model(), Limits(depth=8))
    assert report.exit_code == 0
    assert verdicts(report) == {ONE_LEADER: HOLDS, "terms only grow": HOLDS, "a leader is elected": PROVED}


def test_zab_breaks_when_the_accepted_epoch_is_not_on_disk() -> None:
    report = check(zab_discovery.model(max_epoch=1, bug="epoch-not-persisted"))
    assert report.exit_code == 12
    assert verdicts(report) == {
        ONE_LEADER: REFUTED,
        "terms only grow": REFUTED,
        "a leader is elected": PROVED,
    }
    assert len(trace(report, ONE_LEADER).steps) == 13
    assert events(trace(report, "terms only grow"))[-1] == "crash"
    assert len(trace(report, "terms only grow").steps) == 4
