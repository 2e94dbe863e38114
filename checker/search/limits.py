"""Where a search stops, what it may use, and why it has stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psutil import Process

EVERY = 256
"""States between two looks at the clock and the memory."""


@dataclass(frozen=True)
class Limits:
    """Where a search stops. ``depth`` bounds what is checked; the others stop the search before it is done.

    ``max_memory`` counts bytes of the whole process, ``timeout`` seconds. ``first`` ends the search at the
    depth at which a property is first refuted.
    """

    depth: int | None = None
    max_states: int | None = None
    max_memory: int | None = None
    timeout: float | None = None
    first: bool = False


@dataclass(frozen=True)
class Spill:
    """The folder in which a search keeps its states, and whether it resumes from the checkpoint there.

    ``every``: seconds between two checkpoints. ``searched`` tells this search from others: labels (the
    model's file, its parameters) with their texts. A resume with other texts is refused.
    """

    folder: Path
    resume: bool = False
    every: float = 60.0
    searched: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Resources:
    """What a search may use: files for its states, two threads. Only the fast engine can."""

    spill: Spill | None = None
    workers: int = 1


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


class LimitCheck:
    """Looks at the clock and the memory while something runs. ``spent``: seconds before it began.

    ``every``: states between two looks. ``on_look`` is called at each, to report progress.
    """

    def __init__(
        self, limits: Limits, on_look: Callable[[], None] = lambda: None, spent: float = 0.0
    ) -> None:
        self._limits = limits
        self._on_look = on_look
        self._end = None if limits.timeout is None else time.monotonic() + limits.timeout - spent
        self.every = EVERY if limits.timeout is None else 1

    def exceeded(self) -> Stop | None:
        """The limit that is exceeded, None as long as there is none."""
        self._on_look()
        limits = self._limits
        if self._end is not None and time.monotonic() > self._end:
            return Stop(StopKind.TIME, f"--timeout {limits.timeout:g} ran out")
        if limits.max_memory is not None and resident() > limits.max_memory:
            return Stop(StopKind.MEMORY, f"--max-memory of {limits.max_memory / 2**20:.0f} MiB was exceeded")
        return None


def resident() -> int:
    """Bytes of memory that the process holds now."""
    return int(_process().memory_info().rss)


@cache
def _process() -> Process:
    """This process. Few runs ask, and psutil takes its time to be imported."""
    from psutil import Process

    return Process()
