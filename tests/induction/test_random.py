"""Induction on random models is what making every state comes to."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from hypothesis import assume, event, given, reject
from hypothesis import strategies as st

from elcheck import (
    DefinitionError,
    Inductive,
    Message,
    Model,
    Scope,
    all_nodes,
    each,
    inductive,
    node_views,
    pair,
    under_way,
)
from elcheck.checker.induction.induct import bare_of, induct
from elcheck.checker.induction.result import Induction, InductionVerdict
from elcheck.checker.model.record import State
from tests.induction.dumb import TooMany, decided
from tests.oracle.clock_models import clock_model
from tests.oracle.drawing import drawn
from tests.oracle.random_models import Case, begins, sound_models
from tests.oracle.random_programs import MESSAGES
from tests.oracle.random_properties import weigh, weigh_seen
from tests.oracle.table_programs import Local, Ping, Pong
from tests.support.examples import examples


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    """A scope of one node, of two, of all, or of messages; it is often true."""
    often, wrong = draw(st.integers(2, 7)), draw(st.integers(0, 6))

    def good(number: int) -> bool:
        return number % often != wrong

    kind = draw(st.sampled_from(("each", "pair", "all", "messages", "messages")))
    look = node_views(Local) if draw(st.booleans()) else Local
    if kind == "each":
        return each(look, lambda a: good(weigh_seen([a])))
    if kind == "pair":
        return pair(look, lambda a, b: good(weigh_seen([a, b])))
    if kind == "all":
        return all_nodes(look, lambda seen: good(weigh_seen(seen)))
    if draw(st.booleans()):
        return under_way(Ping, Local, Local, lambda a, msg, b: good(weigh(a) + 2 * weigh(b) + 5 * msg.x))
    return under_way(Pong, Local, Local, lambda a, msg, b: good(weigh(a) + 2 * weigh(b) + 5 * msg.x))


@st.composite
def claims(draw: st.DrawFn) -> Inductive:
    """A claim, with candidates of their own or what occurs."""
    some: list[State | Message] = []
    if draw(st.booleans()):
        values = st.builds(Local, st.integers(0, 2), st.integers(0, 1), st.integers(0, 1))
        some += draw(st.lists(values, min_size=1, max_size=3, unique=True))
    if draw(st.booleans()):
        some += draw(st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=2, unique=True))
    return inductive("claim", draw(st.lists(scopes(), min_size=1, max_size=2)), some)


@pytest.mark.big  # minutes, since most models are too large
@given(sound_models(), claims())
@examples(60)
def test_induction_on_random_models(case: Case, claim: Inductive) -> None:
    model = case.model
    assume(len(model.programs) == 2 and model.environment.early_timeouts != 0)
    compare(replace(model, inductive=[claim], initial=()), claim)


@pytest.mark.big
@given(sound_models(), claims())
@examples(60)
def test_induction_with_pauses(case: Case, claim: Inductive) -> None:
    model = case.model
    assume(len(model.programs) == 2 and model.environment.early_timeouts != 0)
    around = replace(model.environment, crash=0, restart=0, disk=0, pause=1)
    compare(replace(model, inductive=[claim], initial=(), environment=around), claim)


@pytest.mark.big
@given(drawn(partial(clock_model, small=True)).filter(begins), claims(), st.sampled_from((1, 2)))
@examples(60)
def test_induction_with_clocks(case: Case, claim: Inductive, delay: int) -> None:
    model = case.model
    assume(len(model.programs) == 2)
    around = replace(model.environment, timing=f"bounded({delay})", crash=0, restart=0, disk=0)
    local = [bound for bound in model.bounds if not isinstance(bound.holds, int)]
    compare(replace(model, inductive=[claim], initial=(), bounds=local, environment=around), claim)


def decidable(model: Model) -> list[Induction]:
    """What is found of a model, unless it has a timer that only sends, so that time may wait for ever."""
    try:
        return induct(model)
    except DefinitionError as error:
        if "is due in" not in str(error):
            raise
        reject()


def compare(model: Model, claim: Inductive) -> None:
    try:
        said = decided(bare_of(model), claim)
    except TooMany:
        reject()
    (found,) = decidable(model)
    event(f"base {said.base}, broken {said.broken}, leaves {said.leaves}, {model.environment.network}")
    assert found.raised is None
    assert found.stopped is None
    if said.base:
        assert found.base is not None
    elif said.broken:
        assert found.counterexample is not None
    else:
        assert (found.base, found.counterexample) == (None, None), found.counterexample
        assert (found.leaving is not None) == said.leaves
        held = InductionVerdict.UNDETERMINED if said.leaves else InductionVerdict.INDUCTIVE
        assert found.verdict is held
