"""Shards with one writer each: a coordinator hands them out to servers under leases, and moves them about.

A server asks again and again, with a heartbeat; the answer names its shards and renews its lease on them. A
shard that has to move is left out of the answer: the server lets it go and says so with its next heartbeat.
If nothing is heard of it, the coordinator waits until the lease has run out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from elcheck import (
    WEAK,
    Disconnected,
    Environment,
    Map,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    Sends,
    State,
    Step,
    action,
    all_nodes,
    always_possible,
    durable,
    each,
    guard,
    node_ids,
    node_views,
    receive,
    replace,
    require,
    sometimes,
    tick,
    with_mistake,
)
from elcheck.specs import mutex

Shards = frozenset[int]


class Heartbeat(Message):
    """The sender is there, and writes to these shards."""

    writes: Shards


class Lease(Message):
    """The receiver may write to these shards, and no others, for the term that began when it asked."""

    shards: Shards


# -- The coordinator ---------------------------------------------------------------------------------------


class Table(State):
    """The coordinator's state, on its disk."""

    owner: Map[int, NodeId] = durable(Map())
    """Whose each shard is."""
    left: Map[int, int] = durable(Map())
    """How long that server may still write to it; 0: it does not."""
    goes_to: Map[int, NodeId | None] = durable(Map())
    """The other server that it has to move to, None if it stays."""


class Coordinator(Node[Table]):
    """Knows who may write where, and gives a shard to the next server when the last one has stopped."""

    shards: int
    term: int

    def each_shard(self) -> Iterable[int]:
        """They are numbered."""
        return range(self.shards)

    def start(self) -> Table:
        """The shards are dealt out to the servers in turn."""
        owner = {shard: self.peers[shard % len(self.peers)] for shard in self.each_shard()}
        return Table(Map(owner), Map(dict.fromkeys(owner, 0)), Map(dict.fromkeys(owner, None)))

    @tick
    def elapse(self, s: Table) -> Table:
        """Time passes, while the coordinator is down too."""
        return replace(s, left=Map({shard: max(left - 1, 0) for shard, left in s.left.items()}))

    @action(over=(each_shard, Node.peers))
    def move(self, s: Table, shard: int, server: NodeId) -> Table:
        """Decide to move a shard. From now on the lease on it is not renewed."""
        guard(s.goes_to[shard] is None and s.owner[shard] != server, "it is on the move, or there already")
        return replace(s, goes_to=s.goes_to.put(shard, server))

    @action(fair=WEAK, over=each_shard)
    def reassign(self, s: Table, shard: int) -> Table:
        """Give a shard to its next server. That one will hear of it with its next heartbeat."""
        server = require(s.goes_to[shard], "it is not on the move")
        guard(self.is_free(s, shard), "the last server may still write")
        return Table(s.owner.put(shard, server), s.left.put(shard, 0), s.goes_to.put(shard, None))

    def is_free(self, s: Table, shard: int) -> bool:
        """Nobody writes to it: the last server has said so, or its lease has run out."""
        return s.left[shard] == 0

    @receive(fair=WEAK)
    def heartbeat(self, s: Table, src: NodeId, msg: Heartbeat) -> Step[Table]:
        """Renew the lease on the sender's shards that stay; take note of those that it has let go."""
        left = s.left
        stay = frozenset(i for i in self.each_shard() if s.owner[i] == src and s.goes_to[i] is None)
        for shard in self.each_shard():
            if shard in stay:
                left = left.put(shard, self.term)
            elif self.has_let_go(s, shard, src, msg):
                left = left.put(shard, 0)
        return Step(replace(s, left=left), self.send(src, Lease(stay)))

    def has_let_go(self, s: Table, shard: int, src: NodeId, msg: Heartbeat) -> bool:
        """It was the sender's, who writes to it no more."""
        return s.owner[shard] == src and shard not in msg.writes


# -- A server ----------------------------------------------------------------------------------------------


class Server(State):
    """A server's state."""

    writes: Shards = frozenset()
    """The shards that it writes to."""
    age: int = 0
    """How long ago it asked for the lease that allows it."""
    asked: int | None = None
    """How long ago it asked for the next; None: it has not."""

    @property
    def keeps(self) -> Shards:
        """What nobody else may write to."""
        return self.writes


