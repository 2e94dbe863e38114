"""Expanding states and storing what their steps lead to: one after the other, or in two threads at once.

Of the tables, expanding writes to those of ids and what they can do, storing to the states, their hash table
and what is to be asked of the properties. So two threads need nothing but a header each, and to meet after
some thousand steps. The outcome is the same.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait

from elcheck.checker.search.fast import arrays as a
from elcheck.checker.search.fast.arrays import COUNT, DONE, Ints
from elcheck.checker.search.fast.calls import ahead, search, settle
from elcheck.checker.search.fast.memory import Memory

TOGETHER = 256
"""Steps that wait before they are stored, in one thread: few enough to stay in the cache."""
STEPS, STATES = 1 << 14, 1 << 12
"""Steps that wait, and states that they are of, in two threads: enough for half a millisecond's work."""
COUNTED = [
    *(a.STATES, a.NEXT, a.TRANSITIONS, a.FRESH, a.FOUND, a.EDGE_COUNT),
    *(COUNT + table for table in (a.VIEW, a.JUDGED, a.STUCK, a.STEP, a.PAIR_TABLE)),
    *range(a.CUTS, a.CUTS + 64),
]
"""What storing counts, in the header."""


class One:
    """The thread that calls does both."""

    stretch = 1 << 13
    """States between two looks at the clock, the memory and the questions for the judge."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        memory.h[a.ENOUGH] = TOGETHER

    def search(self, end: int) -> int:
        """Expand states from ``h[NEXT]`` up to ``end``. Answers DONE, or why it stopped before that."""
        memory, edges = self._memory, self._memory.edges
        return search(
            memory.h, memory.w, memory.q, memory.rows, memory.parents, memory.actors, memory.table, end,
            edges.starts, edges.targets, edges.labels, edges.cut,
        )  # fmt: skip


class Two:
    """The thread that calls expands; another stores, and may lag behind by some thousand states."""

    stretch = 1 << 16

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._pool = ThreadPoolExecutor(1)
        self._counts: Ints = memory.h[COUNTED]
        self._settled = DONE
        memory.use_spares(2 * STEPS, STATES)
        memory.h[a.ENOUGH] = STEPS

    def search(self, end: int) -> int:
        """Expand states from ``h[NEXT]`` up to ``end``. Answers DONE, or why it stopped before that."""
        memory, h = self._memory, self._memory.h
        first, status, storing = int(h[a.NEXT]), DONE, deque[Future[None]]()
        self._counts, self._settled = h[COUNTED], DONE
        try:
            while first < end and status == DONE and self._settled == DONE:
                states, status = ahead(
                    h, memory.w, memory.q, memory.rows, memory.parents, memory.actors, first, end
                )
                first += states
                storing.append(self._pool.submit(self._store, h.copy(), states))
                memory.turn()
                if len(storing) > a.SPARES:
                    storing.popleft().result()
        finally:
            wait(storing)
            h[COUNTED] = self._counts
        for stored in storing:
            stored.result()
        if self._settled != DONE:  # what was expanded beyond is expanded again, and misses the same again
            h[COUNT + a.MISSED] = 0
            return self._settled
        return status

    def _store(self, header: Ints, states: int) -> None:
        """Store what a header says is pending, unless something before it has not been stored."""
        if self._settled != DONE:
            return
        memory, edges = self._memory, self._memory.edges
        header[COUNTED] = self._counts
        self._settled = settle(
            header, memory.w, memory.q, memory.rows, memory.parents, memory.actors, memory.table, states,
            edges.starts, edges.targets, edges.labels, edges.cut,
        )  # fmt: skip
        self._counts = header[COUNTED]
