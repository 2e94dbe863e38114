"""A step in compiled code: the state that it leads to is put together where it waits to be stored."""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.canonical import represent
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.effects import affected
from elcheck.checker.search.fast.hashing import ABSENT, find, row_hash
from elcheck.checker.search.fast.ids import miss
from elcheck.checker.search.fast.late_terms import count_from_least, is_beyond_spread
from elcheck.checker.search.fast.layout import Ints, Words
from elcheck.checker.search.fast.move_lists import is_lost
from elcheck.checker.search.fast.records import (
    copy_words,
    hash_at,
    outcome_at,
    pending_at,
    send_at,
)
from elcheck.checker.search.fast.settled import is_idle, leave_out, settle


@compiled
def after_at(h: Ints) -> int:
    """Where the state after the next step begins."""
    return pending_at(h, h[L.COUNT + L.PENDING]) + L.STEP_HEAD


@compiled
def copy_row(h: Ints, w: Words, source: int, target: int) -> None:
    """Copy a state from one place to another."""
    copy_words(w, source, target, h[L.FIELDS])


@compiled
def send_all(h: Ints, w: Words, q: Ints, outcome: int, send: int) -> int:
    """Change the state after a step by what its move has in the column SEND.

    Answers 1 if anything changes, else 0; or CUT, MISS or GROW.
    """
    after, changed, first, length, lost = after_at(h), 0, send, 1, 0
    if send <= L.SEVERAL:
        record = outcome_at(h, outcome)
        first, length, lost = w[record + L.SENDS_START], w[record + L.SENDS_LENGTH], L.SEVERAL - send
    for each in range(first, first + length):
        if lost != 0 and is_lost(h, w, each, lost):
            continue
        target = after + w[send_at(h, each) + L.TARGET_NODE]
        made = affected(h, w, q, w[target], w[send_at(h, each) + L.EFFECT])
        if made < 0:
            return made
        if made != w[target]:
            w[target] = made
            changed = 1
    return changed


@compiled
def is_monitored(h: Ints, w: Words, outcome: int) -> bool:
    """Whether there are monitors, and they see an outcome."""
    if outcome < 0 or h[L.FIELDS] == h[L.NODES] + 1:
        return False
    return bool(w[outcome_at(h, outcome) + L.FLAGS] & L.MONITORED != 0)


@compiled
def move_monitors(h: Ints, w: Words, q: Ints, row: int, outcome: int) -> int:
    """Give the monitors of a state their next states. Answers DONE or MISS."""
    monitors, status = h[L.FIELDS] - h[L.NODES] - 1, L.DONE
    if not is_monitored(h, w, outcome):
        return status
    for at in range(monitors):
        state = w[row + h[L.NODES] + at] * monitors + at
        after = find(h, q, L.MONITOR_INDEX, state, outcome)
        if after == ABSENT:
            status = miss(h, w, state, outcome, L.MONITOR_AFTER)
        else:
            w[row + h[L.NODES] + at] = after
    return status


@compiled
def emit(h: Ints, w: Words, q: Ints, outcome: int, cuts: int, actor: int) -> int:
    """Let the state after a step wait to be stored. ``cuts``: CUT_STEPS of a handler's step, else CUT_FAULTS.

    Answers DONE, MISS or GROW.
    """
    row, pending = after_at(h), h[L.COUNT + L.PENDING]
    if is_beyond_spread(h, w, row):
        h[cuts] |= h[L.SPREAD_BIT]
        return L.DONE
    status = move_monitors(h, w, q, row, outcome)
    if pending + 2 > h[L.CAPACITY + L.PENDING]:
        return L.GROW
    if status == L.DONE and h[L.TAKES_OUT_DEAD]:
        status = settle(h, w, q, row)
        if status == L.DONE and h[L.LEAVES_OUT_IDLE] and is_idle(h, w, row):
            return leave_out(h, w, row, outcome)
    if status == L.DONE and h[L.COUNTS_TERMS]:
        status = count_from_least(h, w, q, row)
    if status == L.DONE and h[L.EXCHANGES] > 0:
        status = represent(h, w, q, row)
    if status != L.DONE:
        return status
    h[L.PROPER_STEPS] += cuts == L.CUT_STEPS
    w[pending_at(h, pending) + L.STEP_OUTCOME] = outcome
    w[pending_at(h, pending) + L.STEP_ACTOR] = actor
    w[pending_at(h, pending) + L.STEP_STILL] = h[L.STILL]
    q[hash_at(h, pending) + L.PENDING_HASH] = row_hash(h, w, q, row)
    h[L.COUNT + L.PENDING] = pending + 1
    return L.DONE
