"""Small random programs of nodes, and the environments they run in: any that there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from elcheck.checker.model.budget import LASTING, UNLIMITED, Amount, AnyBudget, Budget, total_of
from elcheck.checker.model.environment import Environment, NetworkName
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.node import Program
from elcheck.checker.model.partition import Cut, Partition
from elcheck.checker.model.record import Message
from elcheck.checker.model.state import Envelope, Prepared
from elcheck.checker.model.step import Choice, Close, Effect, Send
from tests.oracle.drawing import coin, several, some_of
from tests.oracle.table_programs import (
    HANDLERS,
    Loud,
    Outcome,
    Ping,
    Pong,
    Rule,
    Rules,
    Table,
    program_class,
)

BLOWS = ("decay", "burn")
"""Handlers of faults."""
UNNAMED = ("clock", "at_crash", "recover")
MESSAGES: tuple[Message, ...] = (Ping(0), Ping(1), Pong(0), Pong(1), Loud(0))
CHOICES: tuple[Choice, ...] = ((), (), (("lot", 0),), (("lot", 1),), (("lot", 1), ("why", "so")))
NETWORKS: tuple[NetworkName, ...] = ("fifo", "bag", "set", "sent-set")
BUDGETS: tuple[Amount, ...] = (0, 0, 0, 1, 1, 2, UNLIMITED)
CRASHES: tuple[Amount, ...] = (0, 1, 1, 2, UNLIMITED)
OF: tuple[tuple[str, ...] | None, ...] = (None, None, ("n1", "n2"), ("n1",), ("n2",))
"""Nodes that may fail."""
TIMINGS = ("async", "async", "sync", "eventual(0)", "eventual(1)", "eventual(2)")


# ---- environments


def restricted(dice: Random, kind: str, budget: Amount) -> AnyBudget:
    """A budget, mostly as it is, else of some nodes, of each, or at one time."""
    if budget == 0 or kind == "partition" or dice.randrange(3):
        return budget
    of, each = dice.choice(OF[:3] if kind == "disconnect" else OF), dice.choice((None, 1, 1, 2))
    return Budget(budget, of, each, dice.choice((None, 1, 2)) if kind in LASTING else None)


def environment(dice: Random) -> Environment:
    """Any environment that has a meaning."""
    found = totals(dice)
    more = {kind: restricted(dice, kind, total_of(budget)) for kind, budget in found.budgets.items()}
    return found.with_budgets(more)


def own_faults(dice: Random, programs: dict[NodeId, Program]) -> dict[str, AnyBudget]:
    """Budgets for the faults that some programs have themselves."""
    kinds = {"decay": "rot", "burn": "burn"}
    there = [kind for handler, kind in kinds.items() if any(hasattr(p, handler) for p in programs.values())]
    return {kind: restricted(dice, kind, dice.choice(CRASHES)) for kind in there}


def totals(dice: Random) -> Environment:
    """An environment with nothing but totals for budgets."""
    network = dice.choice(NETWORKS)
    sent_set, fifo = network == "sent-set", network == "fifo"
    crash = dice.choice(CRASHES)
    return Environment(
        network=network,
        loss=0 if sent_set else dice.choice(BUDGETS),
        dup=0 if sent_set else dice.choice(BUDGETS),
        crash=crash,
        restart=dice.choice(CRASHES) if crash else 0,
        pause=dice.choice(BUDGETS),
        disk=dice.choice(BUDGETS) if crash else 0,
        partition=dice.choice(BUDGETS),
        disconnect=dice.choice(BUDGETS) if fifo else 0,
        detector="perfect" if coin(dice) else "none",
        timing="async" if sent_set else dice.choice(TIMINGS),
    )


def partitions(dice: Random, nodes: Sequence[NodeId]) -> tuple[Partition, ...]:
    """A model's own partitions, mostly none; the groups may overlap."""
    if dice.randrange(3):
        return ()

    def group() -> frozenset[NodeId]:
        return frozenset(some_of(dice, nodes, len(nodes), least=1))

    def one(number: int) -> Partition:
        heals = dice.randrange(3) > 0
        if coin(dice):
            return Cut(group(), group(), name=f"own {number}", heals=heals)
        return Partition(f"own {number}", tuple(several(dice, group, 3)), heals=heals)

    return tuple(map(one, range(dice.randint(0, 2))))


# ---- programs


@dataclass(frozen=True)
class World:
    """What the parts of a random model have to agree on."""

    nodes: tuple[NodeId, ...]
    environment: Environment
    turning: bool = False
    """Whether local states may become ones of another class."""
    raising: bool = False
    """Whether handlers may raise."""
    fuel: int = 2
    """How often a node may send at most."""


