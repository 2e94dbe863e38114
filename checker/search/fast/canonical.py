"""The representative of a state in compiled code: as checker/reductions/canonical.py has it, which says why.

The nodes of a block are put in order by exchanges of neighbours. What can't be told apart is tried in every
order, by such exchanges too (plain changes: Knuth, The Art of Computer Programming, volume 4A, section
7.2.1.2, algorithm P).
"""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.exchanges import exchange_in, face
from elcheck.checker.search.fast.hashing import mixed
from elcheck.checker.search.fast.layout import Ints, Words
from elcheck.checker.search.fast.records import copy_words, same_words, span_at


@compiled
def _node_at(h: Ints, w: Words, place: int) -> int:
    """The node at a place of a block."""
    return int(w[h[L.BLOCK_NODES] + place])


@compiled
def _exchange_places(h: Ints, w: Words, q: Ints, row: int, into: int, place: int) -> int:
    """Exchange the nodes at a place and the next one. Answers DONE, MISS or GROW."""
    return exchange_in(h, w, q, row, into, _node_at(h, w, place), _node_at(h, w, place + 1))


@compiled
def _key_at(h: Ints, place: int) -> int:
    """Where the key of a place begins, in ``q``."""
    return int(h[L.PLACE_KEYS] + place)


@compiled
def _are_alike(h: Ints, q: Ints, first: int, end: int) -> bool:
    """Whether two places have the same key. Neighbours have, once they are in order."""
    for a in range(first, end):
        for b in range(a + 1, end):
            if q[_key_at(h, a)] == q[_key_at(h, b)]:
                return True
    return False


@compiled
def _fill_keys(h: Ints, w: Words, q: Ints, row: int, first: int, end: int) -> None:
    """Find the key of each place of a block: what its node is; if some are alike in that, also how the others
    see it.
    """
    for place in range(first, end):
        node = _node_at(h, w, place)
        q[_key_at(h, place)] = face(h, w, w[row + node], node)
    if not _are_alike(h, q, first, end):
        return
    for place in range(first, end):
        node, seen = _node_at(h, w, place), 0
        for other in range(h[L.NODES]):
            if other != node:
                seen += mixed(face(h, w, w[row + other], node))
        q[_key_at(h, place)] = q[_key_at(h, place)] << 31 | (seen & 0x7FFFFFFF)


@compiled
def _sort(h: Ints, w: Words, q: Ints, row: int, first: int, end: int) -> int:
    """Put the nodes of a block in the order of their keys. Answers DONE, MISS or GROW."""
    for last in range(first + 1, end):
        place = last
        while place > first and q[_key_at(h, place - 1)] > q[_key_at(h, place)]:
            status = _exchange_places(h, w, q, row, row, place - 1)
            if status != L.DONE:
                return status
            key = q[_key_at(h, place - 1)]
            q[_key_at(h, place - 1)] = q[_key_at(h, place)]
            q[_key_at(h, place)] = key
            place -= 1
    return L.DONE


@compiled
def _is_even(h: Ints, w: Words, q: Ints, row: int, first: int, end: int) -> int:
    """Whether every exchange of two nodes between two places leaves a state as it is: 1 or 0, or MISS or
    GROW.
    """
    into = h[L.EXCHANGED_ROW]
    for place in range(first, end - 1):
        status = _exchange_places(h, w, q, row, into, place)
        if status != L.DONE:
            return status
        if not same_words(w, row, w, into, h[L.FIELDS]):
            return 0
    return 1


@compiled
def _settle(h: Ints, w: Words, q: Ints, row: int, first: int, end: int) -> int:
    """Look at the nodes of a sorted block that are alike: count the exchanges that leave the state as it is,
    and note the places whose nodes have to be tried in every order. Answers DONE, MISS or GROW.
    """
    start = first
    for place in range(first + 1, end + 1):
        if place < end and q[_key_at(h, place)] == q[_key_at(h, start)]:
            continue
        if place - start > 1:
            even = _is_even(h, w, q, row, start, place)
            if even < 0:
                return even
            if even == 0:
                cell = span_at(h, L.CELLS, h[L.COUNT + L.CELLS])
                w[cell + L.START] = start
                w[cell + L.LENGTH] = place - start
                h[L.COUNT + L.CELLS] += 1
            else:
                for factor in range(2, place - start + 1):
                    h[L.STILL] *= factor
        start = place
    return L.DONE


