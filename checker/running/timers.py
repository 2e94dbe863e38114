"""When a node tries its actions and timeouts: real, randomised times."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from elcheck.checker.model.handlers import Handler
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.state import Event
from elcheck.checker.running.settings import NodePace


class Timers:
    """A due time for each action and timeout of a node.

    A timeout fires when for so long the node has neither taken a message nor changed its state; one that is
    about certain nodes (an argument of it is a NodeId), when it has taken none of theirs for so long.
    """

    def __init__(
        self,
        actions: Sequence[tuple[Handler, Event]],
        timeouts: Sequence[tuple[Handler, Event]],
        pace: NodePace,
        dice: random.Random,
        clock: Callable[[], float],
    ) -> None:
        self._pace, self._dice, self._clock = pace, dice, clock
        self._ranks = {event: handler.mark.rank for handler, event in timeouts}
        self._about = {
            event: frozenset(value for _, value in event.args if isinstance(value, NodeId))
            for event in self._ranks
        }
        self._due: dict[Event, float] = {}
        for _, event in [*actions, *timeouts]:
            self.wind(event)

    def wind(self, event: Event) -> None:
        """Set an event's timer again."""
        rank = self._ranks.get(event)
        wait = self._dice.uniform(0.5, 1.5) * self._pace.action
        if rank is not None:
            wait = self._dice.uniform(1 + 2 * rank, 2 + 2 * rank) * self._pace.timeout
        self._due[event] = self._clock() + wait

    def heard(self, src: NodeId) -> None:
        """A message has been taken."""
        for event, about in self._about.items():
            if not about or src in about:
                self.wind(event)

    def changed(self) -> None:
        """The node's state is another one."""
        for event, about in self._about.items():
            if not about:
                self.wind(event)

    def next(self) -> tuple[float, Event] | None:
        """The event that is due first, and when; None for a node that only takes messages."""
        return min(((due, event) for event, due in self._due.items()), key=lambda at: at[0], default=None)
