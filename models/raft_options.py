"""What implementations of Raft add to its elections: pre-vote, check-quorum, leadership transfer.

D. Ongaro, Consensus: Bridging Theory and Practice, PhD thesis, Stanford 2014: sections 3.10 (transfer), 4.2.3
(ignoring candidates while the leader lives), 6.2 (a leader without its quorum steps down), 9.6 (pre-vote).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from elcheck import (
    WEAK,
    Bound,
    Environment,
    Message,
    Model,
    NodeId,
    Prepared,
    Step,
    Steps,
    action,
    each,
    guard,
    node_ids,
    node_views,
    receive,
    timeout,
)
from elcheck.models._raft import Refused, RequestVote, Role, Server
from elcheck.models.raft import Raft
from elcheck.specs import log

Bug = Literal["pre-votes-count", "own-vote-unsaved", "pre-vote-silent"]
Start = Literal["led", "empty", "apart"]


class RequestPreVote(Message):
    """A server asks whether it would be elected in a term, the one after its own."""

    term: int
    last_term: int
    last_index: int


class PreVote(Message):
    """It would be."""

    term: int


class TimeoutNow(Message):
    """The leader of that term asks its receiver to stand for the next one."""

    term: int


@dataclass(frozen=True)
class RequestVoteNow(RequestVote):
    """A vote is asked for at the leader's own wish."""


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

    @timeout(fair=WEAK)
    def quorum_lost(self, s: Server) -> Server:
        """A leader that has not heard from a majority lately steps down (6.2)."""
        guard(self.check_quorum and s.leads, "only a leader looks for its quorum")
        return s.as_follower()

    @timeout(fair=WEAK)
    def election_timeout(self, s: Server) -> Steps[Server]:
        """Its own timeout has passed too: it stands, or asks first whether that makes sense (9.6)."""
        guard(s.role is not Role.FOLLOWING, "it has heard from its leader")
        for stands in super().election_timeout(s):
            if not self.pre_vote:
                yield stands
                continue
            asks = replace(s.as_follower(), role=Role.PRE_CANDIDATE, votes=frozenset({self.me}))
            yield Step(asks, self.broadcast(RequestPreVote(s.term + 1, s.last_term, len(s.log))))

    @receive(fair=WEAK)
    def request_pre_vote(self, s: Server, src: NodeId, msg: RequestPreVote) -> Server | Step[Server]:
        """Say whether it would get this vote. Nothing changes here (9.6)."""
        up_to_date = (msg.last_term, msg.last_index) >= (s.last_term, len(s.log))
        if msg.term <= s.term:
            # Only so the asker learns of the term. Its own may be the log without which nobody is elected.
            return Step(s, () if self.bug == "pre-vote-silent" else self.send(src, Refused(s.term)))
        if up_to_date and not self.has_leader(s):
            return Step(s, self.send(src, PreVote(msg.term)))
        return s

    @receive(fair=WEAK)
    def would_vote(self, s: Server, src: NodeId, msg: PreVote) -> Server | Step[Server]:
        """Stand when a majority would vote for it (9.6)."""
        if s.role is Role.PRE_CANDIDATE and msg.term == s.term + 1:
            s = replace(s, votes=s.votes | {src})
            return self.stand(s) if self.majority(s, s.votes) else s
        if self.bug == "pre-votes-count" and s.role is Role.CANDIDATE and msg.term == s.term:
            return replace(s, votes=s.votes | {src})  # its sender may give its vote to another
        return s

    @receive(fair=WEAK)
    def request_vote(self, s: Server, src: NodeId, msg: RequestVote) -> Steps[Server]:
        """Ignore candidates while there is a leader, except those that it has called itself (4.2.3, 3.10)."""
        if self.check_quorum and self.has_leader(s) and not isinstance(msg, RequestVoteNow):
            yield Step(s)
        else:
            yield from super().request_vote(s, src, msg)

    @action(over="nodes")
    def hand_over(self, s: Server, to: NodeId) -> Step[Server]:
        """Ask another server to take the lead (3.10). If its log is too short it will not be elected."""
        guard(self.transfer and s.leads, "only a leader hands over")
        guard(to in self.nodes[: self.candidates] and to != self.me, "it does not stand")
        return Step(s, self.send(to, TimeoutNow(s.term)))

    @receive(fair=WEAK)
    def timeout_now(self, s: Server, src: NodeId, msg: TimeoutNow) -> Server | Step[Server]:
        """Stand at once, without pre-vote (3.10)."""
        s = self.caught_up(s, msg.term)
        return self.stand(s, RequestVoteNow) if msg.term == s.term else s

    def stand(self, s: Server, ask: type[RequestVote] = RequestVote) -> Step[Server]:
        """As in Raft: a candidate's own vote counts, so it is given."""
        stands = super().stand(s, ask)
        if self.bug == "own-vote-unsaved":
            return replace(stands, state=replace(stands.state, voted_for=None))
        return stands

    def has_leader(self, s: Server) -> bool:
        """Whether it leads, or has heard from its leader lately."""
        return s.role in (Role.LEADER, Role.FOLLOWING)


