"""What elections and agreement come to, as Specs: no messages, no steps but those that matter.

An algorithm is right if each of its steps is, by a mapping, a step of one of these or none (``refines``).
L. Lamport's chain for consensus (Byzantizing Paxos by Refinement, DISC 2011): Paxos refines Voting, and
Voting refines Consensus.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from itertools import combinations, product
from typing import Protocol

from elcheck import WEAK, Event, Map, Monitor, NodeId, NodeView, Spec, State, Step, Steps, Term, action, guard

# -- a leader for each term --------------------------------------------------------------------------------


class Leaders(State):
    """Who leads each term, for ever."""

    of: Map[int | Term, NodeId] = Map()


class LeaderPerTerm(Spec[Leaders]):
    """A register for each term, written once: what Raft promises of its election (Election Safety)."""

    candidates: tuple[NodeId, ...]
    terms: tuple[int | Term, ...]

    def candidate(self) -> Iterable[NodeId]:
        """Who may lead."""
        return self.candidates

    def term(self) -> Iterable[int | Term]:
        """The terms."""
        return self.terms

    @action(over=(term, candidate))
    def lead(self, s: Leaders, term: int | Term, candidate: NodeId) -> Leaders:
        """The term gets its leader."""
        guard(term not in s.of, "the term has its leader")
        return Leaders(s.of.put(term, candidate))


class Leading(Protocol):
    """A local state of one who may lead."""

    @property
    def leads(self) -> bool:
        """Whether it takes itself for the leader."""

    @property
    def term(self) -> int | Term:
        """Of which term."""


def leaders_seen(of: type[Leading]) -> Monitor[Leaders]:
    """Who has led each term last, whatever became of it: what :class:`LeaderPerTerm` remembers."""

    def start(nodes: tuple[NodeView[Leading], ...]) -> Leaders:
        return Leaders(Map({n.state.term: n.node for n in nodes if n.state.leads}))

    def after(seen: Leaders, event: Event, before: NodeView[Leading], now: NodeView[Leading]) -> Leaders:
        begins = now.up and now.state.leads and not (before.up and before.state.leads)
        return Leaders(seen.of.put(now.state.term, now.node)) if begins else seen

    return Monitor("leaders seen", of, start=start, after=after)


# -- one value ---------------------------------------------------------------------------------------------


class Chosen(State):
    """The values that are chosen."""

    values: frozenset[Hashable] = frozenset()


class Consensus(Spec[Chosen]):
    """One of some values is chosen, once."""

    values: tuple[Hashable, ...]

    def value(self) -> Iterable[Hashable]:
        """What may be chosen."""
        return self.values

    @action(over=value)
    def choose(self, s: Chosen, value: Hashable) -> Chosen:
        """Choose it."""
        guard(not s.values, "a value is chosen")
        return Chosen(frozenset({value}))


class Ballots(State):
    """Who has voted for what in which ballot, and below which ballot each will not vote any more."""

    promised: Map[NodeId, int] = Map()
    votes: frozenset[tuple[NodeId, int, Hashable]] = frozenset()

    def chosen(self) -> frozenset[Hashable]:
        """What a majority has voted for in one ballot."""
        votes = [vote for _, *vote in self.votes]
        return frozenset(v for _, n, v in self.votes if 2 * votes.count([n, v]) > len(self.promised))


class Voting(Spec[Ballots]):
    """Votes in ballots, each for a value that is safe there: no other can have been chosen before."""

    voters: tuple[NodeId, ...]
    values: tuple[Hashable, ...]
    ballots: int

    def start(self) -> Ballots:
        """Nobody has promised anything, or voted."""
        return Ballots(Map(dict.fromkeys(self.voters, 0)))

    def voter(self) -> Iterable[NodeId]:
        """Who votes."""
        return self.voters

    def value(self) -> Iterable[Hashable]:
        """What is voted for."""
        return self.values

    def ballot(self) -> Iterable[int]:
        """The ballots."""
        return range(1, self.ballots + 1)

    @action(over=(voter, ballot))
    def promise(self, s: Ballots, voter: NodeId, ballot: int) -> Ballots:
        """Vote in no lower ballot any more (IncreaseMaxBal)."""
        guard(ballot > s.promised[voter], "it has promised as much")
        return Ballots(s.promised.put(voter, ballot), s.votes)

    @action(over=(voter, ballot, value))
    def vote(self, s: Ballots, voter: NodeId, ballot: int, value: Hashable) -> Ballots:
        """Vote (VoteFor)."""
        guard(ballot >= s.promised[voter], "it has promised not to vote there")
        others = {v for a, n, v in s.votes if n == ballot}
        guard(others <= {value}, "others vote for another value there")
        guard(self.is_safe(s, ballot, value), "another value may have been chosen in a lower ballot")
        return Ballots(s.promised.put(voter, ballot), s.votes | {(voter, ballot, value)})

    def is_safe(self, s: Ballots, ballot: int, value: Hashable) -> bool:
        """Some majority has promised as much, and its latest vote, if there is one, is for this value."""

        def shows(quorum: tuple[NodeId, ...]) -> bool:
            latest = max((n for a, n, _ in s.votes if a in quorum and n < ballot), default=0)
            said = {v for a, n, v in s.votes if a in quorum and n == latest}
            return all(s.promised[a] >= ballot for a in quorum) and (not latest or said == {value})

        return any(map(shows, combinations(self.voters, len(self.voters) // 2 + 1)))


class Promising(Protocol):
    """A local state of one who votes, and remembers its last vote only."""

    @property
    def promised(self) -> int:
        """The lowest ballot in which it may still vote."""

    @property
    def voted(self) -> tuple[int, Hashable] | None:
        """The ballot and the value of its last vote."""


def ballots_seen(of: type[Promising]) -> Monitor[Ballots]:
    """All promises and votes: what :class:`Voting` remembers."""

    def start(nodes: tuple[NodeView[Promising], ...]) -> Ballots:
        return Ballots(Map({n.node: n.state.promised for n in nodes}))

    def after(seen: Ballots, event: Event, before: NodeView[Promising], now: NodeView[Promising]) -> Ballots:
        last = now.state.voted
        new = frozenset() if last is None else frozenset({(now.node, *last)})
        return Ballots(seen.promised.put(now.node, now.state.promised), seen.votes | new)

    return Monitor("ballots seen", of, start=start, after=after)


# -- termination -------------------------------------------------------------------------------------------


class Termination(State):
    """Which processes are active, and whether it was detected that none is."""

    active: tuple[bool, ...]
    detected: bool = False


class TerminationDetection(Spec[Termination]):
    """Processes wake each other up, or come to rest; that all rest may be detected, and only then."""

    processes: int

    def start(self) -> Steps[Termination]:
        """Any processes may be active; that none is may be known."""
        for active in product((False, True), repeat=self.processes):
            yield Step(Termination(active))
            if not any(active):
                yield Step(Termination(active, detected=True))

    def process(self) -> Iterable[int]:
        """The processes."""
        return range(self.processes)

    @action(over=process)
    def rest(self, s: Termination, process: int) -> Steps[Termination]:
        """Come to rest; that all do may be detected at once."""
        guard(s.active[process], "it rests")
        now = switched(s.active, process, on=False)
        yield Step(Termination(now, s.detected))
        if not any(now):
            yield Step(Termination(now, detected=True))

    @action(over=(process, process))
    def wake(self, s: Termination, process: int, other: int) -> Termination:
        """Wake another up, or tell one that is awake something."""
        guard(s.active[process], "it rests")
        return Termination(switched(s.active, other, on=True), s.detected)

    @action(fair=WEAK)
    def detect(self, s: Termination) -> Termination:
        """All rest, and this is known now."""
        guard(not any(s.active), "a process is active")
        return Termination(s.active, detected=True)


def switched(flags: tuple[bool, ...], at: int, *, on: bool) -> tuple[bool, ...]:
    """Flags of which one is set or taken back."""
    return (*flags[:at], on, *flags[at + 1 :])
