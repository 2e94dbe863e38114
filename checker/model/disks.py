"""What a damage of its disk may make of the state of a node that is down."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Never, TypeVar, cast

from elcheck.checker.model.errors import DefinitionError, instead
from elcheck.checker.model.record import FRAIL, State, durable
from elcheck.checker.model.values import order

S = TypeVar("S", bound=State)

_EARLIER = "earlier"


def earlier(name: str) -> frozenset[Never]:
    """A field with all values that a frail one had before in the run: ``terms: frozenset[int] =
    earlier("term")``. A damage may bring any of them back. It is filled by itself, where there is a budget of
    damages (``Environment(disk=1)``); what handlers put into it does not count.
    """
    made: object = durable(frozenset())
    assert isinstance(made, dataclasses.Field)
    metadata = {**made.metadata, _EARLIER: name}
    found: object = dataclasses.field(default=frozenset(), metadata=metadata)
    return cast("frozenset[Never]", found)  # a dataclass takes a Field where its annotation says a set


def frail_fields(cls: type) -> list[str]:
    """The names of the durable fields of a class of local states that a damage may hurt, in order."""
    found = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
    return [f.name for f in found if f.metadata.get(FRAIL)]


@cache
def earlier_fields(cls: type) -> dict[str, str]:
    """The fields of a class of local states that have the earlier values of others, by the names of these."""
    found = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
    return {f.metadata[_EARLIER]: f.name for f in found if _EARLIER in f.metadata}


def require_frail(cls: type) -> None:
    """Raise DefinitionError if a field has earlier values of one that there is not, or that is not frail."""
    for name, has in earlier_fields(cls).items():
        known = frail_fields(cls)
        if name not in known:
            raise DefinitionError(
                f"{cls.__name__}.{has} has the earlier values of {name!r}, which is no field that is "
                f"durable(..., frail=True); {instead(str(name), known, 'those are') if known else 'none is'}"
            )


def remembering(before: object, after: S) -> S:
    """A local state that comes after another one, with the earlier values of its fields."""
    had = earlier_fields(_class(before))
    for name, has in earlier_fields(_class(after)).items():
        known: frozenset[object] = frozenset()
        if had.get(name) == has:
            known = getattr(before, has) | {getattr(before, name)}
        after = dataclasses.replace(after, **{has: known - {getattr(after, name)}})
    return after


def damages(state: object) -> list[tuple[str, object]]:
    """What a damage of its disk may make of a node that is down, by the field that it hurts: a tuple loses
    any number of its last elements, anything else is the default again; or it is what it was before, if the
    state has its :func:`earlier` values.
    """
    assert isinstance(state, State)
    known = earlier_fields(_class(state))
    found: list[tuple[str, object]] = []
    for f in dataclasses.fields(state):
        if f.metadata.get(FRAIL):
            now = getattr(state, f.name)
            others = [now[:left] for left in range(len(now))] if type(now) is tuple else [f.default]
            if f.name in known:
                others += sorted(getattr(state, known[f.name]), key=order)
            hurt = (
                dataclasses.replace(state, **{f.name: then}) for then in dict.fromkeys(others) if then != now
            )
            found += [(f.name, remembering(state, after)) for after in hurt]
    return found


def _class(state: object) -> type:
    """The class of a state, which to a type checker is like any other."""
    return type(state)
