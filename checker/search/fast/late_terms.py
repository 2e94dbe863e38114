"""Terms counted from the least, in compiled code: as checker/reductions/relative_terms.py has it, which says
why; and the bound on how far they are apart.
"""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.hashing import ABSENT, find, put
from elcheck.checker.search.fast.ids import id_of, is_tight, miss
from elcheck.checker.search.fast.layout import Ints, Words
from elcheck.checker.search.fast.mailboxes import intern, message_in, size, sort_buffer
from elcheck.checker.search.fast.records import least_at, local_at, local_of, mailbox_of, message_at


@compiled
def is_beyond_spread(h: Ints, w: Words, row: int) -> bool:
    """Whether the terms in the local states of a state are further apart than the bound allows."""
    if h[L.SPREAD_BIT] == 0:
        return False
    least, most = L.NO_TERM, -1
    for node in range(h[L.NODES]):
        local = local_at(h, local_of(h, w, w[row + node]))
        least = min(least, w[local + L.LEAST_TERM])
        most = max(most, w[local + L.MOST_TERM])
    return bool(most - least > h[L.SPREAD])


@compiled
def _least_of(h: Ints, w: Words, id_: int) -> int:
    """The least term in an id, NO_TERM if there is none."""
    known = w[least_at(h, id_)]
    if known > 0:
        return int(known) - 1
    box = mailbox_of(h, w, id_)
    least = w[local_at(h, local_of(h, w, id_)) + L.LEAST_TERM]
    for place in range(size(h, w, box)):
        least = min(least, w[message_at(h, message_in(h, w, box, place)) + L.MESSAGE_TERM])
    w[least_at(h, id_)] = least + 1
    return int(least)


@compiled
def _base(h: Ints, w: Words, q: Ints, row: int) -> int:
    """The least term of a state, NO_TERM if it has none; or MISS."""
    nodes, least, status = h[L.NODES], L.NO_TERM, L.DONE
    for node in range(nodes):
        least = min(least, _least_of(h, w, w[row + node]))
    monitors = h[L.FIELDS] - nodes - 1
    for at in range(monitors):
        state = w[row + nodes + at] * monitors + at
        found = find(h, q, L.MONITOR_TERMS, state, 0)
        if found == ABSENT:
            status = miss(h, w, state, 0, L.TERM_OF_MONITOR)
        else:
            least = min(least, found)
    return status if status != L.DONE else least


@compiled
def _lower(h: Ints, w: Words, q: Ints, id_: int, by: int) -> int:
    """Find out what an id is with its terms earlier, and keep it. Answers it, MISS or GROW."""
    box, status = mailbox_of(h, w, id_), L.DONE
    length = size(h, w, box)
    if is_tight(h, length) or 2 * h[L.COUNT + L.LOWERED_IDS] + 4 > h[L.CAPACITY + L.LOWERED_IDS]:
        return L.GROW
    local = find(h, q, L.LOWERED_LOCALS, local_of(h, w, id_), by)
    if local == ABSENT:
        status = miss(h, w, local_of(h, w, id_), by, L.LOCAL_LOWERED)
    for place in range(length):
        message = find(h, q, L.LOWERED_MESSAGES, message_in(h, w, box, place), by)
        if message == ABSENT:
            status = miss(h, w, message_in(h, w, box, place), by, L.MESSAGE_LOWERED)
        w[h[L.BUFFER] + place] = message
    if status != L.DONE:
        return status
    sort_buffer(h, w, length)
    made = id_of(h, w, q, local, intern(h, w, q, length))
    put(h, q, L.LOWERED_IDS, id_, by, made)
    h[L.COUNT + L.LOWERED_IDS] += 1
    return made


@compiled
def _lower_monitors(h: Ints, w: Words, q: Ints, row: int, by: int) -> int:
    """Let the terms of the monitors of a state be earlier. Answers DONE or MISS."""
    nodes, status = h[L.NODES], L.DONE
    monitors = h[L.FIELDS] - nodes - 1
    for at in range(monitors):
        state = w[row + nodes + at] * monitors + at
        made = find(h, q, L.LOWERED_MONITORS, state, by)
        if made == ABSENT:
            status = miss(h, w, state, by, L.MONITOR_LOWERED)
        else:
            w[row + nodes + at] = made
    return status


@compiled
def count_from_least(h: Ints, w: Words, q: Ints, row: int) -> int:
    """Let a state have its terms counted from the least. Answers DONE, MISS or GROW."""
    base, status = _base(h, w, q, row), L.DONE
    if base == L.MISS:
        return L.MISS
    if base == 0 or base == L.NO_TERM:
        return L.DONE
    for node in range(h[L.NODES]):
        made = find(h, q, L.LOWERED_IDS, w[row + node], base)
        if made == ABSENT:
            made = _lower(h, w, q, w[row + node], base)
        if made == L.GROW:
            return L.GROW
        if made == L.MISS:
            status = L.MISS
        else:
            w[row + node] = made
    return status if status != L.DONE else _lower_monitors(h, w, q, row, base)
