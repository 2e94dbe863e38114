"""The spec language on its own: values, names, environments, handlers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Generic, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elcheck import (
    Bag,
    Environment,
    Event,
    Map,
    Message,
    Monitor,
    Node,
    NodeId,
    NodeView,
    Record,
    State,
    Step,
    UsageError,
    always,
    guard,
    history,
    node_ids,
    text,
    with_mistake,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.budget import FAULT_KINDS
from elcheck.checker.model.call import HandlerError, outcomes
from elcheck.checker.model.environment import EnvironmentState, initial_state
from elcheck.checker.model.generics import state_classes
from elcheck.checker.model.partition import symmetric_splits
from elcheck.checker.model.step import send
from elcheck.checker.model.values import flaw, order
from tests.support.models import Counter, Counting


class Colour(Enum):
    """In an order that is not that of the names."""

    RED = "z"
    BLUE = "a"


class Waiting(State):
    """Another state."""


class Jumping(Counting):
    """A mistake."""


class Hello(Message):
    """Something to send."""


@dataclass(frozen=True)
class Point:
    """A value."""

    x: object
    y: object = None


class Ballot(Record):
    """A value, too."""

    number: object


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=3)
    | st.sampled_from([*Colour, *node_ids(3)]),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.frozensets(inner, max_size=3)
        | st.builds(Point, inner, inner)
        | st.builds(Ballot, inner)
        | st.lists(inner, max_size=3).map(Bag)
        | st.dictionaries(inner, inner, max_size=2).map(Map)
    ),
    max_leaves=6,
)


@given(st.lists(values, max_size=6))
def test_order_is_total_and_only_by_value(found: list[object]) -> None:
    found_last_first = list(reversed(found))
    assert sorted(found, key=order) == sorted(found_last_first, key=order)
    for value in found:
        assert flaw(value) is None


@given(values, values)
def test_equal_order_means_equal_values(a: object, b: object) -> None:
    if order(a) == order(b):
        assert a == b


def test_text() -> None:
    n1, n2 = node_ids(2)
    assert text(Point(frozenset({n2, n1}), (Colour.RED,))) == "Point(x={n1, n2}, y=(RED,))"
    assert text(()) == "()"


def test_enums_are_in_the_order_of_definition() -> None:
    assert sorted(Colour, key=order) == [Colour.RED, Colour.BLUE]


def test_flaws_name_the_part_at_fault() -> None:
    assert flaw(Point(1, [2])) == "Point.y is a list, which can change: use a tuple"
    assert flaw(Point(({1},))) == "an element of Point.x is a set, which can change: use a frozenset"
    assert (
        flaw(object()) == "object: object has no __eq__, so two equal values would count as different states"
    )


def test_maps_and_bags() -> None:
    n1, n2 = node_ids(2)
    terms = Map({n2: 0, n1: 0})
    assert text(terms.put(n2, 5)) == "{n1: 0, n2: 5}"
    assert terms == Map([(n1, 0), (n2, 0)]) != terms.put(n2, 5)
    assert terms | {n1: 1} == Map({n1: 1, n2: 0})
    assert len({terms, Map({n1: 0, n2: 0})}) == 1
    bag = Bag("ba").add("a")
    assert (text(bag), list(bag.elements()), len(bag)) == ("{'a': 2, 'b': 1}", ["a", "a", "b"], 2)
    assert bag.remove("a").remove("a") == Bag("b") != Map({"b": 1})
    assert (bag["c"], "c" in bag) == (0, False)
    with pytest.raises(KeyError):
        bag.remove("c")


def test_node_ids() -> None:
    assert list(map(str, node_ids(2))) == ["n1", "n2"]
    assert list(map(str, node_ids("tm", "r1 r2"))) == ["tm", "r1", "r2"]
    assert node_ids(2)[0] < node_ids(2)[1]
    for wrong in ((0,), ("a a",), ()):
        with pytest.raises(ValueError, match=r"node"):
            node_ids(*wrong)


def test_sends_are_in_the_order_of_targets() -> None:
    nodes = node_ids(3)
    assert [s.dst for s in send(frozenset(nodes), Hello())] == list(nodes)


def test_symmetric_splits() -> None:
    splits = symmetric_splits(node_ids(3))
    assert [split.name for split in splits] == ["n1 | n2 n3", "n1 n2 | n3", "n1 n3 | n2"]
    n1, n2, n3 = node_ids(3)
    assert splits[1].parts(n1, n3)
    assert not splits[1].parts(n1, n2)
    assert not splits[1].parts(n1, n1)


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        (Environment(loss=1), "covered already, for safety"),
        (Environment(dup="unlimited"), "covered already"),
        (Environment(timing="sync"), "no timeout would fire"),
        (Environment(timing="eventual(1)"), "no timeout would fire"),
        (Environment(network="set", disconnect=1), "use --network fifo"),
        (Environment(restart=1), "nothing would ever be down"),
        (Environment(timing="eventual(x)"), "k = 0, 1"),
        (Environment(loss=-1), "a budget is"),
    ],
)
def test_combinations_without_meaning(environment: Environment, reason: str) -> None:
    with pytest.raises(UsageError, match=reason.replace("(", r"\(")):
        environment.check()


def test_budgets_are_spent() -> None:
    state = initial_state(Environment(network="bag", loss=1, crash="unlimited"), node_ids(2))
    spent = state.spend("loss")
    assert spent is not None
    assert spent.spend("loss") is None
    assert state.spend("crash") == state
    assert state.spend("dup") is None
    assert [kind for kind in FAULT_KINDS if state.may(kind)] == ["loss", "crash"]
    assert EnvironmentState(early_timeouts=1).after_timeout().synchronous


def test_the_four_ways_to_answer() -> None:
    """The new state, a step, some steps, or a guard that says why not."""
    one = Step(Counter(1))
    ways: list[Callable[[], object]] = [lambda: Counter(1), lambda: one, lambda: iter([one])]
    for way in ways:
        assert outcomes(way, "it", lambda step: step).steps == (one,)
    assert outcomes(lambda: iter(()), "it", lambda step: step).steps == ()


def test_outcomes_are_a_set_in_order() -> None:
    def many() -> Iterator[object]:
        yield Step(Counter(2))
        yield Step(Counter(1))
        yield Step(Counter(2))

    found = outcomes(many, "many", lambda step: step)
    assert [step.state for step in found.in_order().steps] == [Counter(1), Counter(2)]


def test_a_guard_says_why() -> None:
    def blocked() -> Iterator[object]:
        guard(False, "never")
        yield Step(Counter())

    assert outcomes(blocked, "blocked", lambda step: step).blocked == "never"


def test_a_guard_after_a_yield_is_refused() -> None:
    def late() -> Iterator[object]:
        yield Step(Counter())
        guard(False, "too late")

    with pytest.raises(HandlerError, match="guard after a yield"):
        outcomes(late, "late", lambda step: step)


def test_node_ids_compare_by_place() -> None:
    assert NodeId(0, "a") == NodeId(0, "b")


def test_a_monitor_looks_at_the_nodes_of_its_class() -> None:
    """In two-phase commit the manager has no stage."""
    made = load("two_phase_commit")(managers=2)

    def start(nodes: tuple[NodeView[Counter], ...]) -> int:
        return len(nodes)

    def after(count: int, event: Event, before: NodeView[Counter], now: NodeView[Counter]) -> int:
        return count + (now.state.value > before.state.value)

    found = []

    def small(count: int) -> bool:
        found.append(count)
        return True

    watched = Monitor("counts", Counter, start=start, after=after)
    model = replace(made, properties=[always("small", history(watched, small))])
    assert check(model).verdict is Verdict.PROVED
    assert set(found) == {0}  # no node has a counter; checks are called twice at first


S = TypeVar("S", bound=State)
T = TypeVar("T")


class Noting(Node[S], Generic[T, S]):
    """A program of whatever states, which notes something."""


class Unsure(Noting[int, S]):
    """Says half of it."""


class Sure(Unsure[Counter]):
    """Says the rest."""


class Both(Node[Counter | Waiting]):
    """Has two classes of states."""


def test_which_states_a_program_works_on() -> None:
    """A generic class in between passes on what it is given; a mistake has its program's."""
    assert state_classes(Sure, Node) == (Counter,)
    assert state_classes(Unsure, Node) == state_classes(Noting, Node) == state_classes(Node, Node) == ()
    assert state_classes(Both, Node) == (Counter, Waiting)
    assert state_classes(Jumping, Node) == (Counter,)


def test_a_mistake_of_one_of_several_programs() -> None:
    assert with_mistake(Counting, Jumping) is Jumping
    assert with_mistake(Counting, Both) is Counting
    assert with_mistake(Both, None) is Both
