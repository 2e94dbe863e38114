"""Random bounds, monitors and claims of the states and steps of a random model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from elcheck.checker.model.model import Bound
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.property import Property, always, always_possible, never, sometimes, step
from elcheck.checker.model.record import State
from elcheck.checker.model.scope import (
    Answer,
    Look,
    Scope,
    all_nodes,
    change,
    changes,
    each,
    history,
    node_views,
    pair,
    view,
    whole,
)
from elcheck.checker.model.state import Event, GlobalState, NodeView
from elcheck.checker.model.under_way import under_way
from tests.oracle.drawing import coin, several
from tests.oracle.table_programs import Guest, Local, Ping

MAKERS: dict[str, Callable[[str, Scope], Property]] = {
    "always": always,
    "never": never,
    "sometimes": sometimes,
    "possible": always_possible,
}
KINDS = (*MAKERS, "step")
RARE: dict[str, tuple[Answer, ...]] = {
    "always": (False, "wrong"),
    "step": (False, "wrong"),
    "never": (True, "wrong"),
    "sometimes": (True,),
    "possible": (True,),
}
"""What a check of a property of a kind says where it decides something."""
VIEWS: tuple[Callable[[Local], int], ...] = (
    lambda s: s.a,
    lambda s: s.b,
    lambda s: (s.a + s.b) % 2,
)
WATCHED = ("action", "timeout", "receive", "tick", "crash", "restart", "pause", "resume", "damage", "fault")


# ---- bounds and monitors


def bounds(dice: Random, network: str) -> tuple[Bound, ...]:
    """None, some, or all of: a bound on the local states, one for guests only, those of the network."""
    found = []
    if coin(dice):
        values = set(several(dice, lambda: (dice.randint(0, 2), dice.randint(0, 1)), 2))
        found.append(Bound("local", Local, _outside(values - {(0, 0)})))
    if coin(dice):
        found.append(Bound("guest", Guest, _outside({(dice.randint(1, 2), 0)})))
    if network == "bag" and coin(dice):
        found.append(Bound("copies", dice.randint(1, 2)))
    if network == "fifo" and coin(dice):
        found.append(Bound("link", dice.randint(1, 3)))
    return tuple(found)


def _outside(values: set[tuple[int, int]]) -> Callable[[Local], bool]:
    return lambda s: (s.a, s.b) not in values


def monitor(dice: Random) -> Monitor[int]:
    """A small counter of what happens."""
    kind, wide = dice.choice(WATCHED), coin(dice)

    def after(m: int, event: Event, before: NodeView[Local], now: NodeView[Local]) -> int:
        seen = 2 * (event.kind == kind) + (before.up != now.up) + (wide and before.state.a < now.state.a)
        return min(m + seen + len(event.choice), 3)

    def start(nodes: Sequence[NodeView[Local]]) -> int:
        return max((view.state.b for view in nodes), default=0)

    return Monitor("m", dice.choice((Local, Local, Guest)), start=start, after=after)


# ---- properties


def weigh(state: object) -> int:
    """A number for what a check sees of a node."""
    if isinstance(state, Local):
        return state.a + 3 * state.b + 6 * state.fuel
    return state if isinstance(state, int) else 0


def weigh_seen(seen: Sequence[object]) -> int:
    """A number for what a check sees of several nodes."""
    return sum((3 * i + 1) * _weigh_one(one) for i, one in enumerate(seen))


def _weigh_one(one: object) -> int:
    return weigh(one.state) + 5 * one.up if isinstance(one, NodeView) else weigh(one)


def weigh_all(state: GlobalState) -> int:
    """A number for a whole state."""
    environment = state.environment
    budgets = sum((i + 1) * (left.total or 0) for i, left in enumerate(environment.left))
    mail = sum((e.src.index + 2) * (e.dst.index + 1) for e in state.network)
    standing, early = environment.standing is not None, environment.early_timeouts or 0
    return (
        weigh_seen(state.nodes) + budgets + mail + 2 * standing + 3 * early + sum(map(weigh, state.history))
    )


@dataclass(frozen=True)
class Check:
    """An arbitrary check: ``true`` of every ``often``-th number, and otherwise what ``other`` says."""

    often: int
    first: int
    true: Answer
    other: Answer

    def __call__(self, number: int) -> Answer:
        return self.true if number % self.often == self.first else self.other


def check_of(dice: Random, kind: str) -> Check:
    """A check that makes a property of a kind interesting: decided seldom."""
    often = dice.randint(2, 13)
    return Check(often, dice.randrange(often), dice.choice(RARE[kind]), kind in ("always", "step"))


def look(dice: Random) -> type[object] | Look[object]:
    """What a check is given of a node: all of its state or a part, with its name or without."""
    of = dice.choice((Local, Guest))
    part = dice.choice((None, *VIEWS))
    if coin(dice):
        return of if part is None else view(of, part)
    return node_views(of) if part is None else node_views(of, part)


def state_scope(dice: Random, check: Check, monitors: Sequence[Monitor[int]]) -> Scope:
    """Any scope over states."""
    at = look(dice)
    match dice.choice(("each", "pair", "all", "whole", "messages", *(("history",) * 2 if monitors else ()))):
        case "each":
            return each(at, lambda a: check(weigh_seen([a])))
        case "pair":
            return pair(at, lambda a, b: check(weigh_seen([a, b])))
        case "all":
            return all_nodes(at, lambda seen: check(weigh_seen(seen)))
        case "history":
            return history(monitors[0], lambda m: check(weigh(m)))
        case "messages":
            to = look(dice)
            return under_way(Ping, at, to, lambda a, msg, b: check(weigh_seen([a, b]) + 31 * msg.x))
    return whole(lambda state: check(weigh_all(state)))


def step_scope(dice: Random, check: Check) -> Scope:
    """Any scope over steps."""
    at = look(dice)
    if coin(dice):
        return change(at, lambda a, b: check(weigh_seen([a, b])))
    return changes(at, lambda a, b: check(weigh_seen([*a, *b])))


def properties(dice: Random, monitors: Sequence[Monitor[int]]) -> list[Property]:
    """Some properties, and one that keeps the search going to its end."""
    found: list[Property] = [always("true", each(State, lambda _: True))]
    if monitors and coin(dice):
        found.append(always("watched", history(monitors[0], lambda _: True)))
    for i, kind in enumerate(several(dice, lambda: dice.choice(KINDS), 4)):
        check, name = check_of(dice, kind), f"{kind} {i}"
        if kind == "step":
            found.append(step(name, step_scope(dice, check)))
        else:
            found.append(MAKERS[kind](name, state_scope(dice, check, monitors)))
    return found
