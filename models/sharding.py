"""Shards with one writer each: a coordinator hands them out to servers under leases, and moves them about.

A server asks again and again, with a heartbeat; the answer names its shards and renews its lease on them. A
shard that has to move is left out of the answer: the server lets it go and says so with its next heartbeat.
If nothing is heard of it, the coordinator waits until the lease has run out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal, TypeVar

from elcheck import (
    WEAK,
    Disconnected,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
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
    require,
    sometimes,
    tick,
)
from elcheck.specs.mutex import one_keeper_each

Bug = Literal[
    "impatient", "told-is-done", "anybody-lets-go", "forgotten-table", "no-self-fence", "no-hang-up"
]
Shards = frozenset[int]
V = TypeVar("V")


class Heartbeat(Message):
    """The sender is there, and writes to these shards."""

    writes: Shards


class Lease(Message):
    """The receiver may write to these shards, and no others, for the term that began when it asked."""

    shards: Shards


class Table(State):
    """The coordinator's state, on its disk. For each shard: whose it is, how long that server may still write
    to it (0: it does not), and the other server that it has to move to, None if it stays.
    """

    owner: tuple[NodeId, ...] = durable(())
    left: tuple[int, ...] = durable(())
    goes_to: tuple[NodeId | None, ...] = durable(())


class Server(State):
    """A server's state: the shards that it writes to, how long ago it asked for the lease that allows it, and
    how long ago it asked for the next (None: it has not).
    """

    writes: Shards = frozenset()
    age: int = 0
    asked: int | None = None

    @property
    def keeps(self) -> Shards:
        """What nobody else may write to."""
        return self.writes


class Coordinator(Node[Table]):
    """Knows who may write where, and gives a shard to the next server when the last one has stopped."""

    servers: tuple[NodeId, ...]
    shards: tuple[int, ...]
    term: int
    bug: Bug | None

    def dealt_out(self) -> Table:
        """The shards dealt out to the servers in turn."""
        owner = tuple(self.servers[shard % len(self.servers)] for shard in self.shards)
        return Table(owner, (0,) * len(owner), (None,) * len(owner))

    def at_crash(self, before: Table) -> Table:
        # The table was kept in memory: the next coordinator deals the shards out anew.
        return self.dealt_out() if self.bug == "forgotten-table" else before

    @tick
    def elapse(self, s: Table) -> Table:
        """Time passes, while the coordinator is down too."""
        return replace(s, left=tuple(max(left - 1, 0) for left in s.left))

    @action(over=("shards", "servers"))
    def move(self, s: Table, shard: int, server: NodeId) -> Table:
        """Decide to move a shard. From now on the lease on it is not renewed."""
        guard(s.goes_to[shard] is None and s.owner[shard] != server, "it is on the move, or there already")
        return replace(s, goes_to=put(s.goes_to, shard, server))

    @action(fair=WEAK, over="shards")
    def reassign(self, s: Table, shard: int) -> Table:
        """Give a shard to its next server. That one will hear of it with its next heartbeat."""
        server = require(s.goes_to[shard], "it is not on the move")
        # A server that is not heard of was taken for one that does not write.
        guard(s.left[shard] == 0 or self.bug == "impatient", "the last server may still write")
        moved = (put(s.owner, shard, server), put(s.left, shard, 0), put(s.goes_to, shard, None))
        return Table(*moved)

    @receive(fair=WEAK)
    def heartbeat(self, s: Table, src: NodeId, msg: Heartbeat) -> Step[Table]:
        """Renew the lease on the sender's shards that stay; take note of those that it has let go."""
        stay = frozenset(i for i in self.shards if s.owner[i] == src and s.goes_to[i] is None)
        left = list(s.left)
        for shard in self.shards:
            # A shard was taken for free as soon as its owner was told to stop, or when anybody had let it go.
            stopped = shard not in msg.writes or self.bug == "told-is-done"
            its_own = s.owner[shard] == src or self.bug == "anybody-lets-go"
            if shard in stay:
                left[shard] = self.term
            elif its_own and stopped:
                left[shard] = 0
        return Step(replace(s, left=tuple(left)), self.send(src, Lease(stay)))


