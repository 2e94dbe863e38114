"""What implementations of Raft add to its elections: pre-vote, check-quorum, leadership transfer.

D. Ongaro, Consensus: Bridging Theory and Practice, PhD thesis, Stanford 2014: sections 3.10 (transfer), 4.2.3
(ignoring candidates while the leader lives), 6.2 (a leader without its quorum steps down), 9.6 (pre-vote).
The rest is models/raft.py.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    action,
    each,
    guard,
    node_ids,
    receive,
    replace,
    timeout,
)
from elcheck.models.raft import Raft, Refused, RequestVote, Role, Server, Vote
from elcheck.specs import log


class TimeoutNow(Message):
    """The leader of that term asks its receiver to stand for the next one."""

    term: int


class RequestVoteNow(RequestVote):
    """A vote is asked for at the leader's own wish."""


class RequestPreVote(Message):
    """A server asks whether it would be elected in a term, the one after its own."""

    term: int
    last_log: tuple[int, int]


class PreVote(Message):
    """It would be."""

    term: int


class RaftWithOptions(Raft):
    """Raft, where what a server does about elections depends on whether it has heard from a leader lately."""

    pre_vote: bool = False
    check_quorum: bool = False
    transfer: bool = False

    def following(self, s: Server) -> Server:
        """It has heard from its leader just now."""
        return replace(super().following(s), role=Role.FOLLOWING)

    @timeout(fair=WEAK)
    def contact_lost(self, s: Server) -> Server:
        """The shortest election timeout has passed since it heard from its leader (4.2.3)."""
        guard(s.role is Role.FOLLOWING, "it has no contact to lose")
        return replace(s, role=Role.FOLLOWER)

    def has_leader(self, s: Server) -> bool:
        """It leads, or has heard from its leader lately."""
        return s.role in (Role.LEADER, Role.FOLLOWING)

    # -- Leadership transfer -------------------------------------------------------------------------------

    @action(over=Node.peers)
    def hand_over(self, s: Server, to: NodeId) -> Step[Server]:
        """Ask another server to take the lead (3.10). If its log is too short it will not be elected."""
        guard(self.transfer and s.leads, "only a leader hands over")
        guard(to in self.nodes[: self.candidates], "it does not stand")
        return Step(s, self.send(to, TimeoutNow(s.current_term)))

    @receive(fair=WEAK)
    def timeout_now(self, s: Server, src: NodeId, msg: TimeoutNow) -> Server | Step[Server]:
        """Stand at once, without pre-vote (3.10)."""
        s = self.caught_up(s, msg.term)
        return self.stand(s, RequestVoteNow) if msg.term == s.current_term else s

    # -- Check-quorum --------------------------------------------------------------------------------------

    def request_vote(self, s: Server, src: NodeId, msg: RequestVote) -> Outcome[Server]:
        """Ignore candidates while there is a leader, except those that it has called itself (4.2.3, 3.10)."""
        ignores = self.check_quorum and self.has_leader(s) and not isinstance(msg, RequestVoteNow)
        return s if ignores else super().request_vote(s, src, msg)

    @timeout(fair=WEAK)
    def quorum_lost(self, s: Server) -> Server:
        """A leader that has not heard from a majority lately steps down (6.2)."""
        guard(self.check_quorum and s.leads, "only a leader looks for its quorum")
        return s.as_follower()

    # -- Pre-vote ------------------------------------------------------------------------------------------

    def election_timeout(self, s: Server) -> Outcome[Server]:
        """Its own timeout has passed too: it stands, or asks first whether that makes sense (9.6)."""
        guard(s.role is not Role.FOLLOWING, "it has heard from its leader")
        stands = super().election_timeout(s)
        return self.ask_first(s) if self.pre_vote else stands

    def ask_first(self, s: Server) -> Step[Server]:
        """Ask the others whether they would vote for it in the next term."""
        s = replace(s.as_follower(), role=Role.PRE_CANDIDATE, votes=frozenset({self.me}))
        return Step(s, self.broadcast(RequestPreVote(s.current_term + 1, s.last_log)))

    @receive(fair=WEAK)
    def request_pre_vote(self, s: Server, src: NodeId, msg: RequestPreVote) -> Server | Step[Server]:
        """Say whether it would get this vote. Nothing changes here (9.6)."""
        if msg.term <= s.current_term:
            return self.refuse_pre_vote(s, src)
        would = msg.last_log >= s.last_log and not self.has_leader(s)
        return Step(s, self.send(src, PreVote(msg.term))) if would else s

    def refuse_pre_vote(self, s: Server, src: NodeId) -> Step[Server]:
        """Only so the asker learns of the term. Its own may be the log without which nobody is elected."""
        return Step(s, self.send(src, Refused(s.current_term)))

    @receive(fair=WEAK)
    def would_vote(self, s: Server, src: NodeId, msg: PreVote) -> Server | Step[Server]:
        """Stand when a majority would vote for it (9.6)."""
        if s.role is not Role.PRE_CANDIDATE or msg.term != s.current_term + 1:
            return s
        s = replace(s, votes=s.votes | {src})
        return self.stand(s) if self.is_majority(s.votes) else s


