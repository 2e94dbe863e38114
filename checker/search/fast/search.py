"""The search loop in compiled code: batches of states are expanded, then what their steps lead to is stored.

Most of the time goes into waiting for the memory, whose every answer takes as long as a hundred additions. So
steps are put aside until there are some hundred, and looked up together.
"""

from __future__ import annotations

from elcheck.checker.search.fast.arrays import (
    ACTOR,
    ASKED,
    ASKING,
    AT_ONCE,
    BATCH,
    CAP,
    CAPACITY,
    CAPPED,
    COUNT,
    CUT_FAULTS,
    CUT_HERE,
    CUT_STEPS,
    CUTS,
    DEADLOCK,
    DONE,
    EDGE_COUNT,
    EDGE_ROOM,
    EDGES,
    END,
    ENOUGH,
    FIELDS,
    FLAGS,
    FOUND,
    FRESH,
    GROW,
    HASHED,
    JOINT,
    JUDGED,
    KEEP,
    LOC,
    MISS,
    MISSED,
    NEXT,
    NODES,
    OUT,
    PAIR_TABLE,
    PENDING,
    PROFILE,
    PROPER,
    ROOM,
    ROW,
    SKIPPED,
    SKIPPED_HERE,
    SKIPPING,
    SLOTS,
    STATES,
    STEP,
    STEP_ACTOR,
    STEP_CLAIMS,
    STEP_HEAD,
    STEP_OUTCOME,
    STUCK,
    STUCK_HERE,
    TRANSITIONS,
    VIEW,
    VIEW_TABLE,
    WATCH_ALL,
    WATCHED,
    Bytes,
    Ints,
    Words,
)
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.expand import AFTER_STEP, BEFORE, HERE, expand
from elcheck.checker.search.fast.hashing import ABSENT, LOW, TAG, find, put, row_hash, words_hash
from elcheck.checker.search.fast.lists import local_of

AHEAD = 256
"""States that are looked at after one that misses something."""
SEEN, SEEN_BEFORE, FROM = range(8, 11)
"""Rows to work in: two views, and where a step begins. They lie apart from those of expanding, which another
thread may do.
"""
TOGETHER = 256
"""Steps that are looked up together."""


@compiled
def _cramped(h: Ints) -> bool:
    """Whether there may be no room for what is pending."""
    more = h[COUNT + PENDING] + 4
    return bool(
        h[STATES] + more > h[ROOM]
        or 4 * (h[STATES] + more) > 3 * h[SLOTS]
        or (h[EDGES] and h[EDGE_COUNT] + more > h[EDGE_ROOM])
        or h[COUNT + VIEW] + 2 * more > h[CAPACITY + VIEW]
        or 2 * (h[COUNT + VIEW] + 2 * more) > h[CAPACITY + VIEW_TABLE]
        or 2 * (h[COUNT + PAIR_TABLE] + more) > h[CAPACITY + PAIR_TABLE]
    )


@compiled
def _find_row(h: Ints, w: Words, rows: Words, table: Ints, row: int, x: int) -> int:
    """The index of a state, or ``-2 - at`` with its place in the hash table if it is absent."""
    mask, tag = h[SLOTS] - 1, (x >> 32) & TAG
    at = tag & mask
    while table[at] != 0:
        entry = table[at]
        if (entry >> 32) == tag:
            index = (entry & LOW) - 1
            same = True
            for i in range(h[FIELDS]):
                if rows[index * h[FIELDS] + i] != w[row + i]:
                    same = False
                    break
            if same:
                return int(index)
        at = (at + 1) & mask
    return int(-2 - at)


@compiled
def _store(
    h: Ints, w: Words, rows: Words, parents: Words, table: Ints, row: int, parent: int, x: int, at: int
) -> int:
    """Append a state, whose place in the hash table is known."""
    new = h[STATES]
    for i in range(h[FIELDS]):
        rows[new * h[FIELDS] + i] = w[row + i]
    parents[new] = parent
    table[at] = ((x >> 32) & TAG) << 32 | (new + 1)
    h[STATES] = new + 1
    return int(new)


