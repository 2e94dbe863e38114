"""Raft in the order of figure 2: state, RequestVote, AppendEntries, rules for servers; then its mistakes.

D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014. The names
are the paper's, and so are the sections in brackets. Pre-vote, check-quorum and leadership transfer are in
models/raft_options.py, changes of the membership in models/raft_membership.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Annotated, Literal

from elcheck import (
    WEAK,
    Bound,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    Outcome,
    Prepared,
    State,
    Step,
    Steps,
    action,
    durable,
    guard,
    node_ids,
    receive,
    replace,
    timeout,
)
from elcheck.specs import election, log


class Role(Enum):
    """What a server takes itself for. The last two are of the options in models/raft_options.py."""

    FOLLOWER = 0
    CANDIDATE = 1
    LEADER = 2
    PRE_CANDIDATE = 3
    """It asks whether it would be elected, and stays in its term meanwhile."""
    FOLLOWING = 4
    """A follower that has heard from the leader of its term lately."""


Command = NodeId | int
"""A client's is a number; that of the entry with which a leader opens its term (8) is its name."""
Entry = tuple[int, Command]
"""The term in which a leader made it, and the command."""


class Server(State):
    """The state of a server. Indexes count from 1: 0 stands before the first entry."""

    current_term: int = durable(0)
    voted_for: NodeId | None = durable(None)
    log: tuple[Entry, ...] = durable((), frail=True)
    commit_index: int = durable(0)
    """The paper keeps it in memory; on disk (as in etcd) it also remembers for the properties what has been
    promised.
    """
    role: Role = Role.FOLLOWER
    votes: frozenset[NodeId] = frozenset()
    """Of a candidate: who has voted for it."""
    match_index: frozenset[tuple[NodeId, int]] = frozenset()
    """Of a leader: up to where a follower's log agrees with its own, of those who go beyond its commit_index.
    It needs no nextIndex: it may send any of its entries at any time, and a heartbeat repeats one.
    """

    @property
    def term(self) -> int:
        """The term that it is in, as specs/election.py calls it."""
        return self.current_term

    @property
    def leads(self) -> bool:
        """True if it leads its term."""
        return self.role is Role.LEADER

    @property
    def commit(self) -> int:
        """How many entries it knows to be committed, as specs/log.py calls it."""
        return self.commit_index

    @property
    def last_log(self) -> tuple[int, int]:
        """The term and the index of its last entry, (0, 0) without any."""
        return self.term_at(len(self.log)), len(self.log)

    def term_at(self, index: int) -> int:
        """The term of the entry at an index, 0 where there is none."""
        return self.log[index - 1][0] if 0 < index <= len(self.log) else 0

    def as_follower(self) -> Server:
        """The server as a follower in its term."""
        return replace(self, role=Role.FOLLOWER, votes=frozenset(), match_index=frozenset())


class RequestVote(Message):
    """A candidate asks for a vote in its term, and says how far its log goes."""

    term: int
    last_log: tuple[int, int]
    """The term and the index of its last entry."""


class Vote(Message):
    """A vote, granted."""

    term: int


class AppendEntries(Message):
    """The leader's entry after ``prev_log_index``, where its log has one of ``prev_log_term``, and how far it
    has committed. The paper's may hold more entries than one, or none.
    """

    term: int
    prev_log_index: int
    prev_log_term: int
    entry: Entry
    leader_commit: int


class Appended(Message):
    """The log agrees with the leader's of that term up to ``index``."""

    term: int
    index: int


class Refused(Message):
    """The answer to a request of an old term. (What is turned down for another reason tells its sender
    nothing that the model needs, so no message is spent on it.)
    """

    term: int