# -- what is tried in every order ------------------------------------------------------------------------


@compiled
def _label(h: Ints, w: Words, first: int, length: int) -> None:
    """Label the places of a cell in their order; all will move to the left first."""
    for i in range(length):
        w[h[L.LABELS] + first + i] = i
        w[h[L.DIRECTIONS] + first + i] = -1


@compiled
def _mover(h: Ints, w: Words, first: int, length: int) -> int:
    """The place of the largest label of a cell that can move past a smaller one; -1 if none can."""
    found = -1
    for place in range(first, first + length):
        beside = place + w[h[L.DIRECTIONS] + place]
        if first <= beside < first + length:
            label = w[h[L.LABELS] + place]
            if w[h[L.LABELS] + beside] < label and (found < 0 or label > w[h[L.LABELS] + found]):
                found = place
    return found


@compiled
def _move_label(h: Ints, w: Words, place: int, first: int, length: int) -> int:
    """Move the label of a place by one, and let all larger ones turn round; the left one of both places."""
    labels, directions = h[L.LABELS], h[L.DIRECTIONS]
    beside = place + w[directions + place]
    label, direction = w[labels + place], w[directions + place]
    w[labels + place], w[directions + place] = w[labels + beside], w[directions + beside]
    w[labels + beside], w[directions + beside] = label, direction
    for i in range(first, first + length):
        if w[labels + i] > label:
            w[directions + i] = -w[directions + i]
    return int(min(place, beside))


@compiled
def _next_change(h: Ints, w: Words) -> int:
    """The left one of the places that change next, over all cells; -1 if every order has been tried."""
    for number in range(h[L.COUNT + L.CELLS]):
        cell = span_at(h, L.CELLS, number)
        first, length = w[cell + L.START], w[cell + L.LENGTH]
        place = _mover(h, w, first, length)
        if place >= 0:
            return _move_label(h, w, place, first, length)
        _label(h, w, first, length)
    return -1


@compiled
def _compare(w: Words, a: int, b: int, length: int) -> int:
    """Whether a span of words is less than another (-1), equal to it (0) or greater (1)."""
    for i in range(length):
        if w[a + i] != w[b + i]:
            return -1 if w[a + i] < w[b + i] else 1
    return 0


@compiled
def _try_all(h: Ints, w: Words, q: Ints, row: int) -> int:
    """Let the least of all orders within the cells take the place of a state. Answers DONE, MISS or GROW."""
    fields, least, count = h[L.FIELDS], h[L.LEAST_ROW], 1
    for number in range(h[L.COUNT + L.CELLS]):
        cell = span_at(h, L.CELLS, number)
        _label(h, w, w[cell + L.START], w[cell + L.LENGTH])
    copy_words(w, row, least, fields)
    place = _next_change(h, w)
    while place >= 0:
        status = _exchange_places(h, w, q, row, row, place)
        if status != L.DONE:
            return status
        order = _compare(w, row, least, fields)
        if order < 0:
            copy_words(w, row, least, fields)
            count = 0
        count += order <= 0
        place = _next_change(h, w)
    copy_words(w, least, row, fields)
    h[L.STILL] *= count
    return L.DONE


@compiled
def represent(h: Ints, w: Words, q: Ints, row: int) -> int:
    """Let the representative of a state take its place, and count in STILL the exchanges that leave it as it
    is. Answers DONE, MISS or GROW.
    """
    h[L.STILL] = 1
    h[L.COUNT + L.CELLS] = 0
    for block in range(h[L.COUNT + L.BLOCK_SPANS]):
        span = span_at(h, L.BLOCK_SPANS, block)
        first = w[span + L.START]
        end = first + w[span + L.LENGTH]
        _fill_keys(h, w, q, row, first, end)
        status = _sort(h, w, q, row, first, end)
        if status == L.DONE:
            status = _settle(h, w, q, row, first, end)
        if status != L.DONE:
            return status
    return _try_all(h, w, q, row) if h[L.COUNT + L.CELLS] > 0 else L.DONE