@compiled
def _view(h: Ints, w: Words, q: Ints, row: int, into: int) -> int:
    """The number of what properties see of a state; ``h[FRESH]`` says whether it is new."""
    nodes, width, seen = h[NODES], h[FIELDS] - 1, h[ROW] + into * h[FIELDS]
    for node in range(nodes):
        w[seen + node] = w[h[LOC] + 5 * local_of(h, w, w[row + node]) + PROFILE]
    for i in range(nodes, width):
        w[seen + i] = w[row + i]
    tag = (words_hash(w, seen, width) >> 32) & TAG
    start, mask = h[VIEW_TABLE], h[CAPACITY + VIEW_TABLE] - 1
    at = tag & mask
    h[FRESH] = 0
    while q[start + at] != 0:
        entry = q[start + at]
        if (entry >> 32) == tag:
            number = (entry & LOW) - 1
            same = True
            for i in range(width):
                if w[h[VIEW] + number * width + i] != w[seen + i]:
                    same = False
                    break
            if same:
                return int(number)
        at = (at + 1) & mask
    number = h[COUNT + VIEW]
    for i in range(width):
        w[h[VIEW] + number * width + i] = w[seen + i]
    q[start + at] = tag << 32 | (number + 1)
    h[COUNT + VIEW] = number + 1
    h[FRESH] = 1
    return int(number)


@compiled
def _ask_of_step(h: Ints, w: Words, q: Ints, rows: Words, index: int, succ: int, row: int, out: int) -> int:
    """Note a step for the properties of steps, if it is of a kind that they have not been asked of."""
    if h[COUNT + STEP] + 2 > h[CAPACITY + STEP]:
        return ASKING
    if h[STEP_CLAIMS] == 1 and out >= 0:
        if w[h[ASKED] + out]:
            return DONE
        w[h[ASKED] + out] = 1
    else:
        start = h[ROW] + FROM * h[FIELDS]
        for i in range(h[FIELDS]):
            w[start + i] = rows[index * h[FIELDS] + i]
        old, new = _view(h, w, q, start, SEEN_BEFORE), _view(h, w, q, row, SEEN)
        if find(h, q, PAIR_TABLE, old, new) != ABSENT:
            return DONE
        put(h, q, PAIR_TABLE, old, new, 1)
        h[COUNT + PAIR_TABLE] += 1
    w[h[STEP] + 2 * h[COUNT + STEP]] = index
    w[h[STEP] + 2 * h[COUNT + STEP] + 1] = succ
    h[COUNT + STEP] += 1
    return DONE


@compiled
def _settle(
    h: Ints,
    w: Words,
    q: Ints,
    rows: Words,
    parents: Words,
    actors: Bytes,
    table: Ints,
    index: int,
    pending: int,
) -> int:
    """Store the state after a pending step, unless it is known, and note what to ask of it. Answers 1 if the
    step counts, 0 if the state is not to be kept; or CAPPED or ASKING.
    """
    waiting = h[PENDING] + pending * (h[FIELDS] + STEP_HEAD)
    row, out = waiting + STEP_HEAD, w[waiting + STEP_OUTCOME]
    watched = out == JOINT or (out >= 0 and w[h[OUT] + 7 * out + FLAGS] & WATCHED != 0)
    x = q[h[HASHED] + 2 * pending]
    known = _find_row(h, w, rows, table, row, x)
    if known < 0:
        if not h[KEEP]:
            return 0
        if h[STATES] >= h[CAP]:
            return CAPPED
        if h[COUNT + JUDGED] + 2 > h[CAPACITY + JUDGED]:
            return ASKING
        known = _store(h, w, rows, parents, table, row, index, x, -2 - known)
        actors[known] = w[waiting + STEP_ACTOR]
        if watched or h[WATCH_ALL]:
            _view(h, w, q, row, SEEN)
            if h[FRESH] or h[WATCH_ALL] == 2:
                w[h[JUDGED] + h[COUNT + JUDGED]] = known
                h[COUNT + JUDGED] += 1
    h[FOUND] = known
    if watched and h[STEP_CLAIMS]:
        status = _ask_of_step(h, w, q, rows, index, known, row, out)
        if status != DONE:
            return status
    return 1


