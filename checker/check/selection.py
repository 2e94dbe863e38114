"""Some of a model's properties: what ``--property`` chooses."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from elcheck.checker.model.errors import UsageError, did_you_mean
from elcheck.checker.model.model import Model
from elcheck.checker.system.system import deadlock_claim


def names_of(model: Model) -> list[str]:
    """The names of all that is claimed of a model."""
    return [claim.name for claim in (*model.properties, *deadlock_claim(model))]


def require_properties(model: Model, names: Iterable[str], option: str) -> None:
    """Raise UsageError if no property has one of some names, which were given to an option."""
    known = names_of(model)
    for name in names:
        if name not in known:
            meant = did_you_mean(name, known) or f"it has {', '.join(map(repr, known)) or 'none'}"
            raise UsageError(f"{option} {name!r}: the model has no such property; {meant}")


def only(model: Model, names: Collection[str]) -> tuple[Model, tuple[str, ...]]:
    """A model with just the properties of some names, all of them if there are no names; and the names of
    those that are left out.
    """
    if not names:
        return model, ()
    kept = [claim for claim in model.properties if claim.name in names]
    deadlock = model.deadlock if any(claim.name in names for claim in deadlock_claim(model)) else False
    left_out = tuple(name for name in names_of(model) if name not in names)
    return replace(model, properties=kept, deadlock=deadlock), left_out
