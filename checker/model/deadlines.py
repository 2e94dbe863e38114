"""When timers run out, by the clocks of local states: the meaning of ``since`` and ``after``."""

from __future__ import annotations

from dataclasses import dataclass

from elcheck.checker.model.call import HandlerError, said
from elcheck.checker.model.clock import Clock
from elcheck.checker.model.handlers import Handler, Mark, place_if_known
from elcheck.checker.model.state import Event
from elcheck.checker.model.twice import Repeats, answer_of
from elcheck.checker.model.values import called, counted, text

TIME = Handler("tick", Mark("tick"), (), (), "", 0)
"""The passing of time at a node that has no handler for it."""


@dataclass
class Deadlines:
    """The timers of a model. ``timed``: clocks run."""

    timed: bool
    repeats: Repeats
    _asked: int = 0

    def why_not_yet(self, handler: Handler, event: Event, state: object) -> str | None:
        """Why a timeout can't run out in a local state, None if it can. Raises HandlerError, as below."""
        if handler.mark.since is None:
            return None
        clock = self._clock(handler, event, state)
        if clock is None:
            return "its timer is not set"
        least = handler.mark.after[0]
        if self.timed and clock.ticks < least:
            return f"its clock shows {clock.ticks} of {counted(least, 'tick')}"
        return None

    def is_due(self, handler: Handler, event: Event, state: object) -> bool:
        """Whether a timeout has to run out before time passes. Raises HandlerError if the clock raises, is
        none, or stops too early.
        """
        most = handler.mark.after[1]
        if not self.timed or handler.mark.since is None or most is None:
            return False
        clock = self._clock(handler, event, state)
        return clock is not None and clock.ticks >= most

    def _clock(self, handler: Handler, event: Event, state: object) -> Clock | None:
        since = handler.mark.since
        assert since is not None
        given = [state, *[value for _, value in event.args]]
        where = f"since= of {handler.name}{place_if_known(since)}"
        on = f", on ({', '.join(map(text, given))})"
        self._asked += 1
        try:
            clock, why = answer_of(since, given, twice=self.repeats.is_due(self._asked))
        except Exception as error:
            raise HandlerError(f"{where} raises {said(error)}{on}") from error
        if why is not None:
            raise HandlerError(f"{where} {why}{on}")
        if clock is not None and not isinstance(clock, Clock):
            raise HandlerError(f"{where} answers {called(clock)}, not a Clock or None{on}")
        if self.timed and clock is not None and clock.most < _last(handler.mark):
            raise HandlerError(
                f"{where} gives a clock that stops at {counted(clock.most, 'tick')}, and after="
                f"{handler.mark.after} asks for {_last(handler.mark)}: Clock({_last(handler.mark)}){on}"
            )
        return clock


def _last(mark: Mark) -> int:
    """The number of ticks that a clock has to come to."""
    least, most = mark.after
    return least if most is None else most
