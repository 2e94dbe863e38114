"""What blame counts is what plain objects and sets come to."""

from __future__ import annotations

import pytest
from hypothesis import given, reject

from elcheck import Environment, Map, Model, Spec, State, action, always, guard, holds, load, replace, within
from elcheck.checker.blame.columns import columns_of, distinct_rows
from elcheck.checker.blame.dead_messages import DeadMessages, left_without_dead
from elcheck.checker.blame.parts import all_columns, counted, parts_of
from elcheck.checker.blame.space import explored
from elcheck.checker.process.limits import Limits
from elcheck.checker.search.search import Exploration
from elcheck.checker.system import NodeSystem
from tests.blame.dumb import changes_nothing, left, states_of
from tests.oracle.random_models import Case, sound_models, sound_specs
from tests.support.engines import engines_of
from tests.support.examples import examples

MOST = 120
"""States of a random model."""


class Pair(State):
    """Two counters, of which one follows from the other, and something that happens once."""

    up: int = 0
    down: int = 3
    seen: Map[str, bool] = Map({"a": False})


class Walk(Spec[Pair]):
    """One counter goes up, and the other one down."""

    @action
    def walk(self, s: Pair) -> Pair:
        guard(s.up < 3, "it is at the end")
        return replace(s, up=s.up + 1, down=s.down - 1)

    @action
    def see(self, s: Pair) -> Pair:
        return replace(s, seen=s.seen.put("a", True))


def compare(model: Model, most: int, engine: str) -> Exploration | None:
    """Each part of a model comes to what the dumb projection says; None if the model is too large."""
    found = explored(model, Limits(max_states=most + 1), engine=engine)
    if found.search.stopped is not None:
        return None
    states = states_of(model, most)
    columns = columns_of(found)
    assert distinct_rows(all_columns(columns)) == found.search.distinct == len(states)
    for part in map(counted, parts_of(model, columns)):
        assert part.left == left(model, states, part.kind, part.name), part
    return found


@given(sound_models())
@examples(60)
def test_parts_of_random_models(case: Case) -> None:
    for engine in engines_of(case.model):
        if compare(case.model, MOST, engine) is None:
            reject()


@given(sound_specs())
@examples(60)
def test_parts_of_random_specs(case: Case) -> None:
    if compare(case.model, MOST, "plain") is None:
        reject()


@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_parts_of_an_election(engine: str) -> None:
    found = compare(within(load("raft_election")(nodes=2), crash=1, restart=1), 5_000, engine)
    assert found is not None
    assert found.search.engine == engine


def test_a_part_by_hand() -> None:
    model = Model(Walk(), [always("up", holds(Pair, lambda s: s.up < 9))])
    columns = columns_of(explored(model, Limits()))
    assert [(part.name, part.left) for part in map(counted, parts_of(model, columns))] == [
        ("Pair.up", 8),
        ("Pair.down", 8),
        ("Pair.seen", 4),
    ]


# -- dead messages ---------------------------------------------------------------------------------------


def live(found: Exploration) -> int:
    system = found.system.full
    assert isinstance(system, NodeSystem)
    return left_without_dead(columns_of(found), system.history)


@given(sound_models())
@examples(60)
def test_what_is_called_dead_changes_nothing(case: Case) -> None:
    found = explored(case.model, Limits(max_states=MOST))
    system = found.system.full
    if found.search.stopped is not None or not isinstance(system, NodeSystem):
        reject()
    dead = changes_nothing(case.model, states_of(case.model, MOST))
    tables = [DeadMessages(table, system.history) for table in system.tables]
    for code in found.search.codes:
        state = system.decode(code)
        for table, of_table in zip(system.tables, tables, strict=True):
            local, box = table.ids.values[code >> table.shift & ((1 << 30) - 1)]
            for message in table.mailboxes.content(box):
                if local in of_table.where(message):
                    src, msg, *_ = table.messages.known[message]
                    sent = next(e for e in state.network if (e.src, e.dst, e.msg) == (src, table.node, msg))
                    assert dead(state, sent), (state, sent)


@pytest.mark.parametrize(("terms", "stale"), [(2, 765), (3, 3829)])
def test_more_is_dead_in_an_election_than_old_terms(terms: int, stale: int) -> None:
    """Of an independent program: states without messages of terms that their receivers have left."""
    assert live(explored(load("raft_election")(terms=terms), Limits())) < stale


def test_dead_messages_of_an_election_are_all_that_there_are() -> None:
    model = load("raft_election")(nodes=2, terms=2)
    states = states_of(model, 1000)
    dead = changes_nothing(model, states)
    without = {replace(s, network=tuple(e for e in s.network if not dead(s, e))) for s in states}
    assert live(explored(model, Limits())) == len(without)


def test_what_takes_a_message_from_a_link_is_not_dead_if_it_holds_it_up() -> None:
    model = within(load("raft_election")(), network="fifo")
    assert isinstance(model.environment, Environment)
    assert live(explored(model, Limits(depth=5))) <= explored(model, Limits(depth=5)).search.distinct
