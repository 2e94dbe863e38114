"""An election in one round: who is the first to ask a majority leads.

Change it into your own: `elcheck raft.py` checks it, `elcheck raft.py --bug vote-twice` shows a mistake.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import (
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    action,
    always,
    durable,
    each,
    guard,
    node_ids,
    pair,
    receive,
    replace,
    sometimes,
)


class Ask(Message):
    """A candidate asks for a vote."""


class Vote(Message):
    """A vote, granted."""


class Voter(State):
    """What a node knows."""

    voted_for: NodeId | None = durable(None)
    """On the disk: it survives a crash."""
    votes: frozenset[NodeId] = frozenset()
    leads: bool = False


class Raft(Node[Voter]):
    """What every node runs."""

    @action
    def stand(self, s: Voter) -> Step[Voter]:
        """Vote for oneself, and ask the others."""
        guard(s.voted_for is None, "it has voted")
        votes = frozenset({self.me})
        return Step(replace(s, voted_for=self.me, votes=votes), self.broadcast(Ask()))

    @receive
    def ask(self, s: Voter, src: NodeId, msg: Ask) -> Voter | Step[Voter]:
        """Vote for the first that asks."""
        if not self.may_vote(s, src):
            return s
        return Step(replace(s, voted_for=src), self.send(src, Vote()))

    def may_vote(self, s: Voter, candidate: NodeId) -> bool:
        """Each node has one vote."""
        return s.voted_for in (None, candidate)

    @receive
    def vote(self, s: Voter, src: NodeId, msg: Vote) -> Voter:
        """Count a vote."""
        return replace(s, votes=s.votes | {src})

    @action
    def lead(self, s: Voter) -> Voter:
        """Lead with the votes of a majority."""
        guard(2 * len(s.votes) > len(self.nodes), "it has no majority")
        return replace(s, leads=True)


class VoteTwice(Raft):
    """A node forgets that it has voted."""

    def may_vote(self, s: Voter, candidate: NodeId) -> bool:
        """It votes for everybody who asks."""
        return True


def model(
    nodes: Annotated[int, "how many nodes vote"] = 3,
    bug: Annotated[type[Raft], "a mistake to put in"] = Raft,
) -> Model:
    """An election in one round."""
    return Model(
        bug(),
        nodes=node_ids(nodes),
        environment=Environment(network="sent-set"),
        properties=[
            always("at most one leader", pair(Voter, lambda a, b: not (a.leads and b.leads))),
            sometimes("somebody leads", each(Voter, lambda s: s.leads)),
        ],
    )
