"""One claim of a model, asked whether it is inductive."""

from __future__ import annotations

from elcheck import (
    Model,
    State,
    always,
    each,
)
from elcheck.checker.induction.induct import induct
from elcheck.checker.induction.result import Induction, InductionVerdict
from elcheck.checker.process.limits import Limits

HOLDS = InductionVerdict.INDUCTIVE
BROKEN = InductionVerdict.NOT_INDUCTIVE
UNSURE = InductionVerdict.UNDETERMINED
TRUE = always("true", each(State, lambda _: True))


def one(model: Model, limits: Limits = Limits()) -> Induction:
    (found,) = induct(model, limits)
    return found
