"""The election core of Raft, reduced to a benchmark: the problem on which checkers are compared.

No logs, no heartbeats, no crashes: nodes time out, ask for votes, and grant one vote a term. The terms are
limited by the guard of the timeout, so no bound cuts anything. Its counts are in tests/counts.toml; TLC,
Spin, Rumur, Stateright and minicheck agree on them.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Literal

from elcheck import (
    Bound,
    Environment,
    Inductive,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    State,
    Step,
    Term,
    action,
    each,
    guard,
    inductive,
    node_ids,
    node_views,
    pair,
    receive,
    replace,
    timeout,
    under_way,
)
from elcheck.specs import election


class Role(Enum):
    """What a server takes itself for."""

    FOLLOWER = 0
    CANDIDATE = 1
    LEADER = 2


class Server(State):
    """The state of a server."""

    role: Role = Role.FOLLOWER
    term: Term = Term()
    voted_for: NodeId | None = None
    votes: frozenset[NodeId] = frozenset()
    """Of a candidate: who has voted for it."""

    @property
    def leads(self) -> bool:
        """True if it leads its term."""
        return self.role is Role.LEADER


class RequestVote(Message):
    """A candidate asks for a vote in its term."""

    term: Term


class Vote(Message):
    """A vote, granted."""

    term: Term


class Election(Node[Server]):
    """Raft's election (Ongaro and Ousterhout 2014, section 5.2) without logs."""

    last: Term | None = None
    """The last term, None if they go on for ever."""

    @receive
    def request_vote(self, s: Server, src: NodeId, msg: RequestVote) -> Server | Step[Server]:
        """Vote for the first of a term that asks."""
        s = self.caught_up(s, msg.term)
        if msg.term < s.term or s.voted_for not in (None, src):
            return s
        return Step(replace(s, voted_for=src), self.send(src, Vote(s.term)))

    @receive
    def vote(self, s: Server, src: NodeId, msg: Vote) -> Server:
        """Count a vote of this term."""
        counts = s.role is Role.CANDIDATE and msg.term == s.term
        return replace(s, votes=s.votes | {src}) if counts else s

    @timeout
    def election_timeout(self, s: Server) -> Step[Server]:
        """Stand for the next term, and vote for oneself in it."""
        guard(not s.leads, "a leader does not time out")
        guard(self.last is None or s.term < self.last, "the last term has come")
        s = Server(Role.CANDIDATE, s.term.next(), self.me, frozenset({self.me}))
        return Step(s, self.broadcast(RequestVote(s.term)))

    @action
    def become_leader(self, s: Server) -> Server:
        """A majority has voted for this candidate."""
        guard(s.role is Role.CANDIDATE, "only a candidate wins")
        guard(2 * len(s.votes) > len(self.nodes), "no majority yet")
        return replace(s, role=Role.LEADER)

    def caught_up(self, s: Server, term: Term) -> Server:
        """A server that has seen a term: in a higher one than its own it follows, and has not voted."""
        return Server(term=term) if term > s.term else s


# -- Why it works --------------------------------------------------------------------------------------------


def has_own_vote(c: NodeView[Server]) -> bool:
    """Who stands in a term has voted for itself."""
    return c.state.role is Role.FOLLOWER or c.state.voted_for == c.node


def is_backed(c: NodeView[Server], v: NodeView[Server]) -> bool:
    """Whom a candidate counts has voted for it, or is in a later term by now."""
    counts = c.state.role is not Role.FOLLOWER and v.node in c.state.votes
    return not counts or has_voted(v.state, c.state.term, c.node)


def is_cast(v: NodeView[Server], msg: Vote, c: NodeView[Server]) -> bool:
    """A vote that is under way was given, and its voter has no other in that term."""
    return has_voted(v.state, msg.term, c.node)


def has_voted(v: Server, term: Term, candidate: NodeId) -> bool:
    """As far as a voter can tell: in a later term it has forgotten."""
    return v.term > term or (v.term == term and v.voted_for == candidate)


def votes_are_cast() -> Inductive:
    """A vote that is counted was cast, and only once in its term: kept by every step, in any number of them.

    That two leaders of one term can't be does not follow: a voter forgets for whom it has voted in the terms
    before. It takes a history of votes, as in docs/inductive.md.
    """
    of = node_views(Server)
    return inductive(
        "votes that are counted were cast",
        [each(of, has_own_vote), pair(of, is_backed), under_way(Vote, of, of, is_cast)],
    )


# -- The model -----------------------------------------------------------------------------------------------


def model(
    nodes: Annotated[int, "servers"] = 3,
    terms: Annotated[int | Literal["unlimited"], "the last term"] = 2,
    spread: Annotated[int, "how far apart the nodes' terms may be, if there is no last one"] = 1,
) -> Model:
    """Raft's election core, the benchmark problem.

    Paper: D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014,
        section 5.2, without logs and heartbeats.
    Assumes: no crash; messages may be late, lost or repeated.
    """
    return Model(
        Election(None if terms == "unlimited" else Term(terms)),
        nodes=node_ids(nodes),
        environment=Environment(network="sent-set"),
        bounds=[Bound("spread", spread)] if terms == "unlimited" else [],
        properties=[election.one_leader_per_term(Server), election.leader_elected(Server)],
        inductive=[votes_are_cast()],
    )
