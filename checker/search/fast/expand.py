"""Expanding one state in compiled code: its steps, in the order of the plain engine, wait to be stored."""

from __future__ import annotations

from elcheck.checker.search.fast.arrays import (
    ACTOR,
    AFTER_TIMEOUT,
    BECOMES,
    BREAK,
    CAPACITY,
    COLUMNS,
    COUNT,
    COUNTED,
    CRASHING,
    CUT,
    CUT_FAULTS,
    CUT_STEPS,
    CUTS_OF_LIST,
    DEAFEN,
    DIAL,
    DISCONNECTS,
    DONE,
    DUPLICATION,
    EAGER,
    FALL,
    FALL_COUNT,
    FALLEN,
    FALLS,
    FALLS_TO,
    FIELDS,
    FLAGS,
    GROW,
    HASHED,
    HEAD,
    HELD,
    JOINT,
    KEPT,
    KNOWN,
    LENGTH_OF_LIST,
    LIMIT_BIT,
    LOSS,
    MISS,
    MONITOR_AFTER,
    MONITOR_TABLE,
    NETWORK,
    NODES,
    NOTHING,
    OBSERVED,
    OUT,
    OUTCOME,
    PENDING,
    POST,
    PROPER,
    RANK,
    RANK_COUNT,
    RANKS,
    REC,
    RESTARTS,
    ROW,
    SEND,
    SEND_COUNT,
    SENDS,
    SENT_SET,
    SEVERAL,
    SKIPPED,
    SPENT_CRASH,
    SPENT_DISCONNECT,
    SPENT_DUP,
    SPENT_LOSS,
    SPENT_RESTART,
    STEP_ACTOR,
    STEP_HEAD,
    STEP_OUTCOME,
    TICKER,
    TICKS,
    TIMING,
    TOLD,
    WEATHER,
    WEATHER_OF,
    Ints,
    Words,
)
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.hashing import ABSENT, find, row_hash
from elcheck.checker.search.fast.lists import affected, is_lost, is_up, list_for, missing

HERE, BASE, AFTER_STEP, BEFORE = range(4)
"""Rows to work in: the state that is expanded, what its steps start from, a state after a step, the state
before the one that is expanded.
"""


@compiled
def _row(h: Ints, which: int) -> int:
    """Where a row to work in begins."""
    return int(h[ROW] + which * h[FIELDS])


@compiled
def _after(h: Ints) -> int:
    """Where the state after a step is put together: in the place of the next one that waits."""
    return int(h[PENDING] + h[COUNT + PENDING] * (h[FIELDS] + STEP_HEAD) + STEP_HEAD)


@compiled
def _copy(h: Ints, w: Words, source: int, target: int) -> None:
    for i in range(h[FIELDS]):
        w[target + i] = w[source + i]


@compiled
def _known_of(h: Ints, w: Words, env: int, column: int) -> int:
    """What is known of an environment."""
    return int(w[h[WEATHER] + COLUMNS * env + column])


@compiled
def _is_known(h: Ints, w: Words, env: int) -> bool:
    """Whether Python has told what an environment allows."""
    return bool(env < h[COUNT + WEATHER] and _known_of(h, w, env, KNOWN) != 0)


@compiled
def _post(h: Ints, w: Words, q: Ints, out: int, send: int) -> int:
    """Send what a move sends. Answers 1 if that changes anything, else 0; or CUT, MISS or GROW."""
    after, changed, start, count, lost = _after(h), 0, send, 1, 0
    if send <= SEVERAL:
        start, count, lost = w[h[OUT] + 7 * out + SENDS], w[h[OUT] + 7 * out + SEND_COUNT], SEVERAL - send
    for post in range(start, start + count):
        if lost != 0 and is_lost(h, w, post, lost):
            continue
        at = after + w[h[POST] + 2 * post]
        made = affected(h, w, q, w[at], w[h[POST] + 2 * post + 1])
        if made < 0:
            return made
        if made != w[at]:
            w[at] = made
            changed = 1
    return changed


@compiled
def _told(h: Ints, w: Words, q: Ints, node: int) -> int:
    """A restarted node is told of the nodes that are down."""
    after = _after(h)
    for other in range(h[NODES]):
        letter = w[h[FALLEN] + node * h[NODES] + other]
        if letter >= 0 and not is_up(h, w, w[after + other]):
            made = affected(h, w, q, w[after + node], letter)
            if made < 0:
                return made
            w[after + node] = made
    return DONE


