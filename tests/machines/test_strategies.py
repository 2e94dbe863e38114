"""Strategies: traces of a model, and states and messages from its annotations."""

from __future__ import annotations

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from elcheck import (
    DefinitionError,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Term,
    Trace,
    UsageError,
    always,
    each,
    load,
    messages,
    node_ids,
    receive,
    states,
    traces,
)
from elcheck.checker.interpreter.steps import Interpreter
from elcheck.models.raft_election import RequestVote, Server, Vote
from tests.machines.stream import Out, model
from tests.support.examples import examples

ELECTION = load("raft_election")(terms=2)
TERMS = [Term(number) for number in range(4)]
JUGS = load("die_hard")()
SEVERAL = [ELECTION, JUGS, load("bully")()]


@examples(20)
@given(st.sampled_from(SEVERAL).flatmap(lambda m: st.tuples(st.just(m), traces(m, steps=12))))
def test_traces_are_of_the_model(drawn: tuple[Model, Trace]) -> None:
    of, trace = drawn
    interpreter = Interpreter(of)
    state = trace.initial
    assert state in interpreter.initial()
    assert len(trace.steps) <= 12
    for step in trace.steps:
        assert (step.event, step.state) in list(interpreter.steps(state))
        state = step.state


def test_traces_shrink_to_the_steps_that_matter() -> None:
    found = find(
        traces(model(), steps=20), lambda trace: [s.event.name for s in trace.steps].count("item") == 2
    )
    assert len(found.steps) == 4


def test_traces_go_beyond_bounds_unless_they_are_bounded() -> None:
    def most(trace: Trace) -> int:
        found = [v.state.sent for s in trace.steps for v in s.state.nodes if isinstance(v.state, Out)]
        return max(found, default=0)

    assert len(find(traces(model(most=2)), lambda trace: most(trace) > 4).steps) == 5

    @examples(20)
    @given(traces(model(most=2), bounded=True))
    def inside(trace: Trace) -> None:
        assert most(trace) <= 2

    inside()


@examples(50)
@given(states(ELECTION, term=TERMS), messages(ELECTION, term=st.sampled_from(TERMS)))
def test_fields_have_values_of_their_types(state: object, message: object) -> None:
    assert isinstance(state, Server)
    assert state.term in TERMS
    assert state.voted_for is None or state.voted_for in ELECTION.programs
    assert state.votes <= frozenset(ELECTION.programs)
    assert isinstance(message, RequestVote | Vote)
    assert message.term in TERMS


def test_unreachable_states_are_among_them() -> None:
    find(states(ELECTION), lambda s: isinstance(s, Server) and s.term > Term(3) and len(s.votes) == 3)
    find(messages(ELECTION), lambda m: isinstance(m, Vote))


def test_what_no_field_has_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no field 'trem'; did you mean 'term'"):
        states(ELECTION, trem=range(3))
    with pytest.raises(UsageError, match=r"messages\(...\): no handler of \w+ receives a message"):
        messages(JUGS)


class Loose(State):
    held: object = None


class Note(Message):
    held: object


class Holder(Node[Loose]):
    @receive
    def note(self, s: Loose, src: NodeId, msg: Note) -> Loose:
        return s


def test_a_type_without_values_is_said() -> None:
    loose = Model(Holder(), [always("held", each(Loose, lambda s: True))], nodes=node_ids(2))
    with pytest.raises(DefinitionError, match=r"type of Note.held does not say .* messages\(model, held=\["):
        messages(loose)
    assert find(messages(loose, held=["a", "b"]), lambda m: True) == Note("a")
