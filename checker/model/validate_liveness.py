"""What can be found wrong with formulas and with assumptions of fairness before a model runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import get_args

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.fairness import ALL, Fair, Per
from elcheck.checker.model.formula import Formula, Taken, atoms_of
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import EachNode, Some
from elcheck.checker.model.refinement import MapsToStep
from elcheck.checker.model.scope import Scope
from elcheck.checker.model.selector import KINDS, StepNames
from elcheck.checker.model.values import called


def formulas(model: Model) -> Iterator[tuple[str, Formula]]:
    """The formulas of a model, each with whose it is."""
    for claim in model.properties:
        if claim.formula is not None:
            yield f"the property {claim.name!r}", claim.formula
    for formula in model.assume:
        yield "Model(assume=...)", formula


def check_formulas(model: Model, check_scope: Callable[[str, Scope], None]) -> None:
    """Raise DefinitionError for an atom that can't be meant; ``check_scope`` does it for scopes, and is told
    whose they are.
    """
    names = StepNames(model)
    for who, formula in formulas(model):
        for atom in atoms_of(formula):
            scope = atom.scope if isinstance(atom, Some) else atom
            if isinstance(scope, Scope):
                check_scope(f"a formula of {who}", scope)
            elif isinstance(atom, EachNode):
                raise DefinitionError(
                    f"{who} is claimed of each node with a {atom.look.of.__name__}, and there is none"
                )
            elif isinstance(atom, MapsToStep):
                check_scope(f"a formula of {who}", atom.there)
            elif isinstance(atom, Taken):
                names.select(atom.name, atom.node, who=who)
            else:
                raise DefinitionError(
                    f"{who} has {called(atom)} in a formula, which needs a scope there, such as "
                    "each(Server, check) or, of a Spec, holds(Jugs, check). A formula is made of scopes, "
                    "some(...) and taken(...), by ~, &, |, >>, always, eventually, until, release"
                )


def check_fairness(model: Model) -> None:
    """Raise DefinitionError for an assumption about steps that no handler and no fault takes."""
    names = StepNames(model)
    rules = [("Environment", model.environment.fairness), ("Model", model.fairness)]
    for owner, said in rules:
        given: object = said
        if not isinstance(given, Collection):
            raise DefinitionError(f"{owner}(fairness=...) is a list of weak(...), not {called(given)}")
        for rule in said:
            who = f"{owner}(fairness=...)"
            if not isinstance(rule, Fair) or rule.per not in get_args(Per):
                raise DefinitionError(f"in {who}, {rule!r} is made by weak(...), strong(...) or unfair(...)")
            if not rule.names:
                raise DefinitionError(f"in {who}, {rule!r} names no steps: handlers, kinds of them, or '*'")
            for name in rule.names:
                if owner == "Model" or name not in (ALL, *KINDS):  # an environment is for any model
                    names.select(name, who=who)