@compiled
def _is_observed(h: Ints, w: Words, out: int) -> bool:
    """Whether monitors are told of an outcome."""
    return bool(h[FIELDS] > h[NODES] + 1 and out >= 0 and w[h[OUT] + 7 * out + FLAGS] & OBSERVED != 0)


@compiled
def _observe(h: Ints, w: Words, q: Ints, row: int, out: int) -> int:
    """Move the monitors on."""
    monitors, status = h[FIELDS] - h[NODES] - 1, DONE
    if not _is_observed(h, w, out):
        return status
    for at in range(monitors):
        seen = w[row + h[NODES] + at] * monitors + at
        now = find(h, q, MONITOR_TABLE, seen, out)
        if now == ABSENT:
            status = missing(h, w, seen, out, MONITOR_AFTER)
        else:
            w[row + h[NODES] + at] = now
    return status


@compiled
def _emit(h: Ints, w: Words, q: Ints, out: int, cuts: int, actor: int) -> int:
    """Let the state after a step wait to be stored."""
    row, at = _after(h), h[COUNT + PENDING]
    status = _observe(h, w, q, row, out)
    if status != DONE:
        return status
    if at + 2 > h[CAPACITY + PENDING]:
        return GROW
    h[PROPER] += cuts == CUT_STEPS
    w[row - STEP_HEAD + STEP_OUTCOME] = out
    w[row - STEP_HEAD + STEP_ACTOR] = actor
    q[h[HASHED] + 2 * at] = row_hash(h, w, q, row)
    h[COUNT + PENDING] = at + 1
    return DONE


@compiled
def _commutes(h: Ints, w: Words, record: int, target: int) -> bool:
    """Whether a step, whose only send is to ``target``, commutes with the one of another node that led here.

    What two nodes send to a third commutes on every network. What is sent to the actor does not if that
    took the same message out of a set, or made room on a bounded link.
    """
    if w[record + SEND] <= SEVERAL or _is_observed(h, w, w[record + OUTCOME]):
        return False
    return bool(target != h[ACTOR] - 1 or h[NETWORK] == SENT_SET)


@compiled
def _move(
    h: Ints, w: Words, q: Ints, node: int, record: int, early: bool, tells: bool, cuts: int, status: int
) -> int:
    """Follow a move of a node. Answers DONE, MISS or GROW.

    ``early``: it was there in the state before, too, and came first. ``tells``: the node is told of those
    that are down.
    """
    base, send = _row(h, BASE), w[record + SEND]
    changed, arrives, target, made = w[record + BECOMES] != w[base + node], send == NOTHING, -1, 0
    if send >= 0:  # which changes nothing more often than not: look before anything is copied
        target = w[h[POST] + 2 * send]
        made = affected(h, w, q, w[base + target], w[h[POST] + 2 * send + 1])
        arrives = made >= 0 and made != w[base + target]
        if made == w[base + target] and not changed:
            return status
        changed = True
    if early and changed and made >= 0 and _commutes(h, w, record, target):
        h[SKIPPED] += 1
        h[PROPER] += 1
        return status
    after = _after(h)
    _copy(h, w, base, after)
    w[after + node] = w[record + BECOMES]
    if target >= 0 and made >= 0:
        w[after + target] = made
    elif send <= SEVERAL:
        made = _post(h, w, q, w[record + OUTCOME], send)
        changed = changed or made == 1
    if made == CUT:
        h[cuts] |= h[LIMIT_BIT]
        return status
    if made < 0 or not changed:
        return made if made < 0 else status
    if status == MISS:
        _observe(h, w, q, after, w[record + OUTCOME])
        return MISS
    if tells:
        status = _told(h, w, q, node)
    actor = node + 1 if arrives and h[ACTOR] >= 0 else 0
    return status if status != DONE else _emit(h, w, q, w[record + OUTCOME], cuts, actor)


