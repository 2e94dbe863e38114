"""Two nodes exchanged in compiled code: in an id, by the tables of local states and messages; in a state.

It also makes out what an id is whatever the nodes are called: its faces, one towards each node.
"""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.hashing import ABSENT, find, mixed
from elcheck.checker.search.fast.ids import id_of, is_tight, miss
from elcheck.checker.search.fast.layout import Ints, Words
from elcheck.checker.search.fast.mailboxes import begins_group, intern, message_in, size, sort_buffer
from elcheck.checker.search.fast.records import (
    exchanged_at,
    faces_at,
    is_known,
    local_of,
    mailbox_of,
)

FACE = 0x3FFFFFFF
"""The bits of a face. Different ids may have the same: then more orders are tried."""


@compiled
def _face(h: Ints, w: Words, id_: int, node: int) -> int:
    """The face of an id towards a node. The messages of a link count in their order, all others as a sum."""
    box, x, link = mailbox_of(h, w, id_), 0, 0
    for place in range(size(h, w, box)):
        face = w[faces_at(h, L.MESSAGE_FACES, message_in(h, w, box, place)) + node]
        if h[L.NETWORK] == L.FIFO and not begins_group(h, w, box, place):
            link = mixed(link + face)
        else:
            x += link
            link = mixed(face + (1 << 40))
    return (mixed(x + link + mixed(w[faces_at(h, L.LOCAL_FACES, local_of(h, w, id_)) + node])) & FACE) + 1


@compiled
def face(h: Ints, w: Words, id_: int, node: int) -> int:
    """The face of an id towards a node; towards its own node, what it is. It is never 0."""
    faces = faces_at(h, L.ID_FACES, id_)
    if w[faces + node] == 0:
        for towards in range(h[L.NODES]):
            w[faces + towards] = _face(h, w, id_, towards)
    return int(w[faces + node])


@compiled
def _exchange_id(h: Ints, w: Words, q: Ints, id_: int, exchange: int) -> int:
    """Find out what an exchange makes of an id, and keep it. Answers GROW if there is no room."""
    box = mailbox_of(h, w, id_)
    length = size(h, w, box)
    if is_tight(h, length):
        return L.GROW
    for place in range(length):
        message = message_in(h, w, box, place)
        w[h[L.BUFFER] + place] = w[exchanged_at(h, L.MESSAGES_EXCHANGED, message) + exchange]
    sort_buffer(h, w, length)
    local = w[exchanged_at(h, L.LOCALS_EXCHANGED, local_of(h, w, id_)) + exchange]
    made = id_of(h, w, q, local, intern(h, w, q, length))
    w[exchanged_at(h, L.IDS_EXCHANGED, id_) + exchange] = made + 1
    w[exchanged_at(h, L.IDS_EXCHANGED, made) + exchange] = id_ + 1
    return made


@compiled
def exchanged_id(h: Ints, w: Words, q: Ints, id_: int, exchange: int) -> int:
    """What an exchange makes of an id, or GROW."""
    known = w[exchanged_at(h, L.IDS_EXCHANGED, id_) + exchange]
    return int(known) - 1 if known > 0 else _exchange_id(h, w, q, id_, exchange)


@compiled
def _exchange_rest(h: Ints, w: Words, q: Ints, row: int, into: int, exchange: int) -> int:
    """Exchange two nodes in what a state has beside nodes. Answers DONE or MISS."""
    nodes, last, status = h[L.NODES], h[L.FIELDS] - 1, L.DONE
    for at in range(last - nodes):
        state = w[row + nodes + at] * (last - nodes) + at
        made = find(h, q, L.EXCHANGE_INDEX, state, exchange)
        if made == ABSENT:
            status = miss(h, w, state, exchange, L.MONITOR_EXCHANGED)
        else:
            w[into + nodes + at] = made
    environment = w[row + last]
    if not is_known(h, w, environment):
        return miss(h, w, environment, 0, L.ENVIRONMENT_OF)
    w[into + last] = w[exchanged_at(h, L.ENVIRONMENTS_EXCHANGED, environment) + exchange]
    return status


@compiled
def exchange_in(h: Ints, w: Words, q: Ints, row: int, into: int, node: int, other: int) -> int:
    """Put a state with a node and the next one of its block exchanged into another row (or the same one).

    Answers DONE, MISS or GROW.
    """
    exchange = w[h[L.EXCHANGE_OF] + node]
    here, there = w[row + node], w[row + other]
    for i in range(h[L.NODES]):
        source = there if i == node else here if i == other else w[row + i]
        made = exchanged_id(h, w, q, source, exchange)
        if made < 0:
            return made
        w[into + i] = made
    return _exchange_rest(h, w, q, row, into, exchange)
