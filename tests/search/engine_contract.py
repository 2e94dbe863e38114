"""What the contract asks an engine with, and the claims that its parts share."""

from __future__ import annotations

from typing import ClassVar

from elcheck import Model, Scope, each
from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.process.limits import Limits
from elcheck.checker.search.resources import Resources
from tests.support.engines import engines_of
from tests.support.models import Counter


class EngineContract:
    """A part of what every engine must do."""

    engine: ClassVar[str]
    resources: ClassVar[Resources] = Resources()

    def check(self, model: Model, limits: Limits | None = None) -> CheckReport:
        """A check by the engine under test."""
        if self.engine not in engines_of(model):
            return check(model, limits or Limits())
        return check(model, limits or Limits(), engine=self.engine, resources=self.resources)


def below(limit: int) -> Scope:
    return each(Counter, lambda s: s.value < limit)


def at(value: int) -> Scope:
    return each(Counter, lambda s: s.value == value)
