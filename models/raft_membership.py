"""Raft's changes of membership: one server at a time, or through a joint configuration.

What matters here is which majorities decide, not which message is late. So an election is one step, and the
copying of a log is one, over the state of all servers (a Spec; models/raft.py has the messages).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Annotated, Literal

from elcheck import (
    Bound,
    Map,
    Model,
    Spec,
    State,
    Step,
    Steps,
    action,
    always,
    guard,
    holds,
    replace,
    sometimes,
    text,
)

Config = str
"""The members' numbers, ``123``; the old and the new ones, while both have to agree: ``123+145``."""
Entry = tuple[int, Config]
"""The term in which a leader made it, and a configuration, empty where it holds something else."""
Log = tuple[Entry, ...]


class Cluster(State):
    """The state of all servers. A crash would lose nothing of it but a lead."""

    terms: Map[int, int]
    leaders: frozenset[int]
    """Who takes itself for the leader of its term."""
    logs: Map[int, Log]
    """What follows the opening entry of term 1, which every log has."""
    commits: Map[int, int]
    """How many entries each server has committed as a leader. What followers know of it is left out."""

    def committed(self, server: int) -> Log:
        """What a server has committed as a leader."""
        return self.logs[server][: self.commits[server]]


class Membership(Spec[Cluster]):
    """Ongaro and Ousterhout 2014, section 6 (joint); Ongaro's thesis, chapter 4 (one server at a time)."""

    size: int
    candidates: int
    members: Config
    wanted: tuple[Config, ...]
    joint: bool

    def start(self) -> Cluster:
        """Server 1 leads term 1, and has committed the entry with which it has opened it."""
        empty: dict[int, Log] = dict.fromkeys(self.servers(), ())
        terms, commits = dict.fromkeys(self.servers(), 1), dict.fromkeys(self.servers(), 0)
        return Cluster(Map(terms), frozenset({1}), Map(empty), Map(commits))

    def servers(self) -> Iterable[int]:
        """All that are ever members."""
        return range(1, self.size + 1)

    def standing(self) -> Iterable[int]:
        """Those who ever stand for election."""
        return range(1, self.candidates + 1)

    # -- Elections and the log -----------------------------------------------------------------------------

    @action(over=standing)
    def elect(self, s: Cluster, candidate: int) -> Steps[Cluster]:
        """A server gets the votes of a group whose logs are no better, and opens a term that is new to all of
        them with an entry (5.2, 5.4.1). It may be more than one term on: it may have stood in vain before.
        """
        log = s.logs[candidate]
        willing = [n for n in self.servers() if last_log(s.logs[n]) <= last_log(log)]
        for voters in groups(willing):
            if candidate in voters and self.is_majority(voters, self.config(log)):
                term = 1 + max(s.terms[n] for n in voters)
                terms, logs = s.terms | dict.fromkeys(voters, term), s.logs.put(candidate, (*log, (term, "")))
                yield Step(Cluster(terms, s.leaders - voters | {candidate}, logs, s.commits))

    @action(over=servers)
    def copy(self, s: Cluster, server: int) -> Steps[Cluster]:
        """Another server takes over a leader's log (5.3)."""
        guard(server in s.leaders, "it does not lead")
        term, log = s.terms[server], s.logs[server]
        for n in self.servers():
            if n != server and s.terms[n] <= term:
                yield Step(Cluster(s.terms.put(n, term), s.leaders - {n}, s.logs.put(n, log), s.commits))

    @action(over=servers)
    def commit(self, s: Cluster, server: int) -> Steps[Cluster]:
        """A leader commits what a majority holds, up to an entry of its own term (5.4.2)."""
        guard(server in s.leaders, "it does not lead")
        term, log = s.terms[server], s.logs[server]
        followers = [n for n in self.servers() if s.terms[n] == term]
        for length in range(s.commits[server] + 1, len(log) + 1):
            holders = frozenset(n for n in followers if s.logs[n][:length] == log[:length])
            if log[length - 1][0] == term and self.is_majority(holders, self.config(log)):
                yield Step(replace(s, commits=s.commits.put(server, length)))

    # -- Changes of the membership -------------------------------------------------------------------------

    def config(self, log: Log) -> Config:
        """The latest configuration in a log counts, committed or not (thesis, 4.1)."""
        return next((config for _, config in reversed(log) if config), self.members)

    def is_majority(self, group: frozenset[int], config: Config) -> bool:
        """A majority of the members; one of the old and one of the new, while both have to agree (6)."""
        return all(is_majority_of(members, group) for members in parts(config))

    @action(over=servers)
    def change(self, s: Cluster, server: int) -> Steps[Cluster]:
        """A leader goes over to other members: by one server (thesis, 4.1), or by way of the old and the new
        ones together (6).
        """
        guard(server in s.leaders, "it does not lead")
        term, log, known = s.terms[server], s.logs[server], s.committed(server)
        guard(self.is_settled(log, known), "the change before is not committed")
        guard(self.is_current(term, log, known), "nothing of its own term is committed")
        for config in self.next_configs(self.config(log)):
            yield Step(replace(s, logs=s.logs.put(server, (*log, (term, config)))))

    def is_settled(self, log: Log, known: Log) -> bool:
        """A change waits until the one before is committed (thesis, 4.1)."""
        return self.config(known) == self.config(log)

    def is_current(self, term: int, log: Log, known: Log) -> bool:
        """An entry of its own term is committed. Otherwise an earlier leader may come back with a change that
        this one has never heard of: two changes by one server each, of the same configuration, need not have
        a majority in common.
        """
        return last_log(known)[0] == term

    def next_configs(self, config: Config) -> list[Config]:
        """Where one may go from a configuration."""
        if "+" in config:
            return [config.partition("+")[2]]
        others = [members for members in self.wanted if members != config]
        if self.joint:
            return [f"{config}+{members}" for members in others]
        return [members for members in others if self.is_one_step(config, members)]

    def is_one_step(self, old: Config, new: Config) -> bool:
        """One server is added or removed (thesis, 4.1)."""
        return len(set(old) ^ set(new)) <= 1


