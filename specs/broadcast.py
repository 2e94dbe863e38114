"""What a primary-order atomic broadcast promises.

F. Junqueira, B. Reed, M. Serafini, Zab: High-performance broadcast for primary-backup systems, DSN 2011,
section III. Primaries follow one another by epochs, each broadcasts transactions, every process delivers
some. All but the last of these properties speak of everything that was ever broadcast and delivered, before a
crash, too: the monitor :func:`broadcasts` keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise, permutations, product
from typing import Protocol

from elcheck import Event, Monitor, NodeView, Property, always, each, history, node_views, text

Zxid = tuple[int, int]
"""A transaction, by its identifier: (e, k) is the k-th of the primary of epoch e."""
Log = tuple[Zxid, ...]
"""Transactions, the first one first."""


class Process(Protocol):
    """A local state of a process that takes part."""

    @property
    def history(self) -> Log:
        """The transactions that it has accepted."""

    @property
    def delivered(self) -> Log:
        """Those that it has delivered to its application since it started."""

    @property
    def broadcast(self) -> Log:
        """Those that it has broadcast, if it is the primary of its epoch."""


@dataclass(frozen=True)
class Past:
    """What was broadcast, each transaction with what its primary had delivered before, and the sequences that
    were delivered. One that another one begins with is left out: what agrees with the other agrees with it.
    """

    broadcast: frozenset[tuple[Zxid, Log]] = frozenset()
    delivered: frozenset[Log] = frozenset()


@cache
def broadcasts(of: type[Process]) -> Monitor[Past]:
    """The history that the properties need. What processes start with was broadcast before, in that order."""

    def start(nodes: tuple[NodeView[Process], ...]) -> Past:
        old = {(txn, n.state.history[:i]) for n in nodes for i, txn in enumerate(n.state.history)}
        past = Past(frozenset(old))
        for n in nodes:
            past = Past(past.broadcast, with_log(past.delivered, n.state.delivered))
        return past

    def after(past: Past, event: Event, before: NodeView[Process], now: NodeView[Process]) -> Past:
        new = now.state.broadcast[len(before.state.broadcast) :]
        sent = past.broadcast | {(txn, before.state.delivered) for txn in new}
        return Past(sent, with_log(past.delivered, now.state.delivered))

    return Monitor("broadcasts", of, start=start, after=after)


def with_log(logs: frozenset[Log], log: Log) -> frozenset[Log]:
    """One log more, without those that another one begins with."""
    if any(other[: len(log)] == log for other in logs):
        return logs
    return frozenset(other for other in logs if log[: len(other)] != other) | {log}


def integrity(of: type[Process]) -> Property:
    """What is delivered has been broadcast by a primary, and is delivered once."""

    def check(past: Past) -> bool | str:
        sent = {txn for txn, _ in past.broadcast}
        for log in sorted(past.delivered):
            if not sent >= set(log):
                return f"{text(log)} is delivered, and of that only {text(frozenset(sent))} broadcast"
            if len(set(log)) < len(log):
                return f"{text(log)} is delivered: one transaction twice"
        return True

    return always("integrity", history(broadcasts(of), check))


def agreement(of: type[Process]) -> Property:
    """Of two processes, one has delivered all that the other has."""

    def check(past: Past) -> bool | str:
        for a, b in combinations(sorted(past.delivered), 2):
            if not (set(a) <= set(b) or set(b) <= set(a)):
                return f"one process has delivered {text(a)}, one {text(b)}"
        return True

    return always("agreement", history(broadcasts(of), check))


def total_order(of: type[Process]) -> Property:
    """What comes before a transaction at one process comes before it wherever it is delivered."""

    def check(past: Past) -> bool | str:
        for a, b in permutations(sorted(past.delivered), 2):
            for txn in set(a) & set(b):
                if not set(a[: a.index(txn)]) <= set(b[: b.index(txn)]):
                    return f"one process has delivered {text(a)}, one {text(b)}"
        return True

    return always("total order", history(broadcasts(of), check))


def local_primary_order(of: type[Process]) -> Property:
    """The transactions of one primary are delivered in its order, and none is left out."""

    def check(past: Past) -> bool | str:
        for log, (earlier, _) in product(sorted(past.delivered), sorted(past.broadcast)):
            for i, txn in enumerate(log):
                if txn[0] == earlier[0] and txn > earlier and earlier not in log[:i]:
                    return f"{text(log)} is delivered: {text(txn)} without {text(earlier)} before it"
        return True

    return always("local primary order", history(broadcasts(of), check))


def global_primary_order(of: type[Process]) -> Property:
    """The transactions of an earlier primary are delivered before those of a later one."""

    def check(past: Past) -> bool | str:
        for log in sorted(past.delivered):
            if any(b[0] < a[0] for a, b in pairwise(log)):
                return f"{text(log)} is delivered"
        return True

    return always("global primary order", history(broadcasts(of), check))


def primary_integrity(of: type[Process]) -> Property:
    """Before it broadcasts, a primary has delivered all of earlier epochs that anybody ever delivers."""

    def check(past: Past) -> bool | str:
        for (txn, knew), log in product(sorted(past.broadcast), sorted(past.delivered)):
            missed = [old for old in log if old[0] < txn[0] and old not in knew]
            if missed:
                return f"the primary that broadcast {text(txn)} had not delivered {text(missed[0])}"
        return True

    return always("primary integrity", history(broadcasts(of), check))


def delivered_is_logged(of: type[Process]) -> Property:
    """The history of a process begins with what it has delivered: it has that on its disk, and keeps it."""

    def check(n: NodeView[tuple[Log, Log]]) -> bool | str:
        delivered, log = n.state
        if log[: len(delivered)] != delivered:
            return f"{n.node} has delivered {text(delivered)}, its history is {text(log)}"
        return True

    def view(s: Process) -> tuple[Log, Log]:
        return s.delivered, s.history

    return always("the history begins with what is delivered", each(node_views(of, view), check))


def primary_order_broadcast(of: type[Process]) -> Sequence[Property]:
    """All of these."""
    return [
        integrity(of),
        agreement(of),
        total_order(of),
        local_primary_order(of),
        global_primary_order(of),
        primary_integrity(of),
        delivered_is_logged(of),
    ]
