"""The specifications of operations, against all orders of random histories."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elcheck import Event, Monitor, NodeView, Property, State, node_ids
from elcheck.specs.operations import (
    Lock,
    Operation,
    Queue,
    Register,
    SequentialObject,
    linearizable,
    monotonic_reads,
    no_value_without_a_write,
    sequentially_consistent,
)
from tests.support.examples import examples

CLIENTS = node_ids("a b c")
Action = tuple[str, int, Operation, Hashable]
"""invoke, return or crash; of which client; for a return with its result."""


class Caller(State):
    """A client."""

    under_way: Operation | None = None
    returned: Hashable = None


def answer(claim: Property, history: Sequence[Action]) -> bool | str:
    """What a claim says of a history."""
    monitor = claim.scope.monitor
    assert isinstance(monitor, Monitor)
    views = {n: NodeView(n, True, Caller()) for n in CLIENTS}
    state: object = monitor.start(tuple(views.values()))
    for how, who, operation, result in history:
        client = CLIENTS[who]
        before = views[client]
        if not before.up:
            before = NodeView(client, True, Caller())
        caller = {"invoke": Caller(operation), "return": Caller(None, result), "crash": Caller()}[how]
        views[client] = NodeView(client, how != "crash", caller)
        state = monitor.after(state, Event("action", how, client), before, views[client])
    said: object = claim.scope.check(state)
    assert isinstance(said, bool | str)
    return said


# -- histories ---------------------------------------------------------------------------------------------

OBJECTS: dict[str, tuple[SequentialObject, list[Operation], list[Hashable]]] = {
    "register": (Register(), [Operation("read"), Operation("write", 1), Operation("write", 2)], [None, 1, 2]),
    "queue": (Queue(), [Operation("put", 1), Operation("put", 2), Operation("take")], [None, 1, 2]),
    "lock": (Lock(tokens=True), [Operation("acquire"), Operation("release")], [True, False, 1, 2]),
}


@st.composite
def histories(draw: st.DrawFn, kind: str) -> list[Action]:
    """Up to five operations of three clients, some of which never return."""
    what, operations, results = OBJECTS[kind]
    state = what.start()
    open_: dict[int, Operation] = {}
    found: list[Action] = []
    invoked = 0
    for _ in range(10):
        who = draw(st.integers(0, 2))
        if who not in open_:
            if invoked < 5:
                invoked += 1
                open_[who] = draw(st.sampled_from(operations))
                found.append(("invoke", who, open_[who], None))
        elif draw(st.integers(0, 5)) == 0:
            found.append(("crash", who, open_.pop(who), None))
        else:
            effects = list(what.apply(state, open_[who], CLIENTS[who]))
            result: Hashable = draw(st.sampled_from(results))
            if effects and not draw(st.sampled_from([True, False, False])):
                state, result = effects[0]
            found.append(("return", who, open_.pop(who), result))
    return found


class Interval:
    """An operation with the places of its invocation and its return (None: it does not), in a history."""

    def __init__(self, who: int, operation: Operation, begins: int) -> None:
        self.who, self.operation, self.begins = who, operation, begins
        self.ends: int | None = None
        self.result: Hashable = None


def intervals(history: Sequence[Action]) -> list[Interval]:
    """The operations of a history."""
    open_: dict[int, Interval] = {}
    found = []
    for at, (how, who, operation, result) in enumerate(history):
        if how == "invoke":
            open_[who] = Interval(who, operation, at)
            found.append(open_[who])
        elif how == "return":
            open_[who].ends, open_[who].result = at, result
    return found


def orders(history: Sequence[Action]) -> Iterator[tuple[Interval, ...]]:
    """Every order of all operations that returned, and of any of the others."""
    all_ = intervals(history)
    over = [i for i in all_ if i.ends is not None]
    pending = [i for i in all_ if i.ends is None]
    for size in range(len(pending) + 1):
        for some in combinations(pending, size):
            yield from permutations([*over, *some])


def is_legal(what: SequentialObject, order: Sequence[Interval]) -> bool:
    """Whether an object that works alone could answer so."""
    states = {what.start()}
    for interval in order:
        states = {
            then
            for state in states
            for then, result in what.apply(state, interval.operation, CLIENTS[interval.who])
            if interval.ends is None or result == interval.result
        }
    return bool(states)


def keeps_time(order: Sequence[Interval]) -> bool:
    return all(later.ends is None or later.ends > earlier.begins for earlier, later in combinations(order, 2))


def keeps_turns(order: Sequence[Interval]) -> bool:
    return all(a.begins < b.begins for a, b in combinations(order, 2) if a.who == b.who)


@pytest.mark.parametrize("kind", OBJECTS)
@examples(300)
@given(st.data())
def test_agrees_with_all_orders(kind: str, data: st.DataObject) -> None:
    what = OBJECTS[kind][0]
    history = data.draw(histories(kind))
    legal = [order for order in orders(history) if is_legal(what, order)]
    linear = answer(linearizable(Caller, what), history)
    assert (linear is True) is any(map(keeps_time, legal)), linear
    sequential = answer(sequentially_consistent(Caller, what), history)
    assert (sequential is True) is any(map(keeps_turns, legal)), sequential


# -- by hand -----------------------------------------------------------------------------------------------

READ, ONE, TWO = Operation("read"), Operation("write", 1), Operation("write", 2)


def run(*history: tuple[str, int, Operation, Hashable]) -> list[Action]:
    return list(history)


STALE = run(
    ("invoke", 0, ONE, None), ("return", 0, ONE, None), ("invoke", 1, READ, None), ("return", 1, READ, None)
)
"""A read after a write that returned, of what was there before."""
LATE = run(
    ("invoke", 0, ONE, None), ("invoke", 1, READ, None), ("return", 1, READ, None),
    ("invoke", 1, READ, None), ("return", 1, READ, 1),
)  # fmt: skip
"""A write that takes effect between two reads, and was invoked before both."""
BACK = run(
    ("invoke", 0, TWO, None), ("invoke", 1, READ, None), ("return", 1, READ, 2),
    ("invoke", 1, READ, None), ("return", 1, READ, 1),
)  # fmt: skip


def test_a_stale_read_is_told_with_what_it_could_return() -> None:
    said = answer(linearizable(Caller, Register()), STALE)
    assert said == "b: read() returns None, and could return 1"
    assert answer(sequentially_consistent(Caller, Register()), STALE) is True


def test_a_value_without_a_write_in_between() -> None:
    assert answer(linearizable(Caller, Register()), LATE) is True
    said = answer(no_value_without_a_write(Caller), LATE)
    assert said == "b reads 1 after None, and nobody has asked to write it since"
    assert answer(no_value_without_a_write(Caller), STALE) is True
    between = [*LATE[1:3], LATE[0], *LATE[3:]]
    assert answer(no_value_without_a_write(Caller), between) is True


def test_reads_that_get_older() -> None:
    def is_older(a: int | None, b: int | None) -> bool:
        return (a or 0) < (b or 0)

    assert answer(monotonic_reads(Caller, is_older), BACK) == "b reads 1, and has read 2"
    assert answer(monotonic_reads(Caller, is_older), LATE) is True


def test_no_order_explains_what_all_clients_got() -> None:
    takes = run(
        ("invoke", 0, Operation("put", 1), None), ("return", 0, Operation("put", 1), None),
        ("invoke", 1, Operation("take"), None), ("return", 1, Operation("take"), 2),
    )  # fmt: skip
    said = answer(sequentially_consistent(Caller, Queue()), takes)
    assert said == "no order explains a: put(1) = None; b: take() = 2"


def test_an_operation_that_the_object_does_not_have() -> None:
    with pytest.raises(ValueError, match="a Queue has no operation 'read'"):
        answer(linearizable(Caller, Queue()), STALE[2:])


def test_what_a_lock_tells() -> None:
    first, second = Operation("acquire"), Operation("release")
    both = run(("invoke", 0, first, None), ("return", 0, first, 1), ("invoke", 1, first, None))
    said = answer(linearizable(Caller, Lock(tokens=True)), [*both, ("return", 1, first, 2)])
    assert said == "b: acquire() returns 2, and could return nothing: it has to wait"
    freed = [*both, ("invoke", 0, second, None), ("return", 1, first, 2)]
    assert answer(linearizable(Caller, Lock(tokens=True)), freed) is True
