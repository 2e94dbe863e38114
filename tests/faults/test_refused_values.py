"""Models of tests/faults that are refused, for values or handlers that once were taken as they came."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import pytest

from elcheck import (
    Bound,
    Map,
    Model,
    Monitor,
    Spec,
    State,
    Verdict,
    action,
    always,
    each,
    history,
    holds,
    never,
    node_ids,
    replace,
    sometimes,
    view,
    whole,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.model.likeness import require_same
from elcheck.checker.model.values import flaw
from tests.faults import (
    compare_false,
    hash_seed,
    hidden_state,
    leads_to_each,
    mutating_handler,
    random_handler,
    tick_name,
    unlike_values,
)
from tests.faults.unlike_values import Shown

ENGINES = pytest.mark.parametrize("engine", ["plain", "fast"])


# -- equality -----------------------------------------------------------------------------------------------


@ENGINES
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("Hidden", "Hidden.log has compare=False"),
        ("OwnEqual", "OwnEqual has an __eq__ that does not compare all of its fields"),
        ("OwnHash", "OwnHash has a __hash__ of its own"),
        ("Nested", "Entry.text has compare=False"),
        ("Holding", "Loose says itself which of its values are equal"),
        ("WithSet", "is a Votes, which equals every set of the same elements"),
        ("Beside", "Beside keeps note, which is no field of it"),
        ("WithBase", "Inheriting has an __eq__ that does not compare all of its fields"),
    ],
)
def test_equality_that_leaves_something_out_is_refused(kind: str, said: str, engine: str) -> None:
    report = check(compare_false.model(kind), engine=engine)
    assert report.exit_code == EXIT["error"]
    assert said in report.results[-1].detail


# -- what depends on more than its arguments ----------------------------------------------------------------


def error_of(model: Model, engine: str) -> str:
    """What ended a check as an error of the model; nothing else is claimed to be known."""
    report = check(model, engine=engine)
    assert report.exit_code == EXIT["error"]
    assert all(result.verdict is Verdict.UNDETERMINED for result in report.results[:-1])
    return report.results[-1].detail


@ENGINES
def test_a_handler_that_draws_lots_itself(engine: str) -> None:
    assert "Draw.draw" in (said := error_of(random_handler.model(), engine))
    assert "is not deterministic" in said


@ENGINES
@pytest.mark.parametrize("how", ["global", "random", "clock"])
def test_a_handler_with_hidden_state(how: str, engine: str) -> None:
    hidden_state.CALLS = iter(range(100))
    said = error_of(hidden_state.model(how), engine)
    assert "Counting.go" in said
    assert "is not deterministic" in said


@ENGINES
def test_a_handler_that_changes_its_program(engine: str) -> None:
    said = error_of(hidden_state.model("own"), engine)
    assert "changes its program" in said or "is not deterministic" in said


@ENGINES
def test_a_handler_that_changes_its_state(engine: str) -> None:
    assert "changes what it is given" in error_of(mutating_handler.model(), engine)


@ENGINES
@pytest.mark.parametrize("of_module", [False, True])
def test_a_handler_that_depends_on_the_order_of_a_set(of_module: bool, engine: str) -> None:
    assert "Painting.send_all" in (said := error_of(hash_seed.model(of_module), engine))
    assert "depends on the order of a set" in said


@ENGINES
@pytest.mark.parametrize("what", ["check", "view", "bound", "monitor"])
def test_a_check_a_view_a_bound_and_a_monitor_are_called_twice_too(what: str, engine: str) -> None:
    numbers = iter(range(10**6))

    def odd(_: object) -> bool:
        return next(numbers) % 2 == 1

    model = tick_name.model()
    clock = tick_name.Clock
    if what == "check":
        model = replace(model, properties=[sometimes("odd", each(clock, lambda s: odd(s) and s.t > 9))])
        model = replace(model, properties=[never("odd", each(clock, odd))])
    elif what == "view":
        model = replace(model, properties=[never("odd", each(view(clock, odd), lambda _: False))])
    elif what == "bound":
        model = replace(model, bounds=[Bound("odd", clock, odd)])
    else:
        parity = Monitor("parity", clock, start=lambda _: 0, after=lambda m, e, a, b: next(numbers))
        model = replace(model, properties=[never("odd", history(parity, lambda m: m < 0))])
    assert "is not deterministic" in error_of(model, engine)


# -- values that equal others -------------------------------------------------------------------------------


class Level(IntEnum):
    LOW = 1


class Pair(NamedTuple):
    a: int
    b: int


class Name(str):
    __slots__ = ()


class Lamp(State):
    level: object = 0


EQUAL: dict[str, tuple[object, object]] = {
    "a number": (1, Level.LOW),
    "a tuple": ((1, 2), Pair(1, 2)),
    "deep": ((("x",),), ((Name("x"),),)),
}


class Lamps(Spec[Lamp]):
    kind: str

    @action
    def put(self, s: Lamp) -> Lamp:
        return Lamp(EQUAL[self.kind][0])

    @action
    def put_odd(self, s: Lamp) -> Lamp:
        return Lamp(EQUAL[self.kind][1])


@pytest.mark.parametrize("kind", EQUAL)
def test_what_equals_a_state_that_was_met_has_to_be_a_value_too(kind: str) -> None:
    claim = sometimes("on", holds(Lamp, lambda s: s.level != 0))
    assert "answers what is no value" in error_of(Model(Lamps(kind), properties=[claim]), "plain")


@ENGINES
@pytest.mark.parametrize("of", ["each", "whole"])
def test_a_check_that_decides_is_asked_again(of: str, engine: str) -> None:
    calls = iter(range(10**6))

    def seldom_twice(_: object) -> bool:
        return next(calls) > 1  # no, no, and then yes

    scope = each(leads_to_each.Client, seldom_twice) if of == "each" else whole(seldom_twice)
    model = Model(leads_to_each.Asking(), nodes=node_ids(1), properties=[always("odd", scope)])
    assert "is not deterministic: two calls" in error_of(model, engine)


# -- values that equal others, and are not the same ----------------------------------------------------------


@ENGINES
@pytest.mark.parametrize("held", ["state", "message", "view", "monitor"])
@pytest.mark.parametrize("kind", unlike_values.PAIRS)
def test_equal_values_that_are_not_the_same_are_refused(kind: str, held: str, engine: str) -> None:
    said = error_of(unlike_values.model(kind, held), engine)
    assert "and is not the same" in said
    assert "in one and" in said


@pytest.mark.parametrize("kind", unlike_values.PAIRS)
def test_they_are_refused_in_a_spec_too(kind: str) -> None:
    assert "and is not the same" in error_of(unlike_values.model(kind, "spec"), "plain")


def test_a_spec_takes_elements_for_one_only_if_they_are_the_same() -> None:
    class Signs(Spec[Shown]):
        @action
        def first(self, s: Shown) -> Shown:
            return Shown(frozenset({1, "x"}))

        @action
        def second(self, s: Shown) -> Shown:
            return Shown(frozenset({True, "y"}))

    model = Model(Signs(), properties=[never("odd", holds(Shown, lambda s: s.value == 7))])
    assert "True equals 1, and is not the same" in error_of(model, "plain")


@pytest.mark.parametrize("said", unlike_values.LYING)
def test_what_shows_other_values_than_it_holds_is_refused(said: str) -> None:
    assert flaw(unlike_values.LYING[said]) == f"{said}, which may hide " + (
        "what is there: make it a field" if "Halved" in said else "a difference: leave it out"
    )


def test_equal_values_of_one_class_are_one() -> None:
    big = 10**400
    for value in (True, 1, 1.5, -0.0, big, float("inf"), ("x", frozenset({1, 2})), None, "x"):
        require_same((value, "y"), (value, "y"))
    require_same(Map({"x": (1, 10**30)}), Map({"x": (1, 10**30)}))
