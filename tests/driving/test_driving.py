"""Driving: a subject that does what the model does never differs, and one other call shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import assume, given, reject

from elcheck import (
    Bound,
    Clock,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    action,
    always,
    check,
    each,
    guard,
    load,
    node_ids,
    receive,
    replace,
    timeout,
)
from elcheck.checker.driving.calls import HandlerCalls
from elcheck.checker.driving.campaign import Campaigner, WalksWanted
from elcheck.checker.driving.cover import explored
from elcheck.checker.driving.expected import Stepper
from elcheck.checker.driving.lockstep import DriveEnding, Lockstep, drive
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.process.limits import Limits
from elcheck.checker.system import NodeSystem
from tests.driving.model_subject import ModelSubject
from tests.oracle.clock_models import clock_model
from tests.oracle.drawing import drawn
from tests.oracle.random_models import Case, begins, sound_models
from tests.support.examples import examples

MODELS: list[tuple[str, dict[str, object]]] = [
    ("raft_election", {}),  # a sent-set
    ("bully", {}),  # crashes, a detector
    ("peterson_ring", {}),  # fifo links
    ("two_phase_commit", {}),  # several programs
    ("bridge_timers", {"delay": 1}),  # timers by clocks, messages that take a tick
]


def campaigner(model: Model, subject: Callable[[], ModelSubject] | None = None) -> Campaigner[object]:
    return Campaigner(model, subject or partial(ModelSubject, model), Limits())


@pytest.mark.parametrize(("name", "parameters"), MODELS)
def test_every_call_of_a_model_is_made(name: str, parameters: dict[str, object]) -> None:
    found = campaigner(load(name)(**parameters)).every_call()
    assert found.drive is None
    assert found.complete
    assert found.cover is not None
    assert found.cover.made == found.cover.total > 0


# -- what differs --------------------------------------------------------------------------------------------


def test_a_mistake_in_any_one_call_is_found() -> None:
    """One call does nothing where it has to do something. Every call is made, so it shows."""
    model = load("raft_election")(terms=1)
    for wrong in _effective(model)[::3]:

        def rule(before: State, step: Step[State], wrong: object = wrong) -> Step[State]:
            return Step(before) if (before, step) == wrong else step

        found = campaigner(model, partial(ModelSubject, model, rule)).every_call()
        assert found.drive is not None
        assert found.drive.ending is DriveEnding.DIFFERS
        again = drive(Stepper(model), partial(ModelSubject, model, rule), found.drive.trace)
        assert again == found.drive
        assert found.from_steps is not None
        assert len(found.drive.trace.steps) <= found.from_steps


def _effective(model: Model) -> list[tuple[State, Step[State]]]:
    """Every step that a handler makes of a reachable local state."""
    exploration = explored(model, Limits(), "plain", lambda *_: None)
    system, runner = exploration.system, Stepper(model).runner
    assert isinstance(system, NodeSystem)
    found: dict[tuple[State, Step[State]], None] = {}
    for code in exploration.search.codes:
        state = system.decode(code)
        for _, move in system.successors(code)[0]:
            assert move.event.node is not None
            before = state.nodes[move.event.node.index].state
            assert isinstance(before, State)
            for step in runner.take(move.event, before).steps:
                found[before, step] = None
    return list(found)


def test_a_trace_is_followed_until_it_differs() -> None:
    """The counterexample of a mistake, driven along what has not got it."""
    broken, sound = load("raft")(bug="vote-twice"), load("raft")()
    trace = next(r.trace for r in check(broken, first=True).results if r.trace and r.kind == "always")
    followed = drive(Stepper(broken), partial(ModelSubject, broken), trace)
    assert (followed.ending, followed.trace) == (DriveEnding.FOLLOWED, trace)
    found = drive(Stepper(broken), partial(ModelSubject, sound), trace)
    assert found.ending is DriveEnding.DIFFERS
    assert {m.what for m in found.mismatches} == {"n2.voted_for", "n2 sends to n1"}
    assert found.trace.steps == trace.steps[: len(found.trace.steps)]


# -- what looks alike ----------------------------------------------------------------------------------------


def test_no_guess_is_taken_for_a_difference() -> None:
    """Nobody sees what a crash has left: a leader's last entry, or not. Either is right."""
    model = load("raft")(lazy_flush=True)
    events = ["election_timeout", "request_vote", "vote", "become_leader", "crash", "restart"]
    kept = set()
    for seed in range(6):
        subject = ModelSubject(model, seed=seed)
        run = Lockstep(Stepper(model), partial(_itself, subject), Stepper(model).initial()[0])
        for name in events:
            assert run.step(_event(model, run.state, name)), (seed, name, run.ended)
            assert len(run.states) == (2 if name == "crash" else 1)
        n1 = run.state.nodes[0]
        assert n1.state == subject.states[n1.node]
        kept.add(n1.state)
    assert len(kept) == 2


def _itself(subject: ModelSubject) -> ModelSubject:
    return subject


def _event(model: Model, state: GlobalState, name: str) -> Event:
    """The first event of a name."""
    return next(event for event, _ in Stepper(model).steps(state) if event.name == name)


