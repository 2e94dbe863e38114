"""Machines: the model's steps on both sides, as a state machine of Hypothesis."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib import util

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from elcheck import Limits, Undrivable, UsageError, load, machine_of
from elcheck.checker.driving.campaign import Campaigner
from elcheck.checker.driving.expected import Stepper
from elcheck.checker.driving.lockstep import drive
from elcheck.checker.machines.machine import SubjectDiffers
from tests.driving.model_subject import ModelSubject
from tests.machines.stream import StreamSubject, TwoBits, model

SOUND = settings(
    max_examples=10,
    stateful_step_count=12,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],  # to explain takes a tracer
    suppress_health_check=list(HealthCheck),
)
FINDING = settings(SOUND, max_examples=100, stateful_step_count=20)


def run(machine: type[RuleBasedStateMachine], of: settings = SOUND) -> None:
    run_state_machine_as_test(machine, settings=of)


TestStream = machine_of(model(loss=1), StreamSubject).TestCase
TestStream.settings = SOUND


def test_a_bug_beyond_the_bounds_is_found() -> None:
    """The fourth number is 0 on the wire. Every call of the bounded search is as in the model."""
    bounded = Campaigner(model(), TwoBits, Limits()).every_call("plain")
    assert bounded.complete
    assert bounded.drive is None
    run(machine_of(model(), TwoBits, bounded=True), SOUND)

    with pytest.raises(SubjectDiffers) as raised:
        run(machine_of(model(), TwoBits), FINDING)
    driven = raised.value.drive
    names = [step.event.name for step in driven.trace.steps]
    assert (names.count("send_next"), names.count("item"), len(names)) == (4, 4, 8), "it is shrunk"
    message = str(raised.value)
    assert message.startswith("DIFFERS: step 8, n2: item(Item(number=4)) from n1\n")
    assert "n2.got  4          3" in message
    assert "got 3 → 4" in message
    unbounded = replace(model(), bounds=())
    assert drive(Stepper(unbounded), TwoBits, driven.trace) == driven


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("raft_election", {"terms": 1}), ("bully", {}), ("peterson_ring", {}), ("two_phase_commit", {})],
)
def test_the_model_itself_never_differs(name: str, parameters: dict[str, object]) -> None:
    """With crashes, detectors, fifo links, several programs, and steps after which nothing can happen."""
    of = load(name)(**parameters)
    run(machine_of(of, partial(ModelSubject, of)))


def test_a_step_that_the_subject_lacks_is_no_success() -> None:
    crashing = model(crash=1)
    with pytest.raises(Undrivable, match=r"step 1, n\d: crash: crash: the subject does not crash; let"):
        run(machine_of(crashing, StreamSubject), FINDING)


def test_what_raises_is_shown_with_its_steps() -> None:
    class Raising(StreamSubject):
        def deliver(self, node: object, src: object, msg: int) -> None:
            raise ValueError("no room")

    with pytest.raises(SubjectDiffers, match=r"RAISED: step 2, n2: item.*ValueError: no room"):
        run(machine_of(model(), Raising), FINDING)


def test_ignored_messages_are_delivered() -> None:
    """A lost message leaves the next one without its place, which the model ignores and this code takes."""

    class Taking(StreamSubject):
        def deliver(self, node: object, src: object, msg: int) -> None:
            self.got = msg

    with pytest.raises(SubjectDiffers) as raised:
        run(machine_of(model(loss=1), Taking), FINDING)
    names = [step.event.name for step in raised.value.drive.trace.steps]
    assert sorted(names) == ["item", "lose", "send_next", "send_next"]


def test_a_spec_has_no_machine() -> None:
    with pytest.raises(UsageError, match="is a Spec, and only what nodes run can be driven"):
        machine_of(load("die_hard")(), StreamSubject)


def test_without_hypothesis_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    found = util.find_spec
    monkeypatch.setattr(
        "elcheck.checker.export.libraries.find_spec", lambda n: None if n == "hypothesis" else found(n)
    )
    with pytest.raises(UsageError, match=r"machine_of\(...\) needs hypothesis, .*'elcheck\[hypothesis\]'"):
        machine_of(model(), StreamSubject)
