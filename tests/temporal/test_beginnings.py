"""Claims that a beginning breaks across bounds, however it goes on: who rests does not go on in any way."""

from __future__ import annotations

import pytest

from elcheck import (
    WEAK,
    Bound,
    Formula,
    Model,
    Spec,
    State,
    action,
    always,
    eventually,
    holds,
    ltl,
    taken,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.formula import FALSE


class Ahead(State):
    n: int = 0


class Stepping(Spec[Ahead]):
    @action(fair=WEAK)
    def small(self, s: Ahead) -> Ahead:
        return Ahead(s.n + 1)

    @action
    def large(self, s: Ahead) -> Ahead:
        return Ahead(s.n + 2)


@pytest.mark.parametrize("claim", [taken("large"), always(taken("large")), ~taken("small")])
def test_a_first_step_that_breaks_a_claim_breaks_it_across_bounds(claim: Formula) -> None:
    """To rest for ever in the first state breaks it as well, but is unfair: it is not what is shown."""
    bound = Bound("few", Ahead, lambda s: s.n < 3)
    [result] = check(Model(Stepping(), properties=[ltl("claim", claim)], bounds=[bound])).results
    assert result.verdict is Verdict.REFUTED
    trace = result.trace
    assert trace is not None
    assert [step.event.name for step in trace.steps] == ["small"]


def test_what_the_last_state_breaks_is_broken_though_a_bound_cuts_all_of_its_steps() -> None:
    """What holds in it is known; that no step of it is stored does not matter."""
    bound = Bound("none", Ahead, lambda s: s.n < 1)
    claim = holds(Ahead, lambda s: s.n > 0) & always(always(taken("small")))
    [result] = check(Model(Stepping(), properties=[ltl("claim", claim)], bounds=[bound])).results
    assert result.verdict is Verdict.REFUTED
    assert result.trace is not None
    assert result.trace.steps == ()


@pytest.mark.parametrize(
    "claim",
    [
        eventually(FALSE),
        always(taken("small") & ~taken("small")),
        eventually(always(taken("large")) & eventually(~taken("large"))),
        ~(eventually(taken("large")) | always(~taken("large"))),
    ],
)
def test_what_no_behaviour_satisfies_is_broken_from_the_start(claim: Formula) -> None:
    """No loop is within the bounds, and no place of a beginning breaks it by what holds there."""
    bound = Bound("few", Ahead, lambda s: s.n < 3)
    [result] = check(Model(Stepping(), properties=[ltl("claim", claim)], bounds=[bound])).results
    assert result.verdict is Verdict.REFUTED
    trace = result.trace
    assert trace is not None
    assert trace.steps == ()


def test_what_some_behaviour_beyond_the_bounds_may_satisfy_is_left_open() -> None:
    bound = Bound("few", Ahead, lambda s: s.n < 3)

    def five(s: Ahead) -> bool:
        return s.n == 5

    claim = ltl("claim", eventually(holds(Ahead, five)))
    [result] = check(Model(Stepping(), properties=[claim], bounds=[bound])).results
    assert result.verdict is Verdict.UNDETERMINED