class Raft(Node[Server]):
    """A leader opens its term with an entry of its own (8), so there are logs without any client."""

    candidates: int
    commands: int = 0
    refusals: bool = False
    lazy_flush: bool = False
    log_on_disk: bool = True

    # -- RequestVote ---------------------------------------------------------------------------------------

    @receive(fair=WEAK)
    def request_vote(self, s: Server, src: NodeId, msg: RequestVote) -> Server | Step[Server]:
        """Vote for the first of a term that asks, if its log is at least as up to date (5.2, 5.4.1)."""
        s = self.caught_up(s, msg.term)
        if msg.term < s.current_term:
            return self.refuse(s, src)
        if self.may_vote(s, src) and self.is_up_to_date(s, msg):
            return Step(replace(s, voted_for=src), self.send(src, Vote(s.current_term)))
        return s

    def may_vote(self, s: Server, candidate: NodeId) -> bool:
        """Each server votes for one candidate in a term (5.2)."""
        return s.voted_for in (None, candidate)

    def is_up_to_date(self, s: Server, msg: RequestVote) -> bool:
        """The later last term wins, then the longer log (5.4.1)."""
        return msg.last_log >= s.last_log

    @receive(fair=WEAK)
    def vote(self, s: Server, src: NodeId, msg: Vote) -> Server:
        """Count a vote of this term (5.2)."""
        s = self.caught_up(s, msg.term)
        counts = s.role is Role.CANDIDATE and self.is_of_its_term(s, msg)
        return replace(s, votes=s.votes | {src}) if counts else s

    def is_of_its_term(self, s: Server, msg: Vote) -> bool:
        """A late vote is for an earlier term."""
        return msg.term == s.current_term

    # -- AppendEntries -------------------------------------------------------------------------------------

    @receive(fair=WEAK)
    def append_entries(self, s: Server, src: NodeId, msg: AppendEntries) -> Server | Step[Server]:
        """Follow the leader of this term (5.2); take its entry if it fits, in place of others (5.3)."""
        s = self.caught_up(s, msg.term)
        if msg.term < s.current_term:
            return self.refuse(s, src)
        s, index = self.following(s), msg.prev_log_index + 1
        if s.term_at(msg.prev_log_index) != msg.prev_log_term:
            return s
        if self.conflicts(s, msg):
            s = replace(s, log=(*s.log[: msg.prev_log_index], msg.entry))
        commit = max(s.commit_index, min(msg.leader_commit, self.last_new(s, msg)))
        return Step(replace(s, commit_index=commit), self.send(src, Appended(s.current_term, index)))

    def conflicts(self, s: Server, msg: AppendEntries) -> bool:
        """It has another entry in that place, or none: it goes, and all that follow it."""
        return s.term_at(msg.prev_log_index + 1) != msg.entry[0]

    def last_new(self, s: Server, msg: AppendEntries) -> int:
        """The index of the last entry that is known to be the leader's."""
        return msg.prev_log_index + 1

    def following(self, s: Server) -> Server:
        """A server that has heard from the leader of its term. That has one vote: it keeps it."""
        return s.as_follower()

    @receive(fair=WEAK)
    def appended(self, s: Server, src: NodeId, msg: Appended) -> Server:
        """Commit what a majority holds, up to an entry of the leader's own term (5.3, 5.4.2)."""
        s = self.caught_up(s, msg.term)
        old = msg.term < s.current_term or msg.index <= s.commit_index
        if not s.leads or old or not self.may_commit(s, msg.index):
            return s
        match = dict(s.match_index)
        match[src] = max(msg.index, match.get(src, 0))
        holders = frozenset({self.me, *(node for node, index in match.items() if index >= msg.index)})
        commit = msg.index if self.is_majority(holders) else s.commit_index
        beyond = frozenset((node, index) for node, index in match.items() if index > commit)
        return replace(s, commit_index=commit, match_index=beyond)

    def may_commit(self, s: Server, index: int) -> bool:
        """An older term's entry may be replaced even where a majority holds it (figure 8): not counted."""
        return s.term_at(index) == s.current_term

    # -- Rules for servers: all ----------------------------------------------------------------------------

    def caught_up(self, s: Server, term: int) -> Server:
        """A server that has seen a term: in a higher one than its own it follows, and has not voted (5.1)."""
        higher = term > s.current_term
        return replace(s, current_term=term, voted_for=None).as_follower() if higher else s

    def is_majority(self, group: frozenset[NodeId]) -> bool:
        """Any two majorities have a server in common."""
        return 2 * len(group) > len(self.nodes)

    def refuse(self, s: Server, src: NodeId) -> Step[Server]:
        """Answer a request of an old term."""
        return Step(s, self.send(src, Refused(s.current_term)) if self.refusals else ())

    @receive(fair=WEAK)
    def refused(self, s: Server, src: NodeId, msg: Refused) -> Server:
        """Learn of a higher term (5.1)."""
        return self.caught_up(s, msg.term)

    # -- Rules for servers: followers and candidates -------------------------------------------------------

    @timeout(fair=WEAK)
    def election_timeout(self, s: Server) -> Step[Server]:
        """Nothing heard of a leader: stand for the next term (5.2)."""
        guard(self.me in self.nodes[: self.candidates], "it never stands")
        guard(not s.leads, "a leader does not time out")
        return self.stand(s)

    def stand(self, s: Server, ask: type[RequestVote] = RequestVote) -> Step[Server]:
        """Vote for oneself in the next term, and ask the others to."""
        votes = frozenset({self.me})
        s = replace(s, current_term=s.current_term + 1, role=Role.CANDIDATE, voted_for=self.me, votes=votes)
        return Step(s, self.broadcast(ask(s.current_term, s.last_log)))

    @action(fair=WEAK)
    def become_leader(self, s: Server) -> Step[Server]:
        """A majority has voted for this candidate (5.2); its term starts with an entry of its own (8)."""
        guard(s.role is Role.CANDIDATE, "only a candidate becomes the leader")
        guard(self.is_majority(s.votes), "no majority has voted for it")
        return self.with_entry(replace(s, role=Role.LEADER, votes=frozenset()), self.me)

    # -- Rules for servers: leaders ------------------------------------------------------------------------

    def requests(self) -> Iterable[int]:
        """What clients ask for."""
        return range(self.commands)

    @action(fair=WEAK, over=requests)
    def client_request(self, s: Server, command: int) -> Step[Server]:
        """A client's command goes into the leader's log and out to the followers (5.3)."""
        guard(s.leads, "only a leader takes requests")
        return self.with_entry(s, command)

    @action(fair=WEAK)
    def heartbeat(self, s: Server) -> Steps[Server]:
        """Send an entry again, or an older one, and how much is committed by now (5.3)."""
        guard(s.leads, "only a leader sends heartbeats")
        for index in range(1, len(s.log) + 1):
            yield Step(s, self.broadcast(self.entry_at(s, index)))

    def with_entry(self, s: Server, command: Command) -> Step[Server]:
        """A leader with one more entry, which it sends at once."""
        s = replace(s, log=(*s.log, (s.current_term, command)))
        return Step(s, self.broadcast(self.entry_at(s, len(s.log))))

    def entry_at(self, s: Server, index: int) -> AppendEntries:
        """A leader's entry as it sends it."""
        prev = index - 1
        return AppendEntries(s.current_term, prev, s.term_at(prev), s.log[prev], s.commit_index)

    # -- Crashes -------------------------------------------------------------------------------------------

    def at_crash(self, before: Server) -> Steps[Server]:
        """What is durable is on the disk before anybody hears of it. (With lazy_flush, but for an entry that
        a leader has not committed: thesis, 10.2.1. Without log_on_disk, which no paper has, all of the log is
        gone.)
        """
        if not self.log_on_disk:
            before = replace(before, log=(), commit_index=0)
        yield Step(before)
        if self.lazy_flush and before.leads and len(before.log) > before.commit_index:
            yield Step(replace(before, log=before.log[:-1]))


