"""Claims that hold because nothing that they speak of ever happens.

A claim "p implies q" says nothing of a model in which p is never met. It is vacuous if it would hold with any
effect, one that is never met included (Beer, Ben-David, Eisner and Rodeh 1997, "Efficient detection of
vacuity in ACTL formulas"; here only the right sides of implications are looked at).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from elcheck.checker.model.formula import FALSE, And, Formula, Not, Or, Release
from elcheck.checker.model.property import Some
from elcheck.checker.model.scope import Scope


class WithoutEffect(NamedTuple):
    """A claim in which the effect of one implication is never met; the cause of that."""

    claim: Formula
    cause: Formula


def without_effects(claim: Formula) -> Iterator[WithoutEffect]:
    """A claim without each of its effects in turn: of the implications that it makes from some place on, or
    at every place.
    """
    match claim:
        case Or(Not(cause), effect) | Or(effect, Not(cause)):
            yield WithoutEffect(Not(cause), cause)
            for found in without_effects(effect):
                yield found._replace(claim=Or(Not(cause), found.claim))
        case And(left, right):
            for found in without_effects(left):
                yield found._replace(claim=And(found.claim, right))
            for found in without_effects(right):
                yield found._replace(claim=And(left, found.claim))
        case Release(left, right) if left == FALSE:
            for found in without_effects(right):
                yield found._replace(claim=Release(left, found.claim))


def never_met(cause: Formula) -> str:
    """What is to be said of a cause that is never met."""
    if isinstance(cause, Scope) and cause.kind in ("each", "pair"):
        scope = f"{cause.kind}(...)"
        return f"its cause is never met: {scope} is met when all nodes meet it, some({scope}) when one does"
    if isinstance(cause, Some) and cause.scope.only is not None:
        return f"its cause is never met of {cause.scope.only}"
    return "its cause is never met"
