"""A state as the variables of a TLA+ module, which is how ITF and TLC write traces."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from elcheck.checker.model.budget import UNLIMITED
from elcheck.checker.model.environment import EnvironmentState
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Event, GlobalState


@dataclass(frozen=True)
class NamedParts:
    """A record without a class of its own."""

    fields: Mapping[str, object]


@dataclass(frozen=True)
class OrderedSet:
    """A set whose elements are in order already."""

    items: tuple[object, ...]


def variables(model: Model, state: GlobalState) -> dict[str, object]:
    """Each variable with its value in a state, in Python's terms.

    Of a Spec: the fields of its state. Else ``nodes`` (each node with its local state), ``up`` (the nodes
    that are), ``paused`` (the same, where any may be), ``network`` (records of src, dst and msg, and age
    where messages have one; a set where the network is one, else a list), ``environment`` (a record)
    and, where there are monitors, ``history`` (each one's name with its state).
    """
    shared = state.shared
    if shared is not None:
        if not dataclasses.is_dataclass(shared) or not dataclasses.fields(shared):
            return {"shared": shared}
        return {f.name: getattr(shared, f.name) for f in dataclasses.fields(shared)}
    ages = bool(model.environment.delay)
    messages = tuple(
        NamedParts({"src": e.src, "dst": e.dst, "msg": e.msg, **({"age": e.age} if ages else {})})
        for e in state.network
    )
    as_set = model.environment.network in ("sent-set", "set")
    found: dict[str, object] = {
        "nodes": {view.node: view.state for view in state.nodes},
        "up": frozenset(view.node for view in state.nodes if view.up),
        **({"paused": frozenset(view.node for view in state.nodes if view.paused)} if model.pauses else {}),
        "network": OrderedSet(messages) if as_set else list(messages),
        "environment": _environment(state.environment),
    }
    if model.monitors:
        names = (monitor.name for monitor in model.monitors)
        found["history"] = dict(zip(names, state.history, strict=True))
    return found


def _environment(left: EnvironmentState) -> NamedParts:
    """What is left of each budget, the partition that stands, the timeouts that may still fire early."""
    found: dict[str, object] = {name: UNLIMITED if n is None else n for name, n in left.counted()}
    found["standing"] = left.standing
    found["early_timeouts"] = UNLIMITED if left.early_timeouts is None else left.early_timeouts
    return NamedParts(found)


def arguments(event: Event) -> dict[str, object]:
    """What a step was taken with: ``me``, ``src``, ``msg``, its own arguments, and what was chosen."""
    own: dict[str, object] = {} if event.node is None else {"me": event.node}
    return own | {name.replace(" ", "_"): value for name, value in (*event.args, *event.choice)}
