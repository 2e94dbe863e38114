"""Limits hold wherever the time goes, and a report says what grows."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from decimal import Decimal

import click
import pytest

from elcheck import (
    WEAK,
    Environment,
    Formula,
    Message,
    Model,
    Node,
    NodeId,
    Spec,
    State,
    Step,
    Steps,
    action,
    always,
    each,
    eventually,
    guard,
    holds,
    ltl,
    never,
    node_ids,
    receive,
    replace,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.verdict import EXIT, Verdict
from elcheck.checker.commands.flags import DurationType, SizeType, said_limits
from elcheck.checker.model.values import DEEPEST, flaw
from elcheck.checker.process import watch as watch_module
from elcheck.checker.process.limits import INTERRUPTED, SHARE, Limits, StopKind
from elcheck.checker.process.running import watching
from elcheck.checker.process.watch import Ended, current, endable, look
from elcheck.checker.strategies.simulate import WalkPlan, simulate


@pytest.fixture(params=["plain", "fast"])
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "fast":
        pytest.importorskip("numba")
    return name


class Place(State):
    at: int = 0


class Walker(Node[Place]):
    """Goes on for ever, or up to an end."""

    end: int = 1 << 40

    @action(fair=WEAK)
    def go(self, s: Place) -> Place:
        guard(s.at < self.end, "the end")
        self.comes_to(s.at)
        return Place(s.at + 1)

    def comes_to(self, at: int) -> None:
        """What a model gets wrong."""


class Stuck(Walker):
    def comes_to(self, at: int) -> None:
        while at == 3:
            pass


class Endless(Walker):
    @action
    def fork(self, s: Place) -> Steps[Place]:
        guard(s.at == 3, "not here")
        while True:
            yield Step(Place(3))


def walking(program: Walker, nodes: int = 1) -> Model:
    return Model(
        program, nodes=node_ids(nodes), properties=[always("small", each(Place, lambda s: s.at >= 0))]
    )


def ended_by(report: CheckReport) -> StopKind | None:
    return None if report.stats.stopped is None else report.stats.stopped.kind


# -- time ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", [Walker(), Stuck(), Endless()])
def test_time_holds_in_handlers_that_do_not_return(program: Walker, engine: str) -> None:
    report = check(walking(program), Limits(timeout=0.3), engine=engine)
    assert ended_by(report) is StopKind.TIME
    assert report.exit_code == EXIT["undetermined"]
    assert "--timeout 0.3 ran out" in str(report.stats.stopped)
    if isinstance(program, Stuck):
        assert f"in a call at {__file__}:" in str(report.stats.stopped)


def test_time_holds_in_checks(engine: str) -> None:
    def endless(s: Place) -> bool:
        while s.at == 3:
            pass
        return True

    model = Model(Walker(9), nodes=node_ids(1), properties=[always("told", each(Place, endless))])
    report = check(model, Limits(timeout=0.3), engine=engine)
    assert ended_by(report) is StopKind.TIME
    assert report["told"].verdict is Verdict.UNDETERMINED


class Counters(State):
    a: int = 0
    b: int = 0
    c: int = 0


class Counting(Spec[Counters]):
    top: int

    @action
    def count(self, s: Counters) -> Steps[Counters]:
        for name, value in (("a", s.a), ("b", s.b), ("c", s.c)):
            if value < self.top:
                yield Step(replace(s, **{name: value + 1}))


def test_time_holds_in_the_automaton() -> None:
    """Each assumed "eventually" doubles the automaton; of ten it takes hours."""

    def at(place: int) -> Formula:
        return holds(Counters, lambda s: s.a == place)

    assumed = [eventually(at(place)) for place in range(10)]
    claim = ltl("all the way", eventually(holds(Counters, lambda s: s.a + s.b + s.c == 9)))
    report = check(
        Model(Counting(3), properties=[claim], assume=assumed), Limits(timeout=1.0), engine="plain"
    )
    assert report["all the way"].verdict is Verdict.UNDETERMINED
    assert report["all the way"].detail == "--timeout 1 ran out before this could be told"
    assert report.stats.stopped is None  # every state was examined


def test_time_holds_while_partitions_are_made() -> None:
    model = Model(
        Walker(1), nodes=node_ids(40), properties=[never("far", each(Place, lambda s: s.at > 1))],
        environment=Environment(network="set", partition=1),
    )  # fmt: skip
    with pytest.raises(Ended):
        check(model, Limits(timeout=0.3), engine="plain")


def test_no_partition_is_made_that_can_not_come(engine: str) -> None:
    """There are 2^39 ways in which forty nodes fall apart."""
    model = Model(Walker(1), nodes=node_ids(40), properties=[never("far", each(Place, lambda s: s.at > 1))])
    assert check(model, Limits(depth=1), engine=engine).stats.distinct == 41


def test_one_clock_for_all_of_a_run() -> None:
    with watching(Limits(timeout=50)) as outer, watching(Limits(timeout=100)) as inner:
        assert inner.deadline == outer.deadline
    with watching(Limits(timeout=50)) as outer, watching(Limits(timeout=1)) as inner:
        assert inner.deadline < outer.deadline


def test_a_run_that_is_over_ends_what_is_endable_and_nothing_else() -> None:
    with watching(Limits(timeout=0.05)):
        with pytest.raises(Ended) as ended, endable:
            sum(1 for _ in iter(int, 1))
        assert str(ended.value.notice()).startswith("--timeout 0.05 ran out")
        assert current().over


# -- memory ----------------------------------------------------------------------------------------------


def test_the_default_is_a_part_of_what_is_free(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    held = iter(range(1 << 20, 1 << 40, 1 << 20))
    monkeypatch.setattr(watch_module, "resident", lambda: next(held))
    monkeypatch.setattr(watch_module, "available", lambda: 10 << 20)
    monkeypatch.setattr(watch_module, "UNMEASURED", 0.0)
    report = check(walking(Walker(), 3), Limits(memory_share=0.5), engine=engine)
    assert ended_by(report) is StopKind.MEMORY
    said = r"the default of --max-memory, \d+ MiB \(50% of what was free\), was exceeded"
    assert re.fullmatch(said, str(report.stats.stopped))


def test_what_the_command_line_says_of_memory() -> None:
    size = SizeType()
    assert said_limits(None, None).memory_share == SHARE
    assert said_limits(None, size.convert("none", None, None)) == Limits()
    assert said_limits(None, size.convert("2M", None, None)) == Limits(max_memory=2 << 20)
    with pytest.raises(click.BadParameter, match="no time such as"):
        DurationType().convert("inf", None, None)


# -- what grows ------------------------------------------------------------------------------------------


class Ping(Message):
    pass


class Seen(State):
    turn: bool = False
    kept: tuple[int, ...] = ()


class Pinger(Node[Seen]):
    """Sends without end, and keeps what it was sent if it ``keeps``."""

    keeps: bool

    @action
    def ping(self, s: Seen) -> Step[Seen]:
        return Step(replace(s, turn=not s.turn), self.send(self.peers[0], Ping()))

    @receive
    def pinged(self, s: Seen, src: NodeId, msg: Ping) -> Seen:
        return replace(s, kept=(*s.kept, src.index)) if self.keeps else s


def growing(model: Model, engine: str) -> str:
    return "; ".join(check(model, Limits(max_states=3000), engine=engine).stats.growing)


def test_a_queue_that_grows_is_named(engine: str) -> None:
    properties = [always("in turn", each(Seen, lambda s: len(s.kept) < 10**6))]
    environment = Environment(network="fifo")
    model = Model(Pinger(False), nodes=node_ids(2), properties=properties, environment=environment)
    assert growing(model, engine).startswith("messages under way (up to ")
    assert "kept" not in growing(model, engine)
    model = Model(Pinger(True), nodes=node_ids(2), properties=properties, environment=environment)
    assert "the size of Seen.kept (up to " in growing(model, engine)


def test_a_field_that_grows_is_named_with_its_node(engine: str) -> None:
    assert growing(walking(Walker()), engine) == "Place.at (up to 2,998, at n1)"


def test_what_stays_within_its_range_does_not_grow(engine: str) -> None:
    class Round(Walker):
        @action
        def round(self, s: Place) -> Place:
            return Place((s.at + 1) % 5)

    model = Model(Round(4), nodes=node_ids(8), properties=[always("small", each(Place, lambda s: s.at < 9))])
    assert growing(model, engine) == ""
    assert not check(walking(Walker(5), 2), engine=engine).stats.growing  # it has come to its end


# -- values ----------------------------------------------------------------------------------------------


def nested(depth: int) -> object:
    value: object = 0
    for _ in range(depth):
        value = (value,)
    return value


def odd_values() -> Iterator[tuple[object, str]]:
    yield nested(DEEPEST + 2), "nested more than"
    yield nested(100_000), "nested more than"
    yield Decimal("NaN"), "says itself which of its values are equal"
    yield Decimal("sNaN"), "says itself which of its values are equal"
    yield complex("nan"), "says itself which of its values are equal"


@pytest.mark.parametrize(("value", "why"), list(odd_values()), ids=["deep", "deeper", "nan", "snan", "cnan"])
def test_values_that_can_not_be_compared_are_refused(value: object, why: str) -> None:
    assert why in str(flaw((value,), "Place.at"))
    assert flaw((nested(50), 2.5, 10**5000)) is None


def test_simulation_asks_the_same_watch() -> None:
    found = simulate(walking(Stuck()), WalkPlan(None, limits=Limits(timeout=0.3)))
    assert "--timeout 0.3 ran out" in str(found.report.stats.stopped)
    look()  # nothing is left of it


def test_what_is_said_after_a_signal_has_one_time_limit_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever end of the run takes it: a second one does not get it again. It is no ``--timeout``."""
    run = watch_module.Watch()
    run.interrupt(signal.SIGINT)
    first, second = watch_module.Ending(run), watch_module.Ending(run)
    assert first.deadline == second.deadline
    assert first.exceeded() is None
    monkeypatch.setattr(watch_module, "LAST_WORDS", 0.0)
    assert watch_module.Ending(run).exceeded() is INTERRUPTED


@pytest.mark.parametrize("name", ["depth", "max_states", "max_memory", "timeout"])
def test_no_limit_is_less_than_nothing(name: str) -> None:
    """It would be none."""
    with pytest.raises(ValueError, match="a limit is not less than 0"):
        Limits(**{name: -1})  # type: ignore[arg-type]  # one of several kinds
