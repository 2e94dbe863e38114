"""What has to happen in random models: formulas, fairness, and what is assumed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import get_args

from hypothesis import strategies as st

from elcheck.checker.model.fairness import Fair, Fairness, Per
from elcheck.checker.model.formula import And, Constant, Formula, Or, Release, Until
from elcheck.checker.model.handlers import Handler, handlers_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.property import (
    Property,
    always,
    always_eventually,
    eventually,
    eventually_always,
    leads_to,
    ltl,
    some,
    taken,
)
from elcheck.checker.model.scope import holds
from elcheck.checker.model.spec import SharedProgram
from elcheck.checker.model.state import EventKind
from tests.oracle.drawing import coin, drawn, several, some_of
from tests.oracle.formulas import Reader
from tests.oracle.random_models import model_of_nodes, model_of_shared_state
from tests.oracle.random_properties import Check, monitor, state_scope
from tests.oracle.table_programs import Cell

NAMES = ("*", *get_args(EventKind))
"""What steps may be called in every model of nodes, whether it has such steps or not."""
OF_NODES = ("crash", "restart", "pause", "resume", "damage", "lose", "duplicate", "disconnect")
ATOMS, PARTS = 4, 3
"""How many different atoms and temporal parts a claim has at most, with what is assumed: the oracle looks at
all combinations.
"""
Atoms = Callable[[], Formula]


def handlers_in(model: Model) -> list[Handler]:
    """The handlers of a model."""
    if isinstance(model.program, SharedProgram):
        return list(handlers_of(type(model.program), "spec"))
    return [handler for p in model.programs.values() for handler in handlers_of(type(p), "node")]


def names_in(model: Model) -> list[str]:
    """Every name that a step might have: those of its handlers, of the kinds, and of the faults."""
    own = handlers_in(model)
    kinds = {"action", "timeout", "receive", "tick"} - {handler.mark.kind for handler in own}
    every = [name for name in NAMES if name not in kinds] if model.programs else ["*", "action"]
    return list(dict.fromkeys((*(handler.name for handler in own), *every)))


# ---- formulas


def atoms_of_nodes(dice: Random, model: Model, watching: Sequence[Monitor[int]]) -> Formula:
    """Something of a state, of all that a scope looks at or of some; or of a step."""
    if dice.randrange(4) == 0:
        return step_of(dice, model)
    often = dice.randint(2, 7)
    scope = state_scope(dice, Check(often, dice.randrange(often), coin(dice), coin(dice)), watching)
    return some(scope) if coin(dice) else scope


def step_of(dice: Random, model: Model) -> Formula:
    """A step of a name, perhaps of a node, which then has a program that could take it."""
    node: NodeId | None = dice.choice((None, *model.programs))
    if node is None:
        return taken(dice.choice(names_in(model)))
    own = handlers_of(type(model.programs[node]), "node")
    names = [*(handler.name for handler in own), *(handler.mark.kind for handler in own), *OF_NODES]
    return taken(dice.choice(names), node)


def atoms_of_cells(dice: Random, model: Model) -> Formula:
    """Something of a shared state, or of a step."""
    if dice.randrange(4) == 0:
        return taken(dice.choice(names_in(model)))
    often = dice.randint(2, 7)
    check = Check(often, dice.randrange(often), coin(dice), coin(dice))
    return holds(Cell, lambda s: check(s.v + 5 * s.w))


def formula(dice: Random, atoms: Atoms, size: int) -> Formula:
    """Any formula of so many atoms at most."""
    if size == 1:
        return Constant(coin(dice)) if dice.randrange(12) == 0 else atoms()
    kind = dice.choice(("not", "always", "eventually", "and", "or", "implies", "until", "release"))
    if kind in ("not", "always", "eventually"):
        inner = formula(dice, atoms, size - dice.randrange(2))
        return ~inner if kind == "not" else always(inner) if kind == "always" else eventually(inner)
    left = dice.randint(1, size - 1)
    one, other = formula(dice, atoms, left), formula(dice, atoms, size - left)
    match kind:
        case "and":
            return And(one, other)
        case "or":
            return Or(one, other)
        case "implies":
            return one >> other
        case "until":
            return Until(one, other)
    return Release(one, other)


def claim(dice: Random, number: int, atoms: Atoms) -> Property:
    """A claim of one of the usual forms, or of any."""
    match dice.choice(("eventually", "again", "settles", "leads to", "never", "ltl", "ltl", "ltl")):
        case "eventually":
            return eventually(f"eventually {number}", atoms())
        case "again":
            return always_eventually(f"again {number}", atoms())
        case "settles":
            return eventually_always(f"settles {number}", atoms())
        case "leads to":
            return leads_to(f"leads to {number}", atoms(), atoms())
        case "never":
            return ltl(f"never {number}", always(~atoms()))
    return ltl(f"ltl {number}", formula(dice, atoms, dice.randint(2, 4)))


def assumption(dice: Random, atoms: Atoms) -> Formula:
    """Something that every behaviour that counts does."""
    match dice.choice(("again", "again", "eventually", "always", "any")):
        case "again":
            return always(eventually(atoms()))
        case "eventually":
            return eventually(atoms())
        case "always":
            return always(atoms())
    return formula(dice, atoms, 2)


# ---- fairness


def rules(dice: Random, names: list[str]) -> list[Fair]:
    """What is assumed of steps, the last rule that names one deciding."""

    def rule() -> Fair:
        chosen = tuple(some_of(dice, names, 3, least=1))
        return Fair(dice.choice(list(Fairness)), chosen, dice.choice(get_args(Per)))

    return several(dice, rule, 3)


# ---- models


def lively(dice: Random, model: Model, atoms: Atoms) -> Model:
    """A model with claims of liveness in the place of its own."""

    def assumed_one() -> Formula:
        while True:
            found = assumption(dice, atoms)
            if _fits(found, leaving=1):
                return found

    assumed = [assumed_one()] if dice.randrange(3) == 0 else []

    def one(number: int) -> Property:
        while True:
            found = claim(dice, number, atoms)
            assert found.formula is not None
            if _fits(And(found.formula, assumed[0]) if assumed else found.formula):
                return found

    claims = [one(number) for number in range(dice.randint(1, 3))]
    fairness = tuple(rules(dice, names_in(model)))
    return replace(model, properties=claims, fairness=fairness, assume=assumed, deadlock=False)


def _fits(formula: Formula, leaving: int = 0) -> bool:
    """Whether the oracle can look at all combinations of a formula's parts, with so many more."""
    reader = Reader(formula)
    return len(reader.atoms) <= ATOMS - leaving and len(reader.parts) <= PARTS - leaving


def lively_nodes(dice: Random) -> Model:
    """A model of nodes with claims of liveness."""
    model = model_of_nodes(dice, small=True).model
    environment = replace(model.environment, fairness=tuple(rules(dice, list(NAMES))))
    model = replace(model, environment=environment)
    watching = [monitor(dice)] if dice.randrange(6) == 0 else []
    return lively(dice, model, lambda: atoms_of_nodes(dice, model, watching))


def lively_shared_state(dice: Random) -> Model:
    """A model of one shared state with claims of liveness."""
    model = model_of_shared_state(dice).model
    return lively(dice, model, lambda: atoms_of_cells(dice, model))


def lively_models() -> st.SearchStrategy[Model]:
    """Both, for hypothesis."""
    return st.one_of(drawn(lively_nodes), drawn(lively_shared_state))
