"""Monitors: history as further fields of the code, each with its own learned table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

from elcheck.checker.model.call import HandlerError, said
from elcheck.checker.model.handlers import place_if_known
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.state import Event, NodeView
from elcheck.checker.model.twice import Repeats, answer_of
from elcheck.checker.model.values import flaw
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.moves import MASK, WIDTH, Move
from elcheck.checker.system.node_table import NodeTable

MONITORED = frozenset(
    ("action", "timeout", "receive", "tick", "crash", "restart", "pause", "resume", "damage", "fault")
)
"""The kinds of events that monitors see."""

MonitorStep: TypeAlias = tuple[int, Event, int, int, int]
"""What decides a monitor's next state: its state, the event, the node, the local states before and after."""
MonitorCall: TypeAlias = "tuple[object, Event, NodeView[object], NodeView[object]]"
"""The same as the monitor sees it."""


class History:
    """The monitors' fields, above those of the nodes."""

    def __init__(
        self, monitors: Sequence[Monitor[object]], tables: Sequence[NodeTable], repeats: Repeats
    ) -> None:
        self._tables = tables
        self._repeats = repeats
        self._calls: Counter[str] = Counter()
        base = WIDTH * len(tables)
        self._fields = [(base + WIDTH * i, monitor) for i, monitor in enumerate(monitors)]
        self._states: list[Interner[object]] = [Interner() for _ in monitors]
        self._after: list[dict[MonitorStep, int]] = [{} for _ in monitors]
        self._learned: list[list[tuple[MonitorStep, int]]] = [[] for _ in monitors]
        self._moved: list[dict[tuple[int, Move], int]] = [{} for _ in monitors]

    def begin(self, code: int) -> int:
        """An initial code with the monitors' first states. Raises HandlerError when a monitor raises."""
        views = []
        for table in self._tables:
            local, _ = table.ids.values[(code >> table.shift) & MASK]
            views.append(table.local_states.view(local))
        for (shift, monitor), states in zip(self._fields, self._states, strict=True):
            seen = tuple(view for view in views if isinstance(view.state, monitor.of))
            code += states.number_of_value(self._asked(monitor, monitor.start, seen)) << shift
        return code

    def after(self, succ: int, move: Move) -> int:
        """The code after a step, with the monitors' next states."""
        if move.event.kind not in MONITORED:
            return succ
        for at, (shift, _) in enumerate(self._fields):
            before = (succ >> shift) & MASK
            now = self._moved[at].get((before, move))
            if now is None:
                now = before
                for node, old, new in move.changes:
                    now = self.step(at, (now, move.event, node, old, new))
                self._moved[at][before, move] = now
            succ += (now - before) << shift
        return succ

    def step(self, at: int, step: MonitorStep) -> int:
        """The next state of a monitor, as a number. Raises HandlerError when the monitor raises."""
        known = self._after[at].get(step)
        if known is None:
            known = self._after[at][step] = self._learn(at, step)
            self._learned[at].append((step, known))
        return known

    def seen(self, at: int, step: MonitorStep) -> MonitorCall:
        """What a monitor is called with."""
        now, event, node, old, new = step
        local_states = self._tables[node].local_states
        return self._states[at].values[now], event, local_states.view(old), local_states.view(new)

    def answer(self, at: int, seen: MonitorCall) -> object:
        """What a monitor comes to that is called so. Raises HandlerError when it raises."""
        monitor, now, before, after = self._fields[at][1], seen[0], seen[2], seen[3]
        if not all(isinstance(view.state, monitor.of) for view in (before, after)):
            return now
        return self._asked(monitor, monitor.after, *seen)

    def _learn(self, at: int, step: MonitorStep) -> int:
        now, seen = step[0], self.seen(at, step)
        result = self.answer(at, seen)
        return now if result is seen[0] else self._states[at].number_of_value(result)

    def _asked(self, monitor: Monitor[object], function: Callable[..., object], *arguments: object) -> object:
        """What a monitor's function answers. Raises HandlerError when it raises, answers what is no value, or
        is found not to be one of its arguments alone.
        """
        self._calls[monitor.name] += 1
        twice = self._repeats.is_due(self._calls[monitor.name])
        try:
            state, unlike = answer_of(function, arguments, twice=twice)
        except Exception as error:
            raise HandlerError(f"the monitor {monitor.name} raises {said(error)}") from error
        why = flaw(state, f"the state of the monitor {monitor.name}")
        if why is None and unlike is not None:
            why = f"the monitor {monitor.name}{place_if_known(function)} {unlike}"
        if why is not None:
            raise HandlerError(why)
        return state

    def learned_since(self, at: int, known: int) -> Sequence[tuple[MonitorStep, int]]:
        """What a monitor did after so many steps, each with its next state, in order."""
        return self._learned[at][known:]

    def shift(self, at: int) -> int:
        """Where a monitor's field starts."""
        return self._fields[at][0]

    def numbers(self, code: int) -> tuple[int, ...]:
        """The monitors' states as numbers."""
        return tuple((code >> shift) & MASK for shift, _ in self._fields)

    def number(self, at: int, state: object) -> int:
        """The number of a monitor's state."""
        return self._states[at].number(state)

    def state(self, at: int, number: int) -> object:
        """A monitor's state by its number."""
        return self._states[at].values[number]

    def known(self, at: int) -> Sequence[object]:
        """A monitor's states by their numbers."""
        return self._states[at].values

    def decode(self, code: int) -> tuple[object, ...]:
        """The monitors' states."""
        return tuple(self.state(at, number) for at, number in enumerate(self.numbers(code)))
