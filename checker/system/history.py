"""Monitors: history as further fields of the code, each with its own learned table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from elcheck.checker.model.call import HandlerError, said, theirs
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.state import Event
from elcheck.checker.model.values import flaw
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.moves import MASK, WIDTH, Move
from elcheck.checker.system.node_table import NodeTable

MONITORED = frozenset(("action", "timeout", "receive", "tick", "crash", "restart"))
"""The kinds of events that monitors see."""

MonitorStep: TypeAlias = tuple[int, Event, int, int, int]
"""What decides a monitor's next state: its state, the event, the node, the local states before and after."""


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
                with theirs:
                    state = monitor.start(tuple(view for view in views if isinstance(view.state, monitor.of)))
            except Exception as error:
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

    def _learn(self, at: int, step: MonitorStep) -> int:
        now, event, node, old, new = step
        monitor = self._fields[at][1]
        local_states = self._tables[node].local_states
        if not isinstance(local_states[new].state, monitor.of):
            return now
        state = self._states[at].values[now]
        try:
            with theirs:
                result = monitor.after(state, event, local_states.view(old), local_states.view(new))
        except Exception as error:
            raise HandlerError(f"the monitor {monitor.name} raises {said(error)}") from error
        return now if result is state else self._states[at].number(_value(monitor, result))

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
