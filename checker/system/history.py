"""Monitors: history as further fields of the code, each with its own learned table."""

from __future__ import annotations

from collections.abc import Sequence

from elcheck.checker.model.call import RAISED, HandlerError, said
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.state import Event
from elcheck.checker.model.values import flaw
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.moves import MASK, WIDTH, Move
from elcheck.checker.system.node_table import NodeTable

SEEN = frozenset(("action", "timeout", "receive", "tick", "crash", "restart"))
"""The kinds of events that monitors see."""

Observation = tuple[int, Event, int, int, int]


class History:
    """The monitors' fields, above those of the nodes."""

    def __init__(self, monitors: Sequence[Monitor[object]], tables: Sequence[NodeTable]) -> None:
        self._tables = tables
        base = WIDTH * len(tables)
        self._fields = [(base + WIDTH * i, monitor) for i, monitor in enumerate(monitors)]
        self._states: list[Interner[object]] = [Interner() for _ in monitors]
        self._after: list[dict[Observation, int]] = [{} for _ in monitors]

    def begin(self, code: int) -> int:
        """An initial code with the monitors' first states."""
        views = []
        for table in self._tables:
            local, _ = table.ids.values[(code >> table.shift) & MASK]
            views.append(table.locals.view(local))
        for (shift, monitor), states in zip(self._fields, self._states, strict=True):
            try:
                state = monitor.start(tuple(view for view in views if isinstance(view.state, monitor.of)))
            except RAISED as error:
                raise HandlerError(f"the monitor {monitor.name} raises {said(error)}") from error
            code += states.number(_value(monitor, state)) << shift
        return code

    def after(self, succ: int, move: Move) -> int:
        """The code after a step, with the monitors' states moved on."""
        if move.event.kind not in SEEN:
            return succ
        for at, (shift, _) in enumerate(self._fields):
            before = now = (succ >> shift) & MASK
            for node, old, new in move.changes:
                now = self.step(at, (now, move.event, node, old, new))
            succ += (now - before) << shift
        return succ

    def step(self, at: int, seen: Observation) -> int:
        """The state that a monitor comes to, as a number."""
        known = self._after[at].get(seen)
        if known is None:
            known = self._after[at][seen] = self._learn(at, seen)
        return known

    def _learn(self, at: int, seen: Observation) -> int:
        now, event, node, old, new = seen
        monitor = self._fields[at][1]
        table = self._tables[node]
        if not isinstance(table.locals[new].state, monitor.of):
            return now
        state = self._states[at].values[now]
        try:
            result = monitor.after(state, event, table.locals.view(old), table.locals.view(new))
        except RAISED as error:
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
        """A monitor's states by their number."""
        return self._states[at].values

    def decode(self, code: int) -> tuple[object, ...]:
        """The monitors' states."""
        return tuple(self.state(at, number) for at, number in enumerate(self.numbers(code)))


def _value(monitor: Monitor[object], state: object) -> object:
    why = flaw(state, f"the state of the monitor {monitor.name}")
    if why is not None:
        raise HandlerError(why)
    return state
