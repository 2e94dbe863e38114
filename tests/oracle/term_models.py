"""Random models with terms that go on for ever, of which a bound on their spread keeps a few at a time.

Most only compare, copy and increment terms. Some do more: they compare a term with a constant, put one in,
add terms up, or have a check, a bound or a monitor that reads what a term is. Each has to be noticed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from elcheck.checker.model.environment import Environment, NetworkName
from elcheck.checker.model.handlers import action, receive, timeout
from elcheck.checker.model.ids import NodeId, node_ids
from elcheck.checker.model.model import Bound, Model
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.node import Node
from elcheck.checker.model.property import (
    Property,
    all_nodes,
    always,
    always_possible,
    change,
    each,
    history,
    never,
    node_views,
    pair,
    sometimes,
    step,
    view,
)
from elcheck.checker.model.record import Message, State, durable
from elcheck.checker.model.state import Event, NodeView
from elcheck.checker.model.step import Outcome, Send, Step, guard
from elcheck.checker.model.terms import Term
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


@st.composite
def manners(draw: st.DrawFn, rises: bool) -> Manner:
    return Manner(
        rises,
        draw(st.sampled_from((None, None, 0, 1))),
        draw(st.sampled_from((False, False, True))),
        draw(st.sampled_from(("none", "src", "next", "next", "all"))),
        draw(st.integers(0, 1)),
    )


def watched(m: object, event: Event, before: NodeView[Ranked], now: NodeView[Ranked]) -> object:
    """Who was first to see a term."""
    return now.node if before.state.term < now.state.term else m


def counting(m: object, event: Event, before: NodeView[Ranked], now: NodeView[Ranked]) -> object:
    """Whether some term was an odd one."""
    return bool(m) or read(now.state.term) % 2 == 1


@st.composite
def properties(draw: st.DrawFn, odd: str) -> list[Property]:
    k = draw(st.integers(0, 2))
    last = FAR if odd == "far check" else Term(2)
    strange = odd in ("check", "far check")
    claims = [
        always("true", each(State, lambda _: True)),
        never("told", pair(Ranked, lambda s, t: s.seen == t.term and s.a != t.a)),
        sometimes("apart", all_nodes(Ranked, lambda seen: max(s.term for s in seen) > seen[0].term)),
        never("pair", pair(Ranked, lambda s, t: s.term < t.term and s.a + t.a == k)),
        always_possible("even", all_nodes(Ranked, lambda seen: len({s.term for s in seen}) == 1)),
        step("grows", change(Ranked, lambda s, t: s.term <= t.term or s.a == t.a)),
        sometimes("viewed", all_nodes(view(Ranked, lambda s: s.term), lambda seen: seen[0] < seen[-1])),
    ]
    names = st.sampled_from([claim.name for claim in claims[1:]])
    wanted = set(draw(st.lists(names, min_size=1, max_size=3)))
    found = [claim for claim in claims if claim.name in wanted | {"true"}]
    if strange:
        found.append(never("constant", each(Ranked, lambda s: s.term >= last)))
    if odd == "view":
        found.append(never("read", each(node_views(Ranked, lambda s: read(s.term)), lambda v: v.state == 3)))
    after = counting if odd == "monitor" else watched
    if odd == "monitor" or draw(st.sampled_from((False, False, True))):
        found.append(
            always(
                "history",
                history(Monitor("m", Ranked, start=lambda nodes: None, after=after), lambda _: True),
            )
        )
    return found


@st.composite
def term_models(draw: st.DrawFn) -> Case:
    """A model of two or three nodes that run one program."""
    nodes = node_ids(draw(st.sampled_from((2, 2, 3))))
    odd = draw(st.sampled_from(("",) * 9 + ODD))
    networks: tuple[NetworkName, ...] = ("sent-set", "sent-set", "set", "bag", "fifo")
    crash = draw(st.sampled_from((0, 0, 1)))
    rising, calm = manners(True), manners(False)
    program = Ranking(
        draw(rising),
        draw(st.one_of(calm, rising)),
        draw(calm),
        draw(calm),
        draw(st.one_of(st.none(), st.none(), st.none(), calm)),
        odd,
    )
    bounds = [Bound("spread", draw(st.sampled_from((1, 1, 2))))]
    if odd == "bound":
        bounds.append(Bound("late", Ranked, lambda s: s.term <= Term(2)))
    model = Model(
        program,
        draw(properties(odd)),
        nodes=nodes,
        environment=Environment(
            network=draw(st.sampled_from(networks)),
            crash=crash,
            restart=draw(st.sampled_from((0, crash))),
            pause=draw(st.sampled_from((0, 0, 0, 1))) if crash == 0 else 0,
        ),
        bounds=bounds,
    )
    return Case(model, draw(st.integers(3, 6)))
