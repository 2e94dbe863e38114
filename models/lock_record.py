"""Leader election by a record in a store: the holder renews it, and who sees it unchanged for long takes it.

As Kubernetes' client-go does it (tools/leaderelection): the record has its holder's lease duration. One
shared state: the store compares and swaps at once, and each client only sees what it last read.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Annotated

from elcheck import (
    Model,
    Spec,
    State,
    action,
    always,
    always_possible,
    change,
    guard,
    holds,
    replace,
    sometimes,
    step,
)


class Client(State):
    """A client's state."""

    seen: int = 0
    """The version of the record that it has read last."""
    silence: int = 0
    """Ticks since it saw that version first."""
    since: int | None = None
    """Ticks since it renewed the record; None: it does not lead."""


class World(State):
    """The record in the store, and the clients."""

    version: int = 0
    holder: int | None = None
    duration: int = 0
    """The lease duration of its holder."""
    clients: tuple[Client, ...] = ()


class Electing(Spec[World]):
    """Clients with a lease duration each. A leader stops a tick before its own is over."""

    durations: tuple[int, ...]
    versions: int

    def start(self) -> World:
        return World(clients=(Client(),) * len(self.durations))

    def client(self) -> Iterable[int]:
        """The clients."""
        return range(len(self.durations))

    @action
    def tick(self, s: World) -> World:
        """Time passes for all."""
        return replace(s, clients=tuple(self.older(c, client) for c, client in enumerate(s.clients)))

    def older(self, c: int, s: Client) -> Client:
        """A client a tick later: whose renewals have failed for so long leads no more."""
        silence = min(s.silence + 1, max(self.durations))
        since = None if s.since is None or s.since + 1 >= self.durations[c] else s.since + 1
        return Client(s.seen, silence, since)

    @action(over=client)
    def observe(self, s: World, c: int) -> World:
        """Read the record; the time counts from when it is seen first."""
        guard(s.clients[c].seen != s.version, "it has seen this version")
        return self.with_client(s, c, Client(s.version, 0, s.clients[c].since))

    @action(over=client)
    def take(self, s: World, c: int) -> World:
        """Take a record that is free, or was unchanged for the holder's lease."""
        mine = s.clients[c]
        guard(mine.since is None, "it leads")
        guard(mine.seen == s.version, "the record has changed since it read it")
        guard(s.holder is None or mine.silence >= self.patience(s, c), "the lease may run")
        return self.written(s, c)

    def patience(self, s: World, c: int) -> int:
        """For how long the record has to stay unchanged: what is written in it."""
        return s.duration

    @action(over=client)
    def renew(self, s: World, c: int) -> World:
        """A leader renews its record."""
        guard(s.clients[c].since is not None and s.holder == c, "it does not hold the record")
        return self.written(s, c)

    def written(self, s: World, c: int) -> World:
        """The record, written by a client that leads now."""
        guard(s.version < self.versions, "the record was written often enough")
        now = replace(s, version=s.version + 1, holder=c, duration=self.durations[c])
        return self.with_client(now, c, Client(now.version, 0, 0))

    def with_client(self, s: World, c: int, client: Client) -> World:
        """The same with one client's state."""
        return replace(s, clients=(*s.clients[:c], client, *s.clients[c + 1 :]))


class OwnDuration(Electing):
    """Each candidate waits for its own lease duration, not for the holder's (kubernetes issue 47671)."""

    def patience(self, s: World, c: int) -> int:
        return self.durations[c]


def one_leads(s: World) -> bool | str:
    """No two clients lead at once."""
    leading = [c for c, client in enumerate(s.clients) if client.since is not None]
    return not any(combinations(leading, 2)) or f"clients {' and '.join(map(str, leading))} lead"


def keeps_time(duration: int, before: Client, after: Client) -> bool:
    """A lease begins at nought, and ticks are counted one by one."""
    if before.since is None:
        return after.since in (None, 0)
    if after.since is None:
        return before.since + 1 >= duration
    return after.since in (0, before.since, before.since + 1)


def changes_hands(before: World, after: World) -> bool:
    """The second client takes what the first has held, while that says nothing any more."""
    return (before.holder, after.holder) == (0, 1)


def is_renewed(before: World, after: World) -> bool:
    """Who leads writes the record again."""
    leads = before.holder is not None and before.clients[before.holder].since is not None
    return leads and before.holder == after.holder and before.version != after.version


def taken_over(s: World) -> bool:
    """The second client leads, and the first has led before."""
    return s.clients[1].since is not None and s.version > 1 and s.clients[0].seen == s.version - 1


def model(
    clients: Annotated[int, "clients"] = 2,
    longest: Annotated[int, "the lease duration of the first client, in ticks"] = 4,
    shortest: Annotated[int, "that of the others"] = 2,
    versions: Annotated[int, "how often the record is written"] = 4,
    bug: Annotated[type[Electing], "a mistake to put in"] = Electing,
) -> Model:
    """Leader election by a lock record whose holder says how long its lease lasts.

    Paper: C. Gray and D. Cheriton, Leases, SOSP 1989; kubernetes issue 47671 and PR 114872.
    Assumes: clocks run alike, and a renewal takes no time.
    """
    if min(longest, shortest, versions) < 1:
        raise ValueError("a lease lasts at least one tick, and the record is written at least once")

    durations = (longest, *[shortest] * (clients - 1))

    def lasts(before: World, after: World) -> bool:
        """Who leads does so until a tick before its lease is over; the ticks are counted one by one."""
        return all(map(keeps_time, durations, before.clients, after.clients))

    return Model(
        bug(durations, versions),
        properties=[
            always("one client leads", holds(World, one_leads)),
            step("a lease lasts", change(World, lasts)),
            always_possible("nobody leads", holds(World, lambda s: all(c.since is None for c in s.clients))),
            sometimes("the record changes hands", change(World, changes_hands)),
            sometimes("the record is renewed", change(World, is_renewed)),
            sometimes("the record is taken over", holds(World, taken_over)),
        ],
    )
