"""Small random models: of nodes in any environment, and of one shared state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from hypothesis import strategies as st

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.ids import node_ids
from elcheck.checker.model.model import Bound, Model
from elcheck.checker.model.property import Property, always, step
from elcheck.checker.model.scope import Answer, Scope, change, holds
from tests.oracle.drawing import coin, drawn, several, some_of
from tests.oracle.random_programs import World, environment, own_faults, partitions, prepared, system
from tests.oracle.random_properties import (
    KINDS,
    MAKERS,
    Check,
    bounds,
    check_of,
    monitor,
    properties,
    state_scope,
)
from tests.oracle.steps import Machine
from tests.oracle.table_programs import Cell, Jumps, Walk


@dataclass(frozen=True)
class Case:
    """A model, and how many steps from the start to look (None: everywhere)."""

    model: Model
    limit: int | None


def model_of_nodes(dice: Random, *, raising: bool = True, small: bool = False) -> Case:
    """A model of nodes, of any environment."""
    nodes = node_ids(dice.choice((2, 2, 2, 2, 2, 3) if small else (2, 2, 3)))
    raises = raising and dice.randrange(8) == 0
    world = World(nodes, environment(dice), coin(dice), raises, fuel=1 if small else 2)
    programs = system(dice, world)
    watching = [monitor(dice)] if dice.randrange(4) == 0 else []
    deadlock = dice.choice((False, True, None))
    starts = [] if dice.randrange(3) else several(dice, lambda: prepared(dice, world, programs), 2)
    alike = len(set(map(id, programs.values()))) == 1
    model = Model(
        programs[nodes[0]] if alike else programs,
        properties(dice, watching),
        nodes=nodes if alike else (),
        environment=replace(world.environment, faults=own_faults(dice, programs)),
        bounds=bounds(dice, world.environment.network),
        deadlock=state_scope(dice, check_of(dice, "always"), watching) if deadlock is None else deadlock,
        initial=starts,
        partitions=partitions(dice, nodes),
    )
    return Case(model, dice.randint(0, 6) if coin(dice) else None)


def model_of_shared_state(dice: Random) -> Case:
    """A model of one shared state."""

    def cell() -> Cell:
        return Cell(dice.randint(0, 4), dice.randint(0, 3))

    def jumps() -> Jumps:
        return tuple(several(dice, lambda: (dice.randint(0, 4), cell()), 8))

    chosen = tuple(sorted(some_of(dice, range(5), 3)))
    walk = Walk(tuple(several(dice, cell, 2, least=1)), jumps(), jumps(), chosen, coin(dice))
    found: list[Property] = [always("true", holds(Cell, lambda _: True))]
    found += [_shared(kind, check_of(dice, kind)) for kind in some_of(dice, KINDS, 3)]
    barred = set(several(dice, cell, 3)) - set(walk.starts)
    within = [Bound("cell", Cell, _cell_outside(barred))] if coin(dice) else []
    end = check_of(dice, "always")
    ends: tuple[bool | Scope, ...] = (False, True, holds(Cell, lambda s: end(s.v + 5 * s.w)))
    model = Model(walk, found, bounds=within, deadlock=dice.choice(ends))
    return Case(model, dice.randint(0, 4) if coin(dice) else None)


def _cell_outside(barred: set[Cell]) -> Callable[[Cell], bool]:
    return lambda cell: cell not in barred


def _shared(kind: str, check: Check) -> Property:
    """A property of a Spec."""

    def of_state(cell: Cell) -> Answer:
        return check(cell.v + 5 * cell.w)

    def of_step(old: Cell, new: Cell) -> Answer:
        return check(old.v + 5 * old.w + 7 * new.v + 11 * new.w)

    if kind == "step":
        return step(kind, change(Cell, of_step))
    return MAKERS[kind](kind, holds(Cell, of_state))


# ---- for hypothesis


def models(*, raising: bool = True) -> st.SearchStrategy[Case]:
    """Models of nodes."""
    return drawn(lambda dice: model_of_nodes(dice, raising=raising))


def specs() -> st.SearchStrategy[Case]:
    """Models of one shared state."""
    return drawn(model_of_shared_state)


def begins(case: Case) -> bool:
    """Whether a model has an initial state within its bounds."""
    try:
        return bool(Machine(case.model).initial())
    except DefinitionError:
        return False


def sound_models() -> st.SearchStrategy[Case]:
    """Models of nodes to walk in: that begin, and whose handlers do not raise."""
    return models(raising=False).filter(begins)


def sound_specs() -> st.SearchStrategy[Case]:
    """Models of one shared state to walk in."""
    return specs().filter(begins)
