"""Watching a run: a watch for it and, in the main thread, the signals and the timer that end it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from elcheck.checker.process.limits import INTERRUPTED, Limits
from elcheck.checker.process.watch import RING, Ended, Ending, Watch, current, here

STUBBORN = 40
"""Rings that other people's code may swallow before it is not asked any more."""
REMINDED = (100, 600, 6000)
"""Rings after which somebody is told that a call has not returned."""


@contextmanager
def watching(
    limits: Limits = Limits(),
    on_look: Callable[[], None] | None = None,
    *,
    absorbs: bool = False,
    numbers: Sequence[int] = (signal.SIGINT,),
) -> Iterator[Watch]:
    """A watch for a run, or for a part of one. The outermost takes the signals of these numbers, if it is in
    the main thread.
    """
    watch = Watch(limits, here.watch, on_look, absorbs=absorbs)
    with watched_by(watch), signals.held(numbers if watch.outermost else ()):
        yield watch


@contextmanager
def ending() -> Iterator[Watch]:
    """A watch for the end of a run; in one end that of the other."""
    around = current()
    watch = around if isinstance(around, Ending) else Ending(around)
    with watched_by(watch):
        yield watch


@contextmanager
def watched_by(watch: Watch) -> Iterator[None]:
    """Make a watch the innermost of this thread."""
    around, here.watch = here.watch, watch
    try:
        yield
    finally:
        here.watch = around


class Signals:
    """The signals that end a run, and the timer. A signal that is somebody else's, or ignored, stays so.

    ``give_up`` is called where other people's code does not let itself be ended; it may end the process.
    ``remind`` is called where a call of it has not returned for so many seconds.
    """

    def __init__(self) -> None:
        self.give_up: Callable[[FrameType | None], None] = lambda _: None
        self.remind: Callable[[FrameType | None, float], None] = lambda _, __: None
        self._part, self._rings = 0, 0
        self._before: dict[int, object] = {}
        self._came = 0

    @contextmanager
    def held(self, numbers: Sequence[int]) -> Iterator[None]:
        """Take signals, and give them back."""
        if not numbers or threading.current_thread() is not threading.main_thread():
            yield
            return
        try:
            self._came = 0
            for number in numbers:
                self._take(number, self._interrupt)
            if sys.platform != "win32" and signal.getitimer(signal.ITIMER_REAL) == (0, 0):
                self._take(signal.SIGALRM, self._ring)
                signal.setitimer(signal.ITIMER_REAL, RING, RING)
            yield
        finally:
            if sys.platform != "win32" and signal.SIGALRM in self._before:
                signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in self._before.items():
                signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() gave back
            self._before.clear()

    def _take(self, number: int, handler: Callable[[int, FrameType | None], None]) -> None:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            self._before[number] = signal.signal(number, handler)

    def leave(self) -> None:
        """Let the signals be, in a process that was forked: those that were taken are its parent's."""
        for number in self._before:
            signal.signal(number, signal.SIG_DFL)
        self._before.clear()
        self._came = 0

    def own(self, number: int) -> bool:
        """Whether a signal ends the run, and nothing else."""
        return number in self._before

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._came += 1
        current().interrupt(number)
        if self._came > 2:
            raise Ended(current(), INTERRUPTED, sudden=True)

    def _ring(self, number: int, frame: FrameType | None) -> None:
        self._rings = self._rings + 1 if here.endable and here.parts == self._part else 0
        self._part = here.parts
        if self._rings in REMINDED:
            self.remind(frame, self._rings * RING)
        if _imports(frame):  # a module that is ended halfway is broken for whoever imports it next
            return
        if here.swallowed > STUBBORN:
            self.give_up(frame)
        current().ring()


def _imports(frame: FrameType | None) -> bool:
    """Whether a module is being imported."""
    while frame is not None:
        if frame.f_code.co_name == "_find_and_load" and frame.f_code.co_filename.startswith(
            "<frozen importlib"
        ):
            return True
        frame = frame.f_back
    return False


signals = Signals()
"""Those of this process."""