class ShardServer(Node[Server]):
    """Writes to its shards as long as its lease lasts. A crash loses everything, and the connections."""

    coordinator: NodeId
    term: int
    bug: Bug | None

    @tick
    def elapse(self, s: Server) -> Server:
        """Time passes. When the lease has run out the server stops of itself, whatever it has heard."""
        if s.asked is not None:
            s = replace(s, asked=min(s.asked + 1, self.term))
        if s.writes and s.age + 1 < self.term:
            s = replace(s, age=s.age + 1)
        elif self.bug != "no-self-fence":  # it writes until it hears that it must not
            s = Server(asked=s.asked)
        return s

    @action(fair=WEAK)
    def ask(self, s: Server) -> Step[Server]:
        """Send a heartbeat, if the last one has been answered."""
        guard(s.asked is None, "it awaits an answer")
        return Step(replace(s, asked=0), self.send(self.coordinator, Heartbeat(s.writes)))

    @action(fair=WEAK)
    def give_up(self, s: Server) -> Step[Server]:
        """An answer would come too late: hang up, so that it is not taken for one to the next question."""
        guard(s.asked == self.term, "the answer may still be of use")
        hang_up = () if self.bug == "no-hang-up" else self.close(self.coordinator)
        return Step(replace(s, asked=None), hang_up)

    @receive(fair=WEAK)
    def lease(self, s: Server, src: NodeId, msg: Lease) -> Server:
        """Write to these shards and no others, from now until a term after the question."""
        in_time = s.asked is not None and s.asked < self.term and msg.shards
        return Server(msg.shards, s.asked or 0) if in_time else Server()

    @receive(fair=WEAK)
    def disconnected(self, s: Server, src: NodeId, msg: Disconnected) -> Server:
        """The connection broke, and with it went the question or its answer."""
        return replace(s, asked=None) if src == self.coordinator else s


def put(row: tuple[V, ...], at: int, value: V) -> tuple[V, ...]:
    """A row with another value at one place."""
    return (*row[:at], value, *row[at + 1 :])


def model(
    servers: Annotated[int, "servers"] = 2,
    shards: Annotated[int, "shards"] = 2,
    term: Annotated[int, "how long a lease lasts, in ticks"] = 2,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
) -> Model:
    """Shards under leases that a coordinator hands out, and moves.

    Paper: M. Burrows, The Chubby lock service for loosely-coupled distributed systems, OSDI 2006, section 2.8
        (sessions and KeepAlives); F. Chang et al., Bigtable, OSDI 2006, section 5.2 (tablets and servers);
        A. Adya et al., Slicer: Auto-Sharding for Datacenter Applications, OSDI 2016.
    Assumes: connections that neither lose nor reorder while they last; clocks that run alike (models/lease.py
        is about those that do not); the coordinator's table survives its crash.
    Liveness: every shard is written to again, when servers ask and the coordinator reassigns. Checked is that
        this stays possible from every state.
    Bugs:
        impatient: a server that is not heard of loses its shard at once, not when its lease has run out
            (kvrocks-controller issue 329).
        told-is-done: a shard is free when its owner has been told, not when it has stopped (iggy PR 2734).
        anybody-lets-go: the word of a server that is not the owner frees the shard (akka.net issue 8146).
        forgotten-table: a restarted coordinator assigns the shards anew, while the servers that it does not
            remember go on (akka issue 17200).
        no-self-fence: a server goes on until it hears that it must not (kvrocks issue 3380).
        no-hang-up: who gives up waiting keeps the connection, and takes the late answer for one to its next
            question (redis-py issue 2624).
    """
    coordinator, *some = node_ids("coordinator", servers)
    nodes = (coordinator, *some)

    def all_written(views: Sequence[NodeView[Server]]) -> bool:
        return frozenset[int]().union(*(view.state.writes for view in views)) == frozenset(range(shards))

    def moved(n: NodeView[Server]) -> bool:
        return any(shard % servers != n.node.index - 1 for shard in n.state.writes)

    return Model(
        {
            coordinator: Coordinator(tuple(some), tuple(range(shards)), term, bug),
            **dict.fromkeys(some, ShardServer(coordinator, term, bug)),
        },
        # Connections: what is lost is lost with the connection, nothing overtakes. All clocks run alike.
        environment=Environment(network="fifo", crash=1, restart=1),
        properties=[
            one_keeper_each(of=Server),
            sometimes("every shard is written to", all_nodes(node_views(Server), all_written)),
            sometimes("another server takes over", each(node_views(Server), moved)),
            always_possible("every shard can be written to", all_nodes(node_views(Server), all_written)),
        ],
    )
