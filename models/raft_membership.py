"""Raft's changes of membership: one server at a time, or through a joint configuration.

What matters here is which majorities decide, not which message is late. So an election is one step, and the
copying of a log is one, over the state of all servers (a Spec; models/raft.py has the messages).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Annotated, Literal, TypeVar

from elcheck import Bound, Model, Spec, State, Step, Steps, action, always, guard, sometimes, text

Bug = Literal["single-server-2015", "no-wait", "two-at-once", "one-majority", "blank-return"]
Plan = Literal["two-removes", "grow", "shrink", "replace"]
Config = str
"""The members' numbers, ``123``; the old and the new ones, while both have to agree: ``123+145``."""
Entry = tuple[int, Config]
"""The term in which a leader made it, and a configuration, empty where it holds something else."""
Log = tuple[Entry, ...]
V = TypeVar("V")

PLANS: dict[Plan, tuple[Config, tuple[Config, ...]]] = {
    "two-removes": ("1234", ("123", "234")),
    "grow": ("123", ("1234", "12345")),
    "shrink": ("12345", ("1345", "145")),
    "replace": ("123", ("1234", "124")),
}
"""Who the members are in the beginning, and which ones somebody may ask for."""
PLAN_OF: dict[Bug, Plan] = {
    "single-server-2015": "two-removes",
    "no-wait": "shrink",
    "two-at-once": "grow",
    "one-majority": "grow",
    "blank-return": "replace",
}


class Cluster(State):
    """The state of all servers, server 1 first in each tuple. A crash would lose nothing of it but a lead."""

    terms: tuple[int, ...]
    leaders: frozenset[int]
    """Who takes itself for the leader of its term."""
    logs: tuple[Log, ...]
    """What follows the opening entry of term 1, which every log has."""
    commits: tuple[int, ...]
    """How many entries each server has committed as a leader. What followers know of it is left out."""


class Membership(Spec[Cluster]):
    """Ongaro and Ousterhout 2014, section 6 (joint); Ongaro's thesis, chapter 4 (one server at a time)."""

    servers: tuple[int, ...]
    candidates: tuple[int, ...]
    members: Config
    wanted: tuple[Config, ...]
    joint: bool
    bug: Bug | None

    def start(self) -> Cluster:
        """Server 1 leads term 1, and has committed the entry with which it has opened it."""
        none = tuple(0 for _ in self.servers)
        return Cluster(tuple(1 for _ in none), frozenset({1}), tuple(() for _ in none), none)

    def config(self, log: Log) -> Config:
        """The latest configuration in a log counts, committed or not (thesis, 4.1)."""
        return next((config for _, config in reversed(log) if config), self.members)

    def majority(self, group: frozenset[int], config: Config) -> bool:
        """Whether a group of servers decides: with a majority of the old and one of the new members."""
        each = [2 * sum(n in group for n in members) > len(members) for members in parts(config)]
        return any(each) if self.bug == "one-majority" else all(each)

    @action(over="candidates")
    def elect(self, s: Cluster, candidate: int) -> Steps[Cluster]:
        """A server gets the votes of a group whose logs are no better, and opens a term that is new to all of
        them with an entry (5.2, 5.4.1). It may be more than one term on: it may have stood in vain before.
        """
        log = s.logs[candidate - 1]
        willing = [n for n in self.servers if up_to_date(s.logs[n - 1]) <= up_to_date(log)]
        for count in range(1, len(willing) + 1):
            for voters in map(frozenset, combinations(willing, count)):
                if candidate in voters and self.majority(voters, self.config(log)):
                    term = 1 + max(s.terms[n - 1] for n in voters)
                    terms = tuple(term if n in voters else s.terms[n - 1] for n in self.servers)
                    logs = put(s.logs, candidate, (*log, (term, "")))
                    yield Step(Cluster(terms, s.leaders - voters | {candidate}, logs, s.commits))

    @action(over="servers")
    def copy(self, s: Cluster, server: int) -> Steps[Cluster]:
        """Another server takes over a leader's log (5.3)."""
        guard(server in s.leaders, "it does not lead")
        term, log = s.terms[server - 1], s.logs[server - 1]
        for n in self.servers:
            if n != server and s.terms[n - 1] <= term:
                yield Step(Cluster(put(s.terms, n, term), s.leaders - {n}, put(s.logs, n, log), s.commits))

    @action(over="servers")
    def commit(self, s: Cluster, server: int) -> Steps[Cluster]:
        """A leader commits what a majority holds, up to an entry of its own term (5.4.2)."""
        guard(server in s.leaders, "it does not lead")
        term, log = s.terms[server - 1], s.logs[server - 1]
        for length in range(s.commits[server - 1] + 1, len(log) + 1):
            has = [s.terms[n - 1] == term and s.logs[n - 1][:length] == log[:length] for n in self.servers]
            holders = frozenset(n for n in self.servers if has[n - 1])
            if log[length - 1][0] == term and self.majority(holders, self.config(log)):
                yield Step(replace(s, commits=put(s.commits, server, length)))

    @action(over="servers")
    def change(self, s: Cluster, server: int) -> Steps[Cluster]:
        """A leader goes over to other members: by one server (thesis, 4.1), or by way of the old and the new
        ones together (6).
        """
        guard(server in s.leaders, "it does not lead")
        term, log = s.terms[server - 1], s.logs[server - 1]
        known = log[: s.commits[server - 1]]
        settled = self.config(known) == self.config(log)
        guard(settled or self.bug == "no-wait", "the change before is not committed")
        # Otherwise an earlier leader may still come back with a change that this one has never heard of: two
        # changes by one server each, of the same configuration, need not have a majority in common.
        current = up_to_date(known)[0] == term
        guard(current or self.bug == "single-server-2015", "nothing of its own term is committed")
        for config in self.next_configs(self.config(log)):
            yield Step(replace(s, logs=put(s.logs, server, (*log, (term, config)))))

    def next_configs(self, config: Config) -> list[Config]:
        """Where one may go from a configuration."""
        if "+" in config:
            return [config.partition("+")[2]]
        others = [members for members in self.wanted if members != config]
        if self.joint:
            return [f"{config}+{members}" for members in others]
        most = 2 if self.bug == "two-at-once" else 1
        return [members for members in others if len(set(members) ^ set(config)) <= most]

    @action(over="servers")
    def return_blank(self, s: Cluster, server: int) -> Cluster:
        """A server that has been removed comes back with an empty disk, under its old name."""
        guard(self.bug == "blank-return", "who comes back has another name")
        committed = max((s.logs[n - 1][: s.commits[n - 1]] for n in self.servers), key=len)
        guard(str(server) not in self.config(committed), "it has not been removed")
        logs, commits = put(s.logs, server, ()), put(s.commits, server, 0)
        return Cluster(put(s.terms, server, 0), s.leaders - {server}, logs, commits)


