"""Single-decree Paxos with three kinds of nodes: proposers, acceptors, a learner.

L. Lamport, Paxos Made Simple, SIGACT News 32(4), 2001, section 2.2. A ballot belongs to one proposer,
acceptors remember on disk, messages may be late, lost or repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from checker import (
    WEAK,
    Environment,
    Model,
    Node,
    NodeId,
    Step,
    Steps,
    action,
    durable,
    each,
    guard,
    node_ids,
    present,
    receive,
    sometimes,
)
from specs.election import decisions_are_final

Bug = Literal["forget-promise", "ignore-promise"]
Voted = tuple[int, str]
NONE: Voted = (-1, "")


@dataclass(frozen=True)
class Prepare:
    """Phase 1a."""

    ballot: int


@dataclass(frozen=True)
class Promise:
    """Phase 1b, with the acceptor's last vote."""

    ballot: int
    voted: Voted


@dataclass(frozen=True)
class Accept:
    """Phase 2a."""

    ballot: int
    value: str


@dataclass(frozen=True)
class Accepted:
    """Phase 2b."""

    ballot: int
    value: str


@dataclass(frozen=True)
class Candidate:
    """A proposer's state: volatile but for the ballot, which is never used twice."""

    ballot: int = durable(-1)
    promises: frozenset[tuple[NodeId, Voted]] = frozenset()
    proposed: bool = False


@dataclass(frozen=True)
class Voter:
    """An acceptor's state, all of it durable."""

    promised: int = durable(-1)
    voted: Voted = durable(NONE)


@dataclass(frozen=True)
class Tally:
    """A learner's state."""

    votes: frozenset[tuple[int, str, NodeId]] = frozenset()
    decision: str | None = None


@dataclass(frozen=True)
class Paxos:
    """Who plays which part."""

    proposers: tuple[NodeId, ...]
    acceptors: tuple[NodeId, ...]
    learners: tuple[NodeId, ...]

    def majority(self, count: int) -> bool:
        """Whether so many acceptors are a quorum."""
        return 2 * count > len(self.acceptors)


@dataclass(frozen=True)
class Proposer(Node[Candidate]):
    """Ballots 0, 1, ... in turn among the proposers; the value is the proposer's own name."""

    cast: Paxos
    ballots: int

    def start(self, me: NodeId) -> Steps[Candidate]:
        yield Step(Candidate())

    def recover(self, me: NodeId, durable: Candidate) -> Steps[Candidate]:
        yield Step(replace(durable, proposed=True))  # who knows what it has proposed in this ballot

    @action(fair=WEAK)
    def prepare(self, me: NodeId, s: Candidate) -> Steps[Candidate]:
        mine = range(self.cast.proposers.index(me), self.ballots, len(self.cast.proposers))
        ballot = present(next((b for b in mine if b > s.ballot), None), "no ballot of its own is left")
        yield Step(Candidate(ballot), self.send(self.cast.acceptors, Prepare(ballot)))

    @receive(fair=WEAK)
    def promise(self, me: NodeId, s: Candidate, src: NodeId, msg: Promise) -> Steps[Candidate]:
        if msg.ballot == s.ballot and not s.proposed:
            s = replace(s, promises=s.promises | {(src, msg.voted)})
        yield Step(s)

    @action(fair=WEAK)
    def propose(self, me: NodeId, s: Candidate) -> Steps[Candidate]:
        guard(not s.proposed and self.cast.majority(len(s.promises)), "no majority has promised")
        latest = max(voted for _, voted in s.promises)
        value = latest[1] if latest != NONE else str(me)
        accept = self.send(self.cast.acceptors, Accept(s.ballot, value))
        yield Step(Candidate(s.ballot, proposed=True), accept)


@dataclass(frozen=True)
class Acceptor(Node[Voter]):
    """Keeps its promises, over crashes too."""

    cast: Paxos
    bug: Bug | None = None

    def start(self, me: NodeId) -> Steps[Voter]:
        yield Step(Voter())

    def at_crash(self, me: NodeId, before: Voter) -> Steps[Voter]:
        yield Step(replace(before, promised=before.voted[0]) if self.bug == "forget-promise" else before)

    @receive(fair=WEAK)
    def prepare(self, me: NodeId, s: Voter, src: NodeId, msg: Prepare) -> Steps[Voter]:
        guard(msg.ballot > s.promised, "it has promised a higher ballot")
        yield Step(replace(s, promised=msg.ballot), self.send(src, Promise(msg.ballot, s.voted)))

    @receive(fair=WEAK)
    def accept(self, me: NodeId, s: Voter, src: NodeId, msg: Accept) -> Steps[Voter]:
        promised = self.bug != "ignore-promise" and msg.ballot < s.promised
        guard(not promised, "it has promised a higher ballot")
        vote = (msg.ballot, msg.value)
        yield Step(Voter(msg.ballot, vote), self.send(self.cast.learners, Accepted(*vote)))


@dataclass(frozen=True)
class Learner(Node[Tally]):
    """Learns the value that a majority has voted for in one ballot. It never crashes."""

    cast: Paxos

    def at_crash(self, me: NodeId, before: Tally) -> Steps[Tally]:
        guard(False, "a learner does not crash")
        yield Step(before)

    def start(self, me: NodeId) -> Steps[Tally]:
        yield Step(Tally())

    @receive(fair=WEAK)
    def accepted(self, me: NodeId, s: Tally, src: NodeId, msg: Accepted) -> Steps[Tally]:
        votes = s.votes | {(msg.ballot, msg.value, src)}
        count = sum((ballot, value) == (msg.ballot, msg.value) for ballot, value, _ in votes)
        yield Step(Tally(votes, msg.value if self.cast.majority(count) else s.decision))


def model(
    proposers: Annotated[int, "proposers, with one ballot each"] = 2,
    acceptors: Annotated[int, "acceptors"] = 3,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
) -> Model:
    """Single-decree Paxos (Lamport 2001); a proposer or an acceptor may crash and restart."""
    names = [f"p{i + 1}" for i in range(proposers)] + [f"a{i + 1}" for i in range(acceptors)]
    nodes = node_ids(*names, "learner")
    cast = Paxos(nodes[:proposers], nodes[proposers:-1], nodes[-1:])
    return Model(
        {
            **{p: Proposer(nodes, cast, ballots=proposers) for p in cast.proposers},
            **{a: Acceptor(nodes, cast, bug) for a in cast.acceptors},
            cast.learners[0]: Learner(nodes, cast),
        },
        environment=Environment(network="sent-set", crash=1, restart=1),
        properties=[
            decisions_are_final(of=Tally),
            sometimes("a value is learned", each(lambda n: n.state.decision is not None, of=Tally)),
        ],
    )
