"""How often each action is taken, and a property met: the same whoever searches, and however."""

from __future__ import annotations

import json

import pytest

from elcheck import (
    Model,
    NodeView,
    Spec,
    State,
    action,
    always,
    change,
    check,
    guard,
    holds,
    load,
    node_views,
    replace,
    sometimes,
    within,
)
from elcheck.checker import cli
from elcheck.checker.api import Report
from elcheck.checker.check.counts import Counts


def counted(report: Report) -> Counts:
    """What was counted."""
    assert isinstance(report.counts, Counts)
    assert sum(report.counts.steps.values()) == report.stats.transitions
    return report.counts


def raft() -> Model:
    """An election, with something that some steps do."""
    found = within(load("raft_election")(nodes=3, terms=1), crash=1)

    def goes_down(old: NodeView[State], new: NodeView[State]) -> bool:
        return old.up and not new.up

    more = sometimes("a node goes down", change(node_views(State), goes_down))
    return replace(found, properties=[*found.properties, more])


def test_a_count_does_not_depend_on_how_it_was_searched() -> None:
    """Steps of crashes are met by the crashes; where nodes are alike, one state counts for several."""
    model = raft()
    searched = [
        check(model, engine="plain", counts=True),
        check(model, engine="fast", counts=True),
        check(model, engine="plain", counts=True, symmetry=False),
        check(model, engine="plain", counts=True, workers=2),
    ]
    assert searched[0].stats.representatives is not None
    assert searched[2].stats.representatives is None
    first, *others = map(counted, searched)
    assert all(other == first for other in others)
    assert first.met["a node goes down"] == first.steps["crash"] > 0
    assert first.states == searched[0].stats.distinct


@pytest.mark.parametrize("depth", [0, 3])
def test_a_limit_on_depth_cuts_the_steps_that_lead_on(depth: int) -> None:
    counted(check(raft(), depth=depth, counts=True))


def test_what_has_no_steps_is_counted_too(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["die_hard", "--counts"]) == 0
    said = capfd.readouterr().out
    assert "steps of" in said
    assert cli.run(["die_hard", "--counts", "--format", "json"]) == 0
    steps = json.loads(capfd.readouterr().out)["counts"]["steps"]
    assert all(name.startswith("DieHard.") for name in steps)


def test_how_often_a_claim_is_met_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["bully", "--counts"]) == 0
    said = capfd.readouterr().out
    assert "met by" in said


class Number(State):
    n: int = 0


class Up(Spec[Number]):
    @action
    def up(self, s: Number) -> Number:
        guard(s.n < 3, "it is high enough")
        return Number(s.n + 1)


def test_a_check_that_raises_later_is_said() -> None:
    """The search does not ask it any more once it is met."""

    def picky(s: Number) -> bool:
        if s.n > 1:
            raise ValueError("too high")
        return True

    claims = [sometimes("picky", holds(Number, picky)), always("small", holds(Number, lambda s: s.n < 4))]
    report = check(Model(Up(), claims), counts=True)
    assert report["picky"].ok
    assert isinstance(report.counts, str)
    assert "too high" in report.counts
