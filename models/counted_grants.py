"""An election in which a candidate counts: the votes, or the messages that bring them.

The network repeats messages. A reduction of Raft's election to one term, for one question.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
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
    all_nodes,
    always,
    change,
    each,
    guard,
    node_ids,
    node_views,
    pair,
    receive,
    replace,
    sometimes,
    step,
)


class Ask(Message):
    """A candidate asks for a vote."""


class Grant(Message):
    """A vote."""


class Voter(State):
    """The state of a server."""

    voted_for: NodeId | None = None
    grants: tuple[NodeId, ...] = ()
    """Of a candidate: whose grants count, in order of their nodes."""
    leads: bool = False


class Counting(Node[Voter]):
    """One vote each, and a majority leads."""

    candidates: int

    @action
    def stand(self, s: Voter) -> Step[Voter]:
        """Vote for oneself, and ask the others."""
        guard(self.me.index < self.candidates, "it never stands")
        guard(s.voted_for is None, "it has voted")
        return Step(Voter(self.me, (self.me,)), self.broadcast(Ask()))

    @receive
    def ask(self, s: Voter, src: NodeId, msg: Ask) -> Voter | Step[Voter]:
        """Vote for the first that asks."""
        if s.voted_for is not None:
            return s
        return Step(replace(s, voted_for=src), self.send(src, Grant()))

    @receive
    def grant(self, s: Voter, src: NodeId, msg: Grant) -> Voter:
        """With grants of a majority: lead."""
        if s.leads:
            return s
        grants = self.counted(s.grants, src)
        wins = 2 * len(grants) > len(self.nodes)
        return Voter(s.voted_for, () if wins else grants, wins)

    def counted(self, grants: tuple[NodeId, ...], voter: NodeId) -> tuple[NodeId, ...]:
        """A voter counts once, however often its grant arrives."""
        return tuple(sorted({*grants, voter}))


class CountMessages(Counting):
    """Every grant counts that arrives, one that the network has repeated too (xraft issue 27; coyote-samples
    issue 8).
    """

    def counted(self, grants: tuple[NodeId, ...], voter: NodeId) -> tuple[NodeId, ...]:
        return tuple(sorted((*grants, voter)))


def counted_have_voted(nodes: Sequence[NodeView[Voter]]) -> bool | str:
    """Whose grants count for a candidate has voted for it, and for nobody else since."""
    for candidate, voter in product(nodes, nodes):
        if voter.node in candidate.state.grants and voter.state.voted_for != candidate.node:
            return f"{candidate.node} counts {voter.node}, which has not voted for it"
    return True


def model(
    nodes: Annotated[int, "servers"] = 5,
    candidates: Annotated[int, "how many of them stand"] = 2,
    bug: Annotated[type[Counting], "a mistake to put in"] = Counting,
) -> Model:
    """One vote each, over a network that repeats a message.

    Paper: D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014,
        section 5.2, in one term.
    Assumes: no crash.
    """
    return Model(
        bug(candidates),
        nodes=node_ids(nodes),
        environment=Environment(network="bag", dup=1),
        properties=[
            always("one leader", pair(Voter, lambda a, b: not (a.leads and b.leads))),
            always("who is counted has voted", all_nodes(node_views(Voter), counted_have_voted)),
            step("who leads stays the leader", change(Voter, lambda was, now: now.leads or not was.leads)),
            sometimes("a leader", each(Voter, lambda s: s.leads)),
        ],
    )
