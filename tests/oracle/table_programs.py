"""Programs whose behaviour is a table: what the random models of the tests are made of.

A handler looks its local state up in the rules under its name. Every handler is a class of its own, and
:func:`program_class` puts some of them together, for models that lack a handler, or several.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from elcheck.checker.model.clock import Clock
from elcheck.checker.model.collections import Map
from elcheck.checker.model.disks import earlier
from elcheck.checker.model.fairness import STRONG, WEAK
from elcheck.checker.model.handlers import action, fault, receive, tick, timeout
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.node import Node
from elcheck.checker.model.record import Crashed, Disconnected, Message, State, durable
from elcheck.checker.model.spec import Spec
from elcheck.checker.model.step import Choice, Effect, Step, Steps, guard, require
from elcheck.checker.model.step import Outcome as Answer


class Local(State):
    """What a node knows. ``fuel`` is how often it may still send, which keeps the models finite."""

    a: int = 0
    b: int = durable(0, frail=True)
    fuel: int = durable(0)


class Guest(Local):
    """Another class of local states."""


class Spare(Local):
    """A local state with a field that nobody uses."""

    unused: int = 0


class SpareGuest(Guest):
    """The same of the other class."""

    unused: int = 0


class Timed(Local):
    """A local state with clocks, of which one survives a crash; its disk remembers what was in ``b``."""

    heard: Clock | None = Clock(3)
    leased: Map[int, Clock] = durable(Map({0: Clock(2)}))
    had: frozenset[int] = earlier("b")


class TimedGuest(Guest):
    """The same of the other class."""

    heard: Clock | None = Clock(3)
    leased: Map[int, Clock] = durable(Map({0: Clock(2)}))
    had: frozenset[int] = earlier("b")


class Ping(Message):
    x: int


class Loud(Ping):
    """A message that is received as a Ping by who has no handler for it."""


class Pong(Message):
    x: int


@dataclass(frozen=True)
class Outcome:
    """The new values (None: as they were), what is sent, and what was chosen; ``free`` sends cost no fuel.
    ``turns``: the state becomes one of the other class. ``raises``: the handler raises instead.
    """

    a: int | None = None
    b: int | None = None
    effects: tuple[Effect, ...] = ()
    free: bool = False
    choice: Choice = ()
    turns: bool = False
    raises: bool = False
    heard: int | None = None
    """What a clock is set to, less than 0: it is stopped; None: it goes on."""
    leased: bool = False
    """Whether the other clock is set."""


class Broken(Exception):
    """What a handler raises."""


@dataclass(frozen=True)
class Rule:
    """What a handler does where these values hold (None: any)."""

    a: int | None = None
    b: int | None = None
    x: int | None = None
    outcomes: tuple[Outcome, ...] = ()

    def fits(self, s: Local, x: int) -> bool:
        return self.a in (None, s.a) and self.b in (None, s.b) and self.x in (None, x)


Rules = tuple[Rule, ...]


def applied(s: Local, outcomes: Iterable[Outcome]) -> Steps[Local]:
    """The steps that outcomes amount to in a state; those that lack fuel are left out."""
    for one in outcomes:
        if one.raises:
            raise Broken("as its rule says")
        cost = int(bool(one.effects) and not one.free)
        if cost <= s.fuel:
            a = s.a if one.a is None else one.a
            b = s.b if one.b is None else one.b
            state = replace(turned(s) if one.turns else s, a=a, b=b, fuel=s.fuel - cost)
            yield Step(clocked(state, one), one.effects, choice=dict(one.choice))


def clocked(s: Local, one: Outcome) -> Local:
    """The state with the clocks that an outcome sets, if it has any."""
    if not isinstance(s, Timed | TimedGuest):
        return s
    if one.heard is not None:
        s = replace(s, heard=Clock(3, one.heard) if one.heard >= 0 else None)
    return replace(s, leased=Map({0: Clock(2)})) if one.leased else s


OTHER: dict[type[Local], type[Local]] = {
    Local: Guest,
    Guest: Local,
    Spare: SpareGuest,
    SpareGuest: Spare,
    Timed: TimedGuest,
    TimedGuest: Timed,
}
"""Of each class of states the one that a state of it may turn into."""


def turned(s: Local) -> Local:
    """The same values in a state of the other class."""
    return OTHER[type(s)](s.a, s.b, s.fuel)


def answer(s: Local, outcomes: Iterable[Outcome]) -> Answer[Local]:
    """The same as a handler answers it, one step in as few words as will do."""
    match list(applied(s, outcomes)):
        case [Step(state, (), ())]:
            return state
        case [step]:
            return step
        case steps:
            return iter(steps)


class Table(Node[Local | Guest]):
    """A node without handlers. ``rules`` has those of each handler by its name."""

    fuel: int
    starts: tuple[Outcome, ...]
    rules: tuple[tuple[str, Rules], ...]
    values: tuple[int, ...] = (0, 1)

    def fresh(self) -> Local:
        return Local(fuel=self.fuel)

    def start(self) -> Answer[Local]:
        return answer(self.fresh(), self.starts)

    def fitting(self, handler: str, s: Local, x: int = 0) -> Rule | None:
        return next((rule for rule in dict(self.rules).get(handler, ()) if rule.fits(s, x)), None)

    def take(self, handler: str, s: Local, x: int = 0) -> Answer[Local]:
        rule = require(self.fitting(handler, s, x), "no rule fits")
        return answer(s, rule.outcomes)


class Starting(Table):
    """A node whose local state is a Guest."""

    def fresh(self) -> Local:
        return Guest(fuel=self.fuel)


class Sparing(Table):
    """A node whose local state has a field that nobody uses."""

    def fresh(self) -> Local:
        return (SpareGuest if isinstance(super().fresh(), Guest) else Spare)(fuel=self.fuel)


class Clocked(Table):
    """A node whose local state has clocks."""

    def fresh(self) -> Local:
        return (TimedGuest if isinstance(super().fresh(), Guest) else Timed)(fuel=self.fuel)


def heard(s: Local) -> Clock | None:
    """The first clock."""
    return s.heard if isinstance(s, Timed | TimedGuest) else None


def leased(s: Local, value: int) -> Clock | None:
    """One of the other clocks, of which the second is never set."""
    return s.leased.get(value) if isinstance(s, Timed | TimedGuest) else None


class Ringing(Table):
    @timeout(since=heard, after=(1, 2))
    def ring(self, s: Local) -> Answer[Local]:
        return self.take("ring", s)


class Beating(Table):
    @timeout(since=heard, after=(3, 3), fair=STRONG)
    def beat(self, s: Local) -> Answer[Local]:
        return self.take("beat", s)


class Lapsing(Table):
    def values_of_clocks(self) -> Iterable[int]:
        return self.values

    @timeout(over=values_of_clocks, since=leased, after=(1, None))
    def lapse(self, s: Local, value: int) -> Answer[Local]:
        return self.take("lapse", s, value)


class Idling(Table):
    """A node with an action that does nothing."""

    @action
    def idle(self, s: Local) -> Local:
        return s


class Acting(Table):
    @action
    def act(self, s: Local) -> Answer[Local]:
        return self.take("act", s)


class Choosing(Table):
    def options(self) -> Iterable[int]:
        return self.values

    @action(over=options, fair=WEAK)
    def choose(self, s: Local, value: int) -> Answer[Local]:
        return self.take("choose", s, value)


class Meeting(Table):
    @action(over=Node.peers)
    def meet(self, s: Local, peer: NodeId) -> Answer[Local]:
        return self.take("meet", s, peer.index)


class Timing(Table):
    @timeout
    def early(self, s: Local) -> Answer[Local]:
        return self.take("early", s)


class TimingLate(Table):
    @timeout(rank=1, fair=WEAK)
    def late(self, s: Local) -> Answer[Local]:
        return self.take("late", s)


class Decaying(Table):
    @fault(budget="rot")
    def decay(self, s: Local) -> Answer[Local]:
        return self.take("decay", s)


class Burning(Table):
    def flames(self) -> Iterable[int]:
        return self.values

    @fault(over=flames)
    def burn(self, s: Local, value: int) -> Answer[Local]:
        return self.take("burn", s, value)


class Ticking(Table):
    @tick(fair=WEAK)
    def clock(self, s: Local) -> Answer[Local]:
        return self.take("clock", s)


class HearingPing(Table):
    @receive
    def ping(self, s: Local, src: NodeId, msg: Ping) -> Answer[Local]:
        return self.take("ping", s, msg.x)


class HearingLoud(Table):
    @receive
    def loud(self, s: Local, src: NodeId, msg: Loud) -> Answer[Local]:
        return self.take("loud", s, src.index)


class HearingPong(Table):
    @receive(fair=STRONG)
    def pong(self, s: Local, src: NodeId, msg: Pong) -> Answer[Local]:
        return self.take("pong", s, msg.x)


class HearingCrash(Table):
    @receive
    def crashed(self, s: Local, src: NodeId, msg: Crashed) -> Answer[Local]:
        return self.take("crashed", s, msg.peer.index)


class HearingDisconnect(Table):
    @receive
    def disconnected(self, s: Local, src: NodeId, msg: Disconnected) -> Answer[Local]:
        return self.take("disconnected", s, msg.peer.index)


class Flushing(Table):
    """What a crash leaves is a matter of rules; without one that fits, the durable fields."""

    def at_crash(self, before: Local) -> Answer[Local]:
        rule = self.fitting("at_crash", before)
        return answer(before, rule.outcomes if rule else (Outcome(),))


class Recovering(Table):
    """So is what a restart makes of it."""

    def recover(self, durable: Local) -> Answer[Local]:
        rule = self.fitting("recover", durable)
        return answer(durable, rule.outcomes if rule else (Outcome(),))


HANDLERS: dict[str, type[Table]] = {
    "act": Acting,
    "choose": Choosing,
    "meet": Meeting,
    "early": Timing,
    "late": TimingLate,
    "decay": Decaying,
    "burn": Burning,
    "clock": Ticking,
    "ping": HearingPing,
    "loud": HearingLoud,
    "pong": HearingPong,
    "crashed": HearingCrash,
    "disconnected": HearingDisconnect,
    "at_crash": Flushing,
    "recover": Recovering,
}


CLOCKED: dict[str, type[Table]] = {"ring": Ringing, "beat": Beating, "lapse": Lapsing}
"""Handlers of nodes that have clocks."""


@cache
def program_class(handlers: tuple[str, ...], *, guest: bool) -> type[Table]:
    """The class of the programs that have these handlers."""
    every = HANDLERS | CLOCKED
    clocks = (Clocked,) if any(name in CLOCKED for name in handlers) else ()
    parts = (*[every[name] for name in handlers], *clocks, *((Starting,) if guest else ()))
    made: type[Table] = type("Table_" + "_".join(handlers), parts or (Table,), {})
    return made


class Cell(State):
    """The state of a table-driven Spec."""

    v: int = 0
    w: int = 0


Jumps = tuple[tuple[int, Cell], ...]


class Walk(Spec[Cell]):
    """A Spec that jumps about: for each action, from a ``v`` to any of the cells listed with it."""

    starts: tuple[Cell, ...]
    first: Jumps
    second: Jumps
    choices: tuple[int, ...] = (0, 1, 2)
    names: bool = False
    """Whether a drift says where to."""

    def start(self) -> Steps[Cell]:
        yield from (Step(cell) for cell in self.starts)

    @property
    def options(self) -> tuple[int, ...]:
        return self.choices

    @action
    def jump(self, s: Cell) -> Steps[Cell]:
        guard(s.w < 3, "jumping ends at w = 3")
        yield from (Step(cell) for v, cell in self.first if v == s.v)

    @action(fair=WEAK)
    def drift(self, s: Cell) -> Steps[Cell]:
        for v, cell in self.second:
            if v == s.v:
                yield Step(replace(cell, w=s.w), choice={"to": cell.w} if self.names else None)

    @action(over=options, fair=STRONG)
    def choose(self, s: Cell, choice: int) -> Cell:
        guard(s.v != choice, "already there")
        return replace(s, v=choice, w=min(s.w + 1, 3))
