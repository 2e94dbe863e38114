"""Single-decree Paxos for every number of ballots: models/paxos.py without a last ballot.

A ballot is a round and the proposer that it belongs to, in this order (L. Lamport, Paxos Made Simple, ACM
SIGACT News 32(4), 2001, section 2.4: proposers "choose their numbers from disjoint sets"). Rounds are terms,
so that what is proved is proved of all of them, as far as a bound keeps the nodes together. A learner counts
the votes of the last ballot that it has heard of: those of earlier ones are chosen already, or may be learned
again from a later ballot, which has to propose the same value.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import (
    WEAK,
    Bound,
    Environment,
    Event,
    Map,
    Message,
    Model,
    Monitor,
    Node,
    NodeId,
    NodeView,
    Property,
    Record,
    State,
    Step,
    Term,
    action,
    always,
    durable,
    each,
    eventually,
    history,
    node_ids,
    pair,
    receive,
    replace,
    some,
    sometimes,
)
from elcheck.specs import election


class Ballot(Record, order=True):
    """A round, and the number of the proposer whose ballot of that round it is; 0: nobody's."""

    round: Term = Term()
    proposer: int = 0


Vote = tuple[Ballot, NodeId]
"""A ballot, and the candidate that is voted for in it."""


class Proposer(State):
    """The state of a proposer."""

    round: Term = durable(Term())
    """The round of its last ballot."""
    promises: frozenset[NodeId] | None = None
    """Of acceptors in this ballot; None if it awaits none."""
    highest: Vote | None = None
    """Of the votes that the promises told of."""


class Acceptor(State):
    """The state of an acceptor, on disk before it answers."""

    promised: Ballot = durable(Ballot())
    """It votes in no lower ballot; at least the ballot of its vote."""
    voted: Vote | None = durable(None)
    """Its last vote."""


class Learner(State):
    """The state of a learner."""

    ballot: Ballot = Ballot()
    """The last that it was told of."""
    voters: frozenset[NodeId] = frozenset()
    """Who has voted in it."""
    decision: NodeId | None = durable(None)
    """The leader."""


class Prepare(Message):
    """Phase 1a: a proposer opens its ballot."""

    ballot: Ballot


class Promise(Message):
    """Phase 1b: the acceptor will vote in no lower ballot, and this was its last vote."""

    ballot: Ballot
    voted: Vote | None


class Accept(Message):
    """Phase 2a: vote for this value in this ballot."""

    ballot: Ballot
    value: NodeId


class Accepted(Message):
    """Phase 2b: the vote."""

    ballot: Ballot
    value: NodeId


class Proposing(Node[Proposer]):
    """The proposer; it proposes itself if it may. Any two quorums must meet."""

    acceptors: tuple[NodeId, ...]
    quorum: int

    @action(fair=WEAK)
    def prepare(self, s: Proposer) -> Step[Proposer]:
        """Phase 1a: open the ballot of the next round."""
        opened = Proposer(s.round.next(), frozenset())
        return Step(opened, self.send(self.acceptors, Prepare(Ballot(opened.round, self.me.index + 1))))

    @receive(fair=WEAK, stale=lambda s, msg: msg.ballot.round < s.round)
    def promise(self, s: Proposer, src: NodeId, msg: Promise) -> Proposer | Step[Proposer]:
        """Phase 2a, on the last promise of a quorum: propose, once in a ballot."""
        if s.promises is None or msg.ballot.round != s.round:
            return s
        promises, highest = s.promises | {src}, self.higher(s.highest, msg.voted)
        if len(promises) < self.quorum:
            return Proposer(s.round, promises, highest)
        value = highest[1] if highest is not None else self.me
        return Step(Proposer(s.round), self.send(self.acceptors, Accept(msg.ballot, value)))

    def higher(self, known: Vote | None, told: Vote | None) -> Vote | None:
        """Of the values that it is told of, only that of the highest ballot may be chosen."""
        return max((vote for vote in (known, told) if vote is not None), default=None)


class Accepting(Node[Acceptor]):
    """The acceptor."""

    learners: tuple[NodeId, ...]

    @receive(fair=WEAK, stale=lambda s, msg: msg.ballot < s.promised)
    def promise(self, s: Acceptor, src: NodeId, msg: Prepare) -> Acceptor | Step[Acceptor]:
        """Phase 1b: promise, unless a higher ballot is promised. Asked again before a vote, answer again."""
        if not self.may(s, msg.ballot) or (s.voted is not None and msg.ballot == s.voted[0]):
            return s
        return Step(replace(s, promised=msg.ballot), self.send(src, Promise(msg.ballot, s.voted)))

    @receive(fair=WEAK, stale=lambda s, msg: msg.ballot < s.promised)
    def vote(self, s: Acceptor, src: NodeId, msg: Accept) -> Acceptor | Step[Acceptor]:
        """Phase 2b: vote, unless a higher ballot is promised."""
        if not self.may(s, msg.ballot):
            return s
        voted = Acceptor(msg.ballot, (msg.ballot, msg.value))
        return Step(voted, self.send(self.learners, Accepted(msg.ballot, msg.value)))

    def may(self, s: Acceptor, ballot: Ballot) -> bool:
        """It has promised to vote in no lower ballot."""
        return ballot >= s.promised


