"""Monitors: history as further fields of the code, each with its own learned table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from elcheck.checker.model.call import RAISED, HandlerError, said
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.state import Event, NodeView
from elcheck.checker.model.values import flaw
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.moves import MASK, WIDTH, Move
from elcheck.checker.system.node_table import NodeTable

MONITORED = frozenset(("action", "timeout", "receive", "tick", "crash", "restart"))
"""The kinds of events that monitors see."""

MonitorStep: TypeAlias = tuple[int, Event, int, int, int]
"""What decides a monitor's next state: its state, the event, the node, the local states before and after."""
MonitorCall: TypeAlias = "tuple[object, Event, NodeView[object], NodeView[object]]"
"""The same as the monitor sees it."""


class History:
    """The monitors' fields, above those of the nodes."""

    def __init__(self, monitors: Sequence[Monitor[object]], tables: Sequence[NodeTable]) -> None:
        self._tables = tables
        base = WIDTH * len(tables)
        self._fields = [(base + WIDTH * i, monitor) for i, monitor in enumerate(monitors)]
        self._states: list[Interner[object]] = [Interner() for _ in monitors]
        self._after: list[dict[MonitorStep, int]] = [{} for _ in monitors]

    def begin(self, code: int) -> int:
        """An initial code with the monitors' first states. Raises HandlerError when a monitor raises."""
        views = []
        for table in self._tables:
            local, _ = table.ids.values[(code >> table.shift) & MASK]
            views.append(table.local_states.view(local))
        for (shift, monitor), states in zip(self._fields, self._states, strict=True):
            try:
                state = monitor.start(tuple(view for view in views if isinstance(view.state, monitor.of)))
            except RAISED as error:
                raise HandlerError(f"the monitor {monitor.name} raises {said(error)}") from error
            code += states.number(_value(monitor, state)) << shift
        return code

    def after(self, succ: int, move: Move) -> int:
        """The code after a step, with the monitors' next states."""
        if move.event.kind not in MONITORED:
            return succ
        for at, (shift, _) in enumerate(self._fields):
            before = now = (succ >> shift) & MASK
            for node, old, new in move.changes:
                now = self.step(at, (now, move.event, node, old, new))
            succ += (now - before) << shift
        return succ

    def step(self, at: int, step: MonitorStep) -> int:
        """The next state of a monitor, as a number. Raises HandlerError when the monitor raises."""
        known = self._after[at].get(step)
        if known is None:
            known = self._after[at][step] = self._learn(at, step)
        return known

    def seen(self, at: int, step: MonitorStep) -> MonitorCall:
        """What a monitor is called with."""
        now, event, node, old, new = step
        local_states = self._tables[node].local_states
        return self._states[at].values[now], event, local_states.view(old), local_states.view(new)

    def _learn(self, at: int, step: MonitorStep) -> int:
        monitor, now, seen = self._fields[at][1], step[0], self.seen(at, step)
        state, after = seen[0], seen[3]
        if not isinstance(after.state, monitor.of):
            return now
        try:
            result = monitor.after(*seen)
        except RAISED as error:
            raise HandlerError(f"the monitor {monitor.name} raises {said(error)}") from error
        return now if result is state else self._states[at].number(_value(monitor, result))

    def learned(self, at: int) -> Sequence[MonitorStep]:
        """What a monitor was asked, but for its first states."""
        return tuple(self._after[at])

    def shift(self, at: int) -> int:
        """Where a monitor's field starts."""
        return self._fields[at][0]

    def numbers(self, code: int) -> tuple[int, ...]:
        """The monitors' states as numbers."""
        return tuple((code >> shift) & MASK for shift, _ in self._fields)

    def state(self, at: int, number: int) -> object:
        """A monitor's state by its number."""
        return self._states[at].values[number]

    def known(self, at: int) -> Sequence[object]:
        """A monitor's states by their numbers."""
        return self._states[at].values

    def decode(self, code: int) -> tuple[object, ...]:
        """The monitors' states."""
        return tuple(self.state(at, number) for at, number in enumerate(self.numbers(code)))


def _value(monitor: Monitor[object], state: object) -> object:
    """A monitor's state. Raises HandlerError if it is not a value that can be compared and stored."""
    why = flaw(state, f"the state of the monitor {monitor.name}")
    if why is not None:
        raise HandlerError(why)
    return state
