"""Raft: leader election, log replication and commitment, with crashes and restarts.

Messages and local states: models/_raft.py. Pre-vote, check-quorum and leadership transfer:
models/raft_options.py. Changes of the membership: models/raft_membership.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from elcheck import (
    WEAK,
    Bound,
    Environment,
    Model,
    Node,
    NodeId,
    Step,
    Steps,
    action,
    guard,
    node_ids,
    receive,
    timeout,
)
from elcheck.models._raft import (
    Appended,
    AppendEntries,
    Command,
    Refused,
    RequestVote,
    Role,
    Server,
    Vote,
    before_figure_8,
)
from elcheck.specs import election, log

Bug = Literal[
    "forget-vote", "forget-term-and-vote", "vote-twice", "vote-reset", "stale-votes", "half-quorum",
    "no-log-check", "truncate-always", "commit-unmatched", "figure-8", "same-epoch-leader",
]  # fmt: skip


class Raft(Node[Server]):
    """Figure 2 of Ongaro and Ousterhout 2014; the sections at the handlers are the paper's.

    A leader opens its term with an entry of its own (section 8), so there are logs without any client. It
    needs no nextIndex: it may send any of its entries at any time, and a heartbeat repeats one.
    """

    candidates: int
    commands: tuple[int, ...] = ()
    refusals: bool = False
    lazy_flush: bool = False
    bug: str | None = None

    def at_crash(self, before: Server) -> Steps[Server]:
        if self.bug == "forget-vote":  # it was kept in memory only: the term's vote is free again
            before = replace(before, voted_for=None)
        elif self.bug == "forget-term-and-vote":
            before = replace(before, term=0, voted_for=None)
        yield Step(before)
        if self.lazy_flush and before.leads and len(before.log) > before.commit:  # (thesis, 10.2.1)
            yield Step(replace(before, log=before.log[:-1]))

    def recover(self, durable: Server) -> Server:
        # Entries that it has sent may be gone from its disk, and their indexes would be used again.
        leads_on = self.bug == "same-epoch-leader" and (durable.term, self.me) in durable.log
        return replace(durable, role=Role.LEADER) if leads_on else durable

    @timeout(fair=WEAK)
    def election_timeout(self, s: Server) -> Step[Server]:
        """Nothing heard of a leader: stand for the next term (5.2)."""
        guard(self.me in self.nodes[: self.candidates], "it never stands")
        guard(not s.leads, "a leader does not time out")
        return self.stand(s)

    def stand(self, s: Server, ask: type[RequestVote] = RequestVote) -> Step[Server]:
        """Vote for oneself in the next term, and ask the others to."""
        term = s.term + 1
        mine = replace(s, term=term, role=Role.CANDIDATE, voted_for=self.me, votes=frozenset({self.me}))
        return Step(mine, self.broadcast(ask(term, s.last_term, len(s.log))))

    @action(fair=WEAK)
    def become_leader(self, s: Server) -> Step[Server]:
        """A majority has voted for this candidate (5.2); its term starts with an entry of its own (8)."""
        guard(s.role is Role.CANDIDATE, "only a candidate becomes the leader")
        guard(self.majority(s, s.votes), "no majority has voted for it")
        return self.with_entry(replace(s, role=Role.LEADER, votes=frozenset()), self.me)

    @action(fair=WEAK, over="commands")
    def client_request(self, s: Server, command: int) -> Step[Server]:
        """A client's command goes into the leader's log and out to the followers (5.3)."""
        guard(s.leads, "only a leader takes requests")
        return self.with_entry(s, command)

    @action(fair=WEAK)
    def heartbeat(self, s: Server) -> Steps[Server]:
        """Send an entry again, or an older one, and how much is committed by now (5.3)."""
        guard(s.leads, "only a leader sends heartbeats")
        for index in range(1, len(s.log) + 1):
            yield Step(s, self.broadcast(s.append(index)))

    def with_entry(self, s: Server, command: Command) -> Step[Server]:
        """A leader with one more entry, which it sends at once."""
        s = replace(s, log=(*s.log, (s.term, command)))
        return Step(s, self.broadcast(s.append(len(s.log))))

    @receive(fair=WEAK)
    def request_vote(self, s: Server, src: NodeId, msg: RequestVote) -> Server | Step[Server]:
        """Vote for the first of a term that asks, if its log is at least as up to date (5.2, 5.4.1)."""
        s = self.caught_up(s, msg.term)
        if msg.term < s.term:
            return self.refuse(s, src)
        free = s.voted_for in (None, src) or self.bug == "vote-twice"
        up_to_date = (msg.last_term, msg.last_index) >= (s.last_term, len(s.log))
        granted = free and (up_to_date or self.bug == "no-log-check")
        return Step(replace(s, voted_for=src), self.send(src, Vote(s.term))) if granted else s

    @receive(fair=WEAK)
    def vote(self, s: Server, src: NodeId, msg: Vote) -> Server:
        """Count a vote of this term (5.2)."""
        s = self.caught_up(s, msg.term)
        if s.role is Role.CANDIDATE and (msg.term == s.term or self.bug == "stale-votes"):
            s = replace(s, votes=s.votes | {src})
        return s

    @receive(fair=WEAK)
    def append_entries(self, s: Server, src: NodeId, msg: AppendEntries) -> Server | Step[Server]:
        """Follow the leader of this term (5.2); take its entry if it fits, in place of others (5.3)."""
        s = self.caught_up(s, msg.term)
        if msg.term < s.term:
            return self.refuse(s, src)
        s, index = self.following(s), msg.prev_index + 1
        if s.term_at(msg.prev_index) != msg.prev_term:
            return s
        if s.term_at(index) != msg.entry[0] or self.bug == "truncate-always":
            s = replace(s, log=(*s.log[: msg.prev_index], msg.entry))
        known = len(s.log) if self.bug == "commit-unmatched" else index
        s = replace(s, commit=max(s.commit, min(msg.commit, known)))
        return Step(s, self.send(src, Appended(s.term, index)))

    @receive(fair=WEAK)
    def appended(self, s: Server, src: NodeId, msg: Appended) -> Server:
        """Commit what a majority holds, up to an entry of the leader's own term (5.3, 5.4.2)."""
        s = self.caught_up(s, msg.term)
        # An older term's entry may be replaced even where a majority holds it (figure 8): not counted.
        counts = s.term_at(msg.index) == s.term or self.bug == "figure-8"
        if not s.leads or msg.term < s.term or msg.index <= s.commit or not counts:
            return s
        match = dict(s.match)
        match[src] = max(msg.index, match.get(src, 0))
        holders = frozenset({self.me, *(node for node, index in match.items() if index >= msg.index)})
        commit = msg.index if self.majority(s, holders) else s.commit
        beyond = frozenset((node, index) for node, index in match.items() if index > commit)
        return replace(s, commit=commit, match=beyond)

    @receive(fair=WEAK)
    def refused(self, s: Server, src: NodeId, msg: Refused) -> Server:
        """Learn of a higher term (5.1)."""
        return self.caught_up(s, msg.term)

    def majority(self, s: Server, group: frozenset[NodeId]) -> bool:
        """Whether a group of servers decides, in the eyes of one."""
        return 2 * len(group) > len(self.nodes) - (self.bug == "half-quorum")

    def refuse(self, s: Server, src: NodeId) -> Step[Server]:
        """Answer a request of an old term."""
        return Step(s, self.send(src, Refused(s.term)) if self.refusals else ())

    def caught_up(self, s: Server, term: int) -> Server:
        """A server that has seen a term: in a higher one than its own it follows, and has not voted (5.1)."""
        return replace(s, term=term, voted_for=None).as_follower() if term > s.term else s

    def following(self, s: Server) -> Server:
        """A server that has heard from the leader of its term. That has one vote: it keeps it."""
        return (replace(s, voted_for=None) if self.bug == "vote-reset" else s).as_follower()


