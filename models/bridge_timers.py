"""A leader that reaches one server only, and keeps it from voting: with timers.

The same as models/bridge_lease.py, as it is programmed: a leader has a timer for its heartbeats, each server
one for the silence of its leader, and they run at rates of their own.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import (
    Clock,
    Environment,
    GlobalState,
    Message,
    Model,
    Node,
    NodeId,
    Partition,
    Prepared,
    State,
    Step,
    always,
    always_possible,
    at,
    change,
    each,
    eventually,
    guard,
    ltl,
    node_ids,
    pair,
    receive,
    replace,
    sometimes,
    step,
    timeout,
    whole,
)

LEASE, PATIENCE = 3, 4
"""Ticks without a heartbeat after which a server votes, and after which it stands, or one later."""


class Heartbeat(Message):
    """There is a leader."""

    term: int


class Ack(Message):
    """It is followed."""

    term: int


class Ask(Message):
    """A candidate asks for a vote in the next term."""


class Grant(Message):
    """A vote."""


class Server(State):
    """The state of a server."""

    term: int = 0
    leads: bool = False
    heard: Clock | None = Clock(PATIENCE + 1)
    """Since it heard of a leader, of one that does not lead."""
    sent: Clock | None = None
    """Of a leader: since its last heartbeat."""
    followed: Clock | None = None
    """Of a leader: since a majority has followed it."""
    by: frozenset[NodeId] = frozenset()
    """Of a leader: who has answered its last heartbeat; of a candidate: who has voted for it."""


def leader(term: int) -> Server:
    """One that has just been elected."""
    return Server(term, leads=True, heard=None, sent=Clock(1), followed=Clock(LEASE))


class Leasing(Node[Server]):
    """One election: the last server stands, when it has heard nothing for long."""

    def start(self) -> Server:
        return leader(0) if self.me == self.nodes[0] else Server()

    @timeout(since=lambda s: s.sent, after=(1, 1))
    def beat(self, s: Server) -> Step[Server]:
        """Send a heartbeat in each tick."""
        guard(self.may_beat(s), "no majority has followed it for so long")
        return Step(replace(s, sent=Clock(1), by=frozenset()), self.broadcast(Heartbeat(s.term)))

    def may_beat(self, s: Server) -> bool:
        """A leader whose own lease has run out, since no majority follows it, falls silent."""
        return s.followed is not None and s.followed.ticks < LEASE

    @timeout(since=lambda s: s.heard, after=(PATIENCE, PATIENCE + 1))
    def stand(self, s: Server) -> Step[Server]:
        """Ask for votes; if that leads to nothing, again."""
        guard(self.me == self.nodes[-1] and s.term == 0, "another one stands")
        return Step(Server(), self.broadcast(Ask()))

    @receive
    def heartbeat(self, s: Server, src: NodeId, msg: Heartbeat) -> Server | Step[Server]:
        """Follow, and refuse votes for a while."""
        if msg.term < s.term or (s.leads and msg.term == s.term):
            return s
        return Step(Server(msg.term), self.send(src, Ack(msg.term)))

    @receive
    def ack(self, s: Server, src: NodeId, msg: Ack) -> Server:
        """With a majority the leader's lease begins again."""
        if not s.leads or msg.term != s.term:
            return s
        by = s.by | {src}
        return replace(s, by=by, followed=Clock(LEASE) if self.is_majority(by) else s.followed)

    @receive
    def ask(self, s: Server, src: NodeId, msg: Ask) -> Server | Step[Server]:
        """Vote, unless a leader was heard of not long ago."""
        refuses = s.heard is None or s.heard.ticks < LEASE or s.term > 0
        return s if refuses else Step(s, self.send(src, Grant()))

    @receive
    def grant(self, s: Server, src: NodeId, msg: Grant) -> Server:
        """With a majority: lead."""
        if s.leads or s.term:
            return s
        by = s.by | {src}
        return leader(1) if self.is_majority(by) else replace(s, by=by)

    def is_majority(self, others: frozenset[NodeId]) -> bool:
        """True if these and this server are one."""
        return 2 * (len(others) + 1) > len(self.nodes)


class BeatsOn(Leasing):
    """A leader whom no majority follows goes on sending heartbeats (openraft issue 2080)."""

    def may_beat(self, s: Server) -> bool:
        return True


def has_lease(s: Server) -> bool:
    """It leads, and is certain of it."""
    return s.leads and s.followed is not None and s.followed.ticks < LEASE


def renews(before: Server, after: Server) -> bool:
    """With the answer that makes a majority of the four a leader's lease begins again."""
    answered = after.leads and after.by > before.by and len(after.by) >= 2
    return not answered or (after.followed is not None and after.followed.ticks == 0)


def stands(s: GlobalState) -> bool:
    """The network is apart."""
    return s.environment.standing is not None


def model(
    whole_first: Annotated[bool, "the network is whole at first, and may fall apart once"] = False,
    delay: Annotated[int, "ticks that a message takes at most"] = 0,
    bug: Annotated[type[Leasing], "a mistake to put in"] = Leasing,
) -> Model:
    """A leader that reaches one follower only, and whether the others get another: with timers.

    Paper: D. Ongaro, Consensus: Bridging Theory and Practice, 2014, sections 4.2.3 and 6.2; openraft issue
        2080.
    Assumes: timers run out in the ticks that are written at them. Nobody crashes.
    """
    old, bridge, a, b = nodes = node_ids("old bridge a b")
    split = Partition("old | a b", (frozenset({old, bridge}), frozenset({bridge, a, b})), heals=whole_first)
    states = {node: leader(0) if node == old else Server() for node in nodes}
    # what a partition holds up until it heals is older than a message can be
    one_lease = always("one has a lease", pair(Server, lambda a, b: not (has_lease(a) and has_lease(b))))
    another = at(b, Server, lambda s: s.leads)
    return Model(
        bug(),
        nodes=nodes,
        environment=Environment(network="set", partition=int(whole_first), timing=f"bounded({delay})"),
        partitions=[split],
        initial=[Prepared(states, partition=split)] if not whole_first else [],
        properties=[
            ltl("apart for good, another leads", eventually(always(whole(stands))) >> eventually(another)),
            *([] if whole_first else [one_lease]),
            step("a majority renews a lease", change(Server, renews)),
            always_possible("somebody can follow", each(Server, lambda s: s.leads and bool(s.by))),
            sometimes("another leads", each(Server, lambda s: s.leads and s.term > 0)),
        ],
    )
