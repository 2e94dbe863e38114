"""What time waits for, in compiled code: whether anything that is late may happen in a state."""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.layout import Ints, Words
from elcheck.checker.search.fast.move_lists import list_for
from elcheck.checker.search.fast.pending import after_at, copy_row, send_all
from elcheck.checker.search.fast.records import environment_at, move_at, row_at


@compiled
def _changes(h: Ints, w: Words, q: Ints, node: int, move: int) -> int:
    """Whether a move of a node is a step, or would be without a bound: 1 or 0; or MISS or GROW."""
    base, after = row_at(h, L.BASE), after_at(h)
    if w[move + L.ID_AFTER] != w[base + node] or w[move + L.SEND] == L.NOTHING:
        return 1
    copy_row(h, w, base, after)
    sent = send_all(h, w, q, w[move + L.OUTCOME], w[move + L.SEND])
    return 1 if sent == L.CUT else sent


@compiled
def is_late(h: Ints, w: Words, q: Ints, environment: int) -> int:
    """Whether time has to wait in the state in the row HERE: 1 or 0; or MISS or GROW."""
    moves_late, status = w[environment_at(h, environment) + L.LATE_MOVES], 0
    if moves_late < 0:
        return 0
    copy_row(h, w, row_at(h, L.HERE), row_at(h, L.BASE))
    for node in range(h[L.NODES]):
        number = list_for(h, w, q, moves_late, w[row_at(h, L.BASE) + node])
        if number < 0:
            if number == L.GROW:
                return L.GROW
            status = L.MISS
            continue
        moves = h[L.MOVE_LISTS] + number
        if w[moves + L.LIST_CUTS] != 0:
            return 1
        for i in range(w[moves + L.LIST_LENGTH]):
            found = _changes(h, w, q, node, move_at(moves, i))
            if found == 1 or found == L.GROW:
                return found
            if found == L.MISS:
                status = L.MISS
    return status