# -- Mistakes ----------------------------------------------------------------------------------------------


class PreVotesCount(RaftWithOptions):
    """A pre-vote that comes late counts as a vote (canonical/raft issue 196, under dqlite)."""

    def would_vote(self, s: Server, src: NodeId, msg: PreVote) -> Outcome[Server]:
        stands = s.role is Role.CANDIDATE
        return self.vote(s, src, Vote(msg.term)) if stands else super().would_vote(s, src, msg)


class OwnVoteUnsaved(RaftWithOptions):
    """A candidate counts its own vote, and still has it to give (nebula PR 3415)."""

    def stand(self, s: Server, ask: type[RequestVote] = RequestVote) -> Step[Server]:
        stands = super().stand(s, ask)
        return Step(replace(stands.state, voted_for=None), stands.sends)


class PreVoteSilent(RaftWithOptions):
    """A pre-vote for an old term gets no answer, the longest log never learns the highest term; no leader any
    more (etcd issues 8243 and 8501, openraft issue 1796).
    """

    def refuse_pre_vote(self, s: Server, src: NodeId) -> Step[Server]:
        return Step(s)


# -- The model ---------------------------------------------------------------------------------------------


def led(nodes: Sequence[NodeId]) -> Prepared:
    """n1 leads term 1, and everybody knows and has its entry."""
    leader = nodes[0]
    follower = Server(1, leader, ((1, leader),), commit_index=1, role=Role.FOLLOWING)
    return Prepared({**dict.fromkeys(nodes, follower), leader: replace(follower, role=Role.LEADER)})


def apart(nodes: Sequence[NodeId]) -> Prepared:
    """n1 has the longest log, n2 the highest term, and what would tell n1 of it is lost."""
    one, two = nodes
    return Prepared({one: Server(1, one, ((1, one),)), two: Server(3, two)})


Start = Literal["led", "empty", "apart"]


def model(
    nodes: Annotated[int, "servers in the cluster"] = 3,
    candidates: Annotated[int, "how many of them, the first ones, ever stand for election"] = 2,
    max_term: Annotated[int, "bound on the terms that are searched"] = 2,
    max_log: Annotated[int, "bound on the length of logs"] = 2,
    pre_vote: Annotated[bool, "ask before standing"] = True,
    check_quorum: Annotated[bool, "a leader steps down, and till then no candidate is listened to"] = False,
    transfer: Annotated[bool, "a leader may call another server to stand"] = False,
    start: Annotated[Start, "under a leader, with empty logs, or longest log and highest term apart"] = "led",
    bug: Annotated[type[RaftWithOptions], "a mistake to put in, with a start of its own"] = RaftWithOptions,
) -> Model:
    """Raft with pre-vote, check-quorum and leadership transfer, as options.

    Paper: D. Ongaro, Consensus: Bridging Theory and Practice, PhD thesis, 2014, 3.10, 4.2.3, 6.2, 9.6.
    Assumes: what Raft does. For safety a contact may be lost at any time, however short it was.
    Liveness: with check-quorum one leader stays while it reaches a majority; pre-vote alone must not keep a
        majority from electing. Of that only the dead end is checked, a state without a leader in which no
        server can do anything any more.
    """
    starts: dict[type[RaftWithOptions], Start] = {RaftWithOptions: start, PreVoteSilent: "apart"}
    start = starts.get(bug, "empty")
    servers = node_ids(2 if start == "apart" else nodes)
    highest = max_term + 2 if start == "apart" else max_term
    prepared = {"led": led, "apart": apart}
    return Model(
        bug(candidates, pre_vote=pre_vote, check_quorum=check_quorum, transfer=transfer),
        nodes=servers,
        # As Raft's; the leader of the start may crash. The two that are apart are what is left of three.
        environment=Environment(network="sent-set", crash=0 if start == "apart" else 1),
        bounds=[
            # What is asked before a term that is not searched is not searched either.
            Bound("max_term", Server, lambda s: s.current_term + (s.role is Role.PRE_CANDIDATE) <= highest),
            Bound("max_log", Server, lambda s: len(s.log) <= max_log),
        ],
        properties=log.figure_3(Server),
        deadlock=each(Server, lambda s: s.leads),
        initial=[prepared[start](servers)] if start in prepared else [],
    )