def effects(dice: Random, world: World, me: NodeId, closing: bool, splitting: bool) -> tuple[Effect, ...]:
    """A few sends, on a fifo network the closing of links before, between and after them."""
    closing = closing and world.environment.network == "fifo"

    def one() -> Effect:
        if closing and dice.randrange(3) == 0:
            return Close(dice.choice([node for node in world.nodes if node != me]))
        return Send(dice.choice(world.nodes), dice.choice(MESSAGES), splitting and coin(dice))

    return tuple(several(dice, one, 4 if closing else 3))


def outcome(
    dice: Random,
    world: World,
    me: NodeId,
    *,
    closing: bool = True,
    choosing: bool = False,
    starting: bool = False,
    splitting: bool = True,
) -> Outcome:
    """An outcome; where messages are few anyway, sends may be free."""
    a, b = dice.choice((None, 0, 1, 2)), dice.choice((None, None, 0, 1))
    sent = effects(dice, world, me, closing, splitting) if dice.randrange(3) else ()
    free = world.environment.network in ("set", "sent-set") and coin(dice)
    choice = dice.choice(CHOICES) if choosing else ()
    turns = world.turning and coin(dice)
    raises = world.raising and not starting and dice.randrange(4) == 0
    return Outcome(a, b, sent, free, choice, turns, raises)


def rules(dice: Random, world: World, me: NodeId, handler: str) -> Rules:
    """What a handler does, from nothing at all to a choice in every state. A tick closes no link, and has
    no name for a choice; a fault does not split what it sends.
    """

    def one() -> Outcome:
        return outcome(
            dice,
            world,
            me,
            closing=handler != "clock",
            choosing=handler not in UNNAMED,
            splitting=handler not in BLOWS,
        )

    def rule() -> Rule:
        a, b, x = (dice.choice((None, None, *range(top))) for top in (3, 2, 2))
        return Rule(a, b, x, tuple(several(dice, one, 2)))

    return tuple(several(dice, rule, dice.choice((1, 2, 2, 3))))


def program(dice: Random, world: World, me: NodeId) -> Table:
    """A program: some handlers, and what they do."""
    chosen = some_of(dice, HANDLERS, 7, least=2)
    handlers = [name for name in HANDLERS if name in chosen]  # in one order, so that class names are few
    table = tuple((name, rules(dice, world, me, name)) for name in handlers)

    def quiet() -> Outcome:
        return Outcome(dice.choice((None, 1)), dice.choice((None, 1)))

    def loud() -> Outcome:
        return outcome(dice, world, me, starting=True)

    starts = several(dice, quiet, 1) if coin(dice) else several(dice, loud, 2)
    made = program_class(tuple(handlers), guest=coin(dice))
    return made(dice.randint(0, world.fuel), tuple(starts) or (Outcome(),), table)


def system(dice: Random, world: World) -> dict[NodeId, Program]:
    """What each node runs: all the same, or each its own."""
    first = program(dice, world, world.nodes[0])
    closes = any(
        isinstance(e, Close) for _, rs in first.rules for r in rs for o in r.outcomes for e in o.effects
    ) or any(isinstance(e, Close) for o in first.starts for e in o.effects)
    if coin(dice) and not closes:  # the same link, closed from the other end, would be a link to oneself
        return dict.fromkeys(world.nodes, first)
    return {node: first if node.index == 0 else program(dice, world, node) for node in world.nodes}


def prepared(dice: Random, world: World, programs: dict[NodeId, Program]) -> Prepared:
    """An initial state out of the blue."""

    def envelope() -> Envelope:
        return Envelope(dice.choice(world.nodes), dice.choice(world.nodes), dice.choice(MESSAGES))

    classes = {n: type(p.fresh()) for n, p in programs.items() if isinstance(p, Table)}
    states = {
        n: cls(dice.randint(0, 2), dice.randint(0, 1), dice.randint(0, 1)) for n, cls in classes.items()
    }
    network = several(dice, envelope, 3)
    if coin(dice):
        return Prepared(states, network)
    down = some_of(dice, world.nodes, len(world.nodes))
    heals = coin(dice)
    first = Partition("heals" if heals else "stays", (frozenset(world.nodes[:1]),), heals=heals)
    stands = first if coin(dice) else None
    paused = some_of(dice, [node for node in world.nodes if node not in down], len(world.nodes))
    spent = {"crash": dice.randint(0, 1), "loss": 1, "pause": dice.randint(0, 1)}
    return Prepared(states, network, down, stands, spent, paused)