# -- Mistakes ----------------------------------------------------------------------------------------------


class ForgetVote(Raft):
    """The vote is not on the disk (cornerstone issue 65, raft-java issue 57)."""

    def at_crash(self, before: Server) -> Steps[Server]:
        return super().at_crash(replace(before, voted_for=None))


class ForgetTermAndVote(Raft):
    """Neither term nor vote is on the disk (Stateright's raft example)."""

    def at_crash(self, before: Server) -> Steps[Server]:
        return super().at_crash(replace(before, current_term=0, voted_for=None))


class VoteTwice(Raft):
    """A grant does not look at the vote given (camunda issue 5356)."""

    def may_vote(self, s: Server, candidate: NodeId) -> bool:
        return True


class VoteReset(Raft):
    """Who hears from the leader of its term may vote again (camunda issue 5356, CCF PR 8094)."""

    def following(self, s: Server) -> Server:
        return replace(s, voted_for=None).as_follower()


class StaleVotes(Raft):
    """Votes count whatever their term; it needs no fault, and breaks on fifo links too."""

    def is_of_its_term(self, s: Server, msg: Vote) -> bool:
        return True


class HalfQuorum(Raft):
    """Half of the servers are enough; one of an odd number is left out."""

    def is_majority(self, group: frozenset[NodeId]) -> bool:
        return 2 * len(group) >= len(self.nodes)


class NoLogCheck(Raft):
    """Votes are given without a look at the candidate's log (5.4.1)."""

    def is_up_to_date(self, s: Server, msg: RequestVote) -> bool:
        return True


class HearsayVote(Raft):
    """Term and vote are one value: who has heard of a candidate's counts as having voted for it, whatever its
    log, when it asks again (openraft PR 1220).
    """

    def request_vote(self, s: Server, src: NodeId, msg: RequestVote) -> Outcome[Server]:
        if msg.term > s.current_term and not super().is_up_to_date(s, msg):
            return replace(self.caught_up(s, msg.term), voted_for=src)
        return super().request_vote(s, src, msg)

    def is_up_to_date(self, s: Server, msg: RequestVote) -> bool:
        return s.voted_for is not None or super().is_up_to_date(s, msg)


