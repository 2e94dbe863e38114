"""What the model may have come to: the paths of which the subject can't be told.

A subject shows a part of its state, and some outcomes look alike in that. Whichever of them was taken is
known only later, or never; until then all of them are kept, so that no choice of the driver's is taken for a
difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from elcheck.checker.driving.expected import Expected, Stepper
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.traces.trace import Trace, TraceStep

MANY = 64
"""Paths that are kept."""


@dataclass(frozen=True)
class DrivenPath:
    """One way on which the model may have come to where it is."""

    initial: GlobalState
    steps: tuple[TraceStep, ...] = ()

    @property
    def state(self) -> GlobalState:
        """Where it leads."""
        return self.steps[-1].state if self.steps else self.initial

    @property
    def before(self) -> GlobalState:
        """Where its last step began."""
        return self.steps[-2].state if len(self.steps) > 1 else self.initial

    @property
    def trace(self) -> Trace:
        """The path as a trace."""
        return Trace(self.initial, self.steps)


@dataclass(frozen=True)
class NextOutcome:
    """An outcome of an event at the end of a path."""

    path: DrivenPath
    outcome: Expected

    @property
    def further(self) -> DrivenPath:
        """The path with that step."""
        step = TraceStep(self.outcome.event, self.outcome.after)
        return DrivenPath(self.path.initial, (*self.path.steps, step))


class Possible:
    """The paths that look like what the subject did, of which the first is gone on with. ``sure`` is False
    once one was given up for another reason than that it looks otherwise.
    """

    def __init__(self, stepper: Stepper, paths: Sequence[DrivenPath]) -> None:
        self.paths = list(paths)
        self.sure = True
        self._stepper = stepper

    @property
    def first(self) -> DrivenPath:
        """The path that is gone on with."""
        return self.paths[0]

    def outcomes(self, event: Event) -> list[NextOutcome]:
        """What an event that is enabled at the end of the first path may come to, on all paths."""
        return list(self._outcomes(event))

    def _outcomes(self, event: Event) -> Iterator[NextOutcome]:
        for path in self.paths:
            if path is self.first or self._stepper.is_possible(path.state, event):
                for outcome in self._stepper.expected(path.state, event):
                    yield NextOutcome(path, outcome)
            else:
                self.sure = False

    def keep(self, fitting: Sequence[NextOutcome]) -> None:
        """Go on with those outcomes that look like what the subject did, and cross no bound."""
        inside = {found.outcome.after: found for found in reversed(fitting) if not found.outcome.crosses}
        kept = list(reversed(inside.values()))
        self.sure = self.sure and len(kept) <= MANY and not any(found.outcome.crosses for found in fitting)
        self.paths = [found.further for found in kept[:MANY]]
