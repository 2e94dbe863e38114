"""etcd-io/raft issue 266: all links *to* the leader fail, and those from it work. Its heartbeats keep
everybody quiet, and nothing commits, for ever. Repair: a leader that no majority answers steps down
(check-quorum).
"""

from elcheck import (
    Cut,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    Prepared,
    State,
    Step,
    action,
    each,
    eventually,
    guard,
    node_ids,
    receive,
    replace,
    some,
    tick,
    weak,
)

PATIENCE = 2


class Server(State):
    """``silence`` counts ticks: of a leader without an answer, of a follower without a heartbeat."""

    term: int = 0
    leads: bool = False
    silence: int = 0
    committed: bool = False


class Heartbeat(Message):
    term: int


class Answer(Message):
    term: int


class Election(Node[Server]):
    """An election is one coarse step. Nodes wait for different times, so that two never stand together."""

    check_quorum: bool

    @property
    def patience(self) -> int:
        return PATIENCE + (self.me.index - 1) % len(self.nodes)

    @tick
    def pass_time(self, s: Server) -> Step[Server]:
        waited = replace(s, silence=min(s.silence + 1, self.patience))
        if not s.leads:
            return Step(waited)
        if self.check_quorum and waited.silence >= PATIENCE:
            return Step(replace(s, leads=False, silence=0))
        return Step(waited, self.broadcast(Heartbeat(s.term)))

    @action
    def stand(self, s: Server) -> Step[Server]:
        guard(not s.leads and s.silence == self.patience, "it hears a leader")
        guard(s.term == 0, "one election is enough")
        return Step(replace(s, term=1, leads=True, silence=0), self.broadcast(Heartbeat(1)))

    @receive
    def heartbeat(self, s: Server, src: NodeId, msg: Heartbeat) -> Step[Server]:
        if msg.term < s.term or (s.leads and msg.term == s.term):
            return Step(s)
        heard = replace(s, term=msg.term, leads=False, silence=0)
        return Step(heard, self.send(src, Answer(msg.term)))

    @receive
    def answer(self, s: Server, src: NodeId, msg: Answer) -> Server:
        if not s.leads or msg.term != s.term:
            return s
        return replace(s, silence=0, committed=True)


def model(*, check_quorum: bool = True) -> Model:
    """An entry is committed, though the leader may hear nobody any more."""
    n1, n2, n3 = nodes = node_ids(3)
    leader = Server(leads=True)
    return Model(
        Election(check_quorum),
        nodes=nodes,
        initial=[Prepared({n1: leader, n2: Server(), n3: Server()})],
        environment=Environment(network="set", timing="sync", partition=1),
        partitions=[Cut((n2, n3), n1, heals=False)],
        fairness=[weak("*")],
        properties=[eventually("it commits", some(each(Server, lambda s: s.committed)))],
    )