@compiled
def _touch(h: Ints, q: Ints, rows: Words, table: Ints, first: int, end: int) -> None:
    """Read where the pending states belong, one after the other with nothing in between, so that the memory's
    answers are on their way all at once.
    """
    mask = h[SLOTS] - 1
    for pending in range(first, end):
        at = h[HASHED] + 2 * pending
        q[at + 1] = table[((q[at] >> 32) & TAG) & mask]
    for pending in range(first, end):
        at = h[HASHED] + 2 * pending
        entry = q[at + 1]
        if entry != 0 and (entry >> 32) == ((q[at] >> 32) & TAG):
            q[at + 1] = rows[((entry & LOW) - 1) * h[FIELDS]]


@compiled
def _settle_batch(
    h: Ints, w: Words, q: Ints, rows: Words, parents: Words, actors: Bytes, table: Ints, states: int,
    starts: Ints, targets: Words, labels: Words, cut: Bytes,
) -> int:  # fmt: skip
    """Store what is pending, and count it, state by state. Answers DONE, CAPPED or ASKING."""
    pending = touched = 0
    for i in range(states):
        batch, index, taken, beyond = h[BATCH] + 4 * i, h[NEXT], 0, 0
        while pending < w[batch + END]:
            if pending == touched:
                touched = min(pending + TOGETHER, h[COUNT + PENDING])
                _touch(h, q, rows, table, pending, touched)
            counts = _settle(h, w, q, rows, parents, actors, table, index, pending)
            if counts < 0:
                return counts
            if counts and h[EDGES]:
                targets[h[EDGE_COUNT] + taken] = h[FOUND]
                labels[h[EDGE_COUNT] + taken] = w[
                    h[PENDING] + pending * (h[FIELDS] + STEP_HEAD) + STEP_OUTCOME
                ]
            taken += counts
            beyond |= counts == 0
            pending += 1
        if h[EDGES]:
            h[EDGE_COUNT] += taken
            starts[index + 1] = h[EDGE_COUNT]
            cut[index] = beyond or w[batch + CUT_HERE] != 0
        bounds, bit = w[batch + CUT_HERE], 0
        while bounds >> bit:
            h[CUTS + bit] += (bounds >> bit) & 1
            bit += 1
        h[CUTS + 63] += beyond
        h[TRANSITIONS] += taken + w[batch + SKIPPED_HERE]
        if w[batch + STUCK_HERE]:
            w[h[STUCK] + h[COUNT + STUCK]] = index
            h[COUNT + STUCK] += 1
        h[NEXT] = index + 1
    return DONE


@compiled
def _turn_to(h: Ints, w: Words, rows: Words, parents: Words, actors: Bytes, index: int) -> None:
    """Bring a state to where it is expanded, with the state before it where steps may be skipped for that."""
    here, before = h[ROW] + HERE * h[FIELDS], h[ROW] + BEFORE * h[FIELDS]
    for i in range(h[FIELDS]):
        w[here + i] = rows[index * h[FIELDS] + i]
    h[ACTOR] = actors[index] if h[SKIPPING] else 0
    if h[ACTOR]:
        parent = parents[index]
        for i in range(h[FIELDS]):
            w[before + i] = rows[parent * h[FIELDS] + i]


