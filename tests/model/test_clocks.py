"""Clocks, and a timing in which timers run by them: ``bounded(d)``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import pytest
from hypothesis import given

from elcheck import (
    UNLIMITED,
    Bound,
    Clock,
    DefinitionError,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    Outcome,
    Property,
    State,
    Step,
    UsageError,
    Verdict,
    always,
    always_eventually,
    at,
    check,
    durable,
    each,
    eventually,
    guard,
    node_ids,
    receive,
    sometimes,
    taken,
    tick,
    timeout,
    within,
)
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.interpreter.why_not import Explainer
from elcheck.checker.model.state import Event
from tests.oracle.clock_models import clock_model, lively_clocks
from tests.oracle.comparing import compare
from tests.oracle.comparing_liveness import compare_liveness
from tests.oracle.drawing import drawn
from tests.oracle.random_models import Case
from tests.support.examples import examples


class Note(Message):
    """Something that takes its time."""


class Alarm(State):
    """Counts ticks by itself, too, up to 6."""

    wound: Clock | None = Clock(3)
    kept: Clock = durable(Clock(3))
    age: int = durable(0)
    rang: int | None = None
    noted: int | None = None


Answer: TypeAlias = Outcome[Alarm]


class Ringing(Node[Alarm]):
    """Rings 2 or 3 ticks after it was wound, and tells the next node."""

    @tick
    def elapse(self, s: Alarm) -> Alarm:
        return replace(s, age=min(s.age + 1, 6))

    @timeout(since=lambda s: s.wound, after=(2, 3))
    def ring(self, s: Alarm) -> Step[Alarm]:
        peer = self.nodes[(self.me.index + 1) % len(self.nodes)]
        return Step(replace(s, wound=None, rang=s.age), self.send(peer, Note()))

    @receive
    def note(self, s: Alarm, src: NodeId, msg: Note) -> Alarm:
        return replace(s, noted=s.age)


class Rewinding(Ringing):
    """Winds its clock again, so that it always rings once more."""

    @timeout(since=lambda s: s.kept, after=(2, 2))
    def rewind(self, s: Alarm) -> Alarm:
        return replace(s, wound=Clock(3), kept=Clock(3))


def rang_at(*ages: int) -> list[Property]:
    """That an alarm rings at some of these ages, and may at each of them."""
    found: list[Property] = [always("rings then", each(Alarm, lambda s: s.rang in (None, *ages)))]
    return found + [sometimes(f"at {age}", each(Alarm, partial(rang, age))) for age in ages]


def rang(age: int, s: Alarm) -> bool:
    """It rang then."""
    return s.rang == age


def alarm(timing: str = "bounded(1)", count: int = 1, **more: Any) -> Model:
    """So many nodes that ring."""
    return Model(
        Ringing(),
        [*rang_at(2, 3), eventually("it rings", each(Alarm, lambda s: s.rang is not None))],
        Environment(network="set", timing=timing, **more),
        node_ids(count),
    )


def verdicts(model: Model) -> dict[str, Verdict]:
    """The verdicts of its properties."""
    return {result.name: result.verdict for result in check(model).results}


@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_a_timer_runs_out_between_its_ticks(engine: str) -> None:
    assert {result.verdict for result in check(alarm(), engine=engine).results} == {Verdict.PROVED}


def test_several_processes_find_the_same() -> None:
    alone, both = (
        check(alarm("bounded(2)", 2), engine="plain", workers=workers, counts=True) for workers in (1, 2)
    )
    assert both.stats.workers
    assert (both.stats.distinct, both.stats.transitions) == (alone.stats.distinct, alone.stats.transitions)
    assert both.counts == alone.counts


def test_one_that_need_not_run_out_may_run_out_late() -> None:
    class Patient(Ringing):
        @timeout(since=lambda s: s.wound, after=(2, None))
        def ring(self, s: Alarm) -> Answer:
            return super().ring(s)

    model = replace(alarm(), program=Patient())
    late = sometimes("late", each(Alarm, lambda s: s.rang == 6))
    found = verdicts(replace(model, properties=[late, model.properties[-1]]))
    assert set(found.values()) == {Verdict.PROVED}


def test_a_fair_step_in_one_place_holds_no_timer_up_in_another() -> None:
    """The first winds its clock for ever, and the second rings all the same."""
    first, second = node_ids(2)
    model = Model(
        {first: Rewinding(), second: Ringing()},
        [eventually("the other rings", at(second, Alarm, lambda s: s.rang is not None))],
        Environment(network="set", timing="bounded(0)"),
    )
    assert verdicts(model)["the other rings"] is Verdict.PROVED


@pytest.mark.parametrize("delay", [0, 1, 2])
def test_a_message_takes_so_many_ticks_at_most(delay: int) -> None:
    """Both ring at 2 or 3, so that a message is there at 3 + delay at the latest, and may be."""
    last = 3 + delay
    properties = [
        always("in time", each(Alarm, lambda s: s.noted is None or s.noted <= last)),
        sometimes("as late as may be", each(Alarm, lambda s: s.noted == last)),
    ]
    model = replace(alarm(f"bounded({delay})", 2), properties=properties)
    assert set(verdicts(model).values()) == {Verdict.PROVED}


def test_a_paused_node_rings_when_it_goes_on() -> None:
    """Time does not wait for it, its clock goes on; when it is resumed, it has to ring before time passes."""
    model = alarm(pause=1)
    found = verdicts(replace(model, properties=rang_at(2, 3, 4, 5, 6)))
    assert set(found.values()) == {Verdict.PROVED}
    for_ever = model.properties[-1:]
    assert verdicts(replace(model, properties=for_ever))["it rings"] is Verdict.REFUTED


def test_a_partition_holds_up_messages_and_no_clock() -> None:
    """What it lets go is late then, and comes before the next tick."""
    late = [
        sometimes("late", each(Alarm, lambda s: s.noted == 6)),
        always("at once", each(Alarm, lambda s: s.rang in (None, 2, 3))),
    ]
    model = replace(alarm("bounded(0)", 2, partition=1), properties=late)
    assert set(verdicts(model).values()) == {Verdict.PROVED}


def test_a_crash_sets_a_clock_back_that_is_not_durable() -> None:
    model = replace(alarm(crash=1, restart=1), properties=rang_at(2, 3, 4, 5, 6))
    assert set(verdicts(model).values()) == {Verdict.PROVED}
    goes_on = sometimes("goes on while down", each(Alarm, lambda s: s.kept.ticks == 3 and s.age == 3))
    by_default = always("set back", each(Alarm, lambda s: s.wound is None or s.wound.ticks <= s.kept.ticks))
    assert set(verdicts(replace(model, properties=[goes_on, by_default])).values()) == {Verdict.PROVED}


def test_time_goes_on() -> None:
    """Strongly fair, it is not held up by what goes round in no time."""

    class Restless(Ringing):
        @timeout
        def turn(self, s: Alarm) -> Alarm:
            return replace(s, noted=None if s.noted else 1)

    model = replace(alarm(), program=Restless())
    again = always_eventually("it turns", taken("turn"))
    assert verdicts(replace(model, properties=[again, model.properties[-1]]))["it rings"] is Verdict.PROVED


@pytest.mark.parametrize("timing", ["async", "sync"])
def test_under_other_timings_a_timer_runs_out_if_it_is_set(timing: str) -> None:
    model = replace(alarm(timing, 1), properties=rang_at(2, 3))
    assert verdicts(model)["rings then"] is Verdict.REFUTED  # at once
    assert f"clocks stand still under timing {timing}" in str(check(model).notes)
    assert "clocks stand still" not in str(check(alarm()).notes)
    twice = always("once", each(Alarm, lambda s: s.rang is None or s.wound is None))
    assert verdicts(replace(model, properties=[twice]))["once"] is Verdict.PROVED


def test_what_holds_a_timer_up_is_said() -> None:
    explainer = Explainer(alarm())
    start = explainer.initial()[0]
    [node] = explainer.nodes
    ring = Event("timeout", "ring", node)
    assert "its clock shows 0 of 2 ticks" in str(explainer.why_not(start, ring))
    state = start
    for _ in range(3):
        state = next(after for event, after in explainer.steps(state) if event.kind == "tick")
    why = str(explainer.why_not(state, Event("tick", "tick")))
    assert "timing bounded(1): time waits for n1: ring" in why
    rung = next(after for event, after in explainer.steps(state) if event.name == "ring")
    assert "its timer is not set" in str(explainer.why_not(rung, ring))


def test_a_message_is_found_however_old_it_is() -> None:
    explainer = Explainer(alarm("bounded(2)", 2, pause=1))
    n1, n2 = explainer.nodes
    state = explainer.initial()[0]
    for name in ("tick", "tick", "ring", "pause", "tick"):
        state = next(after for e, after in explainer.steps(state) if e.name == name and e.node in (None, n1))
    assert [envelope.age for envelope in state.network] == [1]
    note = Event("receive", "note", n1, (("src", n2), ("msg", Note())))
    back = replace(state, network=(replace(state.network[0], src=n2, dst=n1),))
    assert "n1 is paused" in str(explainer.why_not(back, note))
    lost = Event("lose", "lose", n2, (("src", n1), ("msg", Note())))
    assert "--loss is 0" in str(explainer.why_not(state, lost))
    there = Event("receive", "note", n2, (("src", n1), ("msg", Note())))
    assert str(explainer.why_not(state, there)) == "nothing: it is enabled"
    assert str(state.network[0]) == "n1 → n2: Note(), 1 tick old"


def wrong(since: Any, after: Any) -> Model:
    """A node with a timer that is none."""

    class Wrong(Ringing):
        @timeout(since=since, after=after)
        def ring(self, s: Alarm) -> Answer:
            return super().ring(s)

    return replace(alarm(), program=Wrong())


@pytest.mark.parametrize(
    ("since", "after", "said"),
    [
        (None, (1, 2), "say which, as in since=lambda s: s.heard"),
        (lambda: None, (1, 2), "since= takes a function of the state"),
        (lambda s: s.wound, (2, 1), "is not a range of ticks"),
        (lambda s: s.wound, 3, "is not a range of ticks"),
    ],
)
def test_what_is_no_timer_is_refused(since: Any, after: Any, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        check(wrong(since, after))


@pytest.mark.parametrize(
    ("since", "after", "said"),
    [
        (lambda s: s.wound, (2, 4), "a clock that stops at 3 ticks"),
        (lambda s: s.age, (1, 2), "not a Clock or None"),
        (lambda s: s.missing, (1, 2), "raises AttributeError"),
    ],
)
def test_what_gives_no_clock_is_an_error(since: Any, after: Any, said: str) -> None:
    report = check(wrong(since, after))
    assert report.exit_code == EXIT["error"]
    assert said in report.results[-1].detail


def test_a_clock_shows_no_more_than_its_most() -> None:
    with pytest.raises(ValueError, match="shows 0 to 2 ticks"):
        Clock(2, 3)
    assert Clock(2, 2).later() == Clock(2, 2)


@pytest.mark.parametrize(
    ("timing", "network", "said"),
    [
        ("bounded(x)", "set", "or bounded"),
        ("bounded(-1)", "set", "or bounded"),
        ("bounded(1)", "sent-set", "time would not pass"),
    ],
)
def test_timings_without_meaning_are_refused(timing: str, network: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check(within(alarm(), timing=timing, network=network))


def test_a_limit_on_equal_messages_is_of_those_of_all_ages() -> None:
    """Two of a bag that were sent in different ticks."""

    class Telling(Ringing):
        @timeout(since=lambda s: s.kept, after=(1, 1))
        def tell(self, s: Alarm) -> Step[Alarm]:
            guard(s.age < 4, "it has told")
            return Step(replace(s, kept=Clock(3)), self.send(self.me, Note()))

    late = sometimes("noted late", each(Alarm, lambda s: s.noted == 5))
    around = Environment(network="bag", timing="bounded(2)", dup=UNLIMITED)
    report = check(Model(Telling(), [late], around, node_ids(1), bounds=[Bound("copies", 1)]))
    assert report.stats.cut["copies"] > 0


@examples(60)
@given(drawn(clock_model))
def test_random_models_with_clocks(case: Case) -> None:
    compare(case, cap=60)


@examples(40)
@given(drawn(lively_clocks))
def test_liveness_of_random_models_with_clocks(model: Model) -> None:
    compare_liveness(model, cap=60)
