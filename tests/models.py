"""Small models that several tests use."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from checker import (
    Environment,
    Model,
    Node,
    NodeId,
    Property,
    Step,
    Steps,
    action,
    always,
    each,
    guard,
    node_ids,
    receive,
)
from checker.model.environment import NetworkName


@dataclass(frozen=True)
class Counter:
    """A number."""

    value: int = 0


@dataclass(frozen=True)
class Counting(Node[Counter]):
    """One node that counts to a limit; ``jump`` adds a step from 2 to 4, ``wraps`` one back to the start."""

    nodes: tuple[NodeId, ...] = field(default=node_ids(1), init=False)
    limit: int = 3
    start_at: int = 0
    jump: bool = False
    wraps: bool = False
    divides_at: int | None = None

    def start(self, me: NodeId) -> Steps[Counter]:
        yield Step(Counter(self.start_at))

    @action
    def increment(self, me: NodeId, s: Counter) -> Steps[Counter]:
        guard(s.value < self.limit or self.wraps, "it has counted to its limit")
        if s.value == self.divides_at:
            s = Counter(s.value // (s.value - self.divides_at))
        if s.value == self.limit:
            yield Step(Counter(self.start_at))
        else:
            yield Step(Counter(s.value + 1))
        if self.jump and s.value == 2:
            yield Step(Counter(4))

    def model(self, *properties: Property) -> Model:
        """A model of this program alone."""
        return Model(self, properties)


@dataclass(frozen=True)
class Token:
    """A message of the ring."""

    id: int


@dataclass(frozen=True)
class Seat:
    """Where a node of the ring stands."""

    started: bool = False
    lost: bool = False
    won: bool = False


@dataclass(frozen=True)
class Ring(Node[Seat]):
    """Le Lann-Chang-Roberts: the smallest id comes back to its owner; no announcement."""

    def start(self, me: NodeId) -> Steps[Seat]:
        yield Step(Seat())

    def onward(self, me: NodeId) -> NodeId:
        """The next node of the ring."""
        return self.nodes[(me.index + 1) % len(self.nodes)]

    @action
    def enter(self, me: NodeId, s: Seat) -> Steps[Seat]:
        guard(not s.started and not s.lost, "it takes part already")
        yield Step(replace(s, started=True), self.send(self.onward(me), Token(me.index)))

    @receive
    def token(self, me: NodeId, s: Seat, src: NodeId, msg: Token) -> Steps[Seat]:
        if msg.id == me.index:
            yield Step(replace(s, won=True))
        elif msg.id < me.index:
            yield Step(replace(s, lost=True), self.send(self.onward(me), msg))
        else:
            guard(s.started, "it has not started, so its id has yet to be compared")
            yield Step(s)


def ring(size: int, network: NetworkName) -> Model:
    """A ring of a size over a network."""
    return Model(
        Ring(node_ids(size)),
        [always("the smallest wins", each(lambda n: not n.state.won or n.node.index == 0, of=Seat))],
        Environment(network=network),
    )
