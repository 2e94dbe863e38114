"""What an election on a ring promises: one is elected, everyone learns of it, and then the ring is quiet.

The contract of N. Lynch, Distributed Algorithms, 1996, section 3.1, for every algorithm on rings. That
decisions are irrevocable is :func:`specs.election.decisions_are_final`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from elcheck import (
    GlobalState,
    NodeView,
    Property,
    Scope,
    all_nodes,
    always,
    always_possible,
    node_views,
    pair,
    sometimes,
    whole,
)


class Participant(Protocol):
    """A local state of an election on a ring."""

    @property
    def elected(self) -> bool:
        """Whether the processor takes itself for the leader."""

    @property
    def decision(self) -> Hashable:
        """What it has decided (who leads, or that it does not lead itself), None as long as it has not."""


class Numbered(Participant, Protocol):
    """One with an id; the decision is the id of the leader."""

    @property
    def id(self) -> int:
        """The processor's own id."""


@dataclass(frozen=True)
class Conclusion:
    """What the properties see of a participant."""

    elected: bool
    decision: Hashable


def conclusion(s: Participant) -> Conclusion:
    """How the election has ended for a participant."""
    return Conclusion(s.elected, s.decision)


def one_elected(of: type[Participant]) -> Property:
    """At most one processor is elected."""

    def check(a: NodeView[Conclusion], b: NodeView[Conclusion]) -> bool | str:
        both = a.state.elected and b.state.elected
        return f"{a.node} and {b.node} are both elected" if both else True

    return always("at most one is elected", pair(node_views(of, conclusion), check))


def all_agree(of: type[Participant]) -> Property:
    """Those who have decided name the same leader."""

    def check(a: NodeView[Conclusion], b: NodeView[Conclusion]) -> bool | str:
        mine, other = a.state.decision, b.state.decision
        if None not in (mine, other) and mine != other:
            return f"{a.node} has decided for {mine}, {b.node} for {other}"
        return True

    return always("all agree on the leader", pair(node_views(of, conclusion), check))


def highest_elected(of: type[Numbered]) -> Property:
    """Who is elected has the highest id of the ring (extrema finding)."""

    def check(a: NodeView[tuple[int, bool]], b: NodeView[tuple[int, bool]]) -> bool | str:
        (mine, elected), (other, _) = a.state, b.state
        if elected and other > mine:
            return f"{a.node} is elected with id {mine}, {b.node} has {other}"
        return True

    def candidacy(s: Numbered) -> tuple[int, bool]:
        return s.id, s.elected

    return always("the highest id is elected", pair(node_views(of, candidacy), check))


def settled(nodes: Sequence[NodeView[Conclusion]]) -> bool:
    """Whether everyone has decided, and one is elected."""
    return all(n.state.decision is not None for n in nodes) and sum(n.state.elected for n in nodes) == 1


def everyone_decides(of: type[Participant]) -> Property:
    """The election can come to its end."""
    return sometimes("everyone has decided", all_nodes(node_views(of, conclusion), settled))


def can_always_end(of: type[Participant]) -> Property:
    """Wherever the election has come to, it can still come to its end."""
    return always_possible("everyone can still decide", all_nodes(node_views(of, conclusion), settled))


def proper_end(of: type[Participant]) -> Scope:
    """The only way to end, for ``Model(deadlock=...)``: everyone has decided, and one is elected."""
    return all_nodes(node_views(of, conclusion), settled)


def quiet_after_the_end(of: type[Participant], *messages: type) -> Property:
    """Nothing is under way to a processor that has decided, so that it may leave the algorithm: no message of
    these classes, or none at all. Who is elected is excepted: it takes the announcement off the ring.
    """

    def check(state: GlobalState) -> bool | str:
        for under_way in state.network:
            to = state.nodes[under_way.dst.index].state
            if isinstance(under_way.msg, messages or object) and isinstance(to, of) and finished(to):
                return f"{under_way.dst} has decided, and {under_way.msg} is on its way to it"
        return True

    return always("nobody is told twice" if messages else "nothing comes after the end", whole(check))


def finished(s: Participant) -> bool:
    """Whether a participant has nothing more to do."""
    return s.decision is not None and not s.elected
