"""Expanding one state in compiled code: its steps, in the order of the plain engine, wait to be stored."""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.effects import affected
from elcheck.checker.search.fast.ids import miss
from elcheck.checker.search.fast.joint_ticks import tick_all
from elcheck.checker.search.fast.late_moves import is_late
from elcheck.checker.search.fast.layout import Ints, Words
from elcheck.checker.search.fast.node_steps import take, take_restarts
from elcheck.checker.search.fast.pending import after_at, copy_row, emit
from elcheck.checker.search.fast.records import environment_at, fault_step_at, is_known, is_up, row_at


@compiled
def _start_in(h: Ints, w: Words, q: Ints, environment: int, status: int) -> int:
    """Let the steps that follow start in another environment. Answers DONE, MISS or GROW."""
    if status == L.GROW:
        return status
    copy_row(h, w, row_at(h, L.HERE), row_at(h, L.BASE))
    w[row_at(h, L.BASE) + h[L.FIELDS] - 1] = environment
    return status if is_known(h, w, environment) else miss(h, w, environment, 0, L.ENVIRONMENT_OF)


@compiled
def _drop_mail(h: Ints, w: Words, q: Ints, but: int, status: int) -> int:
    """Drop the mail of nodes that are down, without the node ``but``, if the environment in which the steps
    start keeps it no longer. Answers DONE, MISS or GROW.
    """
    base, last = row_at(h, L.BASE), h[L.FIELDS] - 1
    before, now = w[row_at(h, L.HERE) + last], w[base + last]
    if status == L.GROW or not is_known(h, w, now):
        return status
    kept = w[environment_at(h, before) + L.KEEPS_MAIL] != 0
    if kept and w[environment_at(h, now) + L.KEEPS_MAIL] == 0:
        for node in range(h[L.NODES]):
            if node != but:
                made = affected(h, w, q, w[base + node], L.DROP_MAIL)
                if made < 0:
                    return made
                w[base + node] = made
    return status


@compiled
def _disconnect(h: Ints, w: Words, q: Ints, among: int, status: int) -> int:
    """Follow the breaks of the links between two nodes, of some as bits, that are up. Answers DONE, MISS or
    GROW.
    """
    base = row_at(h, L.BASE)
    for a in range(h[L.NODES]):
        for b in range(a + 1, h[L.NODES]):
            if (among >> a) & (among >> b) & 1 == 0:
                continue
            if not (is_up(h, w, w[base + a]) and is_up(h, w, w[base + b])):
                continue
            here = affected(h, w, q, w[base + a], L.BREAK + b)
            there = affected(h, w, q, w[base + b], L.BREAK + a)
            if here < 0 or there < 0:
                return here if here < 0 else there
            if (here != w[base + a] or there != w[base + b]) and status == L.DONE:
                copy_row(h, w, base, after_at(h))
                w[after_at(h) + a], w[after_at(h) + b] = here, there
                status = emit(h, w, q, L.DISCONNECTED, L.CUT_FAULTS, 0)
                if status == L.GROW:
                    return status
    return status


@compiled
def _change_partition(h: Ints, w: Words, q: Ints, environment: int, status: int) -> int:
    """Follow the partitions that may come, or the heal of the one that stands. Answers DONE, MISS or GROW."""
    record = environment_at(h, environment)
    first = w[record + L.PARTITIONS_START]
    for i in range(first, first + w[record + L.PARTITIONS_LENGTH]):
        if status == L.DONE:
            copy_row(h, w, row_at(h, L.HERE), after_at(h))
            w[after_at(h) + h[L.FIELDS] - 1] = w[h[L.PARTITION_STEPS] + i]
            status = emit(h, w, q, L.PARTITIONED, L.CUT_FAULTS, 0)
    return status


@compiled
def _restart(h: Ints, w: Words, q: Ints, spent: int, among: int, status: int) -> int:
    """Follow the restarts of nodes, of some as bits, which lead to the environment ``spent``. Answers DONE,
    MISS or GROW.
    """
    for node in range(h[L.NODES]):
        if (among >> node) & 1 and not is_up(h, w, w[row_at(h, L.HERE) + node]):
            status = _start_in(h, w, q, spent, status)
            status = _drop_mail(h, w, q, node, status)
            status = take_restarts(h, w, q, node, status)
    return status


@compiled
def _take_faults(h: Ints, w: Words, q: Ints, environment: int, status: int) -> int:
    """Follow every fault of a state. Answers DONE, MISS or GROW."""
    record = environment_at(h, environment)
    first = w[record + L.FAULTS_START]
    for i in range(first, first + w[record + L.FAULTS_LENGTH]):
        step = fault_step_at(h, i)
        kind, spent, among = w[step + L.FAULT_CLASS], w[step + L.FAULT_LEADS_TO], w[step + L.FAULT_NODES]
        if kind == L.RESTARTS:
            status = _restart(h, w, q, spent, among, status)
            continue
        status = _start_in(h, w, q, spent, status)
        if kind == L.DISCONNECTS:
            status = status if status == L.GROW else _disconnect(h, w, q, among, status)
        else:
            status = take(h, w, q, kind, among, L.CUT_FAULTS, status)
    return _change_partition(h, w, q, environment, status)


@compiled
def _is_quiet(h: Ints) -> bool:
    """Whether no handler's step has been found, and none was cut."""
    return bool(h[L.PROPER_STEPS] == 0 and h[L.CUT_STEPS] == 0)


@compiled
def _take_timeouts(h: Ints, w: Words, q: Ints, environment: int, status: int) -> int:
    """Follow the timeouts that wait, rank by rank. Answers DONE, MISS or GROW."""
    record = environment_at(h, environment)
    timing = w[record + L.TIMING]
    if timing == L.COUNTED:
        status = _start_in(h, w, q, w[record + L.AFTER_TIMEOUT], status)
        status = _drop_mail(h, w, q, -1, status)
    first = w[record + L.RANKS_START]
    for i in range(first, first + w[record + L.RANKS_LENGTH]):
        if timing == L.COUNTED or (_is_quiet(h) and status == L.DONE):
            status = take(h, w, q, w[h[L.RANKED_CLASSES] + i], L.ALL_NODES, L.CUT_STEPS, status)
    return status


@compiled
def expand(h: Ints, w: Words, q: Ints, status: int) -> int:
    """Follow every step of the state in the row HERE. With MISS for a status nothing is stored: it is only
    seen what will be missed.

    Answers DONE, MISS or GROW. What it counts of the state is in the header.
    """
    h[L.PROPER_STEPS] = h[L.CUT_STEPS] = h[L.CUT_FAULTS] = h[L.SKIPPED] = 0
    environment = w[row_at(h, L.HERE) + h[L.FIELDS] - 1]
    if not is_known(h, w, environment):
        return miss(h, w, environment, 0, L.ENVIRONMENT_OF)
    record = environment_at(h, environment)
    copy_row(h, w, row_at(h, L.HERE), row_at(h, L.BASE))
    status = take(h, w, q, w[record + L.EAGER], L.ALL_NODES, L.CUT_STEPS, status)
    h[L.ACTOR] = -1
    at_rest = _is_quiet(h) and status == L.DONE
    if w[record + L.TIMING] != L.FREE:
        status = _take_timeouts(h, w, q, environment, status)
    if h[L.COUNT + L.TICKERS] > 0 and (at_rest or w[record + L.TIMING] != L.HELD):
        late = is_late(h, w, q, environment) if status != L.GROW else 1
        if late < 0:
            status = late
        elif late == 0:
            status = tick_all(h, w, q, status)
    return _take_faults(h, w, q, environment, status)
