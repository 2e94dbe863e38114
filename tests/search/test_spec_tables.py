"""What is learned of a Spec's handlers and checks by the parts that they look at, and what is not."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable, Iterable
from functools import cache, partial

import pytest

from elcheck import Map, Model, Spec, State, Step, Steps, action, always, check, guard, holds, replace
from elcheck.checker.system import shared

SIZE = 4
LAST = 4
ONCE = 1 + SIZE * (LAST + 1 + 1)
"""Calls of a start, and of each handler for each number; what the first one came to is not learned."""


class Counters(State):
    of: Map[int, int] = Map(dict.fromkeys(range(SIZE), 0))
    row: tuple[int, ...] = (0,) * SIZE
    sent: frozenset[tuple[int, int]] = frozenset()


class Counting(Spec[Counters]):
    def place(self) -> Iterable[int]:
        return range(SIZE)


class OfMap(Counting):
    @action(over=Counting.place)
    def count(self, s: Counters, place: int) -> Counters:
        guard(s.of[place] < LAST, "it is at the end")
        return replace(s, of=s.of.put(place, s.of[place] + 1))


class OfTuple(Counting):
    @action(over=Counting.place)
    def count(self, s: Counters, place: int) -> Counters:
        now = s.row[place]
        guard(now < LAST, "it is at the end")
        return replace(s, row=(*s.row[:place], now + 1, *s.row[place + 1 :]))


class OfSet(Counting):
    @action(over=Counting.place)
    def count(self, s: Counters, place: int) -> Counters:
        now = next(n for n in range(LAST + 1) if (place, n) not in s.sent)
        guard(now < LAST, "it is at the end")
        return replace(s, sent=s.sent | {(place, now)})


class Whole(Counting):
    @action(over=Counting.place)
    def count(self, s: Counters, place: int) -> Counters:
        assert hash(s) is not None
        guard(s.of[place] < LAST, "it is at the end")
        return Counters(s.of.put(place, s.of[place] + 1), s.row, s.sent)


def model_of(program: Counting, holding: Callable[[Counters], bool] = lambda s: True) -> Model:
    return Model(program, [always("claim", holds(Counters, holding))])


@pytest.mark.parametrize("program", [OfMap(), OfTuple(), OfSet()])
def test_a_handler_is_called_once_for_what_it_looks_at(program: Counting) -> None:
    stats = check(model_of(program)).stats
    assert stats.distinct == (LAST + 1) ** SIZE
    assert stats.handler_calls == ONCE


def test_a_handler_that_looks_at_everything_is_called_for_every_state() -> None:
    stats = check(model_of(Whole())).stats
    assert (stats.distinct, stats.handler_calls) == (625, 1 + 625 * SIZE)


def test_a_check_is_called_once_for_what_it_looks_at() -> None:
    assert check(model_of(OfMap(), lambda s: s.of[0] <= LAST)).stats.evaluations == LAST + 2


def test_a_check_that_fails_is_called_on_the_state_that_it_fails_on() -> None:
    [result] = check(model_of(OfMap(), lambda s: s.of[0] < 2)).results
    assert "fixed" not in result.detail
    assert result.detail.startswith("does not hold of Counters(of={0: 2, 1: 0")


def passed(s: Counters, place: int) -> int:
    return len([n for at, n in s.sent if at == place])


def passed_in_a_loop(s: Counters, place: int) -> int:
    found = 0
    for one in s.sent:
        if isinstance(one, tuple) and one[0] == place:
            found += 1
    return found


def passed_on(s: Counters, place: int) -> int:
    found = 0
    for one in s.sent:
        if one[0] != place:
            continue
        found += 1
    return found


PASSING = (passed, passed_in_a_loop, passed_on)


class Passing(Counting):
    """Handlers that pass over members of a set."""

    how: int

    @action(over=Counting.place)
    def count(self, s: Counters, place: int) -> Counters:
        now = PASSING[self.how](s, place)
        guard(now < LAST, "it is at the end")
        return replace(s, sent=s.sent | {(place, now)})


@pytest.mark.parametrize("how", range(len(PASSING)))
def test_a_loop_looks_at_the_members_that_it_does_not_pass_over(how: int) -> None:
    stats = check(model_of(Passing(how))).stats
    assert stats.distinct == (LAST + 1) ** SIZE
    assert stats.handler_calls == ONCE


class Oddly(Counting):
    """Handlers that look at what can't be noted; they come to the same all the same."""

    how: int

    @action(over=Counting.place)
    def count(self, s: Counters, place: int) -> Counters:
        now = ODD[self.how](s, place)
        guard(now < LAST, "it is at the end")
        return replace(s, of=s.of.put(place, now + 1), row=(*s.row[:place], now + 1, *s.row[place + 1 :]))


@cache
def total(values: tuple[int, ...]) -> int:
    return sum(values)


