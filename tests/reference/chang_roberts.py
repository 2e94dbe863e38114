"""The Chang-Roberts ring at the granularity of its published TLA+ specification.

E. Chang and R. Roberts, An Improved Algorithm for Decentralized Extrema-Finding in Circular Configurations of
Processes, CACM 22(5), 1979. Any nodes may be initiators; the others have lost from the beginning. The
first step of a node is of its own, whether it sends or not, and it takes no message before. What is under
way to a node is a set, and nothing is announced. (models/ring.py is the whole algorithm.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
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
    Steps,
    action,
    all_nodes,
    always,
    durable,
    each,
    guard,
    node_ids,
    node_views,
    receive,
    sometimes,
)


class Standing(Enum):
    """How a node stands."""

    CANDIDATE = 0
    LOST = 1
    WON = 2


class Token(Message):
    """An id on its way round."""

    id: int


class Place(State):
    """The local state."""

    initiator: bool = durable(False)
    standing: Standing = Standing.CANDIDATE
    running: bool = False


class ChangRoberts(Node[Place]):
    """The smallest id of the initiators comes back to its owner."""

    def start(self) -> Steps[Place]:
        yield Step(Place(initiator=True, standing=Standing.CANDIDATE))
        yield Step(Place(initiator=False, standing=Standing.LOST))

    def successor(self) -> NodeId:
        """The next node of the ring."""
        return self.nodes[(self.me.index + 1) % len(self.nodes)]

    @action(fair=WEAK)
    def run(self, s: Place) -> Step[Place]:
        guard(not s.running, "it runs")
        sends = self.send(self.successor(), Token(self.me.index)) if s.initiator else ()
        return Step(replace(s, running=True), sends)

    @receive(fair=WEAK)
    def token(self, s: Place, src: NodeId, msg: Token) -> Place | Step[Place]:
        guard(s.running, "it does not run yet")
        if s.standing is Standing.LOST or msg.id < self.me.index:
            return Step(replace(s, standing=Standing.LOST), self.send(self.successor(), msg))
        return replace(s, standing=Standing.WON) if msg.id == self.me.index else s


def won(s: Place) -> bool:
    """Whether a node has won."""
    return s.standing is Standing.WON


def model(nodes: Annotated[int, "nodes of the ring"] = 3) -> Model:
    """The Chang-Roberts ring as in its TLA+ specification, without the announcement."""

    def only_the_smallest(views: Sequence[NodeView[Place]]) -> bool:
        smallest = next((n for n in views if n.state.initiator), None)
        return all(n == smallest for n in views if won(n.state))

    return Model(
        ChangRoberts(),
        nodes=node_ids(nodes),
        environment=Environment(network="set"),
        properties=[
            always("only the smallest initiator wins", all_nodes(node_views(Place), only_the_smallest)),
            sometimes("a node wins", each(Place, won)),
        ],
    )
