"""Single-decree Paxos elects a leader: proposers stand in numbered ballots, acceptors vote, learners count.

L. Lamport, Paxos Made Simple, ACM SIGACT News 32(4), 2001, section 2. The phases (1a, 1b, 2a, 2b) are named
as in his later papers. The value that is chosen is the name of a candidate, and it is chosen for ever: this
is one election, without clocks. models/multi_paxos.py goes on from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from elcheck import (
    WEAK,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    Property,
    State,
    Step,
    action,
    all_nodes,
    always,
    durable,
    each,
    node_ids,
    node_views,
    receive,
    replace,
    require,
)
from elcheck.specs import consensus, election

Vote = tuple[int, NodeId]
"""A ballot, and the candidate that is voted for in it."""


class Proposer(State):
    """The state of a proposer."""

    ballot: int = durable(0)
    """Its last; never used again, not even after a crash."""
    promises: frozenset[NodeId] | None = None
    """Of acceptors in this ballot; None if it awaits none."""
    highest: Vote | None = None
    """Of the votes that the promises told of."""


class Acceptor(State):
    """The state of an acceptor, on disk before it answers."""

    promised: int = durable(0)
    """It votes in no lower ballot; at least the ballot of its vote."""
    voted: Vote | None = durable(None)
    """Its last vote."""

    @property
    def votes(self) -> tuple[consensus.Vote, ...]:
        """Its last vote, as specs/consensus.py has it."""
        return ((1, *self.voted),) if self.voted else ()


class Learner(State):
    """The state of a learner."""

    votes: frozenset[tuple[Vote, NodeId]] = frozenset()
    decision: NodeId | None = durable(None)
    """The leader."""


class Prepare(Message):
    """Phase 1a: a proposer opens its ballot."""

    ballot: int


class Promise(Message):
    """Phase 1b: the acceptor will vote in no lower ballot, and this was its last vote."""

    ballot: int
    voted: Vote | None


class Accept(Message):
    """Phase 2a: vote for this value in this ballot."""

    ballot: int
    value: NodeId


class Accepted(Message):
    """Phase 2b: the vote."""

    ballot: int
    value: NodeId


class Proposing(Node[Proposer]):
    """The proposer (2.2); it proposes itself if it may. Any two quorums must meet."""

    acceptors: tuple[NodeId, ...]
    quorum: int
    proposers: int
    ballots: int

    @action(fair=WEAK)
    def prepare(self, s: Proposer) -> Step[Proposer]:
        """Phase 1a: open the next ballot of its own."""
        later = next((ballot for ballot in self.own_ballots() if ballot > s.ballot), None)
        ballot = require(later, "no ballot of its own is left")
        return Step(Proposer(ballot, frozenset()), self.send(self.acceptors, Prepare(ballot)))

    def own_ballots(self) -> range:
        """A ballot belongs to one proposer: each in turn has one."""
        return range(self.me.index + 1, self.ballots + 1, self.proposers)

    @receive(fair=WEAK)
    def promise(self, s: Proposer, src: NodeId, msg: Promise) -> Proposer | Step[Proposer]:
        """Phase 2a, on the last promise of a quorum: propose, once in a ballot."""
        if s.promises is None or not self.is_of_its_ballot(s, msg):
            return s
        promises, highest = s.promises | {src}, self.higher(s.highest, msg.voted)
        if len(promises) < self.quorum:
            return Proposer(s.ballot, promises, highest)
        return Step(Proposer(s.ballot), self.send(self.acceptors, Accept(s.ballot, self.value(highest))))

    def is_of_its_ballot(self, s: Proposer, msg: Promise) -> bool:
        """A late promise is for an earlier ballot."""
        return msg.ballot == s.ballot

    def higher(self, known: Vote | None, told: Vote | None) -> Vote | None:
        """Of the values that it is told of, only that of the highest ballot may be chosen."""
        return max(filter(None, (known, told)), default=None)

    def value(self, highest: Vote | None) -> NodeId:
        """Only if it is told of no vote the proposer is free."""
        return highest[1] if highest else self.me


class Accepting(Node[Acceptor]):
    """The acceptor (2.2)."""

    learners: tuple[NodeId, ...]

    @receive(fair=WEAK)
    def promise(self, s: Acceptor, src: NodeId, msg: Prepare) -> Acceptor | Step[Acceptor]:
        """Phase 1b: promise, unless a higher ballot is promised. Asked again before a vote, answer again."""
        if msg.ballot < s.promised or (s.voted and msg.ballot == s.voted[0]):
            return s
        return Step(replace(s, promised=msg.ballot), self.send(src, Promise(msg.ballot, s.voted)))

    @receive(fair=WEAK)
    def vote(self, s: Acceptor, src: NodeId, msg: Accept) -> Acceptor | Step[Acceptor]:
        """Phase 2b: vote, unless a higher ballot is promised."""
        if not self.may_vote(s, msg.ballot):
            return s
        sends = self.send(self.learners, Accepted(msg.ballot, msg.value))
        return Step(self.with_vote(s, (msg.ballot, msg.value)), sends)

    def may_vote(self, s: Acceptor, ballot: int) -> bool:
        """It has promised to vote in no lower ballot."""
        return ballot >= s.promised

    def with_vote(self, s: Acceptor, vote: Vote) -> Acceptor:
        """A vote is a promise, too."""
        return Acceptor(vote[0], vote)


class Learning(Node[Learner]):
    """The learner (2.3)."""

    quorum: int

    @receive(fair=WEAK)
    def accepted(self, s: Learner, src: NodeId, msg: Accepted) -> Learner:
        """Count the votes; a quorum of one ballot has elected."""
        votes = s.votes | {((msg.ballot, msg.value), src)}
        count = sum(vote == (msg.ballot, msg.value) for vote, _ in votes)
        return Learner(votes, msg.value if count >= self.quorum else s.decision)


# -- Mistakes ----------------------------------------------------------------------------------------------


class IgnorePromise(Accepting):
    """An acceptor votes in a ballot lower than the one that it has promised."""

    def may_vote(self, s: Acceptor, ballot: int) -> bool:
        return True


class ForgetPromise(Accepting):
    """Votes are on the disk, promises are not."""

    def at_crash(self, before: Acceptor) -> Acceptor:
        return Acceptor(before.voted[0] if before.voted else 0, before.voted)


class ForgetAll(Accepting):
    """A disk is lost, and its acceptor comes back empty (atlasdb issue 1508; Chandra et al., Paxos Made Live,
    2007, section 5.1).
    """

    def at_crash(self, before: Acceptor) -> Acceptor:
        return Acceptor()


class VoteIsNoPromise(Accepting):
    """A vote does not raise the promise (a reading of Paxos Made Simple that M. Brooker warns of, blog of
    2021-11-16; see Cassandra's pull request 1327). It takes 3 ballots.
    """

    def with_vote(self, s: Acceptor, vote: Vote) -> Acceptor:
        return replace(s, voted=vote)


class IgnoreVotes(Proposing):
    """A proposer proposes itself whatever the promises tell of."""

    def value(self, highest: Vote | None) -> NodeId:
        return self.me


class AnyVote(Proposing):
    """A proposer takes the last vote that it is told of, not that of the highest ballot. 3 ballots."""

    def higher(self, known: Vote | None, told: Vote | None) -> Vote | None:
        return told or known


class StalePromise(Proposing):
    """A proposer counts promises of its earlier ballots too (MyPaxos issue 18). 3 ballots."""

    def is_of_its_ballot(self, s: Proposer, msg: Promise) -> bool:
        return True


class ReuseBallot(Proposing):
    """A restarted proposer goes on in its ballot (asked of phxpaxos in its issue 145)."""

    def recover(self, durable: Proposer) -> Proposer:
        return replace(durable, promises=frozenset())


class DuplicateBallot(Proposing):
    """Both proposers number their ballots alike."""

    def own_ballots(self) -> range:
        return range(1, self.ballots // self.proposers + 1)


class SmallQuorum(Proposing):
    """One acceptor is a quorum."""


# -- The model ---------------------------------------------------------------------------------------------


def only_candidates_are_voted_for() -> Property:
    """Nothing is voted for, and so nothing is chosen, that has not stood in some ballot (nontriviality)."""

    def seen(s: State) -> bool | NodeId | None:
        if isinstance(s, Proposer):
            return s.ballot > 0
        return s.voted[1] if isinstance(s, Acceptor) and s.voted else None

    def check(nodes: Sequence[NodeView[bool | NodeId | None]]) -> bool:
        stood = {n.node for n in nodes if n.state is True}
        return all(n.state in stood for n in nodes if isinstance(n.state, NodeId))

    return always("only candidates are voted for", all_nodes(node_views(State, seen), check))


def model(
    proposers: Annotated[int, "proposers, who are the candidates"] = 2,
    acceptors: Annotated[int, "acceptors"] = 3,
    learners: Annotated[int, "learners; what is chosen is judged without them"] = 1,
    ballots: Annotated[int, "ballots, which belong to the proposers in turn"] = 2,
    crashes: Annotated[bool, "a node may crash; if not, all learn the leader in the end"] = True,
    bug: Annotated[type[Accepting] | type[Proposing] | None, "a mistake to put in"] = None,
) -> Model:
    """Single-decree Paxos, choosing a leader.

    Paper: L. Lamport, Paxos Made Simple, ACM SIGACT News 32(4), 2001, section 2; first in The Part-Time
        Parliament, ACM TOCS 16(2), 1998.
    Assumes: disks keep what acceptors have promised and voted for, and which ballots proposers have used. A
        ballot belongs to one proposer. Messages may be late, lost, repeated and out of order.
    Liveness: a leader is learned if in the end one proposer stands alone for long enough. Checked: with
        --no-crashes no run ends before (two proposers could disturb each other for ever, but here the
        ballots run out); when the proposer of the last ballot may crash, one can.
    """
    if bug in (AnyVote, StalePromise, VoteIsNoPromise):
        learners, ballots, crashes = 0, max(ballots, 3), False
    quorum = 1 if bug is SmallQuorum else acceptors // 2 + 1
    roles = {"p": proposers, "a": acceptors, "l": learners}
    nodes = node_ids(*(f"{role}{i + 1}" for role, count in roles.items() for i in range(count)))
    candidates, voters = nodes[:proposers], nodes[proposers:][:acceptors]
    counters = nodes[proposers + acceptors :]
    proposing = bug if bug and issubclass(bug, Proposing) else Proposing
    accepting = bug if bug and issubclass(bug, Accepting) else Accepting
    return Model(
        {
            **dict.fromkeys(candidates, proposing(voters, quorum, proposers, ballots)),
            **dict.fromkeys(voters, accepting(counters)),
            **dict.fromkeys(counters, Learning(quorum)),
        },
        # Late, lost, repeated, out of order: a sent-set has all of it. What is durable survives the crash.
        environment=Environment(network="sent-set", crash=int(crashes), restart=int(crashes)),
        properties=[
            consensus.one_value_chosen(Acceptor, quorum),
            consensus.one_value_per_ballot(Acceptor),
            only_candidates_are_voted_for(),
            *([election.decisions_are_final(Learner)] if learners else []),
            *([consensus.only_chosen_is_learned(Learner, quorum)] if learners else []),
            consensus.value_chosen(Acceptor, quorum),
            *([consensus.value_learned(Learner)] if learners else []),
            *([] if crashes else [consensus.value_can_always_be_chosen(Acceptor, quorum)]),
        ],
        deadlock=not crashes and learners > 0 and each(Learner, lambda s: s.decision is not None),
    )
