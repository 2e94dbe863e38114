"""A difference with fewer steps before it: what its reader does not need is left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from elcheck.checker.driving.expected import Stepper
from elcheck.checker.driving.lockstep import Drive, DriveEnding, Lockstep, MakeSubject
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.process.watch import Ended, look

C = TypeVar("C")
REPLAYS = 400
"""Runs with steps left out that are tried, at most."""


def shortened(stepper: Stepper, make: MakeSubject[C], driven: Drive) -> Drive:
    """A drive that differs too, with fewer steps: longer and shorter pieces are left out as long as the two
    sides still differ, as in delta debugging (Zeller and Hildebrandt 2002).
    """
    return _Shortening(stepper, make, driven).run()


class _Shortening(Generic[C]):
    def __init__(self, stepper: Stepper, make: MakeSubject[C], driven: Drive) -> None:
        self._stepper = stepper
        self._make = make
        self._initial = driven.trace.initial
        self._best = driven
        self._replays = 0

    def run(self) -> Drive:
        """Leave pieces out, halves at first and single steps in the end."""
        size = (len(self._best.trace.steps) + 1) // 2
        try:
            while size >= 1 and self._replays < REPLAYS:
                improved = self._without_pieces(size)
                size = min(size, len(self._best.trace.steps)) if improved and size == 1 else size // 2
        except Ended as ended:  # what is found is not lost
            ended.notice()
        return self._best

    def _without_pieces(self, size: int) -> bool:
        """Leave out what pieces of a size can be, the first steps first; whether any could."""
        at, improved = 0, False
        while at < len(self._best.trace.steps) and self._replays < REPLAYS:
            events = [step.event for step in self._best.trace.steps]
            found = self._replayed([*events[:at], *events[at + size :]])
            if found is not None and len(found.trace.steps) < len(events):
                self._best, improved = found, True
            else:
                at += size
        return improved

    def _replayed(self, events: Sequence[Event]) -> Drive | None:
        """What becomes of some events, of which those that are not enabled any more are left out; None if
        the sides don't differ.
        """
        look()
        self._replays += 1
        run: Lockstep[C] = Lockstep(self._stepper, self._make, self._initial)
        try:
            for event in events:
                if run.ended is not None:
                    break
                if self._is_enabled(run.state, event):
                    run.step(event)
        finally:
            run.stop()
        found = run.finished()
        return (
            found if found.ending is self._best.ending and found.ending is not DriveEnding.FOLLOWED else None
        )

    def _is_enabled(self, state: GlobalState, event: Event) -> bool:
        return self._stepper.is_possible(state, event)