def last_log(log: Log) -> tuple[int, int]:
    """The term and the index of the last entry, by which logs are compared (5.4.1)."""
    return (log[-1][0] if log else 1, len(log))


def parts(config: Config) -> list[str]:
    """The members, or the old ones and the new ones."""
    return config.split("+")


def is_majority_of(members: str, group: frozenset[int]) -> bool:
    """Most of some members are in a group."""
    return 2 * sum(int(n) in group for n in members) > len(members)


def groups(servers: list[int]) -> Iterator[frozenset[int]]:
    """All groups of some servers."""
    for count in range(1, len(servers) + 1):
        yield from map(frozenset, combinations(servers, count))


# -- Mistakes ----------------------------------------------------------------------------------------------


class SingleServer2015(Membership):
    """A leader changes members before it has committed anything of its term, as in the thesis (Ongaro,
    raft-dev, 10 July 2015).
    """

    def is_current(self, term: int, log: Log, known: Log) -> bool:
        return True


class NoWait(Membership):
    """The next change does not wait until the one before is committed (thesis, 4.1)."""

    def is_settled(self, log: Log, known: Log) -> bool:
        return True


class TwoAtOnce(Membership):
    """Two servers are added in one step, not jointly (figure 10 of the paper)."""

    def is_one_step(self, old: Config, new: Config) -> bool:
        return len(set(old) ^ set(new)) <= 2


class OneMajority(Membership):
    """A joint configuration needs a majority of the old or of the new members, not both (6)."""

    def is_majority(self, group: frozenset[int], config: Config) -> bool:
        return any(is_majority_of(members, group) for members in parts(config))


class FinishesAtOnce(Membership):
    """A new leader that finds the old and the new members in its log goes on to the new ones at once, though
    that step is not committed (camunda issue 60086).
    """

    def is_settled(self, log: Log, known: Log) -> bool:
        return self.finds_both(log) or super().is_settled(log, known)

    def is_current(self, term: int, log: Log, known: Log) -> bool:
        return self.finds_both(log) or super().is_current(term, log, known)

    def finds_both(self, log: Log) -> bool:
        """Old and new members have to agree since an earlier term."""
        since = next((term for term, config in reversed(log) if "+" in config), None)
        return "+" in self.config(log) and since != last_log(log)[0]


