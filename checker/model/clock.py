"""Clocks of local states: how many ticks ago something was.

Time is a part of the state and its passing a step, as in Lamport, Real-Time Model Checking is Really Simple
(Correct Hardware Design and Verification Methods, 2005); what clocks are for is in docs/semantics.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from elcheck.checker.model.record import Record
from elcheck.checker.model.replaced import replaced

V = TypeVar("V")
Since: TypeAlias = "Callable[..., Clock | None]"
"""Which clock of a local state, and of what else a timeout is given, says how long its timer has run; None
where that is not set.
"""


class Clock(Record):
    """The ticks since it was set: 0 and, with each tick, one more, up to ``most``, where it stays.

    A field of a local state, or a part of one: ``heard: Clock = Clock(4)``. To set it anew is to put a new
    one in its place: ``replace(s, heard=Clock(4))``. It runs under ``timing="bounded(d)"`` only.
    """

    most: int
    ticks: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.ticks <= self.most:
            raise ValueError(f"a Clock shows 0 to {self.most} ticks, not {self.ticks}")

    def later(self) -> Clock:
        """The clock a tick later."""
        return self if self.ticks == self.most else Clock(self.most, self.ticks + 1)


def clocks_later(state: V) -> V:
    """A local state a tick later: all clocks in it show one more."""
    made = replaced(state, Clock, Clock.later)
    assert isinstance(made, type(state))
    return made
