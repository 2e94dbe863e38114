"""Leader election of Raft: terms, votes, the log check, heartbeats, crashes and restarts.

D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014: section
5.1 (terms), 5.2 (election), 5.4.1 (the election restriction). Logs can differ, since every leader starts its
term with an entry of its own (Ongaro's thesis, section 6.4) that reaches the others, or not, with its
heartbeats. Commitment is not modelled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Annotated, Literal

from checker import (
    WEAK,
    Bound,
    Environment,
    Model,
    Node,
    NodeId,
    Step,
    Steps,
    action,
    durable,
    guard,
    node_ids,
    receive,
    timeout,
)
from specs import election

Bug = Literal["forget-vote", "vote-twice", "half-quorum", "vote-reset", "stale-votes"]
Log = tuple[int, ...]
"""The terms of a log's entries, the oldest first."""


class Role(Enum):
    """What a server takes itself for."""

    FOLLOWER = 0
    CANDIDATE = 1
    LEADER = 2


@dataclass(frozen=True)
class RequestVote:
    """A candidate asks for a vote in its term, and says how far its log goes."""

    term: int
    last_term: int
    last_index: int


@dataclass(frozen=True)
class Vote:
    """A vote, granted."""

    term: int


@dataclass(frozen=True)
class AppendEntries:
    """A heartbeat, with the leader's last entry: it follows ``prev_index`` entries, the last of them of
    term ``prev_term``.
    """

    term: int
    prev_index: int
    prev_term: int
    entry: int


@dataclass(frozen=True)
class Rejected:
    """The answer to a request or heartbeat of an old term: there is a higher one. (A vote refused for
    another reason tells its candidate nothing, so no message is spent on it.)
    """

    term: int


@dataclass(frozen=True)
class Server:
    """The local state of a server (figure 2 of the paper)."""

    term: int = durable(0)
    voted_for: NodeId | None = durable(None)
    log: Log = durable(())
    role: Role = Role.FOLLOWER
    votes: frozenset[NodeId] = frozenset()

    @property
    def leads(self) -> bool:
        """Whether it leads its term."""
        return self.role is Role.LEADER

    @property
    def last_term(self) -> int:
        """The term of its last entry, 0 without any."""
        return self.log[-1] if self.log else 0


