"""A candidate that has no use for the pre-votes of its own term.

Of three servers c is down. b is a candidate, and its log is shorter than that of a, which asks for pre-votes
in the same term. So only a can be elected, with the vote of b. Terms go round in a ring of four.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from elcheck import (
    STRONG,
    WEAK,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    Prepared,
    State,
    Step,
    always,
    always_possible,
    change,
    durable,
    each,
    eventually,
    guard,
    node_ids,
    node_views,
    pair,
    receive,
    replace,
    some,
    sometimes,
    step,
    timeout,
    under_way,
)

RING = 4


def is_newer(term: int, other: int) -> bool:
    """Whether a term of the ring is the one after another."""
    return (term - other) % RING == 1


class Role(Enum):
    """What a server is doing."""

    FOLLOWER = "follower"
    PRE_CANDIDATE = "pre-candidate"
    CANDIDATE = "candidate"
    LEADER = "leader"


class PreVote(Message):
    """Would you vote for me? The term is the one that its sender is in."""

    term: int
    log: int


class Willing(Message):
    """Yes."""

    term: int


class RequestVote(Message):
    """Vote for me in this term."""

    term: int
    log: int


class Vote(Message):
    """A vote."""

    term: int


class Server(State):
    """The state of a server. ``log``: how far its log goes."""

    log: int = durable(0)
    term: int = durable(0)
    voted_for: NodeId | None = durable(None)
    role: Role = Role.FOLLOWER


class Electing(Node[Server]):
    """Raft's election with pre-votes; of three servers one vote beside one's own is enough."""

    @timeout(fair=STRONG)
    def election_timeout(self, s: Server) -> Step[Server]:
        """A candidate stands in the next term, anybody else asks for pre-votes first."""
        guard(s.role is not Role.LEADER, "it leads")
        if s.role is Role.CANDIDATE:
            return self.stand(s)
        return Step(replace(s, role=Role.PRE_CANDIDATE), self.broadcast(PreVote(s.term, s.log)))

    def stand(self, s: Server) -> Step[Server]:
        """Ask for votes in the next term."""
        s = Server(s.log, (s.term + 1) % RING, self.me, Role.CANDIDATE)
        return Step(s, self.broadcast(RequestVote(s.term, s.log)))

    @receive(fair=WEAK)
    def pre_vote(self, s: Server, src: NodeId, msg: PreVote) -> Server | Step[Server]:
        """Say that it would vote for a log that is not shorter than its own."""
        if is_newer(msg.term, s.term):
            s = Server(s.log, msg.term)
        if msg.term != s.term or msg.log < s.log or not self.listens(s):
            return s
        return Step(s, self.send(src, Willing(s.term)))

    def listens(self, s: Server) -> bool:
        """Whether it answers pre-votes of its own term: whatever it is doing, somebody else may be better."""
        return s.role is not Role.LEADER

    @receive(fair=WEAK)
    def willing(self, s: Server, src: NodeId, msg: Willing) -> Server | Step[Server]:
        """Stand, with a majority that is willing."""
        if s.role is not Role.PRE_CANDIDATE or msg.term != s.term:
            return s
        return self.stand(s)

    @receive(fair=WEAK)
    def request_vote(self, s: Server, src: NodeId, msg: RequestVote) -> Server | Step[Server]:
        """Vote for the first of a term whose log is not shorter than its own."""
        if is_newer(msg.term, s.term):
            s = Server(s.log, msg.term)
        if msg.term != s.term or msg.log < s.log or s.voted_for not in (None, src):
            return s
        return Step(replace(s, voted_for=src), self.send(src, Vote(s.term)))

    @receive(fair=WEAK)
    def vote(self, s: Server, src: NodeId, msg: Vote) -> Server:
        """Lead with a majority."""
        if s.role is not Role.CANDIDATE or msg.term != s.term:
            return s
        return replace(s, role=Role.LEADER)


class CandidatesAreDeaf(Electing):
    """A candidate does not answer pre-votes of its own term (rabbitmq/ra issue 439)."""

    def listens(self, s: Server) -> bool:
        return s.role not in (Role.LEADER, Role.CANDIDATE)


def are_near(a: NodeView[Server], b: NodeView[Server]) -> bool:
    """Two servers that are up are at most one term apart, so the ring is large enough."""
    terms = a.state.term, b.state.term
    return not (a.up and b.up) or terms[0] == terms[1] or is_newer(*terms) or is_newer(*terms[::-1])


def has_the_longer_log(a: NodeView[Server], b: NodeView[Server]) -> bool:
    """Who leads has no shorter log than anybody who is up."""
    return not (a.up and b.up and a.state.role is Role.LEADER) or a.state.log >= b.state.log


def is_remembered(voter: NodeView[Server], vote: Vote, candidate: NodeView[Server]) -> bool:
    """Who has sent a vote knows to whom, as long as its term lasts."""
    return voter.state.term != vote.term or voter.state.voted_for == candidate.node


def stands_for_itself(server: NodeView[Server]) -> bool:
    """A candidate has its own vote."""
    return server.state.role is not Role.CANDIDATE or server.state.voted_for == server.node


def model(
    bug: Annotated[type[Electing], "a mistake to put in"] = Electing,
) -> Model:
    """Whether two of three servers elect a leader, whatever they were doing before.

    Paper: D. Ongaro, Consensus: Bridging Theory and Practice, 2014, section 9.6 (Preventing disruptions
    when a server rejoins the cluster); rabbitmq/ra issue 439.
    Assumes: timers go off when all messages have arrived, and each again and again.
    """
    a, b, c = nodes = node_ids("a b c")
    start = Prepared(
        {
            a: Server(log=1, role=Role.PRE_CANDIDATE),
            b: Server(voted_for=b, role=Role.CANDIDATE),
            c: Server(),
        },
        down=[c],
    )
    return Model(
        bug(),
        nodes=nodes,
        initial=[start],
        environment=Environment(network="set", timing="sync"),
        properties=[
            always("terms are near", pair(node_views(Server), are_near)),
            always("who leads has the longer log", pair(node_views(Server), has_the_longer_log)),
            always("a candidate has its own vote", each(node_views(Server), stands_for_itself)),
            always(
                "a vote is remembered", under_way(Vote, node_views(Server), node_views(Server), is_remembered)
            ),
            step("logs stay", change(Server, lambda before, after: before.log == after.log)),
            always_possible("somebody can lead", each(Server, lambda s: s.role is Role.LEADER)),
            sometimes("terms grow", each(Server, lambda s: s.term > 0)),
            eventually("somebody leads", some(each(Server, lambda s: s.role is Role.LEADER))),
        ],
    )
