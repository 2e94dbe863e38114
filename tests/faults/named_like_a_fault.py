"""A handler with the name of a fault: weak("crash") would mean the handler, and the fault too."""

from elcheck import (
    Environment,
    Model,
    Node,
    NodeView,
    State,
    action,
    each,
    eventually,
    guard,
    node_ids,
    node_views,
    weak,
)


class Server(State):
    x: int = 0


class Named(Node[Server]):
    @action
    def crash(self, s: Server) -> Server:
        guard(False, "never")
        return Server(1)


def down(n: NodeView[Server]) -> bool:
    return not n.up


def model() -> Model:
    """A handler called crash."""
    return Model(
        Named(),
        nodes=node_ids(1),
        properties=[eventually("down", each(node_views(Server), down))],
        environment=Environment(crash=1),
        fairness=[weak("crash")],
    )
