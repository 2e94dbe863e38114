"""Ctrl-C and SIGTERM while a search keeps checkpoints."""

from __future__ import annotations

import signal
import threading
from types import FrameType


class Signals:
    """Ctrl-C and SIGTERM, noted until there is time for them. A second one interrupts at once."""

    def __init__(self) -> None:
        self.came = False
        self._before: dict[int, object] = {}

    def hold(self) -> None:
        """Note them from now on. Only the main thread can."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.came:
            raise KeyboardInterrupt
        self.came = True

    def free(self) -> None:
        """Give them back to the handlers of before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() gave back
        self._before.clear()