class BlankReturn(Membership):
    """A removed server comes back with an empty disk and its old name, and votes for one that has not heard
    of the removal (Vanlightly, raft-tlaplus, standard-raft).
    """

    @action(over=Membership.servers)
    def return_blank(self, s: Cluster, server: int) -> Cluster:
        known = max(map(s.committed, self.servers()), key=len)
        guard(str(server) not in self.config(known), "it has not been removed")
        terms, logs, commits = s.terms.put(server, 0), s.logs.put(server, ()), s.commits.put(server, 0)
        return Cluster(terms, s.leaders - {server}, logs, commits)


# -- What is claimed ---------------------------------------------------------------------------------------


def one_leader_per_term(s: Cluster) -> bool | str:
    """Election Safety (figure 3)."""
    for a, b in combinations(sorted(s.leaders), 2):
        if s.terms[a] == s.terms[b]:
            return f"{a} and {b} both lead in term {s.terms[a]}"
    return True


def leader_completeness(s: Cluster) -> bool | str:
    """A leader has what was committed in terms up to its own (figure 3; see specs/log.py)."""
    for a in sorted(s.leaders):
        for b in s.terms:
            known = s.committed(b)
            if s.terms[b] <= s.terms[a] and s.logs[a][: len(known)] != known:
                return f"{a} leads term {s.terms[a]} without {text(known)}, which {b} has committed"
    return True


def change_committed(s: Cluster) -> bool:
    """Some leader has committed a change."""
    return any(config for n in s.terms for _, config in s.committed(n))


def later_leader_changes(s: Cluster) -> bool:
    """A leader of a later term than the first has committed a change."""
    return any(config and term > 1 for n in s.terms for term, config in s.committed(n))


# -- The model ---------------------------------------------------------------------------------------------

Plan = Literal["two-removes", "grow", "shrink", "replace", "replace-two"]
PLANS: dict[Plan, tuple[Config, tuple[Config, ...]]] = {
    "two-removes": ("1234", ("123", "234")),
    "grow": ("123", ("1234", "12345")),
    "shrink": ("12345", ("1345", "145")),
    "replace": ("123", ("1234", "124")),
    "replace-two": ("123", ("145",)),
}
"""Who the members are in the beginning, and which ones somebody may ask for."""
PLAN_OF: dict[type[Membership], Plan] = {
    SingleServer2015: "two-removes",
    NoWait: "shrink",
    TwoAtOnce: "grow",
    OneMajority: "grow",
    FinishesAtOnce: "replace-two",
    BlankReturn: "replace",
}

JOINTLY = (OneMajority, FinishesAtOnce)
"""The mistakes that are made on the way through joint configurations."""
AT_LEAST: dict[type[Membership], int] = {FinishesAtOnce: 3}
"""How long logs have to get for a mistake."""


def model(
    plan: Annotated[Plan, "who the members are, and what changes may be asked for"] = "two-removes",
    joint: Annotated[bool, "change through joint configurations"] = False,
    candidates: Annotated[int, "how many of the servers, the first ones, ever stand for election"] = 2,
    max_term: Annotated[int, "bound on the terms that are searched"] = 3,
    max_log: Annotated[int, "bound on the length of logs, after the opening entry of term 1"] = 2,
    bug: Annotated[type[Membership], "a mistake to put in, with a plan of its own"] = Membership,
) -> Model:
    """Raft's changes of membership, one server at a time or joint.

    Paper: D. Ongaro and J. Ousterhout, USENIX ATC 2014, section 6; D. Ongaro, PhD thesis, 2014, chapter 4,
        with his correction on the raft-dev list, 10 July 2015.
    Assumes: what Raft does; a server that comes back without its disk has another name.
    """
    members, wanted = PLANS[PLAN_OF.get(bug, plan)]
    longest = max(max_log, AT_LEAST.get(bug, 0))
    size = max(map(int, "".join((members, *wanted))))
    return Model(
        # What a step leaves out may be late or lost. Disks are intact.
        bug(size, candidates, members, wanted, joint or bug in JOINTLY),
        bounds=[
            Bound("max_term", Cluster, lambda s: max(s.terms.values()) <= max_term),
            Bound("max_log", Cluster, lambda s: max(map(len, s.logs.values())) <= longest),
        ],
        properties=[
            always("at most one leader per term", holds(Cluster, one_leader_per_term)),
            always("leaders have what is committed", holds(Cluster, leader_completeness)),
            sometimes("a change is committed", holds(Cluster, change_committed)),
            sometimes("a later leader commits a change", holds(Cluster, later_leader_changes)),
        ],
    )
