"""A leader that was paused, and revokes a lease that was renewed at its successor.

Three servers and a client that keeps a lease alive. Each server's table counts down; the leader, whose table
the client's messages renew, revokes what has run out. An election is one step. Time is in ticks.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import (
    Environment,
    GlobalState,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    action,
    all_nodes,
    always,
    change,
    guard,
    node_ids,
    receive,
    replace,
    sometimes,
    tick,
    under_way,
    whole,
)
from elcheck.specs import election

LEASE, PATIENCE = 2, 2
"""Ticks that a lease lasts, and ticks without a heartbeat after which the next server leads."""


class Renew(Message):
    """The client is there."""


class Heartbeat(Message):
    """There is a leader, in this term."""

    term: int


class Revoke(Message):
    """The leader of this term says that the lease has run out."""

    term: int


class Server(State):
    """The state of a server."""

    term: int = 0
    leads: bool = False
    left: int = LEASE
    """Ticks until the lease runs out, as it has it in its table."""
    silence: int = 0
    """Ticks since it heard of a leader."""
    revoked: bool = False


class Client(State):
    """It is there."""


class Renewing(Node[Client]):
    """A client that tells all servers, of whom the leader counts."""

    @tick
    def elapse(self, s: Client) -> Step[Client]:
        """Renew the lease at every tick."""
        return Step(s, self.broadcast(Renew()))


class Leasing(Node[Server]):
    """The first server leads, the second one may follow it."""

    def start(self) -> Server:
        return Server(leads=self.me == self.nodes[0])

    @tick
    def elapse(self, s: Server) -> Step[Server]:
        """The lease runs out; a leader is heard of."""
        s = replace(s, left=max(s.left - 1, 0), silence=0 if s.leads else min(s.silence + 1, PATIENCE))
        return Step(s, self.broadcast(Heartbeat(s.term)) if s.leads else ())

    @receive
    def heartbeat(self, s: Server, src: NodeId, msg: Heartbeat) -> Server:
        """Follow, unless it is of an old term."""
        if msg.term < s.term or (msg.term == s.term and s.leads):
            return s
        return replace(s, term=msg.term, leads=False, silence=0)

    @action
    def lead(self, s: Server) -> Step[Server]:
        """Nothing heard for long: lead the next term, and let all leases begin anew."""
        guard(self.me == self.nodes[1] and s.term == 0, "it never stands, or has")
        guard(s.silence == PATIENCE, "there is a leader")
        return Step(Server(1, leads=True), self.broadcast(Heartbeat(1)))

    @receive
    def renew(self, s: Server, src: NodeId, msg: Renew) -> Server:
        """The leader's table counts."""
        guard(s.leads, "it does not lead")
        return replace(s, left=LEASE)

    @action
    def expire(self, s: Server) -> Step[Server]:
        """Revoke what has run out."""
        guard(s.leads and s.left == 0 and not s.revoked, "it does not lead, or nothing has run out")
        return Step(replace(s, revoked=True), self.broadcast(Revoke(s.term)))

    @receive
    def revoke(self, s: Server, src: NodeId, msg: Revoke) -> Server:
        """Take the leader's word for it."""
        return replace(s, revoked=True) if self.may_revoke(s, msg) else s

    def may_revoke(self, s: Server, msg: Revoke) -> bool:
        """Who led an earlier term does not know what was renewed since."""
        return msg.term >= s.term


class AnyTerm(Leasing):
    """Nobody asks in which term it is revoked (etcd issues 12528 and 15247)."""

    def may_revoke(self, s: Server, msg: Revoke) -> bool:
        return True


def successor(s: GlobalState) -> Server:
    """The server that leads the second term, or may."""
    state = s.nodes[1].state
    assert isinstance(state, Server)
    return state


def model(bug: Annotated[type[Leasing], "a mistake to put in"] = Leasing) -> Model:
    """A lease that is renewed at the new leader, while the old one is paused.

    Paper: C. Gray and D. Cheriton, Leases, SOSP 1989; etcd issues 12528 and 15247.
    Assumes: clocks run alike, also while a server is paused. Messages arrive before the next tick.
    """
    n1, n2, n3, client = node_ids("n1 n2 n3 client")
    servers = dict.fromkeys((n1, n2, n3), bug())
    return Model(
        {**servers, client: Renewing()},
        environment=Environment(network="set", timing="sync", pause=1),
        properties=[
            always("what is renewed is not revoked", whole(lambda s: kept(successor(s)))),
            election.one_leader_per_term(Server),
            election.terms_only_grow(Server),
            always("who sends a heartbeat leads", under_way(Heartbeat, Server, Server, is_of_a_leader)),
            always("who revokes has revoked", under_way(Revoke, Server, Server, is_of_its_table)),
            sometimes("a lease is renewed", change(Server, is_renewed)),
            sometimes("all revoke", all_nodes(Server, lambda servers: all(s.revoked for s in servers))),
            sometimes("all follow another", all_nodes(Server, lambda servers: all(s.term for s in servers))),
            sometimes("another leads", whole(lambda s: successor(s).leads)),
        ],
    )


def is_of_a_leader(sender: Server, heartbeat: Heartbeat, receiver: Server) -> bool:
    """Its sender leads in its term, or is in a later one."""
    return sender.term > heartbeat.term or (sender.leads and sender.term == heartbeat.term)


def is_of_its_table(sender: Server, revoke: Revoke, receiver: Server) -> bool:
    """Its sender takes the lease for revoked, or is in a later term."""
    return sender.term > revoke.term or sender.revoked


def is_renewed(before: Server, after: Server) -> bool:
    """A leader's lease begins again."""
    return before.leads and after.leads and after.left > before.left


def kept(s: Server) -> bool | str:
    """Its own lease has run out, if it takes it for revoked while it leads."""
    lost = s.leads and s.revoked and s.left > 0
    return (
        not lost
        or f"n2 leads term {s.term}, and the lease is revoked there, {s.left} ticks before it is over"
    )
