"""What locks, leases and critical sections promise, written once for all of them.

A local state says whether its node believes that it holds the lock (:class:`Holder`), or which of several
things it holds (:class:`Keeper`); a Spec's shared state says who is inside (:class:`Section`). What a lock
protects shows what it has applied (:class:`Fenced`).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

from elcheck import NodeView, Property, always, change, each, holds, node_views, pair, sometimes, step, text


class Holder(Protocol):
    """A local state of a node that takes a lock, a lease or a role that one node has at a time."""

    @property
    def holds(self) -> bool:
        """Whether the node believes that it holds it."""


class Keeper(Protocol):
    """A local state of a node that takes several things, each of which one node has at a time."""

    @property
    def keeps(self) -> frozenset[Hashable]:
        """What the node believes that it holds."""


class Section(Protocol):
    """The state of a Spec with a critical section."""

    @property
    def inside(self) -> tuple[int, ...]:
        """The processes that are in it, in order."""


class Fenced(Protocol):
    """A local state of a store that takes writes with fencing tokens."""

    @property
    def applied(self) -> int:
        """The token of the last write that was applied, 0 before the first."""


def holding(s: Holder) -> bool:
    """Whether a node believes that it holds the lock."""
    return s.holds


def keeping(s: Keeper) -> frozenset[Hashable]:
    """What a node believes that it holds."""
    return s.keeps


def mutual_exclusion(of: type[Holder]) -> Property:
    """No two nodes believe at the same moment that they hold the lock."""

    def check(a: NodeView[bool], b: NodeView[bool]) -> bool | str:
        return f"{a.node} and {b.node} both believe that they hold it" if a.state and b.state else True

    return always("at most one holder", pair(node_views(of, holding), check))


def somebody_holds(of: type[Holder]) -> Property:
    """Some node can take the lock."""
    return sometimes("somebody holds it", each(node_views(of, holding), lambda n: n.state))


def one_keeper_each(of: type[Keeper]) -> Property:
    """No two nodes believe at the same moment that they hold the same thing."""

    def check(a: NodeView[frozenset[Hashable]], b: NodeView[frozenset[Hashable]]) -> bool | str:
        both = a.state & b.state
        return f"{a.node} and {b.node} both hold {text(both)}" if both else True

    return always("at most one holder of each", pair(node_views(of, keeping), check))


def one_inside(of: type[Section]) -> Property:
    """No two processes of a Spec are in the critical section at the same moment."""

    def check(s: Section) -> bool | str:
        if len(s.inside) > 1:
            return "processes " + " and ".join(map(str, s.inside)) + " are both in the critical section"
        return True

    return always("at most one in the critical section", holds(of, check))


def tokens_never_go_back(of: type[Fenced]) -> Property:
    """The store applies no write that is older, by its fencing token, than one that it has applied."""

    def check(before: NodeView[int], after: NodeView[int]) -> bool | str:
        if after.state < before.state:
            return f"{after.node} had applied a write of token {before.state}, and now one of {after.state}"
        return True

    def applied(s: Fenced) -> int:
        return s.applied

    return step("applied tokens never go back", change(node_views(of, applied), check))
