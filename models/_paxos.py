"""What the nodes of Paxos keep and say to each other.

L. Lamport, Paxos Made Simple, ACM SIGACT News 32(4), 2001, section 2. The phases (1a, 1b, 2a, 2b) are named
as in his later papers.
"""

from __future__ import annotations

from dataclasses import dataclass

from elcheck import Message, NodeId, State, durable
from elcheck.specs import consensus

Vote = tuple[int, NodeId]
"""A ballot, and the candidate that is voted for in it."""


class Prepare(Message):
    """Phase 1a: a proposer opens its ballot."""

    ballot: int


class Promise(Message):
    """Phase 1b: the acceptor will vote in no lower ballot, and this was its last vote."""

    ballot: int
    voted: Vote | None


class Accept(Message):
    """Phase 2a: vote for this value in this ballot."""

    ballot: int
    value: NodeId


class Accepted(Message):
    """Phase 2b: the vote."""

    ballot: int
    value: NodeId


class Proposer(State):
    """The local state of a proposer."""

    ballot: int = durable(0)  # its last; never used again, not even after a crash
    promises: frozenset[NodeId] | None = None  # of acceptors in this ballot; None if it awaits none
    highest: Vote | None = None  # of the votes that the promises told of


class Acceptor(State):
    """The local state of an acceptor, on disk before it answers."""

    promised: int = durable(0)  # it votes in no lower ballot; at least the ballot of its vote
    voted: Vote | None = durable(None)  # its last vote

    @property
    def votes(self) -> tuple[consensus.Vote, ...]:
        """For the properties."""
        return ((1, *self.voted),) if self.voted else ()


class Learner(State):
    """The local state of a learner."""

    votes: frozenset[tuple[Vote, NodeId]] = frozenset()
    decision: NodeId | None = durable(None)  # the leader


@dataclass(frozen=True)
class Cast:
    """Who plays which part, and how many acceptors are a quorum. Any two quorums must meet."""

    proposers: tuple[NodeId, ...]
    acceptors: tuple[NodeId, ...]
    learners: tuple[NodeId, ...]
    quorum: int
