"""Random models whose nodes are mostly alike: they act by how other nodes relate to them, seldom by names.

A rule may name a node (``named``), choose the least of several (``least``) or compare ids (``above``); so may
a check, a monitor, a start or a partition. Each of these tells nodes apart, and has to be noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from hypothesis import strategies as st

from elcheck.checker.model.collections import Map
from elcheck.checker.model.handlers import action, receive, timeout
from elcheck.checker.model.ids import NodeId, node_ids
from elcheck.checker.model.model import Bound, Model
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.node import Node
from elcheck.checker.model.partition import Partition
from elcheck.checker.model.property import Property, always, never, sometimes, step
from elcheck.checker.model.record import Message, State, durable
from elcheck.checker.model.scope import all_nodes, change, each, history, node_views, pair, whole
from elcheck.checker.model.state import Event, GlobalState, NodeView
from elcheck.checker.model.step import Send, Step, Steps, guard
from tests.oracle.drawing import coin, drawn, several, some_of
from tests.oracle.random_models import Case
from tests.oracle.random_programs import environment, totals

OTHERS = ("any", "any", "any", "seen", "met", "unmet", "above")
NAMES = ("keep", "keep", "none", "me", "other", "about")
MEETINGS = ("keep", "add", "me", "clear", "drop")
TARGETS = ("other", "other", "all", "all", "me", "seen", "met", "least")


class Kin(State):
    """What a node knows of the others. ``fuel`` is how often it may still act."""

    a: int = 0
    seen: NodeId | None = None
    met: frozenset[NodeId] = durable(frozenset[NodeId](), frail=True)
    told: Map[NodeId, int] = Map()
    fuel: int = durable(2)


class Tell(Message):
    x: int
    about: NodeId | None = None


@dataclass(frozen=True)
class Rule:
    """What happens where a node knows ``a`` (None: any) and the other one is as ``other`` says."""

    a: int | None
    other: str
    named: int | None
    to_a: int
    name: str
    meet: str
    targets: tuple[str, ...]
    about: str

    def fits(self, s: Kin, me: NodeId, other: NodeId) -> bool:
        relations = {
            "any": True,
            "seen": s.seen == other,
            "met": other in s.met,
            "unmet": other not in s.met,
            "above": other > me,
        }
        return self.a in (None, s.a) and self.named in (None, me.index) and relations[self.other]


class Knowing(Node[Kin]):
    """A node that acts by rules: those for a peer it turns to, for a timeout, and for a message."""

    turning: tuple[Rule, ...]
    timing: tuple[Rule, ...]
    hearing: tuple[Rule, ...]
    first: int | None

    def start(self) -> Kin:
        return Kin(a=int(self.first == self.me.index))

    @action(over=Node.peers)
    def turn(self, s: Kin, peer: NodeId) -> Steps[Kin]:
        guard(s.fuel > 0, "tired")
        yield from self.apply(self.turning, s, peer, None)

    @timeout
    def wake(self, s: Kin) -> Steps[Kin]:
        guard(s.fuel > 0, "tired")
        yield from self.apply(self.timing, s, self.me, None)

    @receive
    def hear(self, s: Kin, src: NodeId, msg: Tell) -> Steps[Kin]:
        known = replace(s, told=s.told.put(src, msg.x)) if msg.x else s
        yield from self.apply(self.hearing, known, src, msg.about)

    def apply(self, rules: Sequence[Rule], s: Kin, other: NodeId, about: NodeId | None) -> Steps[Kin]:
        """The steps that the rules amount to; those that send cost fuel."""
        for rule in rules:
            cost = int(bool(rule.targets) or rules is not self.hearing)
            if rule.fits(s, self.me, other) and s.fuel >= cost:
                names = {"keep": s.seen, "none": None, "me": self.me, "other": other, "about": about}
                met = {
                    "keep": s.met,
                    "add": s.met | {other},
                    "me": s.met | {self.me},
                    "clear": frozenset[NodeId](),
                    "drop": s.met - {other},
                }[rule.meet]
                after = replace(s, a=rule.to_a, seen=names[rule.name], met=met, fuel=s.fuel - cost)
                yield Step(after, self.sends(rule, s, other, Tell(rule.to_a, names[rule.about])))

    def sends(self, rule: Rule, s: Kin, other: NodeId, msg: Tell) -> tuple[Send, ...]:
        """What a rule sends, in the order of the nodes."""
        targets: set[NodeId] = set()
        for target in rule.targets:
            found = {
                "other": {other},
                "all": set(self.peers),
                "me": {self.me},
                "seen": set() if s.seen is None else {s.seen},
                "met": set(s.met),
                "least": {min(self.peers)},
            }
            targets |= found[target]
        return tuple([Send(node, msg) for node in sorted(targets)])


def some_rules(dice: Random, odd: bool) -> tuple[Rule, ...]:
    """A few rules; only ``odd`` ones tell nodes apart by their ids."""

    def of(choices: tuple[str, ...], unless: str) -> str:
        return dice.choice(choices if odd else tuple(c for c in choices if c != unless))

    def one() -> Rule:
        return Rule(
            dice.choice((None, None, 0, 1)),
            of(OTHERS, "above"),
            dice.choice((None, None, 0, 1)) if odd else None,
            dice.randint(0, 2),
            dice.choice(NAMES),
            dice.choice(MEETINGS),
            tuple(several(dice, lambda: of(TARGETS, "least"), 2)),
            dice.choice(NAMES),
        )

    return tuple(several(dice, one, 2, least=1))


# ---- properties


def weigh(s: Kin) -> int:
    """A number for what a node knows, whoever it is of."""
    return s.a + 3 * (s.seen is None) + 5 * len(s.met) + 7 * sum(s.told.values())


def weigh_view(view: NodeView[Kin]) -> int:
    """The same of a node with a name: whether it has met itself, or seen itself, counts."""
    s = view.state
    return weigh(s) + 2 * (view.node in s.met) + 4 * (s.seen == view.node) + 9 * (not view.up)


def claims(dice: Random, monitors: Sequence[Monitor[object]]) -> list[Property]:
    """Claims that mostly see nodes as alike."""
    often = dice.randint(5, 17)
    hit = dice.randint(0, 4)

    def odd(number: int) -> bool:
        return number % often == hit

    def met(s: Kin, t: Kin) -> bool:
        return s.seen is not None and s.seen == t.seen and s.a != t.a

    known = [
        always("true", each(State, lambda _: True)),
        never("each", each(Kin, lambda s: odd(weigh(s)))),
        sometimes("viewed", each(node_views(Kin), lambda v: odd(weigh_view(v)))),
        never("pair", pair(Kin, lambda s, t: met(s, t) or odd(weigh(s) + weigh(t)))),
        never("all", all_nodes(node_views(Kin), lambda seen: odd(sum(map(weigh_view, seen))))),
        step("change", change(Kin, lambda s, t: not odd(weigh(s) + 2 * weigh(t)))),
        sometimes("whole", whole(lambda state: odd(_weigh_all(state)))),
        never("first", each(node_views(Kin), lambda v: v.node.index == 0 and odd(weigh(v.state)))),
        never("ordered", all_nodes(Kin, lambda seen: odd(sum(i * weigh(s) for i, s in enumerate(seen))))),
    ]
    names = ["each", "viewed", "pair", "all", "change", "whole"]
    wanted = set(some_of(dice, names, 3))
    wanted |= set(dice.choice(((), (), (), (), ("first",), ("ordered",))))
    found = [claim for claim in known if claim.name in wanted | {"true"}]
    return found + [always("watched", history(monitor, lambda _: True)) for monitor in monitors]


def _weigh_all(state: GlobalState) -> int:
    mail = sum(1 + int(e.msg.about == e.src) for e in state.network if isinstance(e.msg, Tell))
    return mail + sum(weigh(view.state) for view in state.nodes if isinstance(view.state, Kin))


def memory(dice: Random) -> Monitor[object]:
    """Something to remember of what happened: of whom, how often, or of one of them."""
    what = dice.choice(("last", "last", "count", "named"))

    def after(m: object, event: Event, before: NodeView[Kin], now: NodeView[Kin]) -> object:
        if what == "last":
            return now.node if before.state.a < now.state.a else m
        if what == "count" or now.node.index == 0:
            return min(2, (m if isinstance(m, int) else 0) + (event.kind == "receive"))
        return m

    return Monitor("m", Kin, start=lambda nodes: None, after=after)


# ---- models


def alike_model(dice: Random) -> Case:
    """A model of nodes that run one program, three or four of them."""
    nodes = node_ids(dice.choice((2, 3, 3, 3, 4)))
    odd = dice.randrange(5) == 0
    first = 0 if dice.randrange(5) == 0 else None
    watching = [memory(dice)] if dice.randrange(4) == 0 else []
    own = [Partition("own", (frozenset(nodes[:1]), frozenset(nodes[1:])))]
    around = environment(dice) if dice.randrange(4) == 2 else totals(dice)  # who may fail tells nodes apart
    quiet = replace(around, loss=0, dup=0) if len(nodes) > 3 else around
    model = Model(
        Knowing(some_rules(dice, odd), some_rules(dice, odd), some_rules(dice, odd), first),
        claims(dice, watching),
        nodes=nodes,
        environment=quiet,
        bounds=[] if dice.randrange(3) else [Bound("a", Kin, lambda s: weigh(s) < 15)],
        deadlock=coin(dice),
        partitions=() if dice.randrange(4) else own,
    )
    return Case(model, dice.randint(2, 7) if coin(dice) else None)


def alike_models() -> st.SearchStrategy[Case]:
    """These, for hypothesis."""
    return drawn(alike_model)