class ShardServer(Node[Server]):
    """Writes to its shards as long as its lease lasts. A crash loses everything, and the connections."""

    coordinator: NodeId
    term: int

    @tick
    def elapse(self, s: Server) -> Server:
        """Time passes, and the lease may run out."""
        if s.asked is not None:
            s = replace(s, asked=min(s.asked + 1, self.term))
        return replace(s, age=s.age + 1) if s.writes and s.age + 1 < self.term else self.without_lease(s)

    def without_lease(self, s: Server) -> Server:
        """The server stops of itself, whatever it has heard."""
        return Server(asked=s.asked)

    @action(fair=WEAK)
    def ask(self, s: Server) -> Step[Server]:
        """Send a heartbeat, if the last one has been answered."""
        guard(s.asked is None, "it awaits an answer")
        return Step(replace(s, asked=0), self.send(self.coordinator, Heartbeat(s.writes)))

    @action(fair=WEAK)
    def give_up(self, s: Server) -> Step[Server]:
        """An answer would come too late."""
        guard(s.asked == self.term, "the answer may still be of use")
        return Step(replace(s, asked=None), self.hang_up())

    def hang_up(self) -> Sends:
        """So that the answer is not taken for one to the next question."""
        return self.close(self.coordinator)

    @receive(fair=WEAK)
    def lease(self, s: Server, src: NodeId, msg: Lease) -> Server:
        """Write to these shards and no others, from now until a term after the question."""
        in_time = s.asked is not None and s.asked < self.term and msg.shards
        return Server(msg.shards, s.asked or 0) if in_time else Server()

    @receive(fair=WEAK)
    def disconnected(self, s: Server, src: NodeId, msg: Disconnected) -> Server:
        """The connection broke, and with it went the question or its answer."""
        return replace(s, asked=None) if src == self.coordinator else s


# -- Mistakes ----------------------------------------------------------------------------------------------


class Impatient(Coordinator):
    """A server that is not heard of loses its shard at once, not when its lease has run out
    (kvrocks-controller issue 329).
    """

    def is_free(self, s: Table, shard: int) -> bool:
        return True


class ToldIsDone(Coordinator):
    """A shard is free when its owner has been told, not when it has stopped (iggy PR 2734)."""

    def has_let_go(self, s: Table, shard: int, src: NodeId, msg: Heartbeat) -> bool:
        return s.owner[shard] == src


class AnybodyLetsGo(Coordinator):
    """The word of a server that is not the owner frees the shard (akka.net issue 8146)."""

    def has_let_go(self, s: Table, shard: int, src: NodeId, msg: Heartbeat) -> bool:
        return shard not in msg.writes


class ForgottenTable(Coordinator):
    """A restarted coordinator assigns the shards anew, while the servers that it does not remember go on
    (akka issue 17200).
    """

    def at_crash(self, before: Table) -> Table:
        return self.start()


class NoSelfFence(ShardServer):
    """A server goes on until it hears that it must not (kvrocks issue 3380)."""

    def without_lease(self, s: Server) -> Server:
        return s


class NoHangUp(ShardServer):
    """Who gives up waiting keeps the connection, and takes the late answer for one to its next question
    (redis-py issue 2624).
    """

    def hang_up(self) -> Sends:
        return ()


# -- The model ---------------------------------------------------------------------------------------------


def model(
    servers: Annotated[int, "servers"] = 2,
    shards: Annotated[int, "shards"] = 2,
    term: Annotated[int, "how long a lease lasts, in ticks"] = 2,
    bug: Annotated[type[Coordinator] | type[ShardServer] | None, "a mistake to put in"] = None,
) -> Model:
    """Shards under leases that a coordinator hands out, and moves.

    Paper: M. Burrows, The Chubby lock service for loosely-coupled distributed systems, OSDI 2006, section 2.8
        (sessions and KeepAlives); F. Chang et al., Bigtable, OSDI 2006, section 5.2 (tablets and servers);
        A. Adya et al., Slicer: Auto-Sharding for Datacenter Applications, OSDI 2016.
    Assumes: connections that neither lose nor reorder while they last; clocks that run alike (models/lease.py
        is about those that do not); the coordinator's table survives its crash.
    Liveness: every shard is written to again, when servers ask and the coordinator reassigns. Checked is that
        this stays possible from every state.
    """
    coordinator, *some = node_ids("coordinator", servers)
    hands_out = with_mistake(Coordinator, bug)
    writes = with_mistake(ShardServer, bug)

    def all_written(states: Sequence[Server]) -> bool:
        return frozenset[int]().union(*(s.writes for s in states)) == frozenset(range(shards))

    def moved(n: NodeView[Server]) -> bool:
        return any(shard % servers != n.node.index - 1 for shard in n.state.writes)

    return Model(
        {coordinator: hands_out(shards, term), **dict.fromkeys(some, writes(coordinator, term))},
        # Connections: what is lost is lost with the connection, nothing overtakes. All clocks run alike.
        environment=Environment(network="fifo", crash=1, restart=1),
        properties=[
            mutex.one_keeper_each(Server),
            sometimes("every shard is written to", all_nodes(Server, all_written)),
            sometimes("another server takes over", each(node_views(Server), moved)),
            always_possible("every shard can be written to", all_nodes(Server, all_written)),
        ],
    )
