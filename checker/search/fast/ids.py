"""Ids in compiled code, and what a function does that can't go on: it asks Python, or for more room.

A function that needs something unknown adds a query to the misses and answers MISS. Python answers the
query, and the function is called again. GROW says that some table is nearly full.
"""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.asserts import UNCHECKED
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.hashing import enter, mixed, number_in, probe, tag_of
from elcheck.checker.search.fast.layout import Ints, Words
from elcheck.checker.search.fast.records import id_at, in_use, local_of, mailbox_of, query_at


@compiled
def is_tight(h: Ints, messages: int) -> bool:
    """Whether there may be no room for a few more mailboxes, of so many messages in all, and their ids."""
    return bool(
        2 * messages + 32 > h[L.CAPACITY + L.BUFFER]
        or h[L.COUNT + L.MAILBOXES] + messages + 32 > h[L.CAPACITY + L.MAILBOXES]
        or 2 * (h[L.COUNT + L.MAILBOXES] + messages) + 64 > h[L.CAPACITY + L.MAILBOX_INDEX]
        or h[L.COUNT + L.CONTENTS] + 2 * messages + 32 > h[L.CAPACITY + L.CONTENTS]
        or h[L.COUNT + L.IDS] + 4 > h[L.CAPACITY + L.IDS]
        or 4 * h[L.COUNT + L.IDS] + 16 > 3 * h[L.CAPACITY + L.ID_INDEX]
        or h[L.COUNT + L.MISSES] + 4 > h[L.CAPACITY + L.MISSES]
    )


@compiled
def miss(h: Ints, w: Words, first: int, second: int, kind: int) -> int:
    """Add a query to the misses, if there is room. Answers MISS."""
    number = h[L.COUNT + L.MISSES]
    if number < h[L.CAPACITY + L.MISSES]:
        query = query_at(h, number)
        w[query + L.QUERY_FIRST] = first
        w[query + L.QUERY_SECOND] = second
        w[query + L.QUERY_KIND] = kind
        h[L.COUNT + L.MISSES] = number + 1
    return L.MISS


@compiled
def id_of(h: Ints, w: Words, q: Ints, local: int, box: int) -> int:
    """The id of a local state with a mailbox, a new one if it was not met before."""
    assert UNCHECKED or (in_use(h, L.LOCALS, local) and in_use(h, L.MAILBOXES, box))
    tag = tag_of(mixed(local << 32 | box))
    start, mask = h[L.ID_INDEX], h[L.CAPACITY + L.ID_INDEX] - 1
    at = probe(q, start, mask, tag, tag & mask)
    while q[start + at] != 0:
        id_ = number_in(q[start + at])
        if local_of(h, w, id_) == local and mailbox_of(h, w, id_) == box:
            return id_
        at = probe(q, start, mask, tag, (at + 1) & mask)
    new = h[L.COUNT + L.IDS]
    w[id_at(h, new) + L.LOCAL] = local
    w[id_at(h, new) + L.MAILBOX] = box
    enter(h, q, L.ID_INDEX, at, tag, new)
    h[L.COUNT + L.IDS] = new + 1
    return int(new)