class VoteTermLowered(Raft):
    """A voter goes back to the term of an old leader whose entry arrives late, and has another vote in the
    term in which it has voted (nebula issue 2405).
    """

    def append_entries(self, s: Server, src: NodeId, msg: AppendEntries) -> Outcome[Server]:
        if msg.term < s.current_term and s.role is Role.FOLLOWER and s.last_log[0] <= msg.term:
            s = replace(s, current_term=msg.term, voted_for=None)
        return super().append_entries(s, src, msg)


class TruncateAlways(Raft):
    """What follows an entry goes, even if it matches (akka-entity-replication issue 152)."""

    def conflicts(self, s: Server, msg: AppendEntries) -> bool:
        return True


class CommitUnmatched(Raft):
    """A follower commits beyond the entry that matches (scylladb issue 9965)."""

    def last_new(self, s: Server, msg: AppendEntries) -> int:
        return len(s.log)


class Figure8(Raft):
    """Entries of older terms are committed by counting (5.4.2); starts in figure 8."""

    def may_commit(self, s: Server, index: int) -> bool:
        return True


class SameEpochLeader(Raft):
    """A leader restarts as such, without its unflushed entries; indexes are used again (KAFKA-10527)."""

    def recover(self, durable: Server) -> Server:
        led = (durable.current_term, self.me) in durable.log
        return replace(durable, role=Role.LEADER) if led else durable


# -- The model ---------------------------------------------------------------------------------------------


def before_figure_8(nodes: Sequence[NodeId]) -> Prepared:
    """n1 has led term 1 and n2 term 2, and the opening entry of neither has reached anybody: (b) of figure 8,
    with n1 and n2 for its S1 and S5.
    """
    one, two, *_ = nodes
    voters: dict[NodeId, object] = dict.fromkeys(nodes, Server(2, voted_for=two))
    return Prepared({**voters, one: Server(2, log=((1, one),)), two: Server(2, two, log=((2, two),))})


def model(
    nodes: Annotated[int, "servers in the cluster"] = 3,
    candidates: Annotated[int, "how many of them, the first ones, ever stand for election"] = 2,
    max_term: Annotated[int, "bound on the terms that are searched"] = 2,
    max_log: Annotated[int, "bound on the length of logs"] = 2,
    commands: Annotated[int, "different commands that clients ask for"] = 0,
    refusals: Annotated[bool, "answer requests of an old term: about seven times the states"] = False,
    lazy_flush: Annotated[bool, "a leader may lose an entry that it has not committed, in a crash"] = False,
    log_on_disk: Annotated[bool, "a crash spares the log"] = True,
    start: Annotated[
        Literal["empty", "figure-8"], "empty logs, or one election before figure 8 (c)"
    ] = "empty",
    bug: Annotated[type[Raft], "a mistake to put in"] = Raft,
    one_leader: Annotated[bool, "claim one leader at a time, which Raft does not promise"] = False,
    ever: Annotated[bool, "claim one leader per term of all time, by a history"] = False,
) -> Model:
    """Raft's leader election and log replication, with a crash and a restart.

    Paper: D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014,
        section 5; the opening entry of a term from section 8.
    Assumes: disks keep term, vote and log. Messages may be late, lost, repeated and out of order.
    Liveness: a leader is elected if timeouts are spread widely enough (5.6); fair steps alone are not
        enough, since votes may split for ever. Not checked here.
    """
    figure_8 = start == "figure-8" or bug is Figure8
    if figure_8:
        max_term, max_log = max_term + 2, max_log + 1
    commands = max(commands, {CommitUnmatched: 1, SameEpochLeader: 2}.get(bug, 0))
    servers = node_ids(nodes - nodes % 2 if bug is HalfQuorum else nodes)
    return Model(
        bug(candidates, commands, refusals, lazy_flush or bug is SameEpochLeader, log_on_disk),
        nodes=servers,
        # Late, lost, repeated, out of order: a sent-set has all of it. What is durable survives the crash.
        environment=Environment(network="sent-set", crash=1, restart=1),
        bounds=[
            Bound("max_term", Server, lambda s: s.current_term <= max_term),
            Bound("max_log", Server, lambda s: len(s.log) <= max_log),
        ],
        properties=[
            *log.figure_3(Server),
            *([election.one_leader_per_term_ever(Server)] if ever else []),
            *([election.one_leader_at_a_time(Server)] if one_leader else []),
        ],
        initial=[before_figure_8(servers)] if figure_8 else [],
    )
