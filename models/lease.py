"""A lock with a lease: a lock server, its clients, and the storage that they write to.

A lease ends by itself, so that a client that is gone does not keep the lock. Both sides must agree when, and
clocks run apart, messages take any time. A write that arrives after the end is told by its fencing token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from elcheck import (
    WEAK,
    Bound,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    Steps,
    action,
    change,
    changes,
    durable,
    each,
    guard,
    node_ids,
    receive,
    replace,
    sometimes,
    tick,
    with_mistake,
)
from elcheck.specs import mutex


class Ask(Message):
    """A client asks for the lease."""


class Granted(Message):
    """The lease is the client's, with this fencing token."""

    token: int


class Denied(Message):
    """Another lease has not ended."""


class Release(Message):
    """The client gives the lease with this token back before its end."""

    token: int


class Write(Message):
    """A write to the storage, under the lease with this token."""

    token: int


# -- The lock server ---------------------------------------------------------------------------------------


class Lock(State):
    """The server's state, on its disk."""

    token: int = durable(0)
    """That of the last lease."""
    left: int = durable(0)
    """How much time is left of that lease; 0: the lock is free."""


class LockServer(Node[Lock]):
    """Grants a lease for ``term`` (Gray and Cheriton 1989, section 2), numbered in order (Kleppmann 2016)."""

    term: int

    @tick
    def elapse(self, s: Lock) -> Lock:
        """Time passes, while the server is down too, and the lease may end."""
        return replace(s, left=max(s.left - 1, 0))

    @receive(fair=WEAK)
    def ask(self, s: Lock, src: NodeId, msg: Ask) -> Step[Lock]:
        """Grant the lease if no other runs."""
        if s.left:
            return Step(s, self.send(src, Denied()))
        return Step(Lock(s.token + 1, self.term), self.send(src, Granted(s.token + 1)))

    @receive(fair=WEAK)
    def release(self, s: Lock, src: NodeId, msg: Release) -> Lock:
        """End the lease early."""
        return replace(s, left=0) if self.may_end(s, msg.token) else s

    def may_end(self, s: Lock, token: int) -> bool:
        """A release that comes late must not end the lease of somebody else."""
        return token == s.token


# -- Its clients -------------------------------------------------------------------------------------------


class Client(State):
    """A client's state."""

    since: int | None = None
    """The time by its own clock since it asked for what it awaits or holds; None: neither."""
    lag: int = 0
    """How much more time than that has really passed."""
    token: int = 0
    """That of its lease, 0 without one."""
    wrote: bool = False

    @property
    def holds(self) -> bool:
        """Whether it believes that it has the lease."""
        return self.token > 0


class LeaseClient(Node[Client]):
    """Holds the lease until ``usable`` after it asked, by its clock, which may lag by ``drift`` meanwhile."""

    server: NodeId
    storage: NodeId
    usable: int
    drift: int

    @tick
    def elapse(self, s: Client) -> Steps[Client]:
        """Time passes; the client's clock shows it, or lags. When its time is up it stops of itself."""
        if s.since is None or s.since == self.usable:
            yield Step(s)
            return
        if s.since + 1 < self.usable:
            yield Step(replace(s, since=s.since + 1))
        else:
            yield Step(Client() if s.holds else Client(self.usable))
        if s.lag < self.drift:
            yield Step(replace(s, lag=s.lag + 1))

    @action(fair=WEAK)
    def ask(self, s: Client) -> Step[Client]:
        """Ask for the lease. From now on its time counts: the server's starts later, whenever that is."""
        guard(s.since is None, "it has asked already")
        return Step(Client(since=0), self.send(self.server, Ask()))

    @receive(fair=WEAK)
    def answer(self, s: Client, src: NodeId, msg: Granted | Denied) -> Client:
        """Hold the lease, or ask again some time."""
        if s.since is None or s.holds:
            return s  # nothing was asked: the message is a copy
        return self.holding(s, msg.token) if isinstance(msg, Granted) else Client()

    def holding(self, s: Client, token: int) -> Client:
        """It has held the lease since it asked, unless the answer took too long."""
        in_time = s.since is not None and s.since < self.usable
        return replace(s, token=token) if in_time else Client()

    @action
    def write(self, s: Client) -> Step[Client]:
        """Look at the clock, and write. A pause in between is, to the storage, a message long under way."""
        guard(s.holds and not s.wrote, "it holds no lease, or has written")
        return Step(replace(s, wrote=True), self.send(self.storage, Write(s.token)))

    @action
    def release(self, s: Client) -> Step[Client]:
        """Give the lease back. Not with a write under way, which would come after its end."""
        guard(s.holds and not s.wrote, "it holds no lease, or a write is under way")
        return Step(self.giving_back(s), self.send(self.server, Release(s.token)))

    def giving_back(self, s: Client) -> Client:
        """It stops before it says so."""
        return Client()

    def at_crash(self, before: Client) -> Client:
        guard(False, "a client that has crashed takes no more steps, which it may do anyhow")
        return before


# -- The storage -------------------------------------------------------------------------------------------


