"""A ring election in its shortest form: the smallest id comes back to its owner.

G. Le Lann, Distributed Systems: Towards a Formal Approach, IFIP 1977; E. Chang and R. Roberts, An Improved
Algorithm for Decentralized Extrema-Finding in Circular Configurations of Processes, CACM 22(5), 1979. The ids
ascend along the ring, each node's start is a step of its own, and nothing is announced: the numbers of states
of this on each network are known from elsewhere. (models/ring.py is the whole algorithm.)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from elcheck import (
    WEAK,
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
    receive,
    sometimes,
)


class Token(Message):
    """An id on its way round."""

    id: int


class Seat(State):
    """The local state."""

    started: bool = False
    lost: bool = False
    won: bool = False


class Ring(Node[Seat]):
    """Better ids pass and make a loser, worse ones are swallowed by those who still compete."""

    def onward(self) -> NodeId:
        """The next node of the ring."""
        return self.nodes[(self.me.index + 1) % len(self.nodes)]

    @action(fair=WEAK)
    def enter(self, s: Seat) -> Step[Seat]:
        guard(not s.started, "it has started")
        return Step(replace(s, started=True), self.send(self.onward(), Token(self.me.index)))

    @receive(fair=WEAK)
    def token(self, s: Seat, src: NodeId, msg: Token) -> Seat | Step[Seat]:
        guard(s.started, "it has not started")
        if msg.id == self.me.index:
            return replace(s, won=True)
        if msg.id < self.me.index or s.lost:
            return Step(replace(s, lost=True), self.send(self.onward(), msg))
        return s


def the_smallest(n: NodeView[Seat]) -> bool:
    """Only the node of the smallest id wins."""
    return not n.state.won or n.node.index == 0


def model(nodes: Annotated[int, "processes"] = 3) -> Model:
    """A ring election (Le Lann 1977, Chang and Roberts 1979), without the announcement."""
    return Model(
        Ring(),
        nodes=node_ids(nodes),
        environment=Environment(network="fifo"),
        properties=[
            always("only the smallest id wins", each(node_views(Seat), the_smallest)),
            sometimes("a node wins", each(Seat, lambda s: s.won)),
        ],
    )
