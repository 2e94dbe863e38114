"""Why a call can't be, as the search notes it. What that is in words is only asked of the last one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from elcheck.checker.model.state import Envelope
from elcheck.checker.validation.calls import Call, Comparison, is_as_wanted

Stage = Literal["form", "before", "message", "guard", "after", "sends", "disk", "raised"]
_FAR: dict[Stage, int] = {
    "form": 0, "before": 1, "message": 2, "guard": 3, "raised": 3, "disk": 4, "after": 4, "sends": 5,
}  # fmt: skip


@dataclass(frozen=True)
class Mismatch:
    """A field that is not what the log says: what it ought to be, and what it is."""

    field: str
    wanted: object
    got: object


@dataclass(frozen=True)
class Obstacle:
    """What is against a call. done: calls of the reading before it that are possible. state: the node's state
    before it. text: the guard that fails, or what is wrong with the lines. mismatch: the field that differs.
    message: what it takes. sent: what it sends.
    """

    stage: Stage
    call: Call
    done: int = 0
    state: object = None
    text: str = ""
    mismatch: Mismatch | None = None
    message: Envelope | None = None
    sent: tuple[Envelope, ...] = ()

    @property
    def reach(self) -> tuple[int, int]:
        """How far one came: of several ways to read a step the one that went farthest says most."""
        return self.done, _FAR[self.stage]


def farther(one: Obstacle | None, other: Obstacle) -> Obstacle:
    """The one that went farther, the first if both went as far."""
    return other if one is None or other.reach > one.reach else one


def mismatch_of(value: object, wanted: Comparison) -> Mismatch | None:
    """The first field of a state or a message that is not what is wanted.

    Raises AttributeError for a field that there is not.
    """
    for name, want in wanted.items():
        got: object = getattr(value, name)
        if not is_as_wanted(want, got):
            return Mismatch(name, want, got)
    return None
