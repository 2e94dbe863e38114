"""A leader that reaches one server only, and keeps it from voting.

Four servers, three are a majority. The network falls apart so that the old leader reaches only the bridge,
and the bridge everybody. Time is in ticks, which are the same for all.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import (
    WEAK,
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
    each,
    eventually,
    ltl,
    node_ids,
    pair,
    receive,
    replace,
    sometimes,
    tick,
    whole,
)

LEASE, TIMEOUT = 2, 3
"""Ticks without a heartbeat after which a server votes, and after which it stands."""


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
    silence: int = 0
    """Ticks since it heard of a leader."""
    unheard: int = 0
    """Of a leader: ticks since a majority has followed it."""
    heard: frozenset[NodeId] = frozenset()
    """Of a leader: who has followed it since the last tick; of a candidate: who has voted for it."""


class Leasing(Node[Server]):
    """One election: the last server stands, when it has heard nothing for long."""

    def start(self) -> Server:
        return Server(leads=self.me == self.nodes[0])

    @tick(fair=WEAK)
    def elapse(self, s: Server) -> Server | Step[Server]:
        """A leader sends heartbeats, the last server stands in the end."""
        if s.leads:
            s = replace(s, unheard=min(s.unheard + 1, LEASE), heard=frozenset())
            return Step(s, self.broadcast(Heartbeat(s.term))) if self.may_beat(s) else s
        s = replace(s, silence=min(s.silence + 1, TIMEOUT))
        stands = self.me == self.nodes[-1] and s.silence == TIMEOUT and s.term == 0
        return Step(s, self.broadcast(Ask())) if stands else s

    def may_beat(self, s: Server) -> bool:
        """A leader whose own lease has run out, since no majority follows it, falls silent."""
        return s.unheard < LEASE

    @receive(fair=WEAK)
    def heartbeat(self, s: Server, src: NodeId, msg: Heartbeat) -> Server | Step[Server]:
        """Follow, and refuse votes for a while."""
        if msg.term < s.term or (s.leads and msg.term == s.term):
            return s
        return Step(Server(msg.term), self.send(src, Ack(msg.term)))

    @receive(fair=WEAK)
    def ack(self, s: Server, src: NodeId, msg: Ack) -> Server:
        """With a majority the leader's lease begins again."""
        if not s.leads or msg.term != s.term:
            return s
        heard = s.heard | {src}
        return replace(s, heard=heard, unheard=0 if self.is_majority(heard) else s.unheard)

    @receive(fair=WEAK)
    def ask(self, s: Server, src: NodeId, msg: Ask) -> Server | Step[Server]:
        """Vote, unless a leader was heard of not long ago."""
        return s if s.leads or s.term or s.silence < LEASE else Step(s, self.send(src, Grant()))

    @receive(fair=WEAK)
    def grant(self, s: Server, src: NodeId, msg: Grant) -> Server:
        """With a majority: lead."""
        if s.leads or s.term:
            return s
        heard = s.heard | {src}
        return Server(1, leads=True) if self.is_majority(heard) else replace(s, heard=heard)

    def is_majority(self, others: frozenset[NodeId]) -> bool:
        """True if these and this server are one."""
        return 2 * (len(others) + 1) > len(self.nodes)


class BeatsOn(Leasing):
    """A leader whom no majority follows goes on sending heartbeats (openraft issue 2080)."""

    def may_beat(self, s: Server) -> bool:
        return True


def has_lease(s: Server) -> bool:
    """It leads, and is certain of it."""
    return s.leads and s.unheard < LEASE


def stands(s: GlobalState) -> bool:
    """The network is apart."""
    return s.environment.standing is not None


def model(
    apart: Annotated[bool, "the network is apart from the start, for good"] = False,
    bug: Annotated[type[Leasing], "a mistake to put in"] = Leasing,
) -> Model:
    """A leader that reaches one follower only, and whether the others get another.

    Paper: D. Ongaro, Consensus: Bridging Theory and Practice, 2014, sections 4.2.3 and 6.2; openraft issue
        2080.
    Assumes: clocks run alike, and messages arrive before the next tick. Nobody crashes.
    """
    old, bridge, a, b = nodes = node_ids("old bridge a b")
    others = 2  # make a majority of the four with a leader
    split = Partition("old | a b", (frozenset({old, bridge}), frozenset({bridge, a, b})), heals=not apart)
    states = {node: Server(leads=node == old) for node in nodes}
    renewed = each(Server, lambda s: not s.leads or len(s.heard) < others or s.unheard == 0)
    # what a partition holds up until it heals is older than a tick
    one_lease = always("one has a lease", pair(Server, lambda a, b: not (has_lease(a) and has_lease(b))))
    another = at(b, Server, lambda s: s.leads)
    return Model(
        bug(),
        nodes=nodes,
        environment=Environment(network="set", partition=int(not apart), timing="sync"),
        partitions=[split],
        initial=[Prepared(states, partition=split)] if apart else [],
        properties=[
            ltl("apart for good, another leads", eventually(always(whole(stands))) >> eventually(another)),
            *([one_lease] if apart else []),
            always("a majority renews a lease", renewed),
            always_possible("somebody can follow", each(Server, lambda s: s.leads and bool(s.heard))),
            sometimes("another leads", each(Server, lambda s: s.leads and s.term > 0)),
        ],
    )
