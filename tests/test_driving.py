"""Driving: a subject that does what the model does never differs, one that does one call otherwise is found."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, reject

from elcheck import Model, Sent, State, Step, check, load
from elcheck.checker.driving.calls import HandlerCalls
from elcheck.checker.driving.campaign import Campaigner, WalksWanted
from elcheck.checker.driving.cover import explored
from elcheck.checker.driving.expected import Stepper, envelope_of
from elcheck.checker.driving.lockstep import Ending, Lockstep, drive
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.search.limits import Limits
from elcheck.checker.system import NodeSystem
from tests.model_subject import ModelSubject
from tests.random_models import Case, models
from tests.test_oracle import examples

MODELS: list[tuple[str, dict[str, object]]] = [
    ("raft_election", {}),
    ("bully", {}),
    ("ring", {}),
    ("peterson_ring", {}),
    ("two_phase_commit", {}),
    ("fast_leader_election", {}),
]


def campaigner(model: Model, subject: Callable[[], ModelSubject] | None = None) -> Campaigner[object]:
    return Campaigner(model, subject or (lambda: ModelSubject(model)), Limits())


@pytest.mark.parametrize(("name", "parameters"), MODELS)
def test_every_call_of_a_model_is_made(name: str, parameters: dict[str, object]) -> None:
    found = campaigner(load(name)(**parameters)).every_call()
    assert found.drive is None
    assert found.complete
    assert found.cover is not None
    assert found.cover.made == found.cover.total > 0


# -- random models: every network, fault, detector and timing ----------------------------------------------------


@examples(60)
@given(models())
def test_the_model_itself_never_differs(case: Case) -> None:
    """On random walks, whatever the environment, and whichever of several outcomes the subject takes."""
    try:
        found = campaigner(case.model).at_random(WalksWanted(4, 12, 0))
    except (DefinitionError, UsageError):
        reject()
    assert found.drive is None
    assert not {Ending.DIFFERS, Ending.RAISED, Ending.HUNG} & set(found.tally.endings)


@examples(40)
@given(models())
def test_the_calls_of_a_search_are_those_of_its_states(case: Case) -> None:
    """Compared with what the interpreter says, state by state, on plain states."""
    try:
        exploration = explored(case.model, Limits(max_states=60), "plain", lambda *_: None)
    except (DefinitionError, UsageError):
        reject()
    system = exploration.system
    assert isinstance(system, NodeSystem)
    calls, stepper = HandlerCalls(system), Stepper(case.model)
    for code in exploration.search.codes[: exploration.search.expanded]:
        state = system.decode(code)
        assert {(node, event) for node, _, event in calls.at(code)} == set(_calls_of(stepper, state))


def _calls_of(stepper: Stepper, state: GlobalState) -> list[tuple[int, Event]]:
    """Whose handlers the events of a state call; a message that is ignored is handled all the same."""
    enabled = {event for event, _ in stepper.steps(state)}
    found = [
        (node.index, event)
        for event in enabled
        if event.kind not in ("lose", "duplicate", "partition", "heal", "disconnect")
        for node in ([event.node] if event.node else [v.node for v in state.nodes])
    ]
    for envelope in set(state.network):
        event = stepper.runner.delivery(envelope.dst, envelope.src, envelope.msg)
        if event is not None and event not in enabled and stepper.is_possible(state, event):
            assert envelope_of(event) == envelope
            found.append((envelope.dst.index, event))
    return found
