"""Single-decree Paxos elects a leader: proposers stand in numbered ballots, acceptors vote, learners count.

The value that is chosen is the name of a candidate, and it is chosen for ever: this is one election, without
clocks. Any majority of the acceptors is enough for each phase. models/multi_paxos.py goes on from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from elcheck import (
    WEAK,
    Environment,
    Model,
    Node,
    NodeId,
    NodeView,
    Property,
    Step,
    action,
    all_nodes,
    always,
    each,
    node_ids,
    node_views,
    receive,
    require,
)
from elcheck.models._paxos import Accept, Accepted, Acceptor, Cast, Learner, Prepare, Promise, Proposer
from elcheck.specs import consensus, election

Bug = Literal[
    "ignore-promise",
    "forget-promise",
    "forget-all",
    "vote-is-no-promise",
    "ignore-votes",
    "any-vote",
    "stale-promise",
    "reuse-ballot",
    "duplicate-ballot",
    "small-quorum",
]


class Proposing(Node[Proposer]):
    """The proposer of Paxos Made Simple (Lamport 2001), section 2.2; it proposes itself if it may."""

    cast: Cast
    ballots: range
    bug: Bug | None = None

    def recover(self, durable: Proposer) -> Proposer:
        # It may have proposed in this ballot, and must not do so again: it waits for the next.
        return replace(durable, promises=frozenset()) if self.bug == "reuse-ballot" else durable

    @action(fair=WEAK)
    def prepare(self, s: Proposer) -> Step[Proposer]:
        """Phase 1a: open the next ballot of its own."""
        later = next((ballot for ballot in self.ballots if ballot > s.ballot), None)
        ballot = require(later, "no ballot of its own is left")
        return Step(Proposer(ballot, frozenset()), self.send(self.cast.acceptors, Prepare(ballot)))

    @receive(fair=WEAK)
    def promise(self, s: Proposer, src: NodeId, msg: Promise) -> Proposer | Step[Proposer]:
        """Phase 2a, on the last promise of a quorum: propose the value of the latest vote that any of them
        has told of. Only if there is none is the proposer free. It proposes once in a ballot.
        """
        stale = msg.ballot != s.ballot and self.bug != "stale-promise"
        if stale or s.promises is None:
            return s
        promises = s.promises | {src}
        highest = max(filter(None, (s.highest, msg.voted)), default=None)
        if self.bug == "any-vote":  # of the values told of, only that of the highest ballot may be chosen
            highest = msg.voted or s.highest
        if len(promises) < self.cast.quorum:
            return Proposer(s.ballot, promises, highest)
        value = highest[1] if highest and self.bug != "ignore-votes" else self.me
        return Step(Proposer(s.ballot), self.send(self.cast.acceptors, Accept(s.ballot, value)))


class Accepting(Node[Acceptor]):
    """The acceptor of Paxos Made Simple (Lamport 2001), section 2.2."""

    cast: Cast
    bug: Bug | None = None

    def at_crash(self, before: Acceptor) -> Acceptor:
        if self.bug == "forget-promise":  # only votes were written to the disk
            return Acceptor(before.voted[0] if before.voted else 0, before.voted)
        if self.bug == "forget-all":  # the disk is lost, and a new one comes back under the old name
            return Acceptor()
        return before

    @receive(fair=WEAK)
    def promise(self, s: Acceptor, src: NodeId, msg: Prepare) -> Acceptor | Step[Acceptor]:
        """Phase 1b: promise, unless a higher ballot is promised. Asked again before a vote, answer again."""
        if msg.ballot < s.promised or (s.voted and msg.ballot == s.voted[0]):
            return s
        return Step(replace(s, promised=msg.ballot), self.send(src, Promise(msg.ballot, s.voted)))

    @receive(fair=WEAK)
    def vote(self, s: Acceptor, src: NodeId, msg: Accept) -> Acceptor | Step[Acceptor]:
        """Phase 2b: vote, unless a higher ballot is promised."""
        if msg.ballot < s.promised and self.bug != "ignore-promise":
            return s
        vote = (msg.ballot, msg.value)
        promised = s.promised if self.bug == "vote-is-no-promise" else msg.ballot
        return Step(Acceptor(promised, vote), self.send(self.cast.learners, Accepted(*vote)))


class Learning(Node[Learner]):
    """The learner of Paxos Made Simple (Lamport 2001), section 2.3."""

    cast: Cast

    @receive(fair=WEAK)
    def accepted(self, s: Learner, src: NodeId, msg: Accepted) -> Learner:
        """Count the votes; a quorum of one ballot has elected."""
        votes = s.votes | {((msg.ballot, msg.value), src)}
        count = sum(vote == (msg.ballot, msg.value) for vote, _ in votes)
        return Learner(votes, msg.value if count >= self.cast.quorum else s.decision)


def only_candidates_are_voted_for() -> Property:
    """Nothing is voted for, and so nothing is chosen, that has not stood in some ballot (nontriviality)."""

    def seen(s: Proposer | Acceptor) -> bool | NodeId | None:
        if isinstance(s, Proposer):
            return s.ballot > 0
        return s.voted[1] if s.voted else None

    def check(nodes: Sequence[NodeView[bool | NodeId | None]]) -> bool:
        stood = {n.node for n in nodes if n.state is True}
        return all(n.state in stood for n in nodes if isinstance(n.state, NodeId))

    return always("only candidates are voted for", all_nodes(node_views((Proposer, Acceptor), seen), check))


def model(
    proposers: Annotated[int, "proposers, who are the candidates"] = 2,
    acceptors: Annotated[int, "acceptors"] = 3,
    learners: Annotated[int, "learners; what is chosen is judged without them"] = 1,
    ballots: Annotated[int, "ballots, which belong to the proposers in turn"] = 2,
    crashes: Annotated[bool, "a node may crash; if not, all learn the leader in the end"] = True,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
) -> Model:
    """Single-decree Paxos, choosing a leader.

    Paper: L. Lamport, Paxos Made Simple, ACM SIGACT News 32(4), 2001, section 2; first in The Part-Time
        Parliament, ACM TOCS 16(2), 1998.
    Assumes: disks keep what acceptors have promised and voted for, and which ballots proposers have used. A
        ballot belongs to one proposer. Messages may be late, lost, repeated and out of order.
    Liveness: a leader is learned if in the end one proposer stands alone for long enough. Checked: with
        --no-crashes no run ends before (two proposers could disturb each other for ever, but here the
        ballots run out); when the proposer of the last ballot may crash, one can.
    Bugs:
        ignore-promise: an acceptor votes in a ballot lower than the one that it has promised.
        forget-promise: votes are on the disk, promises are not.
        forget-all: a disk is lost, and its acceptor comes back empty (atlasdb issue 1508; Chandra et al.,
            Paxos Made Live, 2007, section 5.1).
        vote-is-no-promise: a vote does not raise the promise (a reading of Paxos Made Simple that M. Brooker
            warns of, blog of 2021-11-16; see Cassandra's pull request 1327). It takes 3 ballots.
        ignore-votes: a proposer proposes itself whatever the promises tell of.
        any-vote: it takes the last vote that it is told of, not that of the highest ballot. 3 ballots.
        stale-promise: it counts promises of its earlier ballots too (MyPaxos issue 18). 3 ballots.
        reuse-ballot: a restarted proposer goes on in its ballot (asked of phxpaxos in its issue 145).
        duplicate-ballot: both proposers number their ballots alike.
        small-quorum: one acceptor is a quorum.
    """
    if bug in ("any-vote", "stale-promise", "vote-is-no-promise"):
        learners, ballots, crashes = 0, max(ballots, 3), False
    nodes = node_ids(
        *(f"p{i + 1}" for i in range(proposers)),
        *(f"a{i + 1}" for i in range(acceptors)),
        *(f"l{i + 1}" for i in range(learners)),
    )
    quorum = 1 if bug == "small-quorum" else acceptors // 2 + 1
    cast = Cast(nodes[:proposers], nodes[proposers:][:acceptors], nodes[proposers + acceptors :], quorum)
    owned = {p: range(p.index + 1, ballots + 1, proposers) for p in cast.proposers}
    if bug == "duplicate-ballot":
        owned = {p: range(1, ballots // proposers + 1) for p in cast.proposers}
    return Model(
        {
            **{p: Proposing(cast, owned[p], bug) for p in cast.proposers},
            **{a: Accepting(cast, bug) for a in cast.acceptors},
            **{n: Learning(cast) for n in cast.learners},
        },
        # Late, lost, repeated, out of order: a sent-set has all of it. What is durable survives the crash.
        environment=Environment(network="sent-set", crash=int(crashes), restart=int(crashes)),
        monitors=[consensus.votes_cast(of=Acceptor)],
        properties=[
            consensus.one_value_chosen(quorum),
            consensus.one_value_per_ballot(),
            only_candidates_are_voted_for(),
            *([election.decisions_are_final(of=Learner)] if learners else []),
            consensus.value_chosen(quorum),
            *([] if crashes else [consensus.value_can_always_be_chosen(quorum)]),
        ],
        deadlock=not crashes
        and learners > 0
        and each(node_views(Learner), lambda n: n.state.decision is not None),
    )