# -- clocks --------------------------------------------------------------------------------------------------


class Beat(Message):
    """I am there."""


class Watcher(State):
    heard: Clock = Clock(2)
    suspects: bool = False


class Watching(Node[Watcher]):
    @timeout(since=lambda s: s.heard, after=(2, 2))
    def suspect(self, s: Watcher) -> Watcher:
        guard(not s.suspects, "it does")
        return replace(s, suspects=True)

    @action
    def greet(self, s: Watcher) -> Step[Watcher]:
        return Step(s, self.broadcast(Beat()))

    @receive
    def beat(self, s: Watcher, src: NodeId, msg: Beat) -> Watcher:
        return replace(s, heard=Clock(2))


def watching(pause: int = 0) -> Model:
    return Model(
        Watching(),
        [always("true", each(Watcher, lambda s: True))],
        nodes=node_ids(2),
        bounds=[Bound("copies", 2)],
        environment=Environment(network="bag", timing="bounded(1)", pause=pause),
    )


def test_a_clock_that_runs_otherwise_is_found() -> None:
    """One that stands still, and one that a heartbeat does not set."""

    def stopped(before: State, step: Step[State]) -> Step[State]:
        assert isinstance(before, Watcher)
        assert isinstance(step.state, Watcher)
        return Step(before) if step.state.heard.ticks > before.heard.ticks else step

    def unset(before: State, step: Step[State]) -> Step[State]:
        assert isinstance(before, Watcher)
        assert isinstance(step.state, Watcher)
        return Step(before, step.sends) if step.state.heard.ticks < before.heard.ticks else step

    model = watching()
    assert campaigner(model).every_call().complete
    for rule, events in ((stopped, ["tick"]), (unset, ["greet", "tick", "beat"])):
        found = campaigner(model, partial(ModelSubject, model, rule)).every_call()
        assert found.drive is not None
        assert [step.event.name for step in found.drive.trace.steps] == events
        assert found.drive.mismatches[0].what.endswith(".heard")


def test_which_of_two_equal_messages_arrived_is_not_known() -> None:
    """Of different ages: the model keeps both ways, of which one has to be over before time passes."""
    model = watching()
    run = Lockstep(Stepper(model), partial(ModelSubject, model), Stepper(model).initial()[0])
    for name in ("greet", "tick", "greet", "beat"):
        assert run.step(_event(model, run.state, name))
    assert [[e.age for e in state.network] for state in run.states] == [[1], [0]]
    assert sum(Stepper(model).is_possible(state, Event("tick", "tick")) for state in run.states) == 1


def test_a_node_that_is_paused_ticks_unless_it_would_send() -> None:
    model = watching(pause=1)
    assert campaigner(model).every_call().complete
    lease = load("late_revocation")()
    found = campaigner(lease).every_call()
    assert not found.complete
    assert "tick while n1 is paused: real code sends what it sends in a tick" in found.tally.whys


# -- random models: every network, fault, detector and timing ------------------------------------------------


WITH_CLOCKS = drawn(partial(clock_model, small=True)).filter(begins)


@examples(40)
@given(sound_models() | WITH_CLOCKS)
def test_the_model_itself_never_differs(case: Case) -> None:
    """On random walks, whatever the environment, and whichever of several outcomes the subject takes."""
    assume(not any(start.down for start in case.model.initial))  # which a subject can't start in
    try:
        found = campaigner(case.model).at_random(WalksWanted(3, 10, 0))
    except (DefinitionError, UsageError):
        reject()
    assert found.drive is None
    assert not {DriveEnding.DIFFERS, DriveEnding.RAISED, DriveEnding.HUNG} & set(found.tally.endings)


@examples(40)
@given(sound_models() | WITH_CLOCKS)
def test_the_calls_of_a_search_are_those_of_its_states(case: Case) -> None:
    """Compared with what the interpreter says, state by state, but for joint ticks and split crashes."""
    try:
        exploration = explored(case.model, Limits(max_states=40), "plain", lambda *_: None)
    except (DefinitionError, UsageError):
        reject()
    system = exploration.system
    assert isinstance(system, NodeSystem)
    calls, stepper = HandlerCalls(system), Stepper(system.model)
    for code in exploration.search.codes[: exploration.search.expanded]:
        state = system.decode(code)
        found, steps = {(node, event) for node, _, event in calls.at(code)}, _calls_of(stepper, state)
        assert steps <= found
        for event in {event for _, event in found - steps if event.kind != "tick"}:
            outcomes = [o for o in stepper.expected(state, event) if o.event == event and not o.crosses]
            assert any(outcome.after.nodes == state.nodes for outcome in outcomes), "it is without effect"


def _calls_of(stepper: Stepper, state: GlobalState) -> set[tuple[int, Event]]:
    """Whose handlers are called by the steps of a state."""
    of_the_world = ("lose", "duplicate", "partition", "heal", "disconnect", "pause", "resume", "damage")
    events = {event for event, _ in stepper.steps(state) if event.kind not in of_the_world}
    return {
        (node.index, event)
        for event in events
        if event.kind != "tick" and not (event.kind == "crash" and event.args)
        for node in [event.node]
        if node is not None
    }
