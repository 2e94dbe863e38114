"""Changes of membership that count when they are applied, or when they are in the log.

Raft's membership changes, one server at a time, coarse: elections and replications are single steps, and
logs hold nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated

from elcheck import Model, Spec, State, action, always, guard, holds, replace, sometimes

Configuration = frozenset[int]
Entry = tuple[int, Configuration]
"""A term, and a configuration."""


class Member(State):
    """The state of a server."""

    term: int = 1
    leads: bool = False
    log: tuple[Entry, ...] = ()
    commit: int = 0
    applied: int = 0


class Cluster(State):
    """All servers, and the longest log of which all was committed."""

    members: tuple[Member, ...]
    committed: tuple[Entry, ...] = ()


class Membership(Spec[Cluster]):
    """Server 0 leads the first term."""

    servers: int
    terms: int
    longest: int

    def start(self) -> Cluster:
        return Cluster((Member(leads=True), *[Member()] * (self.servers - 1)))

    def server(self) -> Iterable[int]:
        """The servers."""
        return range(self.servers)

    def counts(self, m: Member) -> int:
        """How much of its log decides a server's configuration: all of it (thesis, section 4.1)."""
        return len(m.log)

    def configuration(self, m: Member) -> Configuration:
        """The configuration that counts for a server."""
        known = m.log[: self.counts(m)]
        return known[-1][1] if known else frozenset(range(self.servers))

    @action(over=server)
    def stand(self, s: Cluster, n: int) -> Cluster:
        """Lead the next term, with the votes of a majority of one's configuration."""
        m = s.members[n]
        guard(not m.leads and m.term < self.terms, "it leads, or the last term has come")
        group = self.configuration(m)
        guard(n in group, "it is not in its configuration")
        votes = {v for v in group if s.members[v].term <= m.term and last(s.members[v]) <= last(m)}
        guard(2 * len(votes) > len(group), "no majority votes for it")
        members = list(s.members)
        for v in votes:
            members[v] = replace(members[v], term=m.term + 1, leads=v == n)
        return replace(s, members=tuple(members))

    @action(over=server)
    def remove(self, s: Cluster, n: int) -> Cluster:
        """A leader removes the last member, when what it has is committed."""
        m = s.members[n]
        group = self.configuration(m)
        guard(m.leads and m.commit == len(m.log) and len(group) > 1, "it does not lead, or waits")
        return self.appended(s, n, group - {max(group - {n})})

    def appended(self, s: Cluster, n: int, entry: Configuration) -> Cluster:
        """A leader with one more entry."""
        m = s.members[n]
        guard(len(m.log) < self.longest, "logs are as long as they get")
        return with_member(s, n, replace(m, log=(*m.log, (m.term, entry))))

    @action(over=(server, server))
    def replicate(self, s: Cluster, n: int, other: int) -> Cluster:
        """Another server takes a leader's log, and how much of it is committed."""
        m, o = s.members[n], s.members[other]
        guard(n != other and m.leads and o.term <= m.term, "it does not lead, or is too old")
        return with_member(s, other, replace(o, term=m.term, leads=False, log=m.log, commit=m.commit))

    @action(over=server)
    def commit(self, s: Cluster, n: int) -> Cluster:
        """What a majority of a leader's configuration has is committed."""
        m = s.members[n]
        group = self.configuration(m)
        holders = {v for v in group if s.members[v].log == m.log and s.members[v].term == m.term}
        guard(m.leads and len(m.log) > m.commit, "it does not lead, or has nothing new")
        guard(2 * len(holders) > len(group), "no majority has it")
        longest = max(s.committed, m.log, key=len)
        return replace(with_member(s, n, replace(m, commit=len(m.log))), committed=longest)

    @action(over=server)
    def apply(self, s: Cluster, n: int) -> Cluster:
        """A server applies what it knows to be committed."""
        m = s.members[n]
        guard(m.applied < m.commit, "it has applied all")
        return with_member(s, n, replace(m, applied=m.commit))


class WhenApplied(Membership):
    """A configuration counts when it is applied (etcd issues 11284, 7625, 12359)."""

    def counts(self, m: Member) -> int:
        return m.applied


def with_member(s: Cluster, n: int, member: Member) -> Cluster:
    """The same with one server's state."""
    return replace(s, members=(*s.members[:n], member, *s.members[n + 1 :]))


def last(m: Member) -> tuple[int, int]:
    """The term of the last entry, and how many there are: by these logs are newer or older."""
    return (m.log[-1][0] if m.log else 0), len(m.log)


def leaders_have_it(s: Cluster) -> bool | str:
    """A leader of the newest term has all that was committed."""
    newest = max(m.term for m in s.members)
    leaders = [n for n, m in enumerate(s.members) if m.leads and m.term == newest]
    lacking = [n for n in leaders if s.members[n].log[: len(s.committed)] != s.committed]
    return not lacking or f"server {lacking[0]} leads without an entry that is committed"


def shrinks(s: Cluster) -> bool:
    """Two removals are committed."""
    sizes = [len(entry) for _, entry in s.committed]
    return len(sizes) > 1 and all(a > b for a, b in pairwise(sizes))


def model(
    servers: Annotated[int, "servers"] = 3,
    terms: Annotated[int, "the highest term"] = 2,
    longest: Annotated[int, "entries of a log"] = 3,
    bug: Annotated[type[Membership], "a mistake to put in"] = Membership,
) -> Model:
    """Removing servers one by one, and when a configuration counts.

    Paper: D. Ongaro, Consensus: Bridging Theory and Practice, 2014, section 4.1.
    Assumes: disks keep everything; nobody crashes.
    """
    return Model(
        bug(servers, terms, longest),
        properties=[
            always("leaders have what is committed", holds(Cluster, leaders_have_it)),
            sometimes("another leads", holds(Cluster, lambda s: any(m.leads for m in s.members[1:]))),
            sometimes("all apply", holds(Cluster, lambda s: all(m.applied for m in s.members))),
            sometimes("two are removed", holds(Cluster, shrinks)),
        ],
    )
