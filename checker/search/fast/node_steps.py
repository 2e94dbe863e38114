"""The steps that nodes take by their moves, in compiled code, and which of them need not be stored."""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.asserts import UNCHECKED
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.effects import affected
from elcheck.checker.search.fast.late_terms import is_beyond_spread
from elcheck.checker.search.fast.layout import Ints, Words
from elcheck.checker.search.fast.move_lists import list_for
from elcheck.checker.search.fast.pending import (
    after_at,
    copy_row,
    emit,
    is_monitored,
    move_monitors,
    send_all,
)
from elcheck.checker.search.fast.records import is_up, move_at, row_at, send_at


@compiled
def _tell_of_the_down(h: Ints, w: Words, q: Ints, node: int) -> int:
    """Tell a restarted node of the nodes that are down, in the state after the step. Answers DONE or GROW."""
    after = after_at(h)
    for other in range(h[L.NODES]):
        notice = w[h[L.CRASH_NOTICES] + node * h[L.NODES] + other]
        if notice >= 0 and not is_up(h, w, w[after + other]):
            made = affected(h, w, q, w[after + node], notice)
            if made < 0:
                return made
            w[after + node] = made
    return L.DONE


@compiled
def _commutes(h: Ints, w: Words, move: int, target: int) -> bool:
    """Whether a step, whose only send is to ``target``, commutes with that of another node, which led here.

    What two nodes send to a third commutes on every network. What is sent to the actor does not, if the actor
    took the same message out of a set, or made room on a bounded link.
    """
    if w[move + L.SEND] <= L.SEVERAL or is_monitored(h, w, w[move + L.OUTCOME]):
        return False
    return bool(target != h[L.ACTOR] - 1 or h[L.NETWORK] == L.SENT_SET)


@compiled
def _build(h: Ints, w: Words, q: Ints, node: int, move: int, target: int, made: int) -> int:
    """Put the state together to which a move of a node leads. Answers 1 if it is another state than before,
    else 0; or CUT, MISS or GROW.

    ``made`` is what the only send of the move makes of its ``target``, which is -1 if there is no only send.
    """
    if made < 0:
        return made
    base, after = row_at(h, L.BASE), after_at(h)
    copy_row(h, w, base, after)
    w[after + node] = w[move + L.ID_AFTER]
    if target >= 0:
        w[after + target] = made
        return 1
    if w[move + L.SEND] <= L.SEVERAL:
        sent = send_all(h, w, q, w[move + L.OUTCOME], w[move + L.SEND])
        if sent != 0:
            return sent
    return int(w[move + L.ID_AFTER] != w[base + node])


@compiled
def _follow(
    h: Ints, w: Words, q: Ints, node: int, move: int, early: bool, tells: bool, cuts: int, status: int
) -> int:
    """Follow a move of a node. Answers DONE, MISS or GROW.

    ``early``: it was there in the state before, too, and came first. ``tells``: the node is told of the nodes
    that are down. ``cuts``: CUT_STEPS or CUT_FAULTS. ``status``: MISS if nothing is stored any more.
    """
    base, send, target, made, actor = row_at(h, L.BASE), w[move + L.SEND], -1, 0, 0
    if send >= 0:  # it changes nothing more often than not: look before anything is copied
        target = w[send_at(h, send) + L.TARGET_NODE]
        made = affected(h, w, q, w[base + target], w[send_at(h, send) + L.EFFECT])
        if made == w[base + target] and w[move + L.ID_AFTER] == w[base + node]:
            return status
    if h[L.ACTOR] >= 0 and (send == L.NOTHING or (target >= 0 and made != w[base + target])):
        actor = node + 1
    if early and made >= 0 and _commutes(h, w, move, target):
        if UNCHECKED:
            h[L.SKIPPED] += 1
            h[L.PROPER_STEPS] += 1
            return status
        actor = L.EXPECTED
    built = _build(h, w, q, node, move, target, made)
    if built == L.CUT:
        h[cuts] |= h[L.BOUND_BIT]
        return status
    if built <= 0:
        return built if built < 0 else status
    if status == L.MISS:
        if not is_beyond_spread(h, w, after_at(h)):
            move_monitors(h, w, q, after_at(h), w[move + L.OUTCOME])
        return L.MISS
    if tells:
        status = _tell_of_the_down(h, w, q, node)
    return status if status != L.DONE else emit(h, w, q, w[move + L.OUTCOME], cuts, actor)


@compiled
def _take_of(
    h: Ints, w: Words, q: Ints, move_class: int, node: int, tells: bool, cuts: int, status: int
) -> int:
    """Follow the moves of one node in a class. Answers DONE, MISS or GROW."""
    base, before = row_at(h, L.BASE), row_at(h, L.BEFORE)
    number = list_for(h, w, q, move_class, w[base + node])
    if number < 0:
        return number
    moves = h[L.MOVE_LISTS] + number
    h[cuts] |= w[moves + L.LIST_CUTS]
    early = node < h[L.ACTOR] - 1 and w[base + node] == w[before + node]
    for i in range(w[moves + L.LIST_LENGTH]):
        status = _follow(h, w, q, node, move_at(moves, i), early, tells, cuts, status)
        if status == L.GROW:
            return status
    return status


@compiled
def take(h: Ints, w: Words, q: Ints, move_class: int, among: int, cuts: int, status: int) -> int:
    """Follow every move of a class, of some nodes, as bits. Answers DONE, MISS or GROW.

    After a miss nothing is stored any more, so that states are found in their order. But what else will be
    missed is noted.

    A step is only counted if the state after it must be known. Let the step that led here be of the actor. If
    this step is of an earlier node, which the actor's step left as it was, and the two commute, then it was
    taken from the state before, too, and earlier. From where it led then, the actor's step led to the state
    that this step leads to now. (This is one of Godefroid's sleep sets, for the last step only: Partial-Order
    Methods for the Verification of Concurrent Systems, 1996, chapter 5. It leaves no state out.) Where
    assertions are checked, such steps are stored, and their states have to be known.
    """
    if status == L.GROW:
        return status
    for node in range(h[L.NODES]):
        if (among >> node) & 1 == 0:
            continue
        status = _take_of(h, w, q, move_class, node, False, cuts, status)
        if status == L.GROW:
            return status
    return status


@compiled
def take_restarts(h: Ints, w: Words, q: Ints, node: int, status: int) -> int:
    """Follow the restarts of one node. Answers DONE, MISS or GROW."""
    if status == L.GROW:
        return status
    return _take_of(h, w, q, L.RESTARTS, node, h[L.TELLS_RESTARTED] != 0, L.CUT_FAULTS, status)