@compiled
def _take(h: Ints, w: Words, q: Ints, family: int, only: int, cuts: int, status: int) -> int:
    """Follow every move of a family, of all nodes or of one.

    After a miss nothing is stored any more, so that states are found in their order, but what else will be
    missed is noted.

    A step is only counted if the state after it must be known. Let the step that led here be of ``actor``.
    If this one is of a node before that, which the actor's step left as it was, and the two commute, then
    it was taken from the state before, too, and earlier; and from where it led then, the actor's step led to
    the same state as this one does now. (One of Godefroid's sleep sets, for the last step only: Partial-Order
    Methods for the Verification of Concurrent Systems, 1996, chapter 5. No state is left out.)
    """
    if status != DONE and status != MISS:
        return status
    base, before, actor = _row(h, BASE), _row(h, BEFORE), h[ACTOR] - 1
    first, last = (0, h[NODES]) if only < 0 else (only, only + 1)
    for node in range(first, last):
        number = list_for(h, w, q, family, w[base + node])
        if number == GROW:
            return GROW
        if number == MISS:
            status = MISS
            continue
        moves = h[REC] + number
        h[cuts] |= w[moves + CUTS_OF_LIST]
        early = node < actor and w[base + node] == w[before + node]
        for i in range(w[moves + LENGTH_OF_LIST]):
            record = moves + HEAD + 3 * i
            status = _move(h, w, q, node, record, early, only >= 0 and h[TOLD] != 0, cuts, status)
            if status != DONE and status != MISS:
                return status
    return status


@compiled
def _start(h: Ints, w: Words, q: Ints, env: int, but: int, status: int, deafening: bool) -> int:
    """Let the steps that follow start in another environment; where that keeps mail for the down no longer,
    it is dropped (but not that of one node).
    """
    if status != DONE and status != MISS:
        return status
    here, base = _row(h, HERE), _row(h, BASE)
    before = w[here + h[FIELDS] - 1]
    _copy(h, w, here, base)
    w[base + h[FIELDS] - 1] = env
    if not _is_known(h, w, env):
        return missing(h, w, env, 0, WEATHER_OF)
    if deafening and _known_of(h, w, before, KEPT) and not _known_of(h, w, env, KEPT):
        for node in range(h[NODES]):
            if node != but:
                after = affected(h, w, q, w[base + node], DEAFEN)
                if after < 0:
                    return after
                w[base + node] = after
    return status


@compiled
def _disconnections(h: Ints, w: Words, q: Ints, status: int) -> int:
    """The breaking of each link between two nodes that are up."""
    if status != DONE and status != MISS:
        return status
    base = _row(h, BASE)
    for a in range(h[NODES]):
        for b in range(a + 1, h[NODES]):
            if not (is_up(h, w, w[base + a]) and is_up(h, w, w[base + b])):
                continue
            after = _after(h)
            _copy(h, w, base, after)
            here = affected(h, w, q, w[base + a], BREAK + b)
            there = affected(h, w, q, w[base + b], BREAK + a)
            if here < 0 or there < 0:
                return here if here < 0 else there
            w[after + a], w[after + b] = here, there
            if (here != w[base + a] or there != w[base + b]) and status == DONE:
                status = _emit(h, w, q, DISCONNECTS, CUT_FAULTS, 0)
                if status != DONE and status != MISS:
                    return status
    return status


@compiled
def _faults(h: Ints, w: Words, q: Ints, env: int, status: int) -> int:
    """Follow every fault of a state."""
    for column, family in ((SPENT_LOSS, LOSS), (SPENT_DUP, DUPLICATION), (SPENT_CRASH, -1)):
        spent = _known_of(h, w, env, column)
        if spent >= 0:
            status = _start(h, w, q, spent, -1, status, False)
            which = family if family >= 0 else _known_of(h, w, env, CRASHING)
            status = _take(h, w, q, which, -1, CUT_FAULTS, status)
    spent = _known_of(h, w, env, SPENT_RESTART)
    if spent >= 0:
        for node in range(h[NODES]):
            if not is_up(h, w, w[_row(h, HERE) + node]):
                status = _start(h, w, q, spent, node, status, True)
                status = _take(h, w, q, RESTARTS, node, CUT_FAULTS, status)
    spent = _known_of(h, w, env, SPENT_DISCONNECT)
    if spent >= 0:
        status = _start(h, w, q, spent, -1, status, False)
        status = _disconnections(h, w, q, status)
    falls = _known_of(h, w, env, FALLS)
    for i in range(falls, falls + _known_of(h, w, env, FALL_COUNT)):
        _copy(h, w, _row(h, HERE), _after(h))
        w[_after(h) + h[FIELDS] - 1] = w[h[FALL] + i]
        if status == DONE:
            status = _emit(h, w, q, FALLS_TO, CUT_FAULTS, 0)
    return status


@compiled
def _shown(h: Ints, w: Words, i: int) -> int:
    """The record that a dial shows."""
    dial = h[DIAL] + 2 * i
    return int(h[REC] + w[dial] + HEAD + 3 * w[dial + 1])


