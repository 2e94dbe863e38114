"""A ring election in its shortest form: the smallest id comes back to its owner.

G. Le Lann, Distributed Systems: Towards a Formal Approach, IFIP 1977; E. Chang and R. Roberts, An Improved
Algorithm for Decentralized Extrema-Finding in Circular Configurations of Processes, CACM 22(5), 1979. The ids
ascend along the ring, each node's start is a step of its own, and nothing is announced: the numbers of states
of this on each network are known from elsewhere. (models/ring.py is the whole algorithm.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from elcheck import (
    WEAK,
    Environment,
    Model,
    Node,
    NodeId,
    NodeView,
    Step,
    Steps,
    action,
    always,
    each,
    guard,
    node_ids,
    receive,
    sometimes,
)


@dataclass(frozen=True)
class Token:
    """An id on its way round."""

    id: int


@dataclass(frozen=True)
class Seat:
    """The local state."""

    started: bool = False
    lost: bool = False
    won: bool = False


@dataclass(frozen=True)
class Ring(Node[Seat]):
    """Better ids pass and make a loser, worse ones are swallowed by those who still compete."""

    def start(self, me: NodeId) -> Steps[Seat]:
        yield Step(Seat())

    def onward(self, me: NodeId) -> NodeId:
        """The next node of the ring."""
        return self.nodes[(me.index + 1) % len(self.nodes)]

    @action(fair=WEAK)
    def enter(self, me: NodeId, s: Seat) -> Steps[Seat]:
        guard(not s.started, "it has started")
        yield Step(replace(s, started=True), self.send(self.onward(me), Token(me.index)))

    @receive(fair=WEAK)
    def token(self, me: NodeId, s: Seat, src: NodeId, msg: Token) -> Steps[Seat]:
        guard(s.started, "it has not started")
        if msg.id == me.index:
            yield Step(replace(s, won=True))
        elif msg.id < me.index or s.lost:
            yield Step(replace(s, lost=True), self.send(self.onward(me), msg))
        else:
            yield Step(s)


def the_smallest(n: NodeView[Seat]) -> bool:
    """Only the node of the smallest id wins."""
    return not n.state.won or n.node.index == 0


def model(nodes: Annotated[int, "processes"] = 3) -> Model:
    """A ring election (Le Lann 1977, Chang and Roberts 1979), without the announcement."""
    return Model(
        Ring(node_ids(nodes)),
        environment=Environment(network="fifo"),
        properties=[
            always("only the smallest id wins", each(the_smallest)),
            sometimes("a node wins", each(lambda n: n.state.won, of=Seat)),
        ],
    )
