"""What differs between two states."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Envelope, GlobalState, NodeView

ChangeKind = Literal["up", "paused", "local", "shared", "history", "budget", "partition", "timeouts"]


@dataclass(frozen=True)
class Change:
    """One part of a state that a step changes: whether a node is up, or paused, a field of its local state
    or of the shared state, a monitor's state, or a part of the environment. ``node`` is empty where
    it is not a node's.
    """

    kind: ChangeKind
    node: str
    field: str
    old: object
    new: object

    @property
    def path(self) -> str:
        """``n1.term``, ``history.leaders``, or the field alone."""
        owner = "history" if self.kind == "history" else self.node
        return f"{owner}.{self.field}" if owner else self.field


@dataclass(frozen=True)
class Changes:
    """Everything that a step changes, but for the ages of messages."""

    fields: tuple[Change, ...]
    added: tuple[Envelope, ...]
    removed: tuple[Envelope, ...]


def changes(model: Model, before: GlobalState, after: GlobalState) -> Changes:
    """What a step changed, in the order of nodes and fields."""
    found: list[Change] = []
    for old, new in zip(before.nodes, after.nodes, strict=True):
        found += _of_node(old, new)
    found += _of_fields("shared", "", before.shared, after.shared)
    found += _of_environment(before, after)
    for monitor, old_m, new_m in zip(model.monitors, before.history, after.history, strict=True):
        if old_m != new_m and monitor.shown:
            found.append(Change("history", "", monitor.name, old_m, new_m))
    then, now = (Counter(envelope.new for envelope in state.network) for state in (before, after))
    return Changes(tuple(found), tuple((now - then).elements()), tuple((then - now).elements()))


def _of_node(old: NodeView[object], new: NodeView[object]) -> list[Change]:
    name = new.node.name
    up = [Change("up", name, "up", old.up, new.up)] if old.up != new.up else []
    paused = [Change("paused", name, "paused", old.paused, new.paused)] if old.paused != new.paused else []
    return up + paused + _of_fields("local", name, old.state, new.state)


def _of_fields(kind: ChangeKind, node: str, old: object, new: object) -> list[Change]:
    if old == new:
        return []
    alike = type(old) is type(new) and dataclasses.is_dataclass(new) and not isinstance(new, type)
    if not alike:
        return [Change(kind, node, "state", old, new)]
    assert dataclasses.is_dataclass(new)
    pairs = [(f.name, getattr(old, f.name), getattr(new, f.name)) for f in dataclasses.fields(new)]
    return [Change(kind, node, name, was, now) for name, was, now in pairs if was != now]


def _of_environment(before: GlobalState, after: GlobalState) -> list[Change]:
    """What is left of the budgets, and the partition that stands."""
    old, new = before.environment, after.environment
    parts: list[tuple[ChangeKind, str, object, object]] = [
        ("budget", f"{name} left", was, now)
        for (name, was), (_, now) in zip(old.counted(), new.counted(), strict=True)
    ]
    parts.append(("partition", "partition", old.standing, new.standing))
    parts.append(("timeouts", "timeouts left", old.early_timeouts, new.early_timeouts))
    return [Change(kind, "", name, was, now) for kind, name, was, now in parts if was != now]
