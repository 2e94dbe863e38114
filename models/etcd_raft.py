"""Raft as etcd runs it: pre-vote, check-quorum and transfer, and what etcd does that no paper says.

etcd 3.4 to 3.6, raft/raft.go; its names are in brackets. It differs from models/raft_options.py in this: a
server knows its leader, and votes for nobody else meanwhile; it answers every request for a vote of its term,
and a candidate that a majority has refused gives up; who has won leads in the same step; whom it has voted
for, it promises that vote again. What etcd writes in its log tells of these steps:
models/observers/etcd.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    Step,
    Steps,
    action,
    each,
    guard,
    node_ids,
    receive,
    replace,
    timeout,
)
from elcheck.models.raft import Appended, AppendEntries, Refused, RequestVote, Role, Server, Vote
from elcheck.models.raft_options import PreVote, RequestPreVote, RequestVoteNow, TimeoutNow
from elcheck.specs import log


class Member(Server):
    """The state of a server. An entry of its log is (term, index): the last of some that belong together, so
    that long logs have few entries. Messages count those few.
    """

    lead: NodeId | None = None
    """Whom it takes for the leader of its term. It heard from it lately if its role is FOLLOWING."""
    against: frozenset[NodeId] = frozenset()
    """Of a candidate: who has refused it."""

    @property
    def last_log(self) -> tuple[int, int]:
        """The term and the index of its last entry."""
        term, index = self.log[-1] if self.log else (0, 0)
        assert isinstance(index, int)
        return term, index

    @property
    def tally(self) -> tuple[int, int]:
        """How many have voted for it, and how many have refused."""
        return len(self.votes), len(self.against)

    @property
    def committed(self) -> int:
        """The index of the last entry that it knows to be committed."""
        index = self.log[self.commit_index - 1][1] if self.commit_index else 0
        assert isinstance(index, int)
        return index


class VoteRefused(Message):
    """No vote in that term, which is the term of the server that refuses it."""

    term: int


class PreVoteRefused(Message):
    """No promise of a vote; the term is that of the server that refuses it."""

    term: int


class Heartbeat(Message):
    """The leader of that term is there."""

    term: int


class EtcdRaft(Node[Member]):
    """A server (raft.Step)."""

    candidates: int
    commands: int = 0
    pre_vote: bool = True
    check_quorum: bool = True
    transfer: bool = False
    lazy_flush: bool = False

    # -- Terms and roles -----------------------------------------------------------------------------------

    def follower(self, s: Member, term: int, lead: NodeId | None = None) -> Member:
        """A follower in a term, of a leader if it knows one (becomeFollower)."""
        voted = s.voted_for if term == s.current_term else None
        role = Role.FOLLOWER if lead is None else Role.FOLLOWING
        return replace(self.without_votes(s), current_term=term, voted_for=voted, role=role, lead=lead)

    def without_votes(self, s: Member) -> Member:
        """What it knows as a candidate or a leader is void."""
        return replace(s, votes=frozenset(), against=frozenset(), match_index=frozenset())

    def caught_up(self, s: Member, term: int) -> Member:
        """A server that has seen a term."""
        return self.follower(s, term) if term > s.current_term else s

    def under(self, s: Member, term: int, lead: NodeId) -> Member:
        """A server that has heard from the leader of a term, its own or a higher one."""
        if term > s.current_term or s.role in (Role.CANDIDATE, Role.PRE_CANDIDATE):
            return self.follower(s, term, lead)
        return replace(s, role=Role.FOLLOWING, lead=lead)

    def is_majority(self, group: frozenset[NodeId]) -> bool:
        """Any two majorities have a server in common."""
        return 2 * len(group) > len(self.nodes)

    # -- Standing for election -----------------------------------------------------------------------------

    @timeout(fair=WEAK)
    def contact_lost(self, s: Member) -> Member:
        """The shortest election timeout has passed since it heard from its leader (electionElapsed)."""
        guard(s.role is Role.FOLLOWING, "it has no contact to lose")
        return replace(s, role=Role.FOLLOWER)

    @timeout(fair=WEAK)
    def election_timeout(self, s: Member) -> Step[Member]:
        """Its own timeout has passed too: it stands, or asks first whether that makes sense (hup)."""
        guard(self.me in self.nodes[: self.candidates], "it never stands")
        guard(not s.leads, "a leader does not time out")
        guard(s.role is not Role.FOLLOWING, "it has heard from its leader")
        return self.ask_first(s) if self.pre_vote else self.stand(s)

    def ask_first(self, s: Member) -> Step[Member]:
        """Ask the others whether they would vote for it in the next term (becomePreCandidate)."""
        votes = frozenset({self.me})
        s = replace(self.without_votes(s), role=Role.PRE_CANDIDATE, votes=votes, lead=None)
        return Step(s, self.broadcast(RequestPreVote(s.current_term + 1, s.last_log)))

    def stand(self, s: Member, ask: type[RequestVote] = RequestVote) -> Step[Member]:
        """Vote for oneself in the next term, and ask the others to (becomeCandidate)."""
        s = self.follower(s, s.current_term + 1)
        s = replace(s, role=Role.CANDIDATE, voted_for=self.me, votes=frozenset({self.me}))
        return Step(s, self.broadcast(ask(s.current_term, s.last_log)))

    def counted(self, s: Member, src: NodeId, *, granted: bool) -> Member | Step[Member]:
        """Count an answer, the first of each server, and go by the majority (poll, stepCandidate)."""
        if src not in s.votes | s.against:
            votes, against = (s.votes | {src}, s.against) if granted else (s.votes, s.against | {src})
            s = replace(s, votes=votes, against=against)
        if self.is_majority(s.votes):
            return self.stand(s) if s.role is Role.PRE_CANDIDATE else self.lead(s)
        if not self.is_majority(frozenset(self.nodes) - s.against):
            return self.follower(s, s.current_term)
        return s

    def lead(self, s: Member) -> Step[Member]:
        """Lead, and open the term with an entry (becomeLeader)."""
        s = replace(self.without_votes(s), role=Role.LEADER, lead=self.me)
        return self.with_entry(s, s.last_log[1] + 1)

    # -- Votes ---------------------------------------------------------------------------------------------

    @receive(fair=WEAK)
    def request_vote(self, s: Member, src: NodeId, msg: RequestVote) -> Member | Step[Member]:
        """Vote, or say that it does not (MsgVote)."""
        called = isinstance(msg, RequestVoteNow)
        if msg.term < s.current_term or (msg.term > s.current_term and self.in_lease(s) and not called):
            return s
        s = self.caught_up(s, msg.term)
        if not self.may_vote(s, src) or not self.is_up_to_date(s, msg):
            return Step(s, self.send(src, VoteRefused(s.current_term)))
        return Step(replace(s, voted_for=src), self.send(src, Vote(s.current_term)))

    def in_lease(self, s: Member) -> bool:
        """It leads, or has heard from its leader lately: who stands for a later term is ignored."""
        return self.check_quorum and s.role in (Role.LEADER, Role.FOLLOWING)

    def may_vote(self, s: Member, candidate: NodeId) -> bool:
        """It has voted for this one, or neither has voted nor knows the leader of the term (canVote)."""
        return s.voted_for == candidate or (s.voted_for is None and s.lead is None)

    def is_up_to_date(self, s: Member, msg: RequestVote | RequestPreVote) -> bool:
        """The later last term wins, then the longer log (isUpToDate)."""
        return msg.last_log >= s.last_log

    @receive(fair=WEAK)
    def vote(self, s: Member, src: NodeId, msg: Vote) -> Member | Step[Member]:
        """Count a vote of this term (MsgVoteResp)."""
        s = self.caught_up(s, msg.term)
        counts = s.role is Role.CANDIDATE and msg.term == s.current_term
        return self.counted(s, src, granted=True) if counts else s

    @receive(fair=WEAK)
    def vote_refused(self, s: Member, src: NodeId, msg: VoteRefused) -> Member | Step[Member]:
        """Count a refusal of this term, or learn of a higher one (MsgVoteResp, Reject)."""
        s = self.caught_up(s, msg.term)
        counts = s.role is Role.CANDIDATE and msg.term == s.current_term
        return self.counted(s, src, granted=False) if counts else s

    @receive(fair=WEAK)
    def request_pre_vote(self, s: Member, src: NodeId, msg: RequestPreVote) -> Member | Step[Member]:
        """Say whether it would get this vote; nothing changes here (MsgPreVote)."""
        if msg.term > s.current_term and self.in_lease(s):
            return s
        may = msg.term > s.current_term or (msg.term == s.current_term and self.may_vote(s, src))
        if may and self.is_up_to_date(s, msg):
            return Step(s, self.send(src, PreVote(msg.term)))
        return self.refuse_pre_vote(s, src)

    def refuse_pre_vote(self, s: Member, src: NodeId) -> Step[Member]:
        """Say so, whatever the term: its own may be what keeps the asker from being elected."""
        return Step(s, self.send(src, PreVoteRefused(s.current_term)))

    @receive(fair=WEAK)
    def would_vote(self, s: Member, src: NodeId, msg: PreVote) -> Member | Step[Member]:
        """Count a promise; a late one, for the term that it is in, counts too (MsgPreVoteResp)."""
        counts = s.role is Role.PRE_CANDIDATE and msg.term >= s.current_term
        return self.counted(s, src, granted=True) if counts else s

    @receive(fair=WEAK)
    def would_not_vote(self, s: Member, src: NodeId, msg: PreVoteRefused) -> Member | Step[Member]:
        """Count a refusal of this term, or learn of a higher one (MsgPreVoteResp, Reject)."""
        s = self.caught_up(s, msg.term)
        counts = s.role is Role.PRE_CANDIDATE and msg.term == s.current_term
        return self.counted(s, src, granted=False) if counts else s

    # -- Leaders -------------------------------------------------------------------------------------------

    @timeout(fair=WEAK)
    def quorum_lost(self, s: Member) -> Member:
        """A leader that has not heard from a majority lately steps down (MsgCheckQuorum)."""
        guard(self.check_quorum and s.leads, "only a leader looks for its quorum")
        return self.follower(s, s.current_term)

    @action(over=Node.peers)
    def hand_over(self, s: Member, to: NodeId) -> Step[Member]:
        """Ask another server to take the lead (sendTimeoutNow)."""
        guard(self.transfer and s.leads, "only a leader hands over")
        guard(to in self.nodes[: self.candidates], "it does not stand")
        return Step(s, self.send(to, TimeoutNow(s.current_term)))

    @receive(fair=WEAK)
    def timeout_now(self, s: Member, src: NodeId, msg: TimeoutNow) -> Member | Step[Member]:
        """Stand at once, without pre-vote, unless it stands already (MsgTimeoutNow)."""
        s = self.caught_up(s, msg.term)
        follows = s.role in (Role.FOLLOWER, Role.FOLLOWING)
        return self.stand(s, RequestVoteNow) if follows and msg.term == s.current_term else s

    def requests(self) -> Iterable[int]:
        """How many entries a leader may add at once, less one."""
        return range(self.commands)

    @action(fair=WEAK, over=requests)
    def client_request(self, s: Member, more: int) -> Step[Member]:
        """A client's entry, and some more, go into the leader's log and out to the followers (MsgProp)."""
        guard(s.leads, "only a leader takes requests")
        return self.with_entry(s, s.last_log[1] + 1 + more)

    def with_entry(self, s: Member, index: int) -> Step[Member]:
        """A leader with entries up to an index, which it sends at once."""
        s = replace(s, log=(*s.log, (s.current_term, index)))
        return Step(s, self.broadcast(self.entry_at(s, len(s.log))))

    def entry_at(self, s: Member, place: int) -> AppendEntries:
        """An entry of a leader's log as it sends it."""
        prev = place - 1
        return AppendEntries(s.current_term, prev, s.term_at(prev), s.log[prev], s.commit_index)

    @action(fair=WEAK)
    def beat(self, s: Member) -> Step[Member]:
        """Say that it is there (bcastHeartbeat)."""
        guard(s.leads, "only a leader sends heartbeats")
        return Step(s, self.broadcast(Heartbeat(s.current_term)))

    @action(fair=WEAK)
    def replicate(self, s: Member) -> Steps[Member]:
        """Send an entry again, or an older one, and how much is committed by now (bcastAppend)."""
        guard(s.leads, "only a leader replicates its log")
        for place in range(1, len(s.log) + 1):
            yield Step(s, self.broadcast(self.entry_at(s, place)))

    @receive(fair=WEAK)
    def appended(self, s: Member, src: NodeId, msg: Appended) -> Member:
        """Commit what a majority holds, up to an entry of the leader's own term (MsgAppResp)."""
        s = self.caught_up(s, msg.term)
        old = msg.term < s.current_term or msg.index <= s.commit_index
        if not s.leads or old or s.term_at(msg.index) != s.current_term:
            return s
        match = dict(s.match_index)
        match[src] = max(msg.index, match.get(src, 0))
        holders = frozenset({self.me, *(node for node, place in match.items() if place >= msg.index)})
        commit = msg.index if self.is_majority(holders) else s.commit_index
        beyond = frozenset((node, place) for node, place in match.items() if place > commit)
        return replace(s, commit_index=commit, match_index=beyond)

    @receive(fair=WEAK)
    def refused(self, s: Member, src: NodeId, msg: Refused) -> Member:
        """Learn of a higher term (MsgAppResp)."""
        return self.caught_up(s, msg.term)

    # -- Followers -----------------------------------------------------------------------------------------

    @receive(fair=WEAK)
    def hear(self, s: Member, src: NodeId, msg: Heartbeat) -> Member | Step[Member]:
        """Follow the leader of this term, or tell an old one of it (MsgHeartbeat)."""
        if msg.term < s.current_term:
            return Step(s, self.send(src, Refused(s.current_term)))
        return self.under(s, msg.term, src)

    @receive(fair=WEAK)
    def append_entries(self, s: Member, src: NodeId, msg: AppendEntries) -> Member | Step[Member]:
        """Follow the leader of this term; take its entry if it fits, in place of others (MsgApp)."""
        if msg.term < s.current_term:
            return Step(s, self.send(src, Refused(s.current_term)))
        s, place = self.under(s, msg.term, src), msg.prev_log_index + 1
        if s.term_at(msg.prev_log_index) != msg.prev_log_term:
            return s
        if s.term_at(place) != msg.entry[0]:
            s = replace(s, log=(*s.log[: msg.prev_log_index], msg.entry))
        commit = max(s.commit_index, min(msg.leader_commit, place))
        return Step(replace(s, commit_index=commit), self.send(src, Appended(s.current_term, place)))

    # -- Crashes -------------------------------------------------------------------------------------------

    def at_crash(self, before: Member) -> Steps[Member]:
        """What is durable is on the disk before anybody hears of it; but for entries of a leader, who sends
        them while it writes (raftNode.start; thesis, 10.2.1).
        """
        yield Step(before)
        if self.lazy_flush and before.leads:
            for length in range(before.commit_index, len(before.log)):
                if before.log[length][0] == before.current_term:
                    yield Step(replace(before, log=before.log[:length]))


