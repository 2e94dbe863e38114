"""A server that was promoted to a voter, and has not heard of it.

The configuration {a, b, c} is committed, b was a learner before; its own log does not have that yet. c is
down. So a needs the vote of b. An election is one round of messages, which a network that keeps them repeats.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import (
    Bound,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    Prepared,
    State,
    Step,
    action,
    always,
    always_possible,
    durable,
    each,
    guard,
    node_ids,
    node_views,
    receive,
    replace,
    sometimes,
    under_way,
)
from elcheck.specs import election


class Ask(Message):
    """A candidate asks for a vote in its term."""

    term: int


class Vote(Message):
    """A vote."""

    term: int


class Server(State):
    """The state of a server."""

    term: int = durable(0)
    voted_for: NodeId | None = durable(None)
    voter: bool = durable(True)
    """Whether it is one in the configuration that it has heard of."""
    votes: frozenset[NodeId] = frozenset()
    leads: bool = False


class Electing(Node[Server]):
    """A candidate stands in its own configuration; a server votes for the first that asks in a term."""

    @action
    def stand(self, s: Server) -> Step[Server]:
        """Ask all for their votes."""
        guard(s.voter, "it takes itself for a learner")
        guard(not s.votes and not s.leads, "it asks already, or leads")
        s = Server(s.term + 1, self.me, s.voter, frozenset({self.me}))
        return Step(s, self.broadcast(Ask(s.term)))

    @receive
    def ask(self, s: Server, src: NodeId, msg: Ask) -> Server | Step[Server]:
        """Vote for the first of a term."""
        if msg.term > s.term:
            s = Server(msg.term, None, s.voter)
        if msg.term < s.term or s.voted_for not in (None, src) or not self.may_vote(s):
            return s
        return Step(replace(s, voted_for=src), self.send(src, Vote(s.term)))

    def may_vote(self, s: Server) -> bool:
        """Whose vote counts is for the candidate to know: it may know the later configuration."""
        return True

    @receive
    def vote(self, s: Server, src: NodeId, msg: Vote) -> Server:
        """Lead with two of three votes."""
        if msg.term != s.term or not s.votes:
            return s
        votes = s.votes | {src}
        return replace(s, votes=frozenset(), leads=True) if len(votes) > 1 else replace(s, votes=votes)


class LearnersDoNotVote(Electing):
    """Who takes itself for a learner does not vote (tikv/raft-rs issue 57, etcd PR 10998)."""

    def may_vote(self, s: Server) -> bool:
        return s.voter


def stands_for_itself(server: NodeView[Server]) -> bool:
    """Who asks for votes does so in a term that has begun, and has its own."""
    s = server.state
    return not s.votes or (s.term > 0 and s.voted_for == server.node)


def is_remembered(voter: NodeView[Server], vote: Vote, candidate: NodeView[Server]) -> bool:
    """Who has sent a vote knows to whom, as long as its term lasts."""
    return voter.state.term > vote.term or voter.state.voted_for == candidate.node


def model(
    bug: Annotated[type[Electing], "a mistake to put in"] = Electing,
) -> Model:
    """Whether somebody can lead, of a voter, one who does not know that it is one, and one who is down.

    Paper: D. Ongaro, Consensus: Bridging Theory and Practice, 2014, section 4.2.1; tikv/raft-rs issue 57.
    Assumes: messages may be late, lost, repeated and out of order. Nobody restarts.
    """
    a, b, c = nodes = node_ids("a b c")
    start = Prepared({a: Server(), b: Server(voter=False), c: Server()}, down=[c])
    return Model(
        bug(),
        nodes=nodes,
        initial=[start],
        environment=Environment(network="sent-set"),
        bounds=[Bound("max_term", Server, lambda s: s.term <= 2)],
        properties=[
            election.one_leader_per_term(Server),
            always("who asks has its own vote", each(node_views(Server), stands_for_itself)),
            always(
                "a vote is remembered", under_way(Vote, node_views(Server), node_views(Server), is_remembered)
            ),
            always_possible("somebody can lead", each(Server, lambda s: s.leads)),
            sometimes("somebody asks for votes", each(Server, lambda s: bool(s.votes))),
        ],
    )
