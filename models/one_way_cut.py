"""A leader that is heard by all, and hears nobody.

Three servers, of which the first leads. All links to it fail, those from it work. Time is in ticks, an
election is one step, and servers wait for different times, so that two never stand together. (A server that
hears nobody wins one all the same, in a term that has a leader already: what is asked here is who is heard.)
"""

from __future__ import annotations

from typing import Annotated

from elcheck import (
    Cut,
    Environment,
    GlobalState,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    action,
    always,
    each,
    eventually,
    guard,
    node_ids,
    receive,
    replace,
    some,
    sometimes,
    tick,
    under_way,
    weak,
    whole,
)

PATIENCE = 2
"""Ticks without an answer after which a leader gives up, and the least without a heartbeat before another
server stands.
"""


class Heartbeat(Message):
    """There is a leader; it has an entry."""

    term: int


class Answer(Message):
    """It is followed, and the entry is written."""

    term: int


class Server(State):
    """The state of a server."""

    term: int = 0
    leads: bool = False
    silence: int = 0
    """Ticks without an answer, of a leader; without a heartbeat, of a follower."""
    committed: bool = False


class CheckQuorum(Node[Server]):
    """A leader that no majority answers steps down (Ongaro's thesis, 6.2)."""

    def start(self) -> Server:
        """The first server leads."""
        return Server(leads=self.me == self.nodes[0])

    @property
    def patience(self) -> int:
        """How long this server waits."""
        return PATIENCE + (self.me.index - 1) % len(self.nodes)

    @tick
    def elapse(self, s: Server) -> Server | Step[Server]:
        """A leader sends heartbeats, or gives up; the others wait."""
        if not s.leads:
            return replace(s, silence=min(s.silence + 1, self.patience))
        unanswered = self.unanswered(s)
        if unanswered >= PATIENCE:
            return replace(s, leads=False, silence=0)
        return Step(replace(s, silence=unanswered), self.broadcast(Heartbeat(s.term)))

    def unanswered(self, s: Server) -> int:
        """For how many ticks nobody has answered a leader."""
        return s.silence + 1

    @action
    def stand(self, s: Server) -> Step[Server]:
        """Lead the next term, if no leader is heard of."""
        guard(not s.leads and s.silence == self.patience, "it hears a leader")
        guard(s.term == 0, "one election is enough")
        return Step(replace(s, term=1, leads=True, silence=0), self.broadcast(Heartbeat(1)))

    @receive
    def heartbeat(self, s: Server, src: NodeId, msg: Heartbeat) -> Server | Step[Server]:
        """Follow, unless it is of an old term."""
        if msg.term < s.term or (s.leads and msg.term == s.term):
            return s
        heard = replace(s, term=msg.term, leads=False, silence=0)
        return Step(heard, self.send(src, Answer(msg.term)))

    @receive
    def answer(self, s: Server, src: NodeId, msg: Answer) -> Server:
        """One answer and its own copy are a majority."""
        return replace(s, silence=0, committed=True) if s.leads and msg.term == s.term else s


class LeadsOn(CheckQuorum):
    """A leader does not count for how long nobody has answered (etcd-io/raft issue 266)."""

    def unanswered(self, s: Server) -> int:
        return 0


def stays_unless_cut(s: GlobalState) -> bool:
    """As long as nothing is cut, the first leader leads, and nobody else."""
    terms = [node.state.term for node in s.nodes if isinstance(node.state, Server)]
    return s.environment.standing is not None or not any(terms)


def follows(sender: Server, answer: Answer, leader: Server) -> bool:
    """Who has answered a leader is in its term, or in a later one."""
    return sender.term >= answer.term


def model(bug: Annotated[type[CheckQuorum], "a mistake to put in"] = CheckQuorum) -> Model:
    """An entry is committed, though the leader may hear nobody any more.

    Paper: D. Ongaro, Consensus: Bridging Theory and Practice, 2014, section 6.2; etcd-io/raft issue 266.
    Assumes: clocks run alike, and messages arrive before the next tick. The cut stays.
    """
    n1, n2, n3 = nodes = node_ids(3)
    return Model(
        bug(),
        nodes=nodes,
        environment=Environment(network="set", timing="sync", partition=1),
        partitions=[Cut((n2, n3), n1, heals=False)],
        fairness=[weak("*")],
        properties=[
            always("a leader is answered", each(Server, lambda s: not s.leads or s.silence < PATIENCE)),
            always("who is heard and hears stays", whole(stays_unless_cut)),
            always("who has answered follows", under_way(Answer, Server, Server, follows)),
            eventually("it commits", some(each(Server, lambda s: s.committed))),
            sometimes("another leads", each(Server, lambda s: s.leads and s.term == 1)),
        ],
    )
