"""A handler goes through a set while it sends in order: what it does depends on the hash seed."""

from enum import Enum

from elcheck import (
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    Sends,
    State,
    Step,
    action,
    each,
    guard,
    never,
    node_ids,
    receive,
    replace,
)


class Colour(Enum):
    RED = 1
    GREEN = 2
    BLUE = 3


class Paint(Message):
    colour: Colour


class Painter(State):
    todo: frozenset[Colour] = frozenset(Colour)
    first: Colour | None = None


ALL = frozenset(Colour)


class Painting(Node[Painter]):
    everything: bool = False

    @action
    def send_all(self, s: Painter) -> Step[Painter]:
        guard(self.me.index == 0 and bool(s.todo), "nothing to send")
        sends: Sends = ()
        for colour in ALL if self.everything else s.todo:
            sends += self.send(self.nodes[1], Paint(colour))
        return Step(replace(s, todo=frozenset()), sends)

    @receive
    def paint(self, s: Painter, src: NodeId, msg: Paint) -> Painter:
        return s if s.first is not None else replace(s, first=msg.colour)


def model(everything: bool = False) -> Model:
    """Who is first?"""
    return Model(
        Painting(everything),
        nodes=node_ids(2),
        properties=[never("blue first", each(Painter, lambda s: s.first is Colour.BLUE))],
        environment=Environment(network="fifo"),
    )
