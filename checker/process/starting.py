"""A signal that comes while the command line is still being imported: one line, no traceback.

Importing takes a fifth of a second, on a busy machine more.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

INTERRUPTED = 20
"""The exit code of what is interrupted before anything is known."""
ENDING_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""The signals that end a command with what is known."""
_taken: dict[int, object] = {}


def take() -> None:
    """End the process quietly by the signals that end a command, those that nobody else has taken."""
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            _taken[number] = signal.signal(number, _end)


def give_back() -> None:
    """Leave the signals to who comes next."""
    for number, handler in _taken.items():
        signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() gave back
    _taken.clear()


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    os.write(2, b"elcheck: interrupted before it began\n")
    os._exit(INTERRUPTED)
