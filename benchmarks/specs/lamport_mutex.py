"""Lamport's mutual exclusion by clocks, with queues between processes."""

from __future__ import annotations

from collections.abc import Iterable

from elcheck import Bound, Map, Model, Spec, State, action, always, guard, holds, replace

Msg = tuple[str, int]


class World(State):
    """The variables."""

    clock: Map[int, int]
    req: Map[int, Map[int, int]]
    ack: Map[int, frozenset[int]]
    network: Map[int, Map[int, tuple[Msg, ...]]]
    crit: frozenset[int] = frozenset()


class Mutex(Spec[World]):
    """Requests, acknowledgements, releases."""

    size: int

    def start(self) -> World:
        every = tuple(self.process())
        nothing: frozenset[int] = frozenset()
        empty: tuple[Msg, ...] = ()
        return World(
            Map(dict.fromkeys(every, 1)),
            Map(dict.fromkeys(every, Map(dict.fromkeys(every, 0)))),
            Map(dict.fromkeys(every, nothing)),
            Map(dict.fromkeys(every, Map(dict.fromkeys(every, empty)))),
        )

    def process(self) -> Iterable[int]:
        return range(1, self.size + 1)

    def broadcast(self, s: World, p: int, m: Msg) -> Map[int, Map[int, tuple[Msg, ...]]]:
        row = s.network[p]
        for q in self.process():
            if q != p:
                row = row.put(q, (*row[q], m))
        return s.network.put(p, row)

    @action(over=process)
    def request(self, s: World, p: int) -> World:
        guard(s.req[p][p] == 0, "it has requested")
        now = s.clock[p]
        return replace(
            s,
            req=s.req.put(p, s.req[p].put(p, now)),
            network=self.broadcast(s, p, ("req", now)),
            ack=s.ack.put(p, frozenset({p})),
        )

    @action(over=(process, process))
    def receive_request(self, s: World, p: int, q: int) -> World:
        guard(p != q and s.network[q][p] != (), "nothing comes")
        kind, c = s.network[q][p][0]
        guard(kind == "req", "something else")
        net = s.network.put(q, s.network[q].put(p, s.network[q][p][1:]))
        net = net.put(p, net[p].put(q, (*net[p][q], ("ack", 0))))
        now = s.clock[p]
        return replace(
            s,
            req=s.req.put(p, s.req[p].put(q, c)),
            clock=s.clock.put(p, c + 1 if c > now else now + 1),
            network=net,
        )

    @action(over=(process, process))
    def receive_ack(self, s: World, p: int, q: int) -> World:
        guard(p != q and s.network[q][p] != (), "nothing comes")
        guard(s.network[q][p][0][0] == "ack", "something else")
        return replace(
            s,
            ack=s.ack.put(p, s.ack[p] | {q}),
            network=s.network.put(q, s.network[q].put(p, s.network[q][p][1:])),
        )

    @action(over=(process, process))
    def receive_release(self, s: World, p: int, q: int) -> World:
        guard(p != q and s.network[q][p] != (), "nothing comes")
        guard(s.network[q][p][0][0] == "rel", "something else")
        return replace(
            s,
            req=s.req.put(p, s.req[p].put(q, 0)),
            network=s.network.put(q, s.network[q].put(p, s.network[q][p][1:])),
        )

    @action(over=process)
    def enter(self, s: World, p: int) -> World:
        guard(s.ack[p] == frozenset(self.process()), "acknowledgements are missing")
        mine = s.req[p][p]
        others = (q for q in self.process() if q != p)
        guard(
            all(s.req[p][q] == 0 or mine < s.req[p][q] or (mine == s.req[p][q] and p < q) for q in others),
            "another comes first",
        )
        guard(p not in s.crit, "it is there")
        return replace(s, crit=s.crit | {p}, ack=s.ack.put(p, frozenset()))

    @action(over=process)
    def leave(self, s: World, p: int) -> World:
        guard(p in s.crit, "it is not there")
        return replace(
            s,
            crit=s.crit - {p},
            network=self.broadcast(s, p, ("rel", 0)),
            req=s.req.put(p, s.req[p].put(p, 0)),
        )


def model(processes: int = 3, clock: int = 4) -> Model:
    """Lamport's mutual exclusion."""
    return Model(
        Mutex(processes),
        bounds=[Bound("clock", World, lambda s: all(c <= clock for c in s.clock.values()))],
        properties=[always("mutual exclusion", holds(World, lambda s: len(s.crit) <= 1))],
    )
