"""What a replicated log promises: the properties of Raft's figure 3, for any protocol that elects a leader.

D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014, figure 3
and section 5.4. A local state that has what :class:`Replica` names is enough. The first property of the
figure, Election Safety, is in specs/election.py.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

from elcheck import NodeView, Property, always, change, each, node_views, pair, sometimes, step, text
from elcheck.specs import election

Entry = tuple[int, Hashable]
"""The term in which a leader made it, and the command."""
Entries = tuple[Entry, ...]


class Replica(Protocol):
    """A local state with a log."""

    @property
    def term(self) -> int:
        """The term that the node is in."""

    @property
    def leads(self) -> bool:
        """Whether it takes itself for the leader of that term."""

    @property
    def log(self) -> Entries:
        """The entries, the oldest first."""

    @property
    def commit(self) -> int:
        """How many of them the node knows to be committed."""


def entries(s: Replica) -> Entries:
    """Its log."""
    return s.log


def committed(s: Replica) -> Entries:
    """What it knows to be committed."""
    return s.log[: s.commit]


def matching(a: Entries, b: Entries) -> int | None:
    """The index up to which two logs ought to be the same and are not, None if they are."""
    for index in range(min(len(a), len(b)), 0, -1):
        if a[index - 1][0] == b[index - 1][0]:
            return None if a[:index] == b[:index] else index
    return None


def figure_3(of: type[Replica]) -> list[Property]:
    """All that figure 3 promises, what follows from it, and that something comes of it."""
    return [
        election.one_leader_per_term(of),
        election.terms_only_grow(of),
        log_matching(of),
        leader_append_only(of),
        leader_completeness(of),
        state_machine_safety(of),
        committed_for_good(of),
        election.leader_elected(of),
        entry_committed(of),
        later_leader_commits(of),
    ]


def log_matching(of: type[Replica]) -> Property:
    """Two logs that hold an entry of the same index and term are the same up to there (Log Matching)."""

    def check(a: NodeView[Entries], b: NodeView[Entries]) -> bool | str:
        index = matching(a.state, b.state)
        return index is None or f"{a.node} and {b.node} have index {index} of one term, and differ up to it"

    return always("logs match", pair(node_views(of, entries), check))


@dataclass(frozen=True)
class Led:
    """The log of a leader; of a node that does not lead ``term`` is None, its log does not matter."""

    term: int | None
    log: Entries

    @classmethod
    def by(cls, s: Replica) -> Led:
        """What a node leads."""
        return cls(s.term, s.log) if s.leads else cls(None, ())


def leader_append_only(of: type[Replica]) -> Property:
    """A leader only appends to its log, it never replaces or drops an entry (Leader Append-Only)."""

    def check(before: NodeView[Led], after: NodeView[Led]) -> bool | str:
        was, now = before.state, after.state
        stays = was.term is not None and was.term == now.term
        return not stays or now.log[: len(was.log)] == was.log or f"{after.node} leads, and loses an entry"

    return step("leaders only append", change(node_views(of, Led.by), check))


@dataclass(frozen=True)
class Standing:
    """What Leader Completeness looks at."""

    term: int
    led: Led
    committed: Entries

    @classmethod
    def of(cls, s: Replica) -> Standing:
        """Where a node stands."""
        return cls(s.term, Led.by(s), committed(s))


def leader_completeness(of: type[Replica]) -> Property:
    """What is committed is in the logs of the leaders of all later terms (Leader Completeness).

    It needs no history of when that was: what a node of term t knows to be committed was committed in a
    term up to t, so a leader of term t or later has it. (A leader that has been replaced may lack something
    of what a node of a later term knows.)
    """

    def check(a: NodeView[Standing], b: NodeView[Standing]) -> bool | str:
        leader, known = a.state.led, b.state.committed
        if leader.term is None or b.state.term > leader.term or leader.log[: len(known)] == known:
            return True
        index = next(i for i, entry in enumerate(known) if leader.log[i : i + 1] != (entry,))
        return f"{a.node} leads term {leader.term} without {text(known[index])}, which {b.node} has committed"

    return always("leaders have what is committed", pair(node_views(of, Standing.of), check))


def state_machine_safety(of: type[Replica]) -> Property:
    """No two nodes commit different entries at the same index (State Machine Safety)."""

    def check(a: NodeView[Entries], b: NodeView[Entries]) -> bool | str:
        for index, (one, other) in enumerate(zip(a.state, b.state, strict=False), start=1):
            if one != other:
                return f"{a.node} has committed {text(one)} at index {index}, {b.node} {text(other)}"
        return True

    return always("nodes commit the same", pair(node_views(of, committed), check))


def committed_for_good(of: type[Replica]) -> Property:
    """While it is up a node never takes back what it has committed."""

    def check(before: NodeView[Entries], after: NodeView[Entries]) -> bool | str:
        kept = after.state[: len(before.state)] == before.state
        return kept or not (before.up and after.up) or f"{after.node} takes back what it has committed"

    return step("committed for good", change(node_views(of, committed), check))


def entry_committed(of: type[Replica]) -> Property:
    """Some entry can be committed."""
    return sometimes("an entry is committed", each(node_views(of, committed), lambda n: len(n.state) > 0))


def later_leader_commits(of: type[Replica]) -> Property:
    """A leader can commit an entry of its own behind those of an earlier leader."""

    def check(n: NodeView[Standing]) -> bool:
        known = n.state.committed
        return bool(known) and known[0][0] < known[-1][0] == n.state.led.term

    return sometimes("a later leader commits too", each(node_views(of, Standing.of), check))