@compiled
def _tick(h: Ints, w: Words, q: Ints) -> int:
    """One joint tick: the nodes' moves that the dials show."""
    base, after, nodes = _row(h, BASE), _after(h), h[COUNT + TICKER]
    _copy(h, w, base, after)
    for i in range(nodes):
        w[after + w[h[TICKER] + i]] = w[_shown(h, w, i) + BECOMES]
    for i in range(nodes):
        record = _shown(h, w, i)
        send = w[record + SEND]
        if send != NOTHING:
            made = _post(h, w, q, w[record + OUTCOME], send)
            if made == CUT:
                h[CUT_STEPS] |= h[LIMIT_BIT]
                return DONE
            if made < 0:
                return made
    changed, status = False, DONE
    for i in range(h[FIELDS]):
        changed = changed or w[after + i] != w[base + i]
    if not changed:
        return DONE
    for i in range(nodes):
        if _observe(h, w, q, after, w[_shown(h, w, i) + OUTCOME]) == MISS:
            status = MISS
    return status if status == MISS else _emit(h, w, q, JOINT, CUT_STEPS, 0)


@compiled
def _turn(h: Ints, w: Words) -> bool:
    """Turn the dials to the next combination, the last one fastest. Answers whether there is one."""
    i = h[COUNT + TICKER] - 1
    while i >= 0:
        dial = h[DIAL] + 2 * i
        w[dial + 1] += 1
        if w[dial + 1] < w[h[REC] + w[dial] + LENGTH_OF_LIST]:
            return True
        w[dial + 1] = 0
        i -= 1
    return False


@compiled
def _ticks(h: Ints, w: Words, q: Ints, status: int) -> int:
    """Follow the joint ticks: every combination of what the nodes offer, none if one offers nothing."""
    if status != DONE and status != MISS:
        return status
    nodes, base = h[COUNT + TICKER], _row(h, BASE)
    _copy(h, w, _row(h, HERE), base)
    for i in range(nodes):
        number = list_for(h, w, q, TICKS, w[base + w[h[TICKER] + i]])
        if number == GROW:
            return GROW
        if number == MISS:
            status = MISS
        w[h[DIAL] + 2 * i] = number
        w[h[DIAL] + 2 * i + 1] = 0
    if status != DONE:
        return status
    cut, some = 0, True
    for i in range(nodes):
        moves = h[REC] + w[h[DIAL] + 2 * i]
        if w[moves + LENGTH_OF_LIST] == 0 and w[moves + CUTS_OF_LIST] == 0:
            return status
        cut |= w[moves + CUTS_OF_LIST]
        some = some and w[moves + LENGTH_OF_LIST] > 0
    h[CUT_STEPS] |= cut
    while some and status == DONE:
        status = _tick(h, w, q)
        some = _turn(h, w)
    return status


@compiled
def expand(h: Ints, w: Words, q: Ints, status: int) -> int:
    """Follow every step of the state in the row HERE; with MISS for a status only to see what will be missed.

    Answers DONE, MISS or GROW. What it counts of the state is in the header.
    """
    h[PROPER] = h[CUT_STEPS] = h[CUT_FAULTS] = h[SKIPPED] = 0
    here = _row(h, HERE)
    _copy(h, w, here, _row(h, BASE))
    env = w[here + h[FIELDS] - 1]
    if not _is_known(h, w, env):
        return missing(h, w, env, 0, WEATHER_OF)
    eager, ranks = _known_of(h, w, env, EAGER), _known_of(h, w, env, RANKS)
    status = _take(h, w, q, eager, -1, CUT_STEPS, status)
    h[ACTOR] = -1
    timing, at_rest = _known_of(h, w, env, TIMING), h[PROPER] == 0 and h[CUT_STEPS] == 0 and status == DONE
    if timing == COUNTED:
        status = _start(h, w, q, _known_of(h, w, env, AFTER_TIMEOUT), -1, status, True)
    for i in range(ranks, ranks + _known_of(h, w, env, RANK_COUNT)):
        quiet = h[PROPER] == 0 and h[CUT_STEPS] == 0
        if timing == COUNTED or (timing == HELD and quiet and status == DONE):
            status = _take(h, w, q, w[h[RANK] + i], -1, CUT_STEPS, status)
    if h[COUNT + TICKER] > 0 and (at_rest or timing != HELD):
        status = _ticks(h, w, q, status)
    return _faults(h, w, q, env, status)
