"""The search loop in compiled code: states are expanded in batches, then their steps are stored."""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.canonical import represent
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.expand import expand
from elcheck.checker.search.fast.layout import Bytes, Ints, Words
from elcheck.checker.search.fast.records import batch_at, row_at
from elcheck.checker.search.fast.store import store_batch

AHEAD = 256
"""States that are looked at after one that misses something."""


@compiled
def _turn_to(h: Ints, w: Words, rows: Words, parents: Words, actors: Bytes, index: int) -> None:
    """Bring a state to where it is expanded; and the state before it, if steps may be skipped for that."""
    here, before, fields = row_at(h, L.HERE), row_at(h, L.BEFORE), h[L.FIELDS]
    for i in range(fields):
        w[here + i] = rows[index * fields + i]
    h[L.ACTOR] = actors[index] if h[L.SKIPS] else 0
    if h[L.ACTOR]:
        parent = parents[index]
        for i in range(fields):
            w[before + i] = rows[parent * fields + i]


@compiled
def _expand_states(
    h: Ints, w: Words, q: Ints, rows: Words, parents: Words, actors: Bytes, first: int, end: int
) -> tuple[int, int]:
    """Expand states from ``first`` on, until enough is pending: how many, and DONE, MISS or GROW."""
    h[L.COUNT + L.PENDING] = states = 0
    while first + states < end and states < h[L.CAPACITY + L.BATCH] and h[L.COUNT + L.PENDING] < h[L.ENOUGH]:
        _turn_to(h, w, rows, parents, actors, first + states)
        mark = h[L.COUNT + L.PENDING]
        status = represent(h, w, q, row_at(h, L.HERE)) if h[L.EXCHANGES] > 0 else L.DONE
        w[batch_at(h, states) + L.BATCH_STILL] = h[L.STILL]
        status = expand(h, w, q, L.DONE) if status == L.DONE else status
        if status != L.DONE:
            h[L.COUNT + L.PENDING] = mark
            return states, status
        batch = batch_at(h, states)
        w[batch + L.PENDING_END] = h[L.COUNT + L.PENDING]
        w[batch + L.BATCH_CUTS] = h[L.CUT_STEPS] | h[L.CUT_FAULTS]
        w[batch + L.BATCH_STUCK] = h[L.JUDGES_ENDS] and h[L.PROPER_STEPS] == 0 and h[L.CUT_STEPS] == 0
        w[batch + L.BATCH_SKIPPED] = h[L.SKIPPED]
        states += 1
    return states, L.DONE


@compiled
def _look_ahead(
    h: Ints, w: Words, q: Ints, rows: Words, parents: Words, actors: Bytes, first: int, end: int
) -> None:
    """After a miss, see what the next states will miss, so that Python answers many queries at once."""
    for index in range(first, min(end, first + AHEAD)):
        if 2 * h[L.COUNT + L.MISSES] > h[L.CAPACITY + L.MISSES]:
            return
        _turn_to(h, w, rows, parents, actors, index)
        if expand(h, w, q, L.MISS) == L.GROW:
            return


@compiled
def expand_batch(
    h: Ints, w: Words, q: Ints, rows: Words, parents: Words, actors: Bytes, first: int, end: int
) -> tuple[int, int]:
    """Expand states from ``first`` on, until enough is pending: how many, and DONE, MISS or GROW."""
    states, status = _expand_states(h, w, q, rows, parents, actors, first, end)
    if status == L.MISS:
        h[L.URGENT_MISSES] = h[L.COUNT + L.MISSES]
        _look_ahead(h, w, q, rows, parents, actors, first + states + 1, end)
    return states, status


@compiled
def search(
    h: Ints, w: Words, q: Ints, rows: Words, parents: Words, actors: Bytes, table: Ints, end: int,
    starts: Ints, targets: Words, labels: Words, cut: Bytes,
) -> int:  # fmt: skip
    """Expand states from ``h[NEXT]`` up to ``end``. Answers DONE, or why it stopped before that.

    rows: the states, ``[node 0, ..., monitors ..., environment]`` each, one behind the other. table: their
    hash table. The last four are as in :class:`EdgeArrays`.
    """
    while h[L.NEXT] < end:
        states, status = expand_batch(h, w, q, rows, parents, actors, h[L.NEXT], end)
        stored = store_batch(h, w, q, rows, parents, actors, table, states, starts, targets, labels, cut)
        if stored != L.DONE:
            h[L.COUNT + L.MISSES] = 0  # by a later state, which will miss it again
            return stored
        if status != L.DONE:
            return status
    return L.DONE
