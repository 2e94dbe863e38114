"""Where a run ends before it is done, and why it has ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

SHARE = 0.8
"""The part of the free memory that a run may take if nothing else is said."""


@dataclass(frozen=True)
class Limits:
    """Where a search stops. ``depth`` bounds what is checked; the others stop the search before it is done.

    ``timeout`` is in seconds and ``max_memory`` in bytes of the whole process: both hold for all of a run.
    ``memory_share`` is the part of the free memory that it may take, None for no such limit. ``first`` ends
    the search at the depth at which a property is first refuted.
    """

    depth: int | None = None
    max_states: int | None = None
    max_memory: int | None = None
    timeout: float | None = None
    first: bool = False
    memory_share: float | None = None

    def __post_init__(self) -> None:
        if min(self.depth or 0, self.max_states or 0, self.max_memory or 0, self.timeout or 0) < 0:
            raise ValueError(f"{self}: a limit is not less than 0")


class StopKind(Enum):
    """What ended a search before every state was examined."""

    STATES = "states"
    TIME = "time"
    MEMORY = "memory"
    DEPTH = "depth"
    DISK = "disk"
    INTERRUPT = "interrupt"
    ERROR = "error"
    DECIDED = "decided"
    FIRST = "first"
    WORKER = "worker"


@dataclass(frozen=True)
class Stop:
    """Why a search ended before every state was examined: its kind, and in words."""

    kind: StopKind
    text: str

    def __str__(self) -> str:
        return self.text


INTERRUPTED = Stop(StopKind.INTERRUPT, "it was interrupted")
OUT_OF_MEMORY = Stop(StopKind.MEMORY, "memory ran out")
RAISED_ERROR = Stop(StopKind.ERROR, "an error ended it")
DECIDED = Stop(StopKind.DECIDED, "every property was decided")
FIRST = Stop(StopKind.FIRST, "a property was refuted (--first)")


def too_many_states(limit: int) -> Stop:
    """The limit on states was reached."""
    return Stop(StopKind.STATES, f"--max-states {limit} was reached")
