"""One clock and one limit on memory for all of a run, and the signals that end it.

Whoever works for long asks the watch of its thread now and then, where all that it has is whole:
:meth:`Watch.exceeded` answers what ends the run, :meth:`Watch.look` raises it. What can't ask, other people's
code above all, is ended from outside: it runs within :data:`endable`, and a timer raises :class:`Ended` there
if nobody has asked for a while. Timer and signals are the main thread's, on systems that have them; in
another thread limits hold between two questions.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import inf
from types import TracebackType

from elcheck.checker.process.limits import INTERRUPTED, OUT_OF_MEMORY, Limits, Stop, StopKind
from elcheck.checker.process.memory import DataLimit, available, resident

EVERY = 64
"""Small pieces of work (a state, a step, a label) between two questions, where each takes little."""
RING = 0.1
"""Seconds between two rings of the timer."""
PERIOD = 0.05
"""Seconds between two looks at the memory, and between two calls of what reports progress."""
UNMEASURED = 0.5
"""Seconds in which a run may take what it likes, if nobody has said how much: most are over by then, and to
learn what is free takes its time.
"""
GRACE, PATIENCE = 0.2, 2.0
"""Seconds in which an end waits for a question: while endable code runs, and while other code does."""
ENDING, LAST_WORDS = 0.08, 10.0
"""What the end of a run may take beyond the limits, as a part of them; and after a signal, in seconds."""


class Ended(BaseException):
    """A limit or a signal ends what is being done. ``sudden``: not where a watch was asked, but somewhere;
    ``where`` is the line of other people's code then.
    """

    def __init__(self, watch: Watch, stop: Stop, *, sudden: bool = False) -> None:
        super().__init__(str(stop))
        self._watch, self._stop = watch, stop
        self.sudden, self.where = sudden, ""

    def notice(self) -> Stop:
        """What ended it. From now on nothing else is ended by the same."""
        self._watch.noticed = True
        here.endable = here.swallowed = 0
        if not self.where:
            return self._stop
        return replace(self._stop, text=f"{self._stop} in a call at {self.where} that had not returned")


class Here(threading.local):
    """What is of one thread: its innermost watch, whether that is looking at the clock and the memory, in how
    many endable parts it is and how many there have been, and how many ends were raised in these since one
    was noticed.
    """

    watch: Watch | None = None
    measuring = False
    endable = 0
    parts = 0
    swallowed = 0


here = Here()


@dataclass
class MemoryLimit:
    """How many bytes the process may hold: so many, or a part of what is free when that is first asked."""

    most: int | None = None
    share: float | None = None
    said: str = ""

    def known(self) -> int | None:
        """The limit, None if there is none."""
        if self.most is None and self.share is not None:
            self.most = resident() + int(self.share * available())
            part = f"{self.share:.0%} of what was free" if self.share < 1 else "all that was free"
            self.said = f"the default of --max-memory, {self.most / 2**20:,.0f} MiB ({part}), was exceeded"
        return self.most

    @property
    def stop(self) -> Stop:
        """Why a run ends that exceeds it."""
        return Stop(StopKind.MEMORY, self.said)


class Watch:
    """What may end a run, or a part of one; a part is ended by what ends the whole.

    ``on_look`` is called now and then, to report progress. A watch that ``absorbs`` Ctrl-C does not tell the
    watch around it. ``noticed``: somebody knows that it has ended. ``hurries``: since when there is only time
    for what has to be said after a signal.
    """

    def __init__(
        self,
        limits: Limits = Limits(),
        around: Watch | None = None,
        on_look: Callable[[], None] | None = None,
        *,
        absorbs: bool = False,
    ) -> None:
        self.outermost = around is None
        self.around, self._absorbs = around, absorbs
        self.stop: Stop | None = None if around is None else around.stop
        self.noticed = False
        self.began = self.since = time.monotonic()
        self.hurries: float | None = None
        self.memory: MemoryLimit = MemoryLimit() if around is None else around.memory
        self.timeout: float | None = None if around is None else around.timeout
        self.deadline: float = inf if around is None else around.deadline
        self._on_look = on_look
        self._limit(limits)
        self._rings = 0
        self._refused: DataLimit | None = None
        self._next = min(self.began + (UNMEASURED if self.memory.most is None else 0), self.deadline)

    def _limit(self, limits: Limits) -> None:
        """Take limits that are stricter than those around."""
        if limits.timeout is not None and self.began + limits.timeout < self.deadline:
            self.timeout, self.deadline = limits.timeout, self.began + limits.timeout
        most, known = limits.max_memory, self.memory.most
        if most is not None and (known is None or most < known):
            self.memory = MemoryLimit(most, said=f"--max-memory of {most / 2**20:,.0f} MiB was exceeded")
        elif limits.memory_share is not None and known is None and self.memory.share is None:
            self.memory = MemoryLimit(share=limits.memory_share)

    # -- questions -------------------------------------------------------------------------------------

    def exceeded(self) -> Stop | None:
        """What ends the run, None as long as nothing does."""
        if self.stop is None:
            now = time.monotonic()
            if now >= self._next:
                if self._on_look is not None:
                    self._on_look()
                self._measure(now)
                self._next = min(now + PERIOD, self.deadline)
        self.noticed = self.stop is not None
        return self.stop

    @property
    def over(self) -> bool:
        """Whether the run has no time for what is only desirable."""
        return self.exceeded() is not None

    def look(self) -> None:
        """Raise Ended if something ends the run."""
        stop = self.exceeded()
        if stop is not None:
            raise Ended(self, stop)

    def need(self, size: int) -> None:
        """Raise Ended if the process may not hold so many bytes more."""
        most = self.memory.known()
        if most is not None and resident() + size > most:
            self.note(self.memory.stop)
            self.look()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Let the system refuse what the process may not hold, where it can: MemoryError is raised then. What
        is asked for at once, as for a hash table twice as large, is not seen by who only looks now and then.
        """
        self._refused = DataLimit()
        if self.memory.most is not None:
            self._refused.set(self.memory.most)
        try:
            yield
        finally:
            self._refused.lift()
            self._refused = None

    def look_at_memory(self) -> None:
        """Raise Ended if the limit on memory is what MemoryError was raised for."""
        stop = self.out_of_memory
        if stop is not OUT_OF_MEMORY:
            self.note(stop)
            self.look()

    @property
    def out_of_memory(self) -> Stop:
        """What a MemoryError means: the limit was met, or there is no more."""
        most = self.memory.most
        return OUT_OF_MEMORY if most is None or resident() < most // 2 else self.memory.stop

    # -- what ends it ----------------------------------------------------------------------------------

    def note(self, stop: Stop) -> None:
        """Note what ends the run."""
        if self.stop is None:
            self.stop, self.since = stop, time.monotonic()

    def interrupt(self, number: int) -> None:
        """End this and what is around it, by a signal."""
        self.note(INTERRUPTED)
        if self.around is not None and not (self._absorbs and number == signal.SIGINT):
            self.around.interrupt(number)

    def _measure(self, now: float) -> None:
        """Note it if time or memory is out."""
        here.measuring = True
        try:
            if now >= self.deadline:
                self.note(self._out_of_time)
            elif (most := self.memory.known()) is not None:
                if resident() > most:
                    self.note(self.memory.stop)
                if self._refused is not None and not self._refused.known:
                    self._refused.set(most)
        finally:
            here.measuring = False

    @property
    def _out_of_time(self) -> Stop:
        """What it means that the deadline is over."""
        return Stop(StopKind.TIME, f"--timeout {self.timeout:g} ran out")

    def ring(self) -> None:
        """Raise Ended if the end is overdue."""
        now = time.monotonic()
        if here.measuring:
            return
        if self.stop is None and (now >= self.deadline or (here.endable and now >= self._next)):
            self._measure(now)
        if self.stop is None or self.noticed:
            return
        self._rings += 1  # of a while in C code, in which no ring is heard, only the last counts
        grace = GRACE if self.timeout is None else min(GRACE, self.timeout / 25)
        if now - self.since >= grace if here.endable else self._rings * RING >= PATIENCE:
            here.swallowed += 1
            raise Ended(self, self.stop, sudden=True)