# -- Mistakes ----------------------------------------------------------------------------------------------


class ForgetVote(EtcdRaft):
    """The vote is not on the disk (cornerstone issue 65, raft-java issue 57)."""

    def at_crash(self, before: Member) -> Steps[Member]:
        return super().at_crash(replace(before, voted_for=None))


class PreVotesCount(EtcdRaft):
    """A promise that comes late counts as a vote (canonical/raft issue 196, under dqlite)."""

    def would_vote(self, s: Member, src: NodeId, msg: PreVote) -> Outcome[Member]:
        late = s.role is Role.CANDIDATE and msg.term == s.current_term
        return self.counted(s, src, granted=True) if late else super().would_vote(s, src, msg)


class PreVoteSilent(EtcdRaft):
    """A request of an old term for a promise gets no answer, the longest log never learns the highest term;
    no leader any more (etcd issues 8243 and 8501).
    """

    def refuse_pre_vote(self, s: Member, src: NodeId) -> Step[Member]:
        return Step(s)


# -- The model ---------------------------------------------------------------------------------------------


def led(nodes: Sequence[NodeId]) -> Prepared:
    """n1 leads term 1, and everybody knows and has its entry."""
    leader = nodes[0]
    follower = Member(1, leader, ((1, 1),), commit_index=1, role=Role.FOLLOWING, lead=leader)
    return Prepared({**dict.fromkeys(nodes, follower), leader: replace(follower, role=Role.LEADER)})