class Learning(Node[Learner]):
    """The learner."""

    quorum: int

    @receive(fair=WEAK, stale=lambda s, msg: msg.ballot < s.ballot)
    def accepted(self, s: Learner, src: NodeId, msg: Accepted) -> Learner:
        """Count the votes of the last ballot; a quorum has elected."""
        if msg.ballot < s.ballot:
            return s
        voters = (s.voters if msg.ballot == s.ballot else frozenset[NodeId]()) | {src}
        decision = msg.value if len(voters) >= self.quorum else s.decision
        return Learner(msg.ballot, voters, decision)


# -- Mistakes ----------------------------------------------------------------------------------------------


class IgnorePromise(Accepting):
    """An acceptor votes in a ballot lower than the one that it has promised."""

    def may(self, s: Acceptor, ballot: Ballot) -> bool:
        return s.voted is None or ballot >= s.voted[0]


# -- What was chosen ---------------------------------------------------------------------------------------


class Chosen(Record):
    """What was chosen so far, and what still may be: the votes of ballots in which somebody may yet vote."""

    promised: Map[NodeId, Ballot]
    votes: frozenset[tuple[Vote, NodeId]] = frozenset()
    values: frozenset[NodeId] = frozenset()


def values_chosen(quorum: int) -> Monitor[Chosen]:
    """The values that were ever chosen. The votes of a ballot that all acceptors have promised to pass are
    forgotten, so that what is kept does not grow with the ballots.
    """

    def start(nodes: tuple[NodeView[Acceptor], ...]) -> Chosen:
        return Chosen(Map({n.node: n.state.promised for n in nodes}))

    def after(so_far: Chosen, event: Event, before: NodeView[Acceptor], now: NodeView[Acceptor]) -> Chosen:
        promised = so_far.promised.put(now.node, now.state.promised)
        votes = so_far.votes | ({(now.state.voted, now.node)} if now.state.voted is not None else set())
        won = {vote[1] for vote, _ in votes if sum(vote == other for other, _ in votes) >= quorum}
        lowest = min(promised.values())
        open_ = frozenset((vote, node) for vote, node in votes if vote[0] >= lowest)
        return Chosen(promised, open_, so_far.values | won)

    return Monitor("values chosen", Acceptor, start=start, after=after)


def vote_alike(a: Acceptor, b: Acceptor) -> bool:
    """Those who have voted last in the same ballot have voted for the same candidate."""
    return a.voted is None or b.voted is None or a.voted[0] != b.voted[0] or a.voted == b.voted


def model(
    proposers: Annotated[int, "proposers, who are the candidates"] = 2,
    acceptors: Annotated[int, "acceptors"] = 2,
    learners: Annotated[int, "learners; what is chosen is judged without them"] = 0,
    spread: Annotated[int, "how many rounds the nodes may be apart"] = 1,
    lively: Annotated[bool, "claim that a value is learned in the end, without any assumption"] = False,
    bug: Annotated[type[Accepting] | None, "a mistake to put in"] = None,
) -> Model:
    """Single-decree Paxos, choosing a leader, for every number of ballots.

    Paper: L. Lamport, Paxos Made Simple, ACM SIGACT News 32(4), 2001, section 2.
    Assumes: no crash, unless --crash says so. Messages may be late, lost, repeated and out of order.
    Liveness: two proposers can disturb each other for ever (--lively, with learners).
    """
    quorum = acceptors // 2 + 1
    roles = {"p": proposers, "a": acceptors, "l": learners}
    nodes = node_ids(*(f"{role}{i + 1}" for role, count in roles.items() for i in range(count)))
    candidates, voters = nodes[:proposers], nodes[proposers:][:acceptors]
    counters = nodes[proposers + acceptors :]
    watched = values_chosen(quorum)
    learned: list[Property] = []
    if learners:
        learned = [election.decisions_are_final(Learner)]
        learned.append(sometimes("a value is learned", each(Learner, lambda s: s.decision is not None)))
    if learners and lively:
        is_learned = some(each(Learner, lambda s: s.decision is not None))
        learned.append(eventually("a value is learned in the end", is_learned))
    return Model(
        {
            **dict.fromkeys(candidates, Proposing(voters, quorum)),
            **dict.fromkeys(voters, (bug or Accepting)(counters)),
            **dict.fromkeys(counters, Learning(quorum)),
        },
        environment=Environment(network="sent-set"),
        bounds=[Bound("spread", spread)],
        properties=[
            always("at most one value is chosen", history(watched, lambda m: len(m.values) <= 1)),
            always("one value per ballot", pair(Acceptor, vote_alike)),
            sometimes("a value is chosen", history(watched, lambda m: bool(m.values))),
            *learned,
        ],
    )
