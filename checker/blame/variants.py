"""What one more of something costs, and one fewer saves: the same model searched again with that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from elcheck.checker.blame.space import explored
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.model.budget import total_of, with_total
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.process.limits import Limits, StopKind
from elcheck.checker.search.search import Exploration, OnProgress, Search

MakeModel = Callable[[Mapping[str, int]], Model]
"""Makes the model with some of its parameters changed; raises UsageError where it refuses that."""


@dataclass(frozen=True)
class VariantCount:
    """How many states there are with something changed: a budget, or a parameter of the model. ``stopped``
    says what ended the search before all were found.
    """

    name: str
    now: int
    then: int
    states: int
    stopped: str | None


@dataclass(frozen=True)
class Variant:
    """A model to be searched, in which a budget or a parameter is ``then`` instead of ``now``."""

    name: str
    now: int
    then: int
    make: Callable[[], Model]


def variants_of(model: Model, make: MakeModel, parameters: Mapping[str, int]) -> Iterator[Variant]:
    """One fewer and one more of each budget, and of each parameter that is a number."""
    environment = model.environment
    numbers: dict[str, int] = {
        kind: n for kind in environment.kinds if isinstance(n := total_of(environment.budget(kind)), int)
    }
    if environment.early_timeouts is not None:
        numbers["early timeouts"] = environment.early_timeouts
    for name, now, then in _beside(numbers) if model.programs else ():
        yield Variant(name, now, then, partial(_in_another, model, name, then))
    for name, now, then in _beside(parameters):
        yield Variant(name, now, then, partial(make, {name: then}))


def _beside(numbers: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    """Each number by its name, with those beside it."""
    for name, now in numbers.items():
        yield from ((name, now, then) for then in (now - 1, now + 1) if then >= 0)


def _in_another(model: Model, name: str, then: int) -> Model:
    """A model in an environment with another budget. Raises UsageError for one without a meaning."""
    if name == "early timeouts":
        environment = replace(model.environment, timing=f"eventual({then})")
    else:
        own = model.environment
        environment = own.with_budgets({name: with_total(own.budget(name), then)})
    if name == "crash" and then == 0:
        environment = replace(environment, restart=0)
    environment.check()
    return replace(model, environment=environment)


def count_of(
    variant: Variant, limits: Limits, engine: str, progress: OnProgress = lambda _: None
) -> VariantCount | None:
    """The states of a variant, None if there is none: the model or the environment refuses it, or it is the
    same. Raises Ended.
    """
    found = explored_beside(variant.make, limits, engine, progress)
    if found is None or found.search.failure is not None:
        return None
    search = found.search
    return VariantCount(variant.name, variant.now, variant.then, search.distinct, why_stopped(search))


def explored_beside(
    make: Callable[[], Model], limits: Limits, engine: str, progress: OnProgress = lambda _: None
) -> Exploration | None:
    """The search of a model beside the first one, by representatives; None if the model, its file or the
    environment refuses it. Raises Ended.
    """
    try:
        return explored(make(), limits, engine=engine, progress=progress, symmetry=True)
    except (UsageError, LoadError, DefinitionError, HandlerError):
        return None


def why_stopped(search: Search) -> str | None:
    """What ended a search beside the first one before all states were found."""
    if search.stopped is None:
        return None
    shares = {
        StopKind.STATES: "as many states as --further says were found",
        StopKind.TIME: "its share of the time ran out",
    }
    return shares.get(search.stopped.kind, str(search.stopped))
