"""Steps by their name and a node: of each the claim that there are none of this name, and of this node."""

from elcheck import (
    Disconnected,
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
    guard,
    ltl,
    node_ids,
    receive,
    replace,
    taken,
    tick,
    timeout,
)


class Hello(Message):
    """A greeting."""


class Server(State):
    t: int = 0
    u: int = durable(0)


class Program(Node[Server]):
    values: tuple[int, ...] = (1, 2)

    def start(self) -> Step[Server]:
        return Step(Server(), self.send(self.nodes[1], Hello()) if self.me.index == 0 else ())

    @tick
    def pass_time(self, s: Server) -> Server:
        return replace(s, t=min(1, s.t + 1))

    @timeout
    def alarm(self, s: Server) -> Server:
        guard(s.u < 1, "it has rung")
        return replace(s, u=1)

    def choices(self) -> tuple[int, ...]:
        return self.values

    @action(over=choices)
    def act(self, s: Server, value: int) -> Server:
        guard(s.t < 1, "it has acted")
        return replace(s, t=value)

    @receive
    def got(self, s: Server, src: NodeId, msg: Hello) -> Server:
        return replace(s, t=2)

    @receive
    def gone(self, s: Server, src: NodeId, msg: Disconnected) -> Server:
        return replace(s, t=1)


BAG = Environment(network="bag", loss=1, dup=1, crash=1, restart=1, partition=1)
FIFO = Environment(network="fifo", loss=1, dup=1, disconnect=1)


def model(name: str, environment: Environment, node: int = 0) -> Model:
    """No step of this name is ever taken, by node number ``node`` if that is not 0."""
    nodes = node_ids(2)
    atom = taken(name, nodes[node - 1]) if node else taken(name)
    return Model(Program(), nodes=nodes, properties=[ltl("never", always(~atom))], environment=environment)
