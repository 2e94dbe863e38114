"""A property of whole states, whose search has to be resumed."""

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
    guard,
    node_ids,
    receive,
    replace,
    whole,
)


class Ping(Message):
    n: int


class Server(State):
    got: int = 0
    sent: int = 0


class Pinging(Node[Server]):
    @action
    def go(self, s: Server) -> Step[Server]:
        guard(s.sent < 3, "sent")
        return Step(replace(s, sent=s.sent + 1), self.broadcast(Ping(s.sent)))

    @receive
    def ping(self, s: Server, src: NodeId, msg: Ping) -> Server:
        return replace(s, got=s.got + 1)


def model() -> Model:
    """Few messages."""
    return Model(
        Pinging(),
        nodes=node_ids(2),
        properties=[always("few on the way", whole(lambda state: len(state.network) < 100))],
        environment=Environment(network="bag", loss=2, dup=2),
    )