class Disk(State):
    """The storage's state: the token of the last write that it applied."""

    applied: int = durable(0)


class Storage(Node[Disk]):
    """What the lock protects."""

    @receive(fair=WEAK)
    def write(self, s: Disk, src: NodeId, msg: Write) -> Disk:
        """Apply a write, unless it is too old."""
        return Disk(msg.token) if self.may_apply(s, msg.token) else s

    def may_apply(self, s: Disk, token: int) -> bool:
        """None of a later lease may have been applied (Kleppmann 2016)."""
        return token >= s.applied


# -- Mistakes ----------------------------------------------------------------------------------------------


class Drift(LeaseClient):
    """The clocks run further apart than the margin (etcd's guide to its locks warns of it, PR 11490)."""


class NoFencing(Storage):
    """The storage applies old writes too; a pause after the look at the clock is enough (Kleppmann 2016, of
    HBase).
    """

    def may_apply(self, s: Disk, token: int) -> bool:
        return True


class ExpiryLost(LockServer):
    """A server that restarts has forgotten the lease and grants it at once (Redis without fsync, Kleppmann
    2016; throttle issue 28).
    """

    def at_crash(self, before: Lock) -> Lock:
        return replace(before, left=0)


class LateAnswer(LeaseClient):
    """The lease counts from the answer, not from the question (etcd issue 9921)."""

    def holding(self, s: Client, token: int) -> Client:
        return Client(since=0, token=token)


class BlindRelease(LockServer):
    """A release frees the lock, whoever has it by now (redis-py issue 415, delta-rs PR 440)."""

    def may_end(self, s: Lock, token: int) -> bool:
        return True


class ReleaseFirst(LeaseClient):
    """A client gives its lease back first, and stops later (Pinniped PR 800)."""

    def giving_back(self, s: Client) -> Client:
        return s


# -- What clients and storage come to ----------------------------------------------------------------------


def denied(before: Client, after: Client) -> bool:
    """A client hears no at once, and may ask again."""
    return before.since == 0 and not before.holds and after.since is None


def stops(before: Client, after: Client) -> bool:
    """A client that has written, and so gives no lease back, stops of itself, by a clock that lags."""
    return before.wrote and before.lag > 0 and after == Client()


def ends_early(before: Lock, after: Lock) -> bool:
    """A lease is given back before its last tick."""
    return before.left > 1 and after.left == 0


def runs_out(before: Sequence[State], after: Sequence[State]) -> bool:
    """A lease ends by itself: time passes, for a client too."""
    changed = [(b, a) for b, a in zip(before, after, strict=True) if b != a]
    ended = [a for b, a in changed if isinstance(b, Lock) and isinstance(a, Lock) and b.left > a.left == 0]
    return bool(ended) and len(changed) > 1


# -- The model ---------------------------------------------------------------------------------------------


def model(
    clients: Annotated[int, "clients that want the lock"] = 2,
    term: Annotated[int, "how long a lease lasts, in ticks"] = 2,
    margin: Annotated[int, "how much earlier a client stops, in ticks"] = 1,
    drift: Annotated[int, "how far a client's clock may lag behind during a lease, in ticks"] = 1,
    max_token: Annotated[int, "bound on the leases that are searched"] = 3,
    bug: Annotated[type[LockServer] | type[LeaseClient] | type[Storage] | None, "a mistake to put in"] = None,
) -> Model:
    """A lock with leases and fencing tokens.

    Paper: C. Gray and D. Cheriton, Leases: An Efficient Fault-Tolerant Mechanism for Distributed File Cache
        Consistency, SOSP 1989, section 2; M. Kleppmann, How to do distributed locking, 2016 (fencing).
    Assumes: no clock lags by more than the margin during a lease; the server's clock and disk survive its
        crash; an answer comes once, to the question that was asked. Fencing needs the disk only.
    """
    server, *users, storage = node_ids("server", " ".join(f"c{i + 1}" for i in range(clients)), "storage")
    lock_server = with_mistake(LockServer, bug)
    lease_client = with_mistake(LeaseClient, bug)
    store = with_mistake(Storage, bug)
    client = lease_client(server, storage, term - margin, margin + 1 if bug is Drift else drift)
    return Model(
        {server: lock_server(term), **dict.fromkeys(users, client), storage: store()},
        # Messages take any time, in any order, and come once: answers belong to the question that was asked.
        environment=Environment(network="set", crash=1, restart=1),
        bounds=[Bound("max_token", Lock, lambda s: s.token <= max_token)],
        properties=[
            mutex.mutual_exclusion(Client),
            mutex.tokens_never_go_back(Disk),
            mutex.somebody_holds(Client),
            sometimes("the lease passes on", each(Client, lambda s: s.token > 1)),
            sometimes("a lease is denied", change(Client, denied)),
            sometimes("a holder stops of itself", change(Client, stops)),
            sometimes("a lease ends early", change(Lock, ends_early)),
            sometimes("a lease runs out", changes(State, runs_out)),
            sometimes("a write is applied", each(Disk, lambda s: s.applied > 0)),
        ],
    )