class Ending(Watch):
    """The end of a run, in which what is known of it is printed. It may take a little more than the run.

    The signal that ends the run does not end this; the next one does.
    """

    def __init__(self, run: Watch) -> None:
        super().__init__(around=run)
        self._run = run
        self.stop = None
        if run.timeout is not None:
            self.deadline += max(0.5, ENDING * run.timeout)
        if run.memory.most is not None:
            self.memory = replace(run.memory, most=int((1 + ENDING) * run.memory.most))
        if run.stop is INTERRUPTED:
            self._hurry()
        self._next = min(self.began + PERIOD, self.deadline)

    @property
    def over(self) -> bool:
        """Whether the run itself has ended."""
        return self._run.over

    @property
    def _out_of_time(self) -> Stop:
        return super()._out_of_time if self._run.hurries is None else INTERRUPTED

    def _hurry(self) -> None:
        self._run.hurries = self._run.hurries or time.monotonic()
        self.deadline = min(self.deadline, self._run.hurries + LAST_WORDS)

    def interrupt(self, number: int) -> None:
        """Hurry at the signal that ends the run, end at another."""
        if self._run.stop is INTERRUPTED:
            self.note(INTERRUPTED)
            return
        self._run.stop = None  # that a limit was met matters less now
        self._run.interrupt(number)
        self._hurry()


# -- the watch of this thread --------------------------------------------------------------------------------

_NOBODY = Watch()
"""Asked where nobody watches."""


def current() -> Watch:
    """The innermost watch of this thread."""
    return here.watch or _NOBODY


def look() -> None:
    """Raise Ended if something ends the run of this thread."""
    current().look()


@contextmanager
def optional() -> Iterator[None]:
    """A part that an end leaves out, and nothing else."""
    try:
        yield
    except Ended as ended:
        ended.notice()


class _Endable:
    """A part in which Ended may be raised anywhere: it leaves nothing half-done."""

    def __enter__(self) -> None:
        here.endable += 1
        here.parts += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        here.endable = max(0, here.endable - 1)


endable = _Endable()


@contextmanager
def undivided() -> Iterator[None]:
    """A part of an endable one that is not endable itself: it leaves something half-done if it is ended
    anywhere.
    """
    look()
    before, here.endable = here.endable, 0
    try:
        yield
    finally:
        here.endable = before


def in_endable() -> bool:
    """Whether this thread is in an endable part."""
    return here.endable > 0
