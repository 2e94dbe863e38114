"""The joint tick in compiled code: an odometer, with a wheel for each node that ticks, shows its outcomes."""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.late_terms import is_beyond_spread
from elcheck.checker.search.fast.layout import Ints, Words
from elcheck.checker.search.fast.move_lists import list_for
from elcheck.checker.search.fast.pending import after_at, copy_row, emit, move_monitors, send_all
from elcheck.checker.search.fast.records import move_at, row_at, same_words, wheel_at


@compiled
def _moves_of(h: Ints, w: Words, wheel: int) -> int:
    """Where the list of a wheel begins."""
    return int(h[L.MOVE_LISTS] + w[wheel_at(h, wheel) + L.WHEEL_LIST])


@compiled
def _shown(h: Ints, w: Words, wheel: int) -> int:
    """Where the move begins that a wheel shows."""
    return move_at(_moves_of(h, w, wheel), w[wheel_at(h, wheel) + L.WHEEL_MOVE])


@compiled
def _set_up(h: Ints, w: Words, q: Ints) -> int:
    """Set each wheel to the first move of its node. Answers DONE, MISS or GROW."""
    base, status = row_at(h, L.BASE), L.DONE
    for wheel in range(h[L.COUNT + L.TICKERS]):
        number = list_for(h, w, q, L.TICKS, w[base + w[h[L.TICKERS] + wheel]])
        if number == L.GROW:
            return L.GROW
        if number == L.MISS:
            status = L.MISS
        w[wheel_at(h, wheel) + L.WHEEL_LIST] = number
        w[wheel_at(h, wheel) + L.WHEEL_MOVE] = 0
    return status


@compiled
def _turn(h: Ints, w: Words) -> bool:
    """Turn the odometer to the next combination, the last wheel fastest. Answers whether there is one."""
    wheel = h[L.COUNT + L.TICKERS] - 1
    while wheel >= 0:
        place = wheel_at(h, wheel)
        w[place + L.WHEEL_MOVE] += 1
        if w[place + L.WHEEL_MOVE] < w[_moves_of(h, w, wheel) + L.LIST_LENGTH]:
            return True
        w[place + L.WHEEL_MOVE] = 0
        wheel -= 1
    return False


@compiled
def _send_shown(h: Ints, w: Words, q: Ints) -> int:
    """Send what the shown moves send. Answers DONE, CUT, MISS or GROW."""
    for wheel in range(h[L.COUNT + L.TICKERS]):
        move = _shown(h, w, wheel)
        if w[move + L.SEND] != L.NOTHING:
            sent = send_all(h, w, q, w[move + L.OUTCOME], w[move + L.SEND])
            if sent < 0:
                return sent
    return L.DONE


@compiled
def _tick(h: Ints, w: Words, q: Ints) -> int:
    """Follow one joint tick: the moves that the wheels show. Answers DONE, MISS or GROW."""
    base, after, status = row_at(h, L.BASE), after_at(h), L.DONE
    copy_row(h, w, base, after)
    for wheel in range(h[L.COUNT + L.TICKERS]):
        w[after + w[h[L.TICKERS] + wheel]] = w[_shown(h, w, wheel) + L.ID_AFTER]
    sent = _send_shown(h, w, q)
    if sent == L.CUT:
        h[L.CUT_STEPS] |= h[L.BOUND_BIT]
        return L.DONE
    if sent < 0:
        return sent
    if same_words(w, after, w, base, h[L.FIELDS]):
        return L.DONE
    if is_beyond_spread(h, w, after):
        h[L.CUT_STEPS] |= h[L.SPREAD_BIT]
        return L.DONE
    for wheel in range(h[L.COUNT + L.TICKERS]):
        if move_monitors(h, w, q, after, w[_shown(h, w, wheel) + L.OUTCOME]) == L.MISS:
            status = L.MISS
    return status if status == L.MISS else emit(h, w, q, L.TICKED, L.CUT_STEPS, 0)


@compiled
def tick_all(h: Ints, w: Words, q: Ints, status: int) -> int:
    """Follow the joint ticks: every combination of the nodes' moves; none, if a node has none at all.

    Answers DONE, MISS or GROW.
    """
    if status == L.GROW:
        return status
    copy_row(h, w, row_at(h, L.HERE), row_at(h, L.BASE))
    ready = _set_up(h, w, q)
    if ready != L.DONE or status != L.DONE:
        return ready if ready != L.DONE else status
    cut, some = 0, True
    for wheel in range(h[L.COUNT + L.TICKERS]):
        moves = _moves_of(h, w, wheel)
        if w[moves + L.LIST_LENGTH] == 0 and w[moves + L.LIST_CUTS] == 0:
            return status
        cut |= w[moves + L.LIST_CUTS]
        some = some and w[moves + L.LIST_LENGTH] > 0
    h[L.CUT_STEPS] |= cut
    while some and status == L.DONE:
        status = _tick(h, w, q)
        some = _turn(h, w)
    return status