@compiled
def _batch(
    h: Ints, w: Words, q: Ints, rows: Words, parents: Words, actors: Bytes, first: int, end: int
) -> tuple[int, int]:
    """Expand states from ``first`` on, until enough is pending: how many, and DONE, MISS or GROW."""
    h[COUNT + PENDING] = states = 0
    while first + states < end and states < h[CAPACITY + BATCH] and h[COUNT + PENDING] < h[ENOUGH]:
        _turn_to(h, w, rows, parents, actors, first + states)
        mark = h[COUNT + PENDING]
        status = expand(h, w, q, DONE)
        if status != DONE:
            h[COUNT + PENDING] = mark
            return states, status
        batch = h[BATCH] + 4 * states
        w[batch + END] = h[COUNT + PENDING]
        w[batch + CUT_HERE] = h[CUT_STEPS] | h[CUT_FAULTS]
        w[batch + STUCK_HERE] = h[DEADLOCK] and h[PROPER] == 0 and h[CUT_STEPS] == 0
        w[batch + SKIPPED_HERE] = h[SKIPPED]
        states += 1
    return states, DONE


@compiled
def _look_ahead(
    h: Ints, w: Words, q: Ints, rows: Words, parents: Words, actors: Bytes, first: int, end: int
) -> None:
    """After a miss: see what the next states will miss, so that Python is asked for much at once."""
    for index in range(first, min(end, first + AHEAD)):
        if 2 * h[COUNT + MISSED] > h[CAPACITY + MISSED]:
            return
        _turn_to(h, w, rows, parents, actors, index)
        if expand(h, w, q, MISS) == GROW:
            return


@compiled
def ahead(
    h: Ints, w: Words, q: Ints, rows: Words, parents: Words, actors: Bytes, first: int, end: int
) -> tuple[int, int]:
    """Expand states from ``first`` on, until enough is pending: how many, and DONE, MISS or GROW."""
    states, status = _batch(h, w, q, rows, parents, actors, first, end)
    if status == MISS:
        h[AT_ONCE] = h[COUNT + MISSED]
        _look_ahead(h, w, q, rows, parents, actors, first + states + 1, end)
    return states, status


@compiled
def settle(
    h: Ints, w: Words, q: Ints, rows: Words, parents: Words, actors: Bytes, table: Ints, states: int,
    starts: Ints, targets: Words, labels: Words, cut: Bytes,
) -> int:  # fmt: skip
    """Store what is pending after so many states. Answers DONE, GROW, CAPPED or ASKING."""
    if h[COUNT + STUCK] + states > h[CAPACITY + STUCK]:
        return ASKING
    if _cramped(h):
        return GROW
    return _settle_batch(h, w, q, rows, parents, actors, table, states, starts, targets, labels, cut)


@compiled
def search(
    h: Ints, w: Words, q: Ints, rows: Words, parents: Words, actors: Bytes, table: Ints, end: int,
    starts: Ints, targets: Words, labels: Words, cut: Bytes,
) -> int:  # fmt: skip
    """Expand states from ``h[NEXT]`` up to ``end``. Answers DONE, or why it stopped before that.

    rows: the states, ``[node 0, ..., monitors ..., environment]`` each, one behind the other. table: their
    hash table. The last four are as in :class:`Edges`.
    """
    while h[NEXT] < end:
        states, status = ahead(h, w, q, rows, parents, actors, h[NEXT], end)
        settled = settle(h, w, q, rows, parents, actors, table, states, starts, targets, labels, cut)
        if settled != DONE:
            h[COUNT + MISSED] = 0  # by a later state, which will miss it again
            return settled
        if status != DONE:
            return status
    return DONE


@compiled
def begin(h: Ints, w: Words, q: Ints, rows: Words, parents: Words, table: Ints) -> None:
    """Store the initial state in the row AFTER_STEP, if it is new."""
    row = h[ROW] + AFTER_STEP * h[FIELDS]
    x = row_hash(h, w, q, row)
    known = _find_row(h, w, rows, table, row, x)
    if known < 0:
        _store(h, w, rows, parents, table, row, h[STATES], x, -2 - known)
        _view(h, w, q, row, SEEN)
