"""Random models whose messages grow old: a node has a number, which mostly only grows, and takes no notice of
messages with a lower one, which it declares stale.

A rule may break that: it answers to what is stale, changes the state for it, or lets the number fall, perhaps
by a crash. Each of these has to be noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from elcheck.checker.model.budget import UNLIMITED, AnyBudget
from elcheck.checker.model.environment import Environment, NetworkName
from elcheck.checker.model.handlers import action, receive, timeout
from elcheck.checker.model.ids import NodeId, node_ids
from elcheck.checker.model.model import Bound, Model
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.node import Node
from elcheck.checker.model.property import Property, always, always_possible, never, sometimes, step
from elcheck.checker.model.record import Message, State, durable
from elcheck.checker.model.scope import all_nodes, change, each, history, node_views, pair, whole
from elcheck.checker.model.state import Event, GlobalState, NodeView
from elcheck.checker.model.step import Outcome, Send, Step, guard
from tests.oracle.drawing import coin, drawn, several, some_of
from tests.oracle.random_models import Case

TARGETS = ("src", "next", "next", "all", "all", "me")
CHANGES = ("keep", "keep", "zero", "one", "toggle")


class Aging(State):
    """``n`` is how old messages have to be; ``fuel`` is how often it may grow."""

    n: int = durable(0, frail=True)
    lost: int = 0
    a: int = 0
    fuel: int = durable(2)


class Word(Message):
    n: int
    x: int


@dataclass(frozen=True)
class Reaction:
    """What a node does: to its number (it is so much more), to ``a``, and what it says to whom."""

    more: int
    a: str
    targets: tuple[str, ...]
    x: int


@dataclass(frozen=True)
class Manners:
    """What a node does by itself, and to messages that are of its number, newer, and stale."""

    acting: Reaction
    waking: Reaction
    equal: tuple[Reaction, Reaction]
    newer: Reaction
    stale: Reaction | None
    refuses: bool
    volatile: bool


class Speaking(Node[Aging]):
    """A node that grows older and speaks."""

    manners: Manners

    def react(self, s: Aging, reaction: Reaction, src: NodeId, n: int) -> Step[Aging]:
        a = {"keep": s.a, "zero": 0, "one": 1, "toggle": 1 - s.a}[reaction.a]
        after = replace(s, n=max(0, n + reaction.more), a=a)
        return Step(after, self.said(reaction, src, Word(after.n, reaction.x)))

    def said(self, reaction: Reaction, src: NodeId, word: Word) -> tuple[Send, ...]:
        following = self.nodes[(self.me.index + 1) % len(self.nodes)]
        to = {"none": [], "src": [src], "next": [following], "all": list(self.peers), "me": [self.me]}
        return tuple(Send(n, word) for n in sorted({n for t in reaction.targets for n in to[t]}))

    @action
    def act(self, s: Aging) -> Outcome[Aging]:
        guard(s.fuel > 0, "no fuel")
        return self.react(replace(s, fuel=s.fuel - 1), self.manners.acting, self.me, s.n)

    @timeout
    def wake(self, s: Aging) -> Outcome[Aging]:
        guard(s.fuel > 0, "no fuel")
        return self.react(replace(s, fuel=s.fuel - 1), self.manners.waking, self.me, s.n)

    @receive(stale=lambda s, msg: msg.n < s.n)
    def hear(self, s: Aging, src: NodeId, msg: Word) -> Outcome[Aging]:
        manners = self.manners
        if msg.n < s.n:
            guard(not manners.refuses, "it is too old")
            return s if manners.stale is None else self.react(s, manners.stale, src, s.n)
        if msg.n > s.n:
            return self.react(s, manners.newer, src, msg.n)
        guard(bool(s.a or msg.x) or not manners.refuses, "not now")
        return self.react(s, manners.equal[msg.x], src, s.n)

    def at_crash(self, before: Aging) -> Aging:
        return replace(before, n=0) if self.manners.volatile else before


def reaction(dice: Random, *, grows: bool, falls: bool) -> Reaction:
    """What a node does; ``grows`` and ``falls`` say what its number may do."""
    more = [0, *[1, 1] * grows, *[-1] * falls]
    targets = tuple(several(dice, lambda: dice.choice(TARGETS), most=2, least=int(grows)))
    return Reaction(dice.choice(more), dice.choice(CHANGES), targets, dice.randrange(2))


def manners(dice: Random) -> Manners:
    """What a node does; in some models what is stale has an effect, or does not stay stale."""
    odd = dice.choice(("", "", "", "", "acts", "falls", "volatile"))

    def calm() -> Reaction:
        return reaction(dice, grows=False, falls=odd == "falls")

    return Manners(
        reaction(dice, grows=True, falls=odd == "falls"),
        reaction(dice, grows=True, falls=False),
        (calm(), calm()),
        calm(),
        calm() if odd == "acts" else None,
        coin(dice),
        odd == "volatile",
    )


def properties(dice: Random, monitors: Sequence[Monitor[object]]) -> list[Property]:
    """Claims of nodes, seldom of messages."""
    k, n = dice.randrange(3), dice.randrange(4)
    claims = [
        always("true", each(State, lambda _: True)),
        never("old", each(Aging, lambda s: s.n == n and s.a == k)),
        always("near", pair(Aging, lambda s, t: s.n <= t.n + k)),
        sometimes("met", all_nodes(node_views(Aging), lambda v: all(w.state.n == n for w in v))),
        always_possible("back", all_nodes(Aging, lambda seen: sum(s.a for s in seen) == k)),
        step("change", change(Aging, lambda s, t: s.a <= t.a or s.n < t.n)),
        never("mail", whole(lambda state: len(state.network) > n)),
    ]
    wanted = {"true", *some_of(dice, ["old", "near", "met", "back", "change"], most=3, least=1)}
    if dice.randrange(8) == 0:
        wanted.add("mail")
    found = [claim for claim in claims if claim.name in wanted]
    return found + [always("watched", history(monitor, lambda m: m != k + 1)) for monitor in monitors]


def counted(m: object, event: Event, before: NodeView[Aging], now: NodeView[Aging]) -> object:
    """How often a message was received, up to three times."""
    return min(3, (m if isinstance(m, int) else 0) + (event.kind == "receive"))


def environment(dice: Random) -> Environment:
    """Mostly those in which dead messages are taken out."""
    networks: tuple[NetworkName, ...] = ("sent-set", "sent-set", "sent-set", "set", "set", "bag", "fifo")
    losses: tuple[AnyBudget, ...] = (0, 0, 0, 0, 1, UNLIMITED)
    network = dice.choice(networks)
    consumes = network != "sent-set"
    crash = dice.choice((0, 0, 1))
    return Environment(
        network=network,
        crash=crash,
        restart=dice.randrange(2) * crash,
        loss=dice.choice(losses) if consumes else 0,
        timing=dice.choice(("async", "async", "async", "async", "sync")) if consumes else "async",
        partition=dice.choice((0, 0, 0, 1)),
        pause=dice.choice((0, 0, 1)),
        disk=dice.choice((0, 1)) * crash,
    )


def aging_model(dice: Random) -> Case:
    """A model of two or three nodes that run one program, or two."""
    nodes = node_ids(dice.choice((2, 2, 3)))
    first, second = Speaking(manners(dice)), Speaking(manners(dice))
    one = coin(dice)
    watching = [Monitor("m", Aging, start=lambda nodes: 0, after=counted)]
    model = Model(
        first if one else {node: first if node.index else second for node in nodes},
        properties(dice, watching if dice.randrange(4) == 0 else []),
        nodes=nodes if one else (),
        environment=environment(dice),
        bounds=dice.choice(([], [], [Bound("n", Aging, lambda s: s.n < 3)])),
        deadlock=dice.randrange(5) == 0,
    )
    return Case(model, dice.choice((None, dice.randint(2, 7))))


aging_models = drawn(aging_model)


def alive(state: GlobalState) -> GlobalState:
    """A state without the messages that are declared stale."""
    numbers = [view.state.n for view in state.nodes if isinstance(view.state, Aging)]
    network = tuple(
        sent for sent in state.network if isinstance(sent.msg, Word) and sent.msg.n >= numbers[sent.dst.index]
    )
    return replace(state, network=network)
