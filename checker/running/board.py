"""What can be seen of a run while it goes on, and what one may tell it to do."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from elcheck.checker.running.schedule import ScheduledFault

WINDOW = 2.0
"""Seconds over which messages are counted for their rate."""


@dataclass(frozen=True)
class NodeStatus:
    """A node at a moment: ``condition`` is up, down, paused or starting; its state in words; whether it
    leads and its term, as far as its states have a ``leads`` and a ``term``; the steps that it took in this
    life, and how many of them took a message; and from whom nothing that it sends arrives.
    """

    node: str
    condition: str
    state: str = ""
    leads: bool | None = None
    term: int | None = None
    steps: int = 0
    messages: int = 0
    kills: int = 0
    restarts: int = 0
    cut: Sequence[str] = ()


@dataclass
class Board:
    """What the run shows, and the faults that it is told to do, each checked by ``understood`` (which raises
    UsageError). Another thread may read and tell.
    """

    understood: Callable[[str], ScheduledFault]
    commands: queue.SimpleQueue[ScheduledFault] = field(default_factory=queue.SimpleQueue)
    _lock: Lock = field(default_factory=Lock)
    _seconds: float = 0.0
    _nodes: Sequence[NodeStatus] = ()
    _faults: Sequence[tuple[float, str]] = ()
    _counted: dict[str, deque[tuple[float, int]]] = field(default_factory=dict)

    def show(self, seconds: float, nodes: Sequence[NodeStatus], faults: Sequence[tuple[float, str]]) -> None:
        """What the run is after some seconds."""
        with self._lock:
            self._seconds, self._nodes, self._faults = seconds, nodes, list(faults)
            for status in nodes:
                self._count(status)

    def _count(self, status: NodeStatus) -> None:
        counted = self._counted.setdefault(status.node, deque())
        if counted and counted[-1][1] > status.messages:  # another life
            counted.clear()
        counted.append((self._seconds, status.messages))
        while self._seconds - counted[0][0] > WINDOW:
            counted.popleft()

    def rate(self, node: str) -> float:
        """Messages a second that a node has taken lately."""
        counted = self._counted.get(node, deque())
        if len(counted) < 2 or counted[-1][0] <= counted[0][0]:
            return 0.0
        return (counted[-1][1] - counted[0][1]) / (counted[-1][0] - counted[0][0])

    def read(self) -> dict[str, object]:
        """All of it, for JSON."""
        with self._lock:
            nodes: list[object] = [
                {**vars(status), "cut": list(status.cut), "rate": round(self.rate(status.node), 1)}
                for status in self._nodes
            ]
            faults: list[object] = [{"at": round(at, 2), "fault": what} for at, what in self._faults]
            return {"seconds": round(self._seconds, 1), "nodes": nodes, "faults": faults}

    def tell(self, said: str) -> None:
        """Have a fault done, as soon as may be: ``kill n1``. Raises UsageError."""
        self.commands.put(self.understood(said))
