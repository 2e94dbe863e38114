"""A model and a subject as a state machine of Hypothesis: the model's steps are its rules, and its oracle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import ClassVar

import click
import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from elcheck.checker.driving.expected import Stepper
from elcheck.checker.driving.lockstep import Drive, DriveEnding, Lockstep, MakeSubject
from elcheck.checker.driving.subject import C, Undrivable
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.model.selector import StepNames
from elcheck.checker.model.state import BUDGETS, Event, GlobalState
from elcheck.checker.model.validate import validate
from elcheck.checker.process.streams import columns
from elcheck.checker.render.drive import both_sides, headline, where
from elcheck.checker.render.table import trace_table

IGNORED = "ignored"
"""The rule of messages that the model ignores."""
REMEMBERED = 10_000
"""States whose steps are kept: runs begin alike, and shrinking goes over the same ones."""


class SubjectDiffers(AssertionError):
    """A subject is not as its model. The message shows both sides, and the steps up to there."""

    def __init__(self, model: Model, driven: Drive) -> None:
        self.drive = driven
        width = columns()
        parts = [headline(driven)]
        if driven.mismatches:
            parts.append(both_sides(driven.mismatches, width))
        parts.append(trace_table(model, driven.trace, width))
        super().__init__(click.unstyle("\n\n".join(parts)))


class _Offer:
    """A step that can be taken, which Hypothesis shows in words."""

    def __init__(self, event: Event) -> None:
        self.event = event

    def __repr__(self) -> str:
        return f"<{self.event.located}>"


class _Start:
    """An initial state, which Hypothesis shows by its number: the trace shows it whole."""

    def __init__(self, number: int, state: GlobalState) -> None:
        self.state = state
        self._number = number

    def __repr__(self) -> str:
        return f"<start {self._number}>"


class ModelMachine(RuleBasedStateMachine):
    """A run of both sides. A subclass has a rule for each name that the model's steps have."""

    stepper: ClassVar[Stepper]
    offers: ClassVar[Callable[[GlobalState], Mapping[str, Sequence[_Offer]]]]
    run: ClassVar[Callable[[GlobalState], Lockstep[object]]]

    def __init__(self) -> None:
        super().__init__()
        self.lockstep: Lockstep[object] | None = None
        self.enabled: Mapping[str, Sequence[_Offer]] = {}

    def begin(self, start: _Start) -> None:
        """Start both sides."""
        self.lockstep = type(self).run(start.state)
        self._look()

    def take(self, step: _Offer) -> None:
        """Do a step on both sides."""
        assert self.lockstep is not None
        self.lockstep.step(step.event)
        self._look()

    def _look(self) -> None:
        """Raise what has ended the run. Where the subject did what the model may do as well, but from a state
        that only looks alike, the run is over.
        """
        assert self.lockstep is not None
        driven = self.lockstep.ended
        if driven is None:
            self.enabled = type(self).offers(self.lockstep.state)
            return
        self.enabled = {}
        if driven.wrong:
            raise SubjectDiffers(self.stepper.model, driven)
        if driven.ending is DriveEnding.UNDRIVABLE:
            raise Undrivable(
                f"{where(driven)}: {driven.why}; let the subject do it, or give the model an environment or "
                "parameters in which it does not happen"
            )
        hypothesis.event(f"ended early: {driven.why}")

    def teardown(self) -> None:
        """Stop the subject."""
        if self.lockstep is not None:
            self.lockstep.stop()


def made(
    model: Model, subject: MakeSubject[C], *, bounded: bool, patience: float | None
) -> type[RuleBasedStateMachine]:
    """The machine of a model and a subject."""
    validate(model)
    if not model.programs:
        raise UsageError("machine_of(...): the model is a Spec, and only what nodes run can be driven")
    stepper = Stepper(model if bounded else replace(model, bounds=()))
    starts = stepper.initial()
    if not starts:
        raise UsageError("machine_of(...): the model has no initial state within its bounds")

    numbered = [_Start(number, state) for number, state in enumerate(starts, start=1)]

    @lru_cache(REMEMBERED)
    def offers(state: GlobalState) -> Mapping[str, Sequence[_Offer]]:
        return _offers(stepper, state)

    def run(start: GlobalState) -> Lockstep[C]:
        return Lockstep(stepper, subject, start, patience)

    members: dict[str, object] = {
        "stepper": stepper,
        "offers": staticmethod(offers),
        "run": staticmethod(run),
        "rule_begin": initialize(start=st.sampled_from(numbered))(_named("start", _begin)),
        "rule_over": precondition(lambda machine: not machine.enabled)(rule()(_named("over", _nothing))),
    }
    for name in dict.fromkeys((*_names(model), IGNORED)):
        members[f"rule_{name}"] = _rule(name)
    return type("ModelMachine", (ModelMachine,), members)


def _names(model: Model) -> list[str]:
    """The names that steps may have in the model's environment."""
    budgets = {"heal": "partition", "resume": "pause", **BUDGETS}
    happen = model.environment.budgets
    events = StepNames(model).events
    return [e.name for e in events if not e.worldly or budgets.get(e.kind) in happen]


def _offers(stepper: Stepper, state: GlobalState) -> dict[str, list[_Offer]]:
    """The steps of a state by their names. What a receiver chooses is not asked of it."""
    found: dict[str, dict[Event, None]] = {}
    for event, _ in stepper.steps(state):
        if event.kind == "crash" and event.args:
            continue  # a step of real code can't be cut in two from outside
        plain = replace(event, choice=()) if event.kind == "receive" else event
        found.setdefault(event.name, {})[plain] = None
    for event in stepper.ignored(state):
        found.setdefault(IGNORED, {})[event] = None
    return {name: [_Offer(event) for event in events] for name, events in found.items()}


def _rule(name: str) -> object:
    """The rule of the steps of a name."""

    def enabled(machine: ModelMachine) -> bool:
        return name in machine.enabled

    def offered(machine: ModelMachine) -> st.SearchStrategy[_Offer]:
        return st.sampled_from(machine.enabled[name])

    return precondition(enabled)(rule(step=st.runner().flatmap(offered))(_named(name, _take)))


def _named(name: str, of: Callable[..., None]) -> Callable[..., None]:
    """A method of its own with a name, which Hypothesis shows."""

    def method(self: ModelMachine, **given: object) -> None:
        of(self, **given)

    method.__name__ = method.__qualname__ = name
    return method


def _begin(machine: ModelMachine, start: _Start) -> None:
    machine.begin(start)


def _take(machine: ModelMachine, step: _Offer) -> None:
    machine.take(step)


def _nothing(machine: ModelMachine) -> None:
    del machine
