"""A state without what makes no difference, in compiled code: as checker/reductions/dead_mail.py has it."""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.hashing import ABSENT, find
from elcheck.checker.search.fast.ids import id_of, is_tight, miss
from elcheck.checker.search.fast.layout import Ints, Words
from elcheck.checker.search.fast.mailboxes import intern, message_in, size
from elcheck.checker.search.fast.records import alive_at, local_of, mailbox_of, outcome_at, row_at, same_words


@compiled
def _find_alive(h: Ints, w: Words, q: Ints, id_: int) -> int:
    """Find out which id is left of one without dead messages, and keep it. Answers it, MISS or GROW."""
    local, box, kept, status = local_of(h, w, id_), mailbox_of(h, w, id_), 0, L.DONE
    length = size(h, w, box)
    if is_tight(h, length):
        return L.GROW
    for place in range(length):
        message = message_in(h, w, box, place)
        dead = find(h, q, L.DEAD_INDEX, local, message)
        if dead == ABSENT:
            status = miss(h, w, local, message, L.DEAD_IN)
        elif dead == 0:
            w[h[L.BUFFER] + kept] = message
            kept += 1
    if status != L.DONE:
        return status
    alive = id_ if kept == length else id_of(h, w, q, local, intern(h, w, q, kept))
    w[alive_at(h, id_)] = alive + 1
    return alive


@compiled
def settle(h: Ints, w: Words, q: Ints, row: int) -> int:
    """Take the dead messages out of a state. Answers DONE, MISS or GROW."""
    status = L.DONE
    for node in range(h[L.NODES]):
        id_ = w[row + node]
        known = w[alive_at(h, id_)]
        made = known - 1 if known > 0 else _find_alive(h, w, q, id_)
        if made == L.GROW:
            return L.GROW
        if made == L.MISS:
            status = L.MISS
        else:
            w[row + node] = made
    return status


@compiled
def is_idle(h: Ints, w: Words, row: int) -> bool:
    """Whether a state without dead messages is, but for monitors, the one that is expanded."""
    here, last = row_at(h, L.HERE), h[L.FIELDS] - 1
    return bool(w[row + last] == w[here + last] and same_words(w, row, w, here, h[L.NODES]))


@compiled
def leave_out(h: Ints, w: Words, row: int, outcome: int) -> int:
    """Leave out a step that only sends dead messages. Answers DONE, or MISS if Python has to say whether it
    may.
    """
    monitored = not same_words(w, row, w, row_at(h, L.HERE), h[L.FIELDS])
    asked = outcome >= 0 and w[outcome_at(h, outcome) + L.FLAGS] & L.IDLE != 0
    if not monitored and (h[L.LEAVES_OUT_IDLE] == 1 or asked):
        return L.DONE
    return miss(h, w, outcome, monitored, L.IDLE_STEP)
