"""Which engines can do a model."""

from __future__ import annotations

from elcheck.checker.model.model import Model


def engines_of(model: Model) -> tuple[str, ...]:
    """The engines for a model: a Spec has one."""
    return ("plain", "fast") if model.programs else ("plain",)
