"""Liveness of bundled models, beyond what tests/counts.toml pins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elcheck import Environment, Event, Fair, NodeId, eventually, node_ids, strong, taken, weak
from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.loading.model_file import load


@pytest.mark.parametrize("engine", ["plain", "fast"])
@pytest.mark.parametrize(
    ("fairness", "expected"), [(weak("suspect"), Verdict.REFUTED), (strong("suspect"), Verdict.PROVED)]
)
def test_one_timeout_starves_another(fairness: Fair, expected: Verdict, engine: str) -> None:
    """In bully under sync, coordinators that are only slow: n1 suspects again and again, and each time all is
    quiet for a moment only. Weak fairness lets n2 wait for ever, whose timeout is never enabled for long.
    """
    n1, n2, _ = node_ids(3)
    bully = load("bully")(bug="false-suspicion")
    environment = Environment(network="fifo", timing="sync")
    claim = eventually("n2 suspects", taken("suspect", n2))
    model = replace(bully, environment=environment, properties=[claim], deadlock=False, fairness=[fairness])
    [result] = check(model, engine=engine).results
    assert result.verdict is expected
    if expected is Verdict.REFUTED:
        assert result.trace is not None
        assert result.trace.loop is not None
        assert result.certificate is not None
        loop = [step.event for step in result.trace.steps[result.trace.loop :]]
        assert _who("suspect", loop) == {n1}
        waits = [kept.how for kept in result.certificate.kept if kept.condition.endswith("suspect at n2")]
        assert waits == ["disabled"]


@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_who_waits_for_a_dead_winner_starves_who_could_win(engine: str) -> None:
    """Four nodes, of which the two highest have crashed, one of them after it had answered n2."""
    given = {"nodes": 4, "liveness": True, "weak_timers": True}
    n1, n2, *_ = node_ids(4)
    report = check(load("bully")(**given), engine=engine)
    [result] = [r for r in report.results if r.kind == "liveness"]
    assert result.verdict is Verdict.REFUTED
    assert result.trace is not None
    assert result.certificate is not None
    loop = [step.event for step in result.trace.steps[result.trace.loop or 0 :]]
    assert _who("no_coordinator", loop) == {n1}
    assert _who("election", loop) == {n2}
    assert "weak fairness of no_coordinator at n2" in [
        kept.condition for kept in result.certificate.kept if kept.how == "disabled"
    ]
    given["weak_timers"] = False
    strong_ = check(load("bully")(**given), engine=engine)
    assert [r.verdict for r in strong_.results if r.kind == "liveness"] == [Verdict.PROVED]


def _who(name: str, events: list[Event]) -> set[NodeId | None]:
    return {event.node for event in events if event.name == name}