def caught(s: Counters, place: int) -> int:
    try:
        return (b"%d" % s.of)[0]  # type: ignore[str-format]  # it raises
    except TypeError:
        return s.of[place]


class Strange(dict[object, int]):
    def __missing__(self, key: object) -> int:
        return hash(key) % 2


ODD: tuple[Callable[[Counters, int], int], ...] = (
    lambda s, place: s.of[place] if type(s.row) is tuple else 0,
    lambda s, place: s.of[place] if s.row[1:][0] is not None else 0,
    lambda s, place: s.of[place] if isinstance(s.row, tuple) and isinstance(s.of, Map) else 0,
    lambda s, place: s.of[place] if "%s %s %s %s" % s.row != "" else 0,  # noqa: UP031  # no method is asked
    lambda s, place: s.of[place] + 0 * total(s.row),
    lambda s, place: s.of[place] + 0 * Strange()[s.row],
    lambda s, place: [*s.row][place],
    lambda s, place: {**s.of}[place],
    lambda s, place: dict(s.of)[place],
    lambda s, place: vars(s)["of"][place],
    lambda s, place: sorted(zip(s.row, s.of.values(), strict=True))[-1][0] * 0 + s.of[place],
    lambda s, place: max(s.row[place : place + 1]),
    lambda s, place: int(str(s.row[place:])[1]),
    caught,
)


@pytest.mark.parametrize("how", range(len(ODD)))
def test_what_can_not_be_noted_changes_nothing(how: int, monkeypatch: pytest.MonkeyPatch) -> None:
    learned = check(model_of(Oddly(how), lambda s: total(s.row) < 9)).results
    monkeypatch.setattr(shared, "LEARNING", False)
    assert learned == check(model_of(Oddly(how), lambda s: total(s.row) < 9)).results


class Queue(State):
    sent: frozenset[int] = frozenset()
    row: tuple[int | None, ...] = (1, 1, 1)
    found: int = 0


def left_over(s: Queue) -> bool:
    last = 0
    for last in s.sent:
        if last < 3:
            continue
    return last == 0


def with_another_condition(s: Queue) -> bool:
    least, count = 2, 0
    for one in s.sent:
        if one < least:
            continue
        count, least = count + 1, 0
    return count == 2 and 2 in s.sent and 1 in s.sent


class Held:
    kind = type
    same = staticmethod(operator.is_)


is_one = operator.is_
is_none = partial(operator.is_, None)
class_of = type
TOLD: list[Callable[[Queue], bool]] = [
    left_over,
    with_another_condition,
    lambda s: operator.is_(s.row[1:2][0], None),
    lambda s: any(map(is_one, s.row[1:2], [None])),
    lambda s, is_one=operator.is_: is_one(s.row[1:2][0], None),  # type: ignore[misc]  # the call gives one
    lambda s: is_none(s.row[1:2][0]),
    lambda s: Held.same(s.row[1:2][0], None),
    lambda s: Held.kind(s.row[1:2][0]).__name__ == "NoneType",
    lambda s: class_of(s.row[1:2][0]).__name__ == "NoneType",
    lambda s: builtins.type(s.row[1:2][0]).__name__ == "NoneType",
]


class Queuing(Spec[Queue]):
    how: int

    def number(self) -> Iterable[int]:
        return range(1, 4)

    @action(over=number)
    def send(self, s: Queue, number: int) -> Queue:
        guard(not s.sent or max(s.sent) < number, "in this order")
        return replace(s, sent=s.sent | {number})

    @action
    def lose(self, s: Queue) -> Queue:
        return replace(s, row=(1, None, 1))

    @action
    def find(self, s: Queue) -> Queue:
        return replace(s, found=1) if TOLD[self.how](s) else s


@pytest.mark.parametrize("how", range(len(TOLD)))
def test_what_tells_values_apart_without_a_method_is_not_learned(
    how: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model(Queuing(how), properties=[always("sane", holds(Queue, lambda s: s.found < 2))])
    learned = check(model)
    monkeypatch.setattr(shared, "LEARNING", False)
    plain = check(model)
    assert (learned.results, learned.stats.distinct) == (plain.results, plain.stats.distinct)


class Choosing(Counting):
    @action
    def count(self, s: Counters) -> Steps[Counters]:
        for place in range(SIZE):
            if s.of[place] < LAST:
                yield Step(replace(s, of=s.of.put(place, s.of[place] + 1)), choice={"place": place})


def test_several_outcomes_are_found_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    learned = check(model_of(Choosing(), lambda s: sum(s.of.values()) < 7))
    monkeypatch.setattr(shared, "LEARNING", False)
    called = check(model_of(Choosing(), lambda s: sum(s.of.values()) < 7))
    assert learned.results == called.results
    assert learned.stats.transitions == called.stats.transitions