def apart(nodes: Sequence[NodeId]) -> Prepared:
    """n1 has the longest log, n2 the highest term, and what would tell n1 of it is lost."""
    one, two = nodes
    return Prepared({one: Member(1, one, ((1, 1),)), two: Member(3, two)})


Start = Literal["led", "empty", "apart"]


def model(
    nodes: Annotated[
        int, "servers in the cluster; with 3 a search takes more than minutes, and logs are no search"
    ] = 2,
    candidates: Annotated[int, "how many of them, the first ones, ever stand for election"] = 2,
    max_term: Annotated[int, "bound on the terms that are searched"] = 2,
    max_log: Annotated[int, "bound on the length of logs"] = 2,
    commands: Annotated[int, "how many entries clients may ask for at once"] = 0,
    pre_vote: Annotated[bool, "ask before standing"] = True,
    check_quorum: Annotated[bool, "a leader steps down, and till then no candidate is listened to"] = True,
    transfer: Annotated[bool, "a leader may call another server to stand"] = False,
    lazy_flush: Annotated[bool, "a leader may lose entries that it has not committed, in a crash"] = False,
    start: Annotated[Start, "under a leader, with empty logs, or longest log and highest term apart"] = "led",
    bug: Annotated[type[EtcdRaft], "a mistake to put in, with a start, and servers, of its own"] = EtcdRaft,
) -> Model:
    """Raft as etcd runs it.

    Paper: etcd 3.4 to 3.6, raft/raft.go; D. Ongaro, Consensus: Bridging Theory and Practice, PhD thesis,
        2014, 3.10, 4.2.3, 6.2, 9.6, 10.2.1.
    Assumes: what Raft does. For safety a contact may be lost at any time, however short it was.
    Liveness: of that only the dead end is checked, a state without a leader in which no server can do
        anything any more.
    """
    starts: dict[type[EtcdRaft], Start] = {EtcdRaft: start, PreVoteSilent: "apart"}
    start = starts.get(bug, "empty")
    # These show among three, and the second where nobody asks before standing, and one may crash.
    least = 3 if bug in (PreVotesCount, ForgetVote) else nodes
    servers = node_ids(2 if start == "apart" else max(nodes, least))
    faults = int(bug is ForgetVote)
    highest = max_term + 2 if start == "apart" else max_term
    prepared = {"led": led, "apart": apart}
    return Model(
        bug(candidates, commands, pre_vote and not faults, check_quorum, transfer, lazy_flush),
        nodes=servers,
        # Nobody else crashes: of two servers none could go on alone. Those that are apart are left of three.
        environment=Environment(network="sent-set", crash=faults, restart=faults),
        bounds=[
            # What is asked before a term that is not searched is not searched either.
            Bound("max_term", Member, lambda s: s.current_term + (s.role is Role.PRE_CANDIDATE) <= highest),
            Bound("max_log", Member, lambda s: len(s.log) <= max_log),
        ],
        properties=log.figure_3(Member),
        deadlock=each(Member, lambda s: s.leads),
        initial=[prepared[start](servers)] if start in prepared else [],
    )
