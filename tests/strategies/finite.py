"""Models for searches of finite traces."""

from __future__ import annotations

import dataclasses

from elcheck.checker.model.model import Model
from elcheck.checker.strategies.fewest_faults import FINITE


def of_finite_traces(model: Model) -> Model:
    """A model without the claims that take the whole graph."""
    kept = [claim for claim in model.properties if claim.kind in FINITE]
    return dataclasses.replace(model, properties=kept)
