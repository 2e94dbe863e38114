"""Hypothesis strategies for what has to happen in random models of nodes: claims, fairness, assumptions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

from hypothesis import strategies as st

from elcheck.checker.model.environment import Environment
from elcheck.checker.model.fairness import Fair, Fairness, Per
from elcheck.checker.model.formula import Formula
from elcheck.checker.model.handlers import handlers_of
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import (
    Property,
    Scope,
    always,
    always_eventually,
    eventually,
    eventually_always,
    leads_to,
    ltl,
    some,
    taken,
)
from elcheck.checker.model.state import EventKind
from tests.oracle.liveness import Claim, Kind
from tests.oracle.random_models import Check, models, state_scopes

NAMES = ("*", *get_args(EventKind))
"""What steps may be called in every model, whether it has such steps or not."""


@dataclass(frozen=True)
class LivelyCase:
    """A model, the claims of its properties in their order, and what it assumes to hold again and again."""

    model: Model
    claims: tuple[Claim, ...]
    assumed: Formula | None


@st.composite
def atoms(draw: st.DrawFn) -> Formula:
    """A scope of states, of all that it looks at or (in half of the cases) of some."""
    often = draw(st.integers(2, 7))
    check = Check(often, draw(st.integers(0, often - 1)), draw(st.booleans()), draw(st.booleans()))
    scope: Scope = draw(state_scopes(check, ()))
    return some(scope) if draw(st.booleans()) else scope


@st.composite
def claims(draw: st.DrawFn, model: Model) -> Claim:
    """A claim of one of the kinds."""
    kind: Kind = draw(st.sampled_from(get_args(Kind)))
    if kind in ("never taken", "taken again"):
        node = draw(st.sampled_from((None, *model.programs)))
        return Claim(kind, name=draw(st.sampled_from(names_in(model))), node=node)
    return Claim(kind, draw(atoms()), draw(atoms()) if kind == "leads to" else None)


def names_in(model: Model) -> list[str]:
    """Every name that a step might have: those of its handlers, of the kinds, and of the faults."""
    own = [handler.name for p in model.programs.values() for handler in handlers_of(type(p), "node")]
    return list(dict.fromkeys((*own, *NAMES)))


def property_of(number: int, claim: Claim) -> Property:
    """A claim in the vocabulary of models."""
    name = f"{claim.kind} {number}"
    match claim.kind, claim.p, claim.q:
        case "eventually", Formula() as p, _:
            return eventually(name, p)
        case "again", Formula() as p, _:
            return always_eventually(name, p)
        case "settles", Formula() as p, _:
            return eventually_always(name, p)
        case "leads to", Formula() as p, Formula() as q:
            return leads_to(name, p, q)
    steps = taken(claim.name, claim.node)
    if claim.kind == "never taken":
        return ltl(name, always(~steps))
    return ltl(name, always(eventually(steps)))


@st.composite
def rules(draw: st.DrawFn, names: list[str]) -> tuple[Fair, ...]:
    """What is assumed of steps, the last rule that names one deciding."""
    rule = st.builds(
        Fair,
        st.sampled_from(Fairness),
        st.lists(st.sampled_from(names), min_size=1, max_size=3).map(tuple),
        st.sampled_from(get_args(Per)),
    )
    return tuple(draw(st.lists(rule, max_size=3)))


@st.composite
def lively_models(draw: st.DrawFn) -> LivelyCase:
    """A model of nodes with claims of liveness."""
    model = draw(models()).model
    environment: Environment = replace(model.environment, fairness=draw(rules(list(NAMES))))
    made = tuple(draw(st.lists(claims(model), min_size=1, max_size=4)))
    assumed = draw(st.one_of(st.none(), st.none(), atoms()))
    model = replace(
        model,
        properties=[property_of(number, claim) for number, claim in enumerate(made)],
        environment=environment,
        fairness=draw(rules(names_in(model))),
        assume=() if assumed is None else [always(eventually(assumed))],
        deadlock=False,
    )
    return LivelyCase(model, made, assumed)