def parts(config: Config) -> list[list[int]]:
    """The members, or the old ones and the new ones."""
    return [[int(n) for n in members] for members in config.split("+")]


def up_to_date(log: Log) -> tuple[int, int]:
    """By what logs are compared: the term of the last entry, then the length (5.4.1)."""
    return (log[-1][0] if log else 1, len(log))


def put(values: tuple[V, ...], server: int, value: V) -> tuple[V, ...]:
    """The values with another one for a server."""
    return (*values[: server - 1], value, *values[server:])


def one_leader_per_term(s: Cluster) -> bool | str:
    """Election Safety (figure 3)."""
    for a, b in combinations(sorted(s.leaders), 2):
        if s.terms[a - 1] == s.terms[b - 1]:
            return f"{a} and {b} both lead in term {s.terms[a - 1]}"
    return True


def leader_completeness(s: Cluster) -> bool | str:
    """A leader has what was committed in terms up to its own (figure 3; see specs/log.py)."""
    for a in sorted(s.leaders):
        for b, (term, log, known) in enumerate(zip(s.terms, s.logs, s.commits, strict=True), start=1):
            if term <= s.terms[a - 1] and s.logs[a - 1][:known] != log[:known]:
                return f"{a} leads term {s.terms[a - 1]} without {text(log[:known])}, which {b} has committed"
    return True


def change_committed(s: Cluster) -> bool:
    """Some leader has committed a change."""
    return any(config for log, known in zip(s.logs, s.commits, strict=True) for _, config in log[:known])


def later_leader_changes(s: Cluster) -> bool:
    """A leader of a later term than the first has committed a change."""
    logs = zip(s.logs, s.commits, strict=True)
    return any(config and term > 1 for log, known in logs for term, config in log[:known])


def model(
    plan: Annotated[Plan, "who the members are, and what changes may be asked for"] = "two-removes",
    joint: Annotated[bool, "change through joint configurations"] = False,
    candidates: Annotated[int, "how many of the servers, the first ones, ever stand for election"] = 2,
    max_term: Annotated[int, "bound on the terms that are searched"] = 3,
    max_log: Annotated[int, "bound on the length of logs, after the opening entry of term 1"] = 2,
    bug: Annotated[Bug | None, "a mistake to put in, with a plan of its own"] = None,
) -> Model:
    """Raft's changes of membership, one server at a time or joint.

    Paper: D. Ongaro and J. Ousterhout, USENIX ATC 2014, section 6; D. Ongaro, PhD thesis, 2014, chapter 4,
        with his correction on the raft-dev list, 10 July 2015.
    Assumes: what Raft does; a server that comes back without its disk has another name.
    Bugs:
        single-server-2015: a leader changes members before it has committed anything of its term, as in the
            thesis (Ongaro, raft-dev, 10 July 2015).
        no-wait: the next change does not wait until the one before is committed (thesis, 4.1).
        two-at-once: two servers are added in one step, not jointly (figure 10 of the paper).
        one-majority: a joint configuration needs a majority of the old or of the new members, not both (6).
        blank-return: a removed server comes back with an empty disk and its old name, and votes for one that
            has not heard of the removal (Vanlightly, raft-tlaplus, standard-raft).
    """
    plan = PLAN_OF[bug] if bug else plan
    members, wanted = PLANS[plan]
    servers = tuple(range(1, max(map(int, "".join((members, *wanted)))) + 1))
    return Model(
        # What a step leaves out may be late or lost. Disks are intact.
        Membership(servers, servers[:candidates], members, wanted, joint or bug == "one-majority", bug),
        bounds=[
            Bound("max_term", State, lambda s: max(s.terms) <= max_term),
            Bound("max_log", State, lambda s: max(map(len, s.logs)) <= max_log),
        ],
        properties=[
            always("at most one leader per term", one_leader_per_term),
            always("leaders have what is committed", leader_completeness),
            sometimes("a change is committed", change_committed),
            sometimes("a later leader commits a change", later_leader_changes),
        ],
    )
