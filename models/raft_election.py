"""The election core of Raft, reduced to a benchmark: the problem on which checkers are compared.

No logs, no heartbeats, no crashes: nodes time out, ask for votes, and grant one vote a term. The terms are
limited by the guard of the timeout, so no bound cuts anything. Its counts are in tests/counts.toml; TLC,
Spin, Rumur, Stateright and minicheck agree on them.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Annotated

from elcheck import (
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    State,
    Step,
    action,
    always,
    each,
    guard,
    node_ids,
    node_views,
    pair,
    receive,
    sometimes,
    timeout,
)


class Role(Enum):
    """What a node takes itself for."""

    FOLLOWER = 0
    CANDIDATE = 1
    LEADER = 2


class RequestVote(Message):
    """A candidate asks for a vote in its term."""

    term: int


class Vote(Message):
    """A vote, granted."""

    term: int


class Server(State):
    """What a node knows."""

    role: Role = Role.FOLLOWER
    term: int = 0
    voted_for: NodeId | None = None
    votes: frozenset[NodeId] = frozenset()

    @property
    def leads(self) -> bool:
        """Whether it leads its term."""
        return self.role is Role.LEADER


class Election(Node[Server]):
    """Raft's election (Ongaro and Ousterhout 2014, section 5.2) without logs."""

    terms: int

    @timeout
    def election_timeout(self, s: Server) -> Step[Server]:
        """Stand for the next term."""
        guard(not s.leads, "a leader does not time out")
        guard(s.term < self.terms, "the last term has come")
        candidate = Server(Role.CANDIDATE, s.term + 1, self.me, frozenset({self.me}))
        return Step(candidate, self.broadcast(RequestVote(candidate.term)))

    @action
    def become_leader(self, s: Server) -> Server:
        """A majority has voted for this candidate."""
        guard(s.role is Role.CANDIDATE, "only a candidate wins")
        guard(2 * len(s.votes) > len(self.nodes), "no majority yet")
        return replace(s, role=Role.LEADER)

    @receive
    def request_vote(self, s: Server, src: NodeId, msg: RequestVote) -> Server | Step[Server]:
        """Vote for the first of a term that asks."""
        if msg.term > s.term:
            s = Server(term=msg.term)
        free = s.role is Role.FOLLOWER and s.voted_for in (None, src)
        if msg.term == s.term and free:
            return Step(replace(s, voted_for=src), self.send(src, Vote(s.term)))
        return s

    @receive
    def vote(self, s: Server, src: NodeId, msg: Vote) -> Server:
        """Count a vote of this term."""
        if msg.term == s.term and s.role is Role.CANDIDATE:
            return replace(s, votes=s.votes | {src})
        return s


def leadership(s: Server) -> tuple[bool, int]:
    """Whether a node leads, and in which term."""
    return s.leads, s.term


def not_both_lead(a: NodeView[tuple[bool, int]], b: NodeView[tuple[bool, int]]) -> bool:
    """Two nodes do not both lead in one term."""
    return not (a.state[0] and b.state[0] and a.state[1] == b.state[1])


def model(
    nodes: Annotated[int, "servers"] = 3,
    terms: Annotated[int, "the highest term"] = 2,
) -> Model:
    """Raft's election core, the benchmark problem.

    Paper: D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014,
        section 5.2, without logs and heartbeats.
    Assumes: no crash; messages may be late, lost or repeated.
    """
    return Model(
        Election(terms),
        nodes=node_ids(nodes),
        environment=Environment(network="sent-set"),
        properties=[
            always("at most one leader per term", pair(node_views(State, leadership), not_both_lead)),
            sometimes("a leader is elected", each(node_views(State, leadership), lambda n: n.state[0])),
        ],
    )
