"""Expanding states and storing what their steps lead to: one after the other, or in two threads at once.

Expanding writes to the tables of ids and of what they can do. Storing writes to the states, their hash table,
and what the judge is asked. So two threads only need a header each, and to meet after some thousand steps.
The search comes to the same.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.calls import expand_batch, search, store_batch
from elcheck.checker.search.fast.layout import Ints
from elcheck.checker.search.fast.memory import Memory

TOGETHER = 256
"""Steps that wait before they are stored, in one thread: few enough to stay in the cache."""
STEPS, STATES = 1 << 14, 1 << 12
"""Steps that wait, and states that they are of, in two threads: enough for half a millisecond's work."""
COUNTED = [
    *(L.STATES, L.REPRESENTED, L.NEXT, L.TRANSITIONS, L.IS_NEW, L.TARGET, L.EDGE_COUNT),
    *(
        L.COUNT + table
        for table in (L.OBSERVATIONS, L.STATES_TO_JUDGE, L.STUCK, L.STEPS_TO_JUDGE, L.PAIR_INDEX)
    ),
    *range(L.CUTS, L.CUTS + L.BOUNDS),
]
"""What storing counts, in the header."""


class OneThread:
    """The thread that calls does both."""

    states_per_call = 1 << 13
    """States between two looks at the clock, the memory and the questions for the judge."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        memory.h[L.ENOUGH] = TOGETHER

    def search(self, end: int) -> int:
        """Expand states from ``h[NEXT]`` up to ``end``. Answers DONE, or why it stopped before that."""
        memory, edges = self._memory, self._memory.edges
        return search(
            memory.h, memory.w, memory.q, memory.rows, memory.parents, memory.actors, memory.table, end,
            edges.starts, edges.targets, edges.labels, edges.cut,
        )  # fmt: skip


class TwoThreads:
    """The thread that calls expands. Another one stores, and may lag behind by some thousand states."""

    states_per_call = 1 << 16

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._pool = ThreadPoolExecutor(1)
        self._counts: Ints = memory.h[COUNTED]
        self._stored = L.DONE
        memory.use_spares(2 * STEPS, STATES)
        memory.h[L.ENOUGH] = STEPS

    def search(self, end: int) -> int:
        """Expand states from ``h[NEXT]`` up to ``end``. Answers DONE, or why it stopped before that."""
        memory, h = self._memory, self._memory.h
        first, status, storing = int(h[L.NEXT]), L.DONE, deque[Future[None]]()
        self._counts, self._stored = h[COUNTED], L.DONE
        try:
            while first < end and status == L.DONE and self._stored == L.DONE:
                states, status = expand_batch(
                    h, memory.w, memory.q, memory.rows, memory.parents, memory.actors, first, end
                )
                first += states
                storing.append(self._pool.submit(self._store, h.copy(), states))
                memory.turn()
                if len(storing) > L.SPARES:
                    storing.popleft().result()
        finally:
            wait(storing)
            h[COUNTED] = self._counts
        for stored in storing:
            stored.result()
        if self._stored != L.DONE:  # what was expanded beyond is expanded again, and misses the same again
            h[L.COUNT + L.MISSES] = 0
            return self._stored
        return status

    def _store(self, header: Ints, states: int) -> None:
        """Store what a header says is pending, unless something before it could not be stored."""
        if self._stored != L.DONE:
            return
        memory, edges = self._memory, self._memory.edges
        header[COUNTED] = self._counts
        self._stored = store_batch(
            header, memory.w, memory.q, memory.rows, memory.parents, memory.actors, memory.table, states,
            edges.starts, edges.targets, edges.labels, edges.cut,
        )  # fmt: skip
        self._counts = header[COUNTED]