@dataclass(frozen=True)
class Raft(Node[Server]):
    """The election. ``bug`` names a mistake that was really made, where it was made.

    forget-vote: the vote is not on the disk (cornerstone issue 65, raft-java issue 57). vote-twice: a grant
    does not look at the votes given (camunda issue 5356). half-quorum: n/2 votes suffice, which breaks an
    even number of nodes. vote-reset: a server that hears from the leader of its term forgets its vote, as if
    the term were new (camunda issue 5356, CCF pull request 8094). stale-votes: votes count whatever their
    term; it takes a candidate that stands again before a vote for its last term arrives, and no fault: it
    breaks on FIFO links too.
    """

    bug: Bug | None = None

    def start(self, me: NodeId) -> Steps[Server]:
        yield Step(Server())

    def at_crash(self, me: NodeId, before: Server) -> Steps[Server]:
        if self.bug == "forget-vote":  # the vote was kept in memory only
            yield Step(replace(before, voted_for=None))
        else:
            yield Step(before)

    @timeout(fair=WEAK)
    def election_timeout(self, me: NodeId, s: Server) -> Steps[Server]:
        """No heartbeat for long: stand for the next term (5.2)."""
        guard(not s.leads, "a leader does not time out")
        term = s.term + 1
        mine = replace(s, term=term, role=Role.CANDIDATE, voted_for=me, votes=frozenset({me}))
        yield Step(mine, self.broadcast(me, RequestVote(term, s.last_term, len(s.log))))

    @action(fair=WEAK)
    def become_leader(self, me: NodeId, s: Server) -> Steps[Server]:
        """A majority has voted for this candidate; its term starts with an entry of its own."""
        guard(s.role is Role.CANDIDATE, "only a candidate becomes the leader")
        votes = 2 * len(s.votes)
        enough = votes >= len(self.nodes) if self.bug == "half-quorum" else votes > len(self.nodes)
        guard(enough, "no majority has voted for it")
        yield Step(replace(s, role=Role.LEADER, log=(*s.log, s.term)))

    @action(fair=WEAK)
    def heartbeat(self, me: NodeId, s: Server) -> Steps[Server]:
        """Tell everyone who leads, with the last entry of the log."""
        guard(s.leads, "only a leader sends heartbeats")
        before = s.log[:-1]
        beat = AppendEntries(s.term, len(before), before[-1] if before else 0, s.log[-1])
        yield Step(s, self.broadcast(me, beat))

    @receive(fair=WEAK)
    def request_vote(self, me: NodeId, s: Server, src: NodeId, msg: RequestVote) -> Steps[Server]:
        """Vote for the first of a term that asks, if its log is at least as up to date (5.2, 5.4.1)."""
        s = self.caught_up(s, msg.term)
        free = s.voted_for in (None, src) or self.bug == "vote-twice"
        up_to_date = (msg.last_term, msg.last_index) >= (s.last_term, len(s.log))
        if msg.term < s.term:
            yield Step(s, self.send(src, Rejected(s.term)))
        elif s.role is Role.FOLLOWER and free and up_to_date:
            yield Step(replace(s, voted_for=src), self.send(src, Vote(s.term)))
        else:
            yield Step(s)

    @receive(fair=WEAK)
    def vote(self, me: NodeId, s: Server, src: NodeId, msg: Vote) -> Steps[Server]:
        """Count a vote of this term (5.2)."""
        s = self.caught_up(s, msg.term)
        current = msg.term == s.term or self.bug == "stale-votes"  # the reply's term was not compared
        if current and s.role is Role.CANDIDATE:
            s = replace(s, votes=s.votes | {src})
        yield Step(s)

    @receive(fair=WEAK)
    def append_entries(self, me: NodeId, s: Server, src: NodeId, msg: AppendEntries) -> Steps[Server]:
        """Follow the leader of this term, and take its entry if it fits (5.2, 5.3)."""
        s = self.caught_up(s, msg.term)
        if msg.term < s.term:
            yield Step(s, self.send(src, Rejected(s.term)))
            return
        forgets = self.bug == "vote-reset"  # a new leader was taken for a new term
        if s.role is Role.CANDIDATE or forgets:
            s = self.follower(s, s.term, keep_vote=not forgets)
        known = s.log[: msg.prev_index]
        fits = len(known) == msg.prev_index and (known[-1] if known else 0) == msg.prev_term
        if fits and s.log[msg.prev_index : msg.prev_index + 1] != (msg.entry,):
            s = replace(s, log=(*known, msg.entry))
        yield Step(s)

    @receive(fair=WEAK)
    def rejected(self, me: NodeId, s: Server, src: NodeId, msg: Rejected) -> Steps[Server]:
        """Learn of a higher term."""
        yield Step(self.caught_up(s, msg.term))

    def caught_up(self, s: Server, term: int) -> Server:
        """A server that has seen a term: in a higher one than its own it follows, and has not voted (5.1)."""
        return self.follower(s, term, keep_vote=False) if term > s.term else s

    def follower(self, s: Server, term: int, *, keep_vote: bool) -> Server:
        """A server as a follower in a term. A term has one vote: who stays in its term keeps it."""
        vote = s.voted_for if keep_vote else None
        return replace(s, term=term, voted_for=vote, role=Role.FOLLOWER, votes=frozenset())


def model(
    nodes: Annotated[int, "servers in the cluster"] = 3,
    max_term: Annotated[int, "bound on the terms that are searched"] = 2,
    bug: Annotated[Bug | None, "a mistake to put in; half-quorum breaks an even number of nodes"] = None,
    one_leader: Annotated[
        bool, "claim too that one node leads at a time, which Raft does not promise"
    ] = False,
) -> Model:
    """Raft's leader election (Ongaro and Ousterhout 2014, 5.1, 5.2, 5.4.1), with a crash and a restart."""
    return Model(
        Raft(node_ids(nodes), bug),
        # Any message may be late, lost or repeated: a sent-set covers that. Disks are intact.
        environment=Environment(network="sent-set", crash=1, restart=1),
        bounds=[Bound("max_term", lambda s: s.term <= max_term, of=Server)],
        properties=[
            election.one_leader_per_term(),
            election.terms_only_grow(),
            election.leader_elected(),
            *([election.one_leader_at_a_time()] if one_leader else []),
        ],
    )