def model(
    nodes: Annotated[int, "servers in the cluster"] = 3,
    candidates: Annotated[int, "how many of them, the first ones, ever stand for election"] = 2,
    max_term: Annotated[int, "bound on the terms that are searched"] = 2,
    max_log: Annotated[int, "bound on the length of logs"] = 2,
    commands: Annotated[int, "different commands that clients ask for"] = 0,
    refusals: Annotated[bool, "answer requests of an old term: about seven times the states"] = False,
    lazy_flush: Annotated[bool, "a leader may lose an entry that it has not committed, in a crash"] = False,
    start: Annotated[
        Literal["empty", "figure-8"], "empty logs, or one election before figure 8 (c)"
    ] = "empty",
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
    one_leader: Annotated[bool, "claim one leader at a time, which Raft does not promise"] = False,
    ever: Annotated[bool, "claim one leader per term of all time, by a history"] = False,
) -> Model:
    """Raft's leader election and log replication, with a crash and a restart.

    Paper: D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014,
        section 5; the opening entry of a term from section 8.
    Assumes: disks keep term, vote and log. Messages may be late, lost, repeated and out of order.
    Liveness: a leader is elected if timeouts are spread widely enough (5.6); fair steps alone are not
        enough, since votes may split for ever. Not checked here.
    Bugs:
        forget-vote: the vote is not on the disk (cornerstone issue 65, raft-java issue 57).
        forget-term-and-vote: nothing of it is (Stateright's raft example).
        vote-twice: a grant does not look at the vote given (camunda issue 5356).
        vote-reset: who hears from the leader of its term may vote again (camunda issue 5356, CCF PR 8094).
        stale-votes: votes count whatever their term; it needs no fault, and breaks on fifo links too.
        half-quorum: half of the servers are enough; one of an odd number is left out.
        no-log-check: votes without a look at the candidate's log (5.4.1).
        truncate-always: what follows an entry goes, even if it matches (akka-entity-replication issue 152).
        commit-unmatched: a follower commits beyond the entry that matches (scylladb issue 9965).
        figure-8: entries of older terms are committed by counting (5.4.2); starts in figure 8.
        same-epoch-leader: a leader restarts as such, without its unflushed entries (KAFKA-10527).
    """
    if bug == "half-quorum":
        nodes -= nodes % 2
    figure_8 = "figure-8" in (start, bug)
    if figure_8:
        max_term, max_log = max_term + 2, max_log + 1
    lazy_flush |= bug == "same-epoch-leader"
    commands = max(commands, {"commit-unmatched": 1, "same-epoch-leader": 2}.get(bug or "", 0))
    servers = node_ids(nodes)
    return Model(
        Raft(candidates, tuple(range(commands)), refusals, lazy_flush, bug),
        # Late, lost, repeated, out of order: a sent-set has all of it. What is durable survives the crash.
        nodes=servers,
        environment=Environment(network="sent-set", crash=1, restart=1),
        bounds=[
            Bound("max_term", Server, lambda s: s.term <= max_term),
            Bound("max_log", Server, lambda s: len(s.log) <= max_log),
        ],
        monitors=[election.leaders_by_term()] if ever else [],
        properties=[
            *log.figure_3(),
            *([election.one_leader_per_term_ever()] if ever else []),
            *([election.one_leader_at_a_time()] if one_leader else []),
        ],
        initial=[before_figure_8(servers)] if figure_8 else [],
    )
