"""What consensus promises, written once for the algorithms in which voters vote in ballots.

A value is chosen in a slot when a quorum of the voters has voted for it in one ballot, whether anybody knows
it or not. Voters go on and vote in later ballots, so what is chosen is a matter of history:
:func:`votes_cast` keeps it, and the properties read it. No learner has to be modelled for them.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from functools import cache
from typing import Protocol, TypeAlias

from elcheck import (
    Event,
    Monitor,
    NodeId,
    NodeView,
    Property,
    Scope,
    always,
    always_possible,
    change,
    changes,
    each,
    history,
    node_views,
    pair,
    sometimes,
    step,
    text,
)

Vote: TypeAlias = tuple[int, int, Hashable]
"""Slot, ballot, value. An algorithm that decides one thing only has slot 1."""
Votes: TypeAlias = frozenset[tuple[Vote, frozenset[NodeId]]]
"""Votes, and who has cast them."""


class Voter(Protocol):
    """A local state of one who votes."""

    @property
    def votes(self) -> Iterable[Vote]:
        """The votes that the node remembers, among them the one that it has just cast."""


class Promiser(Voter, Protocol):
    """A local state of one who votes, and has promised not to vote in low ballots."""

    @property
    def promised(self) -> int:
        """The lowest ballot in which it may still vote."""


class VoteCounter(Protocol):
    """A local state of one who counts votes, until a quorum of one ballot agrees."""

    @property
    def votes(self) -> Collection[tuple[tuple[int, Hashable], NodeId]]:
        """Ballot and value of the votes that it has been told of, each with the voter."""

    @property
    def decision(self) -> Hashable:
        """The value that it has learned, None before."""


class Replica(Protocol):
    """A local state with a replicated log."""

    @property
    def committed(self) -> tuple[Hashable, ...]:
        """The part of the log that the node knows to be decided for ever."""


def in_order(votes: Iterable[Vote]) -> list[Vote]:
    """By slot, ballot and value."""
    return sorted(votes, key=lambda vote: (vote[0], vote[1], text(vote[2])))


def latest(votes: Iterable[Vote]) -> frozenset[Vote]:
    """Of the votes in each slot the one of the highest ballot: what a new leader has to propose again."""
    return frozenset({vote[0]: vote for vote in in_order(votes)}.values())


@cache
def votes_cast(of: type[Voter]) -> Monitor[Votes]:
    """The history that the properties need: every vote that was ever cast."""

    def start(nodes: tuple[NodeView[Voter], ...]) -> Votes:
        cast: Votes = frozenset()
        for n in nodes:
            cast = counted(cast, n)
        return cast

    def after(cast: Votes, event: Event, before: NodeView[Voter], now: NodeView[Voter]) -> Votes:
        return counted(cast, now)

    return Monitor("votes cast", of, start=start, after=after)


def counted(cast: Votes, n: NodeView[Voter]) -> Votes:
    """The votes with those of one node among them."""
    voters = dict(cast)
    for vote in n.state.votes:
        voters[vote] = voters.get(vote, frozenset()) | {n.node}
    return frozenset(voters.items())


def chosen(cast: Votes, quorum: int) -> list[Vote]:
    """The votes in which a quorum agrees."""
    return in_order(vote for vote, voters in cast if len(voters) >= quorum)


def one_value_chosen(of: type[Voter], quorum: int) -> Property:
    """At most one value is ever chosen in a slot."""

    def check(cast: Votes) -> bool | str:
        first: dict[int, Vote] = {}
        for slot, ballot, value in chosen(cast, quorum):
            _, other_ballot, other = first.setdefault(slot, (slot, ballot, value))
            if other != value:
                both = f"{text(other)} in ballot {other_ballot} and {text(value)} in ballot {ballot}"
                return f"{both} are both chosen in slot {slot}"
        return True

    return always("at most one value is chosen", history(votes_cast(of), check))


def one_value_per_ballot(of: type[Voter]) -> Property:
    """All votes of a ballot (in one slot) are for one value."""

    def check(cast: Votes) -> bool | str:
        first: dict[tuple[int, int], Hashable] = {}
        for slot, ballot, value in in_order(vote for vote, _ in cast):
            other = first.setdefault((slot, ballot), value)
            if other != value:
                return f"there are votes for {text(other)} and for {text(value)} in ballot {ballot}"
        return True

    return always("one value per ballot", history(votes_cast(of), check))


def votes_are_remembered(of: type[Voter]) -> Property:
    """In a slot in which it has voted a node remembers that vote, or a later one, whatever becomes of it."""

    def check(before: Voter, after: Voter) -> bool:
        return all(
            any(slot == i and ballot <= n for i, n, _ in after.votes) for slot, ballot, _ in before.votes
        )

    return step("votes are remembered", change(of, check))


def votes_within_promises(of: type[Promiser]) -> Property:
    """Who votes in a ballot promises it, too."""

    def check(s: Promiser) -> bool:
        return all(ballot <= s.promised for _, ballot, _ in s.votes)

    return always("who votes promises", each(of, check))


def _some_value(of: type[Voter], quorum: int) -> Scope:
    def check(cast: Votes) -> bool:
        return bool(chosen(cast, quorum))

    return history(votes_cast(of), check)


def value_chosen(of: type[Voter], quorum: int) -> Property:
    """Something can be chosen."""
    return sometimes("a value is chosen", _some_value(of, quorum))


def value_can_always_be_chosen(of: type[Voter], quorum: int) -> Property:
    """From everywhere something can still be chosen."""
    return always_possible("a value can always be chosen", _some_value(of, quorum))


def only_chosen_is_learned(of: type[VoteCounter], quorum: int) -> Property:
    """Who learns a value has been told of the votes of a quorum for it, in one ballot (Paxos Made Simple,
    2.3).
    """

    def check(before: VoteCounter, after: VoteCounter) -> bool:
        votes = [vote for vote, _ in after.votes if vote[1] == after.decision]
        return after.decision == before.decision or any(votes.count(vote) >= quorum for vote in votes)

    return step("only what is chosen is learned", change(of, check))


def value_learned(of: type[VoteCounter]) -> Property:
    """Somebody learns a value."""
    return sometimes("a value is learned", each(of, lambda s: s.decision is not None))


def deposed_ballots_choose_nothing(of: type[Promiser], quorum: int) -> Property:
    """Nothing is chosen in a ballot any more once a quorum has promised a higher one.

    Paxos does not promise this, plausible as it sounds. Somebody may have voted in the old ballot before it
    promised, and told so, and others who have not promised may add their votes. What is chosen then is what
    the new leader has to propose, too.
    """

    def check(before: Sequence[NodeView[Promiser]], after: Sequence[NodeView[Promiser]]) -> bool | str:
        for vote in in_order({vote for n in after for vote in n.state.votes}):
            _, ballot, value = vote
            was, now = (sum(vote in n.state.votes for n in nodes) for nodes in (before, after))
            if was < quorum <= now and sum(n.state.promised > ballot for n in before) >= quorum:
                return f"{text(value)} is chosen in ballot {ballot}, and a quorum has promised a higher one"
        return True

    return step("a deposed ballot chooses nothing", changes(node_views(of), check))


def committed_logs_agree(of: type[Replica]) -> Property:
    """Of the logs that two nodes know to be decided one is the beginning of the other."""

    def check(a: NodeView[tuple[Hashable, ...]], b: NodeView[tuple[Hashable, ...]]) -> bool | str:
        short, long = sorted((a.state, b.state), key=len)
        if long[: len(short)] != short:
            return f"{a.node} has committed {text(a.state)}, and {b.node} {text(b.state)}"
        return True

    def committed(s: Replica) -> tuple[Hashable, ...]:
        return s.committed

    return always("committed logs agree", pair(node_views(of, committed), check))


def committed_for_good(of: type[Replica]) -> Property:
    """While it is up a node never takes back what it knows to be decided."""

    def check(before: NodeView[tuple[Hashable, ...]], after: NodeView[tuple[Hashable, ...]]) -> bool | str:
        kept = after.state[: len(before.state)] == before.state
        return kept or not (before.up and after.up) or f"{after.node} takes back what it has committed"

    def committed(s: Replica) -> tuple[Hashable, ...]:
        return s.committed

    return step("committed for good", change(node_views(of, committed), check))