def led(nodes: Sequence[NodeId]) -> Prepared:
    """n1 leads term 1, and everybody knows and has its entry."""
    leader = nodes[0]
    everybody = Server(1, leader, ((1, leader),), commit=1, role=Role.FOLLOWING)
    return Prepared({**dict.fromkeys(nodes, everybody), leader: replace(everybody, role=Role.LEADER)})


def apart(nodes: Sequence[NodeId]) -> Prepared:
    """n1 has the longest log, n2 the highest term, and what would tell n1 of it is lost."""
    one, two = nodes
    return Prepared({one: Server(1, one, ((1, one),)), two: Server(3, two)})


def model(
    nodes: Annotated[int, "servers in the cluster"] = 3,
    candidates: Annotated[int, "how many of them, the first ones, ever stand for election"] = 2,
    max_term: Annotated[int, "bound on the terms that are searched"] = 2,
    max_log: Annotated[int, "bound on the length of logs"] = 2,
    pre_vote: Annotated[bool, "ask before standing"] = True,
    check_quorum: Annotated[bool, "a leader steps down, and till then no candidate is listened to"] = False,
    transfer: Annotated[bool, "a leader may call another server to stand"] = False,
    start: Annotated[Start, "under a leader, with empty logs, or longest log and highest term apart"] = "led",
    bug: Annotated[Bug | None, "a mistake to put in, with a start of its own"] = None,
) -> Model:
    """Raft with pre-vote, check-quorum and leadership transfer, as options.

    Paper: D. Ongaro, Consensus: Bridging Theory and Practice, PhD thesis, 2014, 3.10, 4.2.3, 6.2, 9.6.
    Assumes: what Raft does. For safety a contact may be lost at any time, however short it was.
    Liveness: with check-quorum one leader stays while it reaches a majority; pre-vote alone must not keep a
        majority from electing. Of that only the dead end is checked, a state without a leader in which no
        server can do anything any more.
    Bugs:
        pre-votes-count: a pre-vote that comes late counts as a vote (canonical/raft issue 196, under dqlite).
        own-vote-unsaved: a candidate counts its own vote, and still has it to give (nebula PR 3415).
        pre-vote-silent: a pre-vote for an old term gets no answer, the longest log never learns the highest
            term; no leader any more (etcd issues 8243 and 8501, openraft issue 1796).
    """
    start = {None: start, "pre-vote-silent": "apart"}.get(bug, "empty")
    servers = node_ids(2 if start == "apart" else nodes)
    highest = max_term + 2 if start == "apart" else max_term
    prepared = {"led": led, "apart": apart}
    return Model(
        RaftWithOptions(candidates, (), False, False, bug, pre_vote, check_quorum, transfer),
        # As Raft's; the leader of the start may crash. The two that are apart are what is left of three.
        nodes=servers,
        environment=Environment(network="sent-set", crash=0 if start == "apart" else 1),
        bounds=[
            # What is asked before a term that is not searched is not searched either.
            Bound("max_term", Server, lambda s: s.term + (s.role is Role.PRE_CANDIDATE) <= highest),
            Bound("max_log", Server, lambda s: len(s.log) <= max_log),
        ],
        properties=log.figure_3(),
        deadlock=each(node_views(Server), lambda n: n.state.leads),
        initial=[prepared[start](servers)] if start in prepared else [],
    )
