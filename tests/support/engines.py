"""Which engines can do a model."""

from __future__ import annotations

from elcheck.checker.model.model import Model


def engines_of(model: Model) -> tuple[str, ...]:
    """The engines for a model: a Spec has one, and one with clocks."""
    both = bool(model.programs) and model.environment.delay is None
    return ("plain", "fast") if both else ("plain",)
