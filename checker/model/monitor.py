"""Monitors: history that a property needs, kept beside the state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from elcheck.checker.model.state import Event, NodeView

M_co = TypeVar("M_co", covariant=True)
M = TypeVar("M")
S = TypeVar("S")


@dataclass(frozen=True, init=False, eq=False)
class Monitor(Generic[M_co]):
    """A pure function of what has happened. ``history(monitor, check)`` looks at it.

    ``start`` gives the monitor's first state from the nodes' initial states; ``after`` its next one, for a
    step that changes something: (monitor's state, event, node before, node after). It sees the handlers'
    steps, crashes and restarts; a joint step calls it for each node in turn. ``start`` is shown the nodes
    whose local states are of class ``of``, ``after`` the steps before and after which they are. It
    multiplies states, so a model without need of history has none. ``shown``: whether traces tell how its
    state changes.
    """

    name: str
    of: type
    start: Callable[..., object]
    after: Callable[..., object]
    shown: bool = True

    def __init__(
        self: Monitor[M],
        name: str,
        of: type[S],
        *,
        start: Callable[[tuple[NodeView[S], ...]], M],
        after: Callable[[M, Event, NodeView[S], NodeView[S]], M],
        shown: bool = True,
    ) -> None:
        fields = {"name": name, "of": of, "start": start, "after": after, "shown": shown}
        for field, value in fields.items():
            object.__setattr__(self, field, value)
