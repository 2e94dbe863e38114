"""A step sends on a broken link, and closes it then: what it sent is lost."""

from elcheck import (
    Bound,
    Disconnected,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    action,
    each,
    guard,
    never,
    node_ids,
    receive,
)


class Bye(Message):
    """Farewell."""


class Peer(State):
    gone: bool = False


class Leaving(Node[Peer]):
    def start(self) -> Step[Peer]:
        return Step(Peer(), self.send(self.nodes[1], Bye()) if self.me.index == 0 else ())

    @action
    def leave(self, s: Peer) -> Step[Peer]:
        guard(self.me.index == 0 and not s.gone, "not n1, or gone")
        peer = self.nodes[1]
        return Step(Peer(gone=True), self.send(peer, Bye()) + self.close(peer))

    @receive
    def broken(self, s: Peer, src: NodeId, msg: Disconnected) -> Peer:
        guard(self.me.index == 0, "n2 is busy")
        return s


def model() -> Model:
    """A link that breaks before it is closed, and has room for one message."""
    return Model(
        Leaving(),
        nodes=node_ids(2),
        properties=[never("gone", each(Peer, lambda s: s.gone))],
        environment=Environment(network="fifo", disconnect=1),
        bounds=[Bound("link", 1)],
    )
