"""What a leader election promises, written once for all of them.

A property here asks only for what it names: a local state that says whether its node leads and in which term
(:class:`Elector`), what it has decided (:class:`Decider`), or whom it follows (:class:`Follower`). A
dataclass with these attributes, fields or properties, is enough. Where other nodes run other programs, ``of``
is the class of the states that are meant.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import Protocol, TypeVar

from elcheck import (
    Event,
    Formula,
    Monitor,
    NodeId,
    NodeView,
    Property,
    Scope,
    Term,
    all_nodes,
    always,
    change,
    each,
    eventually,
    history,
    ltl,
    node_views,
    pair,
    some,
    sometimes,
    step,
    taken,
    text,
)

S = TypeVar("S")


class Elector(Protocol):
    """A local state of an election by terms (epochs, views, ballots)."""

    @property
    def term(self) -> int | Term:
        """The term that the node is in."""

    @property
    def leads(self) -> bool:
        """Whether the node takes itself for the leader of that term."""


class Decider(Protocol):
    """A local state of an election that comes to an end."""

    @property
    def decision(self) -> Hashable:
        """What the node has decided (elected, not elected, who leads), None as long as it has not."""


@dataclass(frozen=True)
class Leadership:
    """What the properties see of an elector. The term of a node that does not lead is left out: it
    tells nothing, and fewer distinct views are fewer evaluations.
    """

    leads: bool
    term: int | Term | None


def leadership(s: Elector) -> Leadership:
    """Whether a node leads, and in which term."""
    return Leadership(s.leads, s.term if s.leads else None)


def one_leader_per_term(of: type[Elector]) -> Property:
    """At most one node leads in any term (Raft's Election Safety, Ongaro and Ousterhout 2014, figure 3).

    This compares the leaders of one moment; :func:`one_leader_per_term_ever` those of all time.
    """

    def check(a: NodeView[Leadership], b: NodeView[Leadership]) -> bool | str:
        if a.state.leads and b.state.leads and a.state.term == b.state.term:
            return f"{a.node} and {b.node} both lead in term {a.state.term}"
        return True

    return always("at most one leader per term", pair(node_views(of, leadership), check))


def one_leader_at_a_time(of: type[Elector]) -> Property:
    """At most one node takes itself for the leader.

    Raft, Paxos and ZAB do not promise this: a leader that has been replaced does not know it until it hears
    of a higher term. The counterexample is the reason why leaders need terms, and storage fencing tokens.
    """

    def check(a: NodeView[Leadership], b: NodeView[Leadership]) -> bool | str:
        if a.state.leads and b.state.leads:
            return f"{a.node} leads in term {a.state.term} and {b.node} in term {b.state.term}"
        return True

    return always("at most one leader at a time", pair(node_views(of, leadership), check))


def leader_elected(of: type[Elector]) -> Property:
    """Some node can become the leader: a model in which none can has forgotten something."""
    return sometimes("a leader is elected", each(node_views(of, leadership), lambda n: n.state.leads))


def _is_before(a: int | Term, b: int | Term) -> bool:
    """Whether one term is before another of its class."""
    return a < b  # type: ignore[operator]  # a model's terms are all of one class


def terms_only_grow(of: type[Elector]) -> Property:
    """No node goes back to an earlier term, not even by a crash."""

    def check(before: NodeView[int | Term], after: NodeView[int | Term]) -> bool | str:
        if _is_before(after.state, before.state):
            return f"{after.node} goes back from term {before.state} to {after.state}"
        return True

    def term(s: Elector) -> int | Term:
        return s.term

    return step("terms only grow", change(node_views(of, term), check))


def decisions_are_final(of: type[Decider]) -> Property:
    """A node that has decided stays with its decision."""

    def check(before: NodeView[Hashable], after: NodeView[Hashable]) -> bool | str:
        if before.state is not None and after.state != before.state:
            return f"{after.node} had decided {text(before.state)} and goes over to {text(after.state)}"
        return True

    def decision(s: Decider) -> Hashable:
        return s.decision

    return step("decisions are final", change(node_views(of, decision), check))


def every_node_decides(of: type[Decider]) -> Property:
    """Every node that stays up eventually decides: elected, or not (Lynch, Distributed Algorithms, 3.1)."""

    def check(n: NodeView[Hashable]) -> bool:
        return not n.up or n.state is not None

    def decision(s: Decider) -> Hashable:
        return s.decision

    return eventually("every node decides", each(node_views(of, decision), check))


def _led(of: type[Elector]) -> Formula:
    """Some node that is up leads."""

    def leads(n: NodeView[bool]) -> bool:
        return n.up and n.state

    def view(s: Elector) -> bool:
        return s.leads

    return some(each(node_views(of, view), leads))


def leader_eventually(of: type[Elector]) -> Property:
    """In the end a node that is up leads, at least for a moment."""
    return eventually("a leader eventually", _led(of))


def leader_again_and_again(of: type[Elector]) -> Property:
    """Once no fault happens any more, there is always a leader again: none is lost for good.

    Faults that stop are what this is worth asking for: while leaders may crash without end, none need stay.
    """
    return ltl("a leader again and again, once faults stop", faults_stop() >> always(eventually(_led(of))))


def leader_stays(of: type[Elector]) -> Property:
    """Once no fault happens any more, from some time on there is always a leader."""
    return ltl("a leader for good, once faults stop", faults_stop() >> eventually(always(_led(of))))


def faults_stop() -> Formula:
    """From some time on nothing crashes, is paused or damaged, breaks, is lost or doubled, and no program has
    a fault of its own. (Restarts, resumptions and heals may go on.)
    """
    kinds = ("crash", "pause", "damage", "lose", "duplicate", "disconnect", "partition", "fault")
    struck = reduce(or_, [taken(kind) for kind in kinds[1:]], taken(kinds[0]))
    return eventually(always(~struck))


Terms = frozenset[tuple[int | Term, NodeId]]


@cache
def leaders_by_term(of: type[Elector]) -> Monitor[Terms]:
    """The history that :func:`one_leader_per_term_ever` needs: who has led in which term."""

    def start(nodes: tuple[NodeView[Elector], ...]) -> Terms:
        return frozenset((n.state.term, n.node) for n in nodes if n.state.leads)

    def after(led: Terms, event: Event, before: NodeView[Elector], now: NodeView[Elector]) -> Terms:
        return led | {(now.state.term, now.node)} if now.up and now.state.leads else led

    return Monitor("leaders by term", of, start=start, after=after)


def one_leader_per_term_ever(of: type[Elector]) -> Property:
    """At most one node has ever led in any term.

    Stronger than :func:`one_leader_per_term`, which misses a leader that crashed before the next one of its
    term was elected.
    """

    def check(led: Terms) -> bool | str:
        for term, node in sorted(led):
            others = [other for t, other in sorted(led) if t == term and other != node]
            if others:
                return f"{node} and {others[0]} have both led in term {term}"
        return True

    return always("at most one leader per term, ever", history(leaders_by_term(of), check))


class Follower(Protocol):
    """A local state of an election in which every node has an opinion on who leads."""

    @property
    def leader(self) -> NodeId | None:
        """Whom the node follows, itself if it leads, None as long as it follows nobody."""


def followed(s: Follower) -> NodeId | None:
    """Whom a node follows."""
    return s.leader


def one_leads(of: type[Follower]) -> Property:
    """At most one node that is up takes itself for the leader, in elections without terms."""

    def check(a: NodeView[NodeId | None], b: NodeView[NodeId | None]) -> bool | str:
        both = a.up and b.up and a.state == a.node and b.state == b.node
        return f"{a.node} and {b.node} both lead" if both else True

    return always("at most one node leads", pair(node_views(of, followed), check))


def agree(name: str, view: Callable[[S], Hashable], of: type[S]) -> Property:
    """Any two nodes that are up and have a value have the same one. None is no value."""

    def check(a: NodeView[Hashable], b: NodeView[Hashable]) -> bool | str:
        if a.up and b.up and a.state is not None and b.state is not None and a.state != b.state:
            return f"{a.node} has {text(a.state)}, {b.node} has {text(b.state)}"
        return True

    return always(name, pair(node_views(of, view), check))


def all_follow_one(of: type[Follower]) -> Property:
    """All nodes that are up and follow somebody follow the same node."""
    return agree("all who follow somebody follow the same", followed, of=of)


def all_follow_the_highest(view: Callable[[S], NodeId | None], of: type[S]) -> Scope:
    """Every node that is up follows the highest of those that are up. ``view`` says whom it follows."""

    def check(nodes: Sequence[NodeView[NodeId | None]]) -> bool:
        live = [n for n in nodes if n.up]
        return all(n.state == live[-1].node for n in live)

    return all_nodes(node_views(of, view), check)


def another_takes_over(view: Callable[[S], NodeId | None], of: type[S]) -> Property:
    """A node other than the highest can come to lead. ``view`` says whom a node follows."""

    def check(nodes: Sequence[NodeView[NodeId | None]]) -> bool:
        return any(n.up and n.state == n.node for n in nodes[:-1])

    return sometimes("another takes over", all_nodes(node_views(of, view), check))


def all_follow_a_live_leader(of: type[Follower]) -> Scope:
    """All nodes that are up follow the same node, which is up."""

    def check(nodes: Sequence[NodeView[NodeId | None]]) -> bool:
        live = [n.node for n in nodes if n.up]
        followed = {n.state for n in nodes if n.up}
        return not live or (len(followed) == 1 and followed <= set(live))

    return all_nodes(node_views(of, followed), check)
