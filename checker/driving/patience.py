"""How long real code may take for one step, before it counts as hung."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

PATIENCE = 10.0
"""Seconds."""


class Hung(BaseException):
    """The code has not come back. It is no Exception: ``except Exception`` in that code does not catch it."""


@contextmanager
def patience(seconds: float | None) -> Iterator[None]:
    """Raise Hung in what runs inside if it takes longer, and again until it has ended.

    The timer is the system's, so it works in the main thread and where there are POSIX signals; elsewhere,
    and with None, it waits. Code that never returns to the interpreter can't be ended.
    """
    here = threading.current_thread() is threading.main_thread()
    if seconds is None or not here or not hasattr(signal, "setitimer"):
        yield
        return

    def over(number: int, frame: FrameType | None) -> None:
        raise Hung(f"it has not come back after {seconds:g} s")

    timer = signal.setitimer(signal.ITIMER_REAL, 0)  # a run has one of its own
    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)
