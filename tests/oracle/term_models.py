"""Random models with terms that go on for ever, of which a bound on their spread keeps a few at a time.

Most only compare, copy and increment terms. Some do more: they compare a term with a constant, put one in,
add terms up, or have a check, a bound or a monitor that reads what a term is. Each has to be noticed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from elcheck.checker.model.environment import Environment, NetworkName
from elcheck.checker.model.fairness import Fair, strong, weak
from elcheck.checker.model.formula import Formula
from elcheck.checker.model.handlers import action, receive, timeout
from elcheck.checker.model.ids import NodeId, node_ids
from elcheck.checker.model.model import Bound, Model
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.node import Node
from elcheck.checker.model.property import (
    Property,
    always,
    always_possible,
    never,
    some,
    sometimes,
    step,
    taken,
)
from elcheck.checker.model.record import Message, State, durable
from elcheck.checker.model.scope import all_nodes, change, each, history, node_views, pair, view
from elcheck.checker.model.state import Envelope, Event, GlobalState, NodeView
from elcheck.checker.model.step import Outcome, Send, Step, guard
from elcheck.checker.model.terms import Term
from tests.oracle.draft import terms_in
from tests.oracle.drawing import coin, drawn, several, some_of
from tests.oracle.random_liveness import claim
from tests.oracle.random_models import Case

ODD = ("constant", "puts in", "adds up", "far constant", "check", "far check", "bound", "monitor", "view")
"""What reads a term where only its order may count."""
FAR = Term(500)


def read(term: Term) -> int:
    """What a term is, which no model has any business with."""
    return int(repr(term))


class Ranked(State):
    """``term`` grows; ``seen`` is the last that it was told of."""

    term: Term = durable(Term())
    seen: Term | None = None
    a: int = 0


class Call(Message):
    term: Term
    x: int


@dataclass(frozen=True)
class Manner:
    """What a node does: to its term, to ``a`` and what it saw, and whom it tells."""

    rises: bool
    a: int | None
    sees: bool
    to: str
    x: int


class Ranking(Node[Ranked]):
    """A node that goes on to later terms and tells others."""

    waking: Manner
    acting: Manner
    newer: Manner
    equal: Manner
    older: Manner | None
    odd: str

    def react(self, s: Ranked, manner: Manner, src: NodeId, told: Term) -> Step[Ranked]:
        term = s.term.next() if manner.rises else s.term
        if self.odd == "puts in" and manner.rises and s.a:
            term = Term(2)
        if self.odd == "adds up" and manner.rises:
            term = Term(read(s.term) + max(1, read(told)))
        seen = told if manner.sees else s.seen
        after = Ranked(term, seen, s.a if manner.a is None else manner.a)
        following = self.nodes[(self.me.index + 1) % len(self.nodes)]
        to = {"none": (), "src": (src,), "next": (following,), "all": self.peers}[manner.to]
        return Step(after, tuple(Send(node, Call(term, manner.x)) for node in to))

    @timeout
    def wake(self, s: Ranked) -> Outcome[Ranked]:
        if self.odd == "constant":
            guard(s.term < Term(2), "the last term")
        if self.odd == "far constant":
            guard(s.term < FAR, "the last term")
        return self.react(s, self.waking, self.me, s.term)

    @action
    def act(self, s: Ranked) -> Outcome[Ranked]:
        guard(s.a == 0, "not now")
        return self.react(s, self.acting, self.me, s.term)

    @receive
    def hear(self, s: Ranked, src: NodeId, msg: Call) -> Outcome[Ranked]:
        if msg.term > s.term:
            return self.react(replace(s, term=msg.term), self.newer, src, msg.term)
        if msg.term == s.term:
            return self.react(s, self.equal, src, msg.term)
        return s if self.older is None else self.react(s, self.older, src, msg.term)


def manner(dice: Random, rises: bool) -> Manner:
    return Manner(
        rises,
        dice.choice((None, None, 0, 1)),
        dice.choice((False, False, True)),
        dice.choice(("none", "src", "next", "next", "all")),
        dice.randrange(2),
    )


def ranking(dice: Random, odd: str = "") -> Ranking:
    """A program; without an oddity none takes notice of messages of earlier terms but seldom."""
    return Ranking(
        manner(dice, rises=True),
        manner(dice, rises=coin(dice)),
        manner(dice, rises=False),
        manner(dice, rises=False),
        manner(dice, rises=False) if dice.randrange(4) == 2 else None,
        odd,
    )


def watched(m: object, event: Event, before: NodeView[Ranked], now: NodeView[Ranked]) -> object:
    """Who was first to see a term."""
    return now.node if before.state.term < now.state.term else m


def counting(m: object, event: Event, before: NodeView[Ranked], now: NodeView[Ranked]) -> object:
    """Whether some term was an odd one."""
    return bool(m) or read(now.state.term) % 2 == 1


def properties(dice: Random, odd: str) -> list[Property]:
    k = dice.randrange(3)
    last = FAR if odd == "far check" else Term(2)
    claims = [
        never("told", pair(Ranked, lambda s, t: s.seen == t.term and s.a != t.a)),
        sometimes("apart", all_nodes(Ranked, lambda seen: max(s.term for s in seen) > seen[0].term)),
        never("pair", pair(Ranked, lambda s, t: s.term < t.term and s.a + t.a == k)),
        always_possible("even", all_nodes(Ranked, lambda seen: len({s.term for s in seen}) == 1)),
        step("grows", change(Ranked, lambda s, t: s.term <= t.term or s.a == t.a)),
        sometimes("viewed", all_nodes(view(Ranked, lambda s: s.term), lambda seen: seen[0] < seen[-1])),
    ]
    found = [always("true", each(State, lambda _: True)), *some_of(dice, claims, most=3, least=1)]
    if odd in ("check", "far check"):
        found.append(never("constant", each(Ranked, lambda s: s.term >= last)))
    if odd == "view":
        found.append(never("read", each(node_views(Ranked, lambda s: read(s.term)), lambda v: v.state == 3)))
    after = counting if odd == "monitor" else watched
    if odd == "monitor" or dice.randrange(3) == 0:
        monitor = Monitor("m", Ranked, start=lambda nodes: None, after=after)
        found.append(always("history", history(monitor, lambda _: True)))
    return found


def term_model(dice: Random) -> Case:
    """A model of two or three nodes that run one program."""
    nodes = node_ids(dice.choice((2, 2, 3)))
    odd = dice.choice(ODD) if dice.randrange(4) == 2 else ""
    networks: tuple[NetworkName, ...] = ("sent-set", "sent-set", "set", "bag", "fifo")
    crash = dice.choice((0, 0, 1))
    bounds = [Bound("spread", dice.choice((1, 1, 2)))]
    if odd == "bound":
        bounds.append(Bound("late", Ranked, lambda s: s.term <= Term(2)))
    model = Model(
        ranking(dice, odd),
        properties(dice, odd),
        nodes=nodes,
        environment=Environment(
            network=dice.choice(networks),
            crash=crash,
            restart=dice.choice((0, crash)),
            pause=dice.choice((0, 0, 0, 1)) if crash == 0 else 0,
        ),
        bounds=bounds,
    )
    return Case(model, dice.randint(3, 6))


term_models = drawn(term_model)


def lively_terms(dice: Random) -> Model:
    """A model of which something has to happen however late its terms are. Old messages linger on a sent-set
    and do nothing, and conditions of fairness are of nodes and handlers, not of messages with their terms.
    """
    nodes, crash = node_ids(dice.choice((2, 2, 2, 3))), dice.choice((0, 0, 1))

    def atom() -> Formula:
        k = dice.randrange(3)
        ahead = all_nodes(Ranked, lambda seen: max(s.term for s in seen) > seen[0].term)
        return dice.choice(
            (
                some(each(Ranked, lambda s: s.a == k)),
                ahead,
                some(pair(Ranked, lambda s, t: s.term == t.term and s.a != t.a)),
                each(Ranked, lambda s: s.seen == s.term),
                taken(dice.choice(("wake", "act", "hear"))),
                taken("wake", dice.choice(nodes)),
            )
        )

    def rule() -> Fair:
        make = dice.choice((weak, weak, strong))
        names = some_of(dice, ("wake", "act", "hear", "timeout", "*"), most=2, least=1)
        return make(*names, per=dice.choice(("node", "action", "group")))

    return Model(
        replace(ranking(dice), older=None),
        [claim(dice, number, atom) for number in range(dice.randint(1, 2))],
        nodes=nodes,
        environment=Environment(network="sent-set", crash=crash, restart=dice.choice((0, crash))),
        bounds=[Bound("spread", dice.choice((1, 1, 2)))],
        fairness=several(dice, rule, most=2),
    )


lively_term_models = drawn(lively_terms)


def canonical(state: GlobalState, without_dead: bool = True) -> GlobalState:
    """A state with its terms counted from the least, perhaps without messages of earlier terms than their
    receivers'.
    """
    terms = [view.state.term for view in state.nodes if isinstance(view.state, Ranked)]
    sent = [
        e
        for e in state.network
        if isinstance(e.msg, Call) and not (without_dead and e.msg.term < terms[e.dst.index])
    ]
    found = [t for view in state.nodes for t in terms_in(view.state)] + [
        t for e in sent for t in terms_in(e.msg)
    ]
    base = min(map(read, found))

    def lower(term: Term) -> Term:
        return Term(read(term) - base)

    def lowered(s: Ranked) -> Ranked:
        return Ranked(lower(s.term), None if s.seen is None else lower(s.seen), s.a)

    nodes = tuple(
        replace(view, state=lowered(view.state)) for view in state.nodes if isinstance(view.state, Ranked)
    )
    calls = [(e.src, e.dst, e.msg) for e in sent if isinstance(e.msg, Call)]
    network = tuple(Envelope(src, dst, Call(lower(msg.term), msg.x)) for src, dst, msg in calls)
    return replace(state, nodes=nodes, network=network)
