"""Small random models whose timers run by clocks, and whose disks remember, mostly with ``bounded(d)``."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from elcheck.checker.model.ids import NodeId, node_ids
from elcheck.checker.model.model import Model
from elcheck.checker.model.node import Program
from tests.oracle.drawing import coin, several, some_of
from tests.oracle.random_liveness import NAMES, atoms_of_nodes, lively
from tests.oracle.random_liveness import rules as fairness_rules
from tests.oracle.random_models import Case
from tests.oracle.random_programs import (
    World,
    environment,
    outcome,
    own_faults,
    partitions,
    prepared,
    rules,
)
from tests.oracle.random_properties import bounds, properties
from tests.oracle.table_programs import CLOCKED, HANDLERS, Outcome, Rules, Table, program_class

TIMINGS = ("bounded(0)", "bounded(1)", "bounded(1)", "bounded(2)", "async", "sync")


def setting(dice: Random, found: Rules) -> Rules:
    """The same rules, some of whose outcomes set clocks, or stop them."""

    def one(outcome: Outcome) -> Outcome:
        return replace(outcome, heard=dice.choice((None, None, 0, 0, 1, -1)), leased=coin(dice))

    return tuple(replace(rule, outcomes=tuple(map(one, rule.outcomes))) for rule in found)


def program(dice: Random, world: World, me: NodeId) -> Table:
    """A program with timers of its own."""
    chosen = some_of(dice, HANDLERS, 3, least=1) + some_of(dice, CLOCKED, 3, least=1)
    handlers = [name for name in (*HANDLERS, *CLOCKED) if name in chosen]
    table = tuple((name, setting(dice, rules(dice, world, me, name))) for name in handlers)
    starts = tuple(several(dice, lambda: outcome(dice, world, me, starting=True), 1))
    made = program_class(tuple(handlers), guest=coin(dice))
    return made(dice.randint(0, world.fuel), starts or (Outcome(),), table)


def clock_model(dice: Random, *, small: bool = False) -> Case:
    """A model of nodes with clocks."""
    nodes = node_ids(2 if small else dice.choice((2, 2, 2, 3)))
    around = environment(dice)
    while around.network == "sent-set":
        around = environment(dice)
    around = replace(around, timing=dice.choice(TIMINGS))
    world = World(nodes, around, coin(dice), raising=not small and dice.randrange(8) == 0, fuel=1)
    first = program(dice, world, nodes[0])
    closing = around.network == "fifo"  # the same link, closed from the other end, would be one to oneself
    programs: dict[NodeId, Program] = {
        n: first if n.index == 0 or (not closing and coin(dice)) else program(dice, world, n) for n in nodes
    }
    alike = len(set(map(id, programs.values()))) == 1
    model = Model(
        first if alike else programs,
        properties(dice, []),
        nodes=nodes if alike else (),
        environment=replace(around, faults=own_faults(dice, programs)),
        bounds=bounds(dice, around.network),
        deadlock=coin(dice),
        initial=[] if dice.randrange(4) else several(dice, lambda: prepared(dice, world, programs), 2),
        partitions=partitions(dice, nodes),
    )
    return Case(model, dice.randint(0, 6) if coin(dice) else None)


def lively_clocks(dice: Random) -> Model:
    """A model of nodes with clocks, and claims of liveness."""
    model = clock_model(dice, small=True).model
    around = replace(model.environment, fairness=tuple(fairness_rules(dice, list(NAMES))))
    model = replace(model, environment=around)
    return lively(dice, model, lambda: atoms_of_nodes(dice, model, []))
