"""MultiPaxos: a leader, elected once for a ballot, fills the slots of a replicated log one after the other.

L. Lamport, Paxos Made Simple, ACM SIGACT News 32(4), 2001, section 3. Every server is proposer, acceptor and
learner in one, and gives itself its promise and its votes at once. The first phase of Paxos is run once for
all slots: who has won it leads, until it hears of a higher ballot.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import (
    WEAK,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    action,
    durable,
    each,
    guard,
    node_ids,
    receive,
    replace,
    require,
    sometimes,
    timeout,
)
from elcheck.specs import consensus, election
from elcheck.specs.consensus import Vote, latest

Log = tuple[str, ...]
"""Commands, that of slot 1 first."""


class Server(State):
    """The state of a server."""

    promised: int = durable(0)
    """It votes in no lower ballot."""
    votes: frozenset[Vote] = durable(frozenset())
    """Its last in each slot: (slot, ballot, command)."""
    ballot: int = 0
    """That it stands for or leads, which is then the one it has promised; 0 if it follows."""
    promises: frozenset[NodeId] = frozenset()
    """While it stands: who has promised."""
    reported: frozenset[Vote] = frozenset()
    """While it stands: the latest of their votes in each slot."""
    proposals: Log | None = None
    """While it leads: its proposals."""
    acks: frozenset[tuple[int, NodeId]] = frozenset()
    """While it leads: who has voted in slots that are not committed."""
    committed: Log = ()
    """What it knows to be chosen, up to the first gap."""

    @property
    def leads(self) -> bool:
        """True if a majority has promised its ballot."""
        return self.proposals is not None

    @property
    def term(self) -> int:
        """The ballot that it leads, as specs/election.py calls it."""
        return self.ballot

    def as_follower(self, ballot: int) -> Server:
        """The server as a follower of whoever has a ballot."""
        return Server(ballot, self.votes, committed=self.committed)


class Prepare(Message):
    """Phase 1a, for all slots at once."""

    ballot: int


class Promise(Message):
    """Phase 1b, with the last vote in each slot."""

    ballot: int
    votes: frozenset[Vote]


class Accept(Message):
    """Phase 2a: vote for this, and this much is known to be chosen."""

    vote: Vote
    committed: Log


class Accepted(Message):
    """Phase 2b: the vote."""

    vote: Vote


class MultiPaxos(Node[Server]):
    """Paxos for a sequence of commands."""

    slots: int
    ballots: int

    # -- Phase 1 -------------------------------------------------------------------------------------------

    @timeout(fair=WEAK)
    def prepare(self, s: Server) -> Step[Server]:
        """Phase 1a: stand for a ballot of its own, higher than all that it knows of."""
        guard(not s.leads, "it leads")
        own = range(self.me.index + 1, self.ballots + 1, len(self.nodes))
        ballot = require(next((b for b in own if b > s.promised), None), "no ballot of its own is left")
        promises = frozenset({self.me})
        s = replace(s.as_follower(ballot), ballot=ballot, promises=promises, reported=s.votes)
        return Step(s, self.broadcast(Prepare(ballot)))

    @receive(fair=WEAK)
    def promises(self, s: Server, src: NodeId, msg: Prepare) -> Server | Step[Server]:
        """Phase 1b: promise a ballot that is higher than all before, and follow."""
        if msg.ballot <= s.promised:
            return s
        return Step(self.with_promise(s, msg.ballot), self.send(src, Promise(msg.ballot, self.told(s))))

    def with_promise(self, s: Server, ballot: int) -> Server:
        """A leader that stayed one would go on voting for its own proposals, against its promise."""
        return s.as_follower(ballot)

    def told(self, s: Server) -> frozenset[Vote]:
        """It tells of all its votes, of those for what is committed too."""
        return s.votes

    @receive(fair=WEAK)
    def promise(self, s: Server, src: NodeId, msg: Promise) -> Server | Step[Server]:
        """Lead when a majority has promised."""
        if msg.ballot != s.ballot or s.leads:
            return s
        promises, reported = s.promises | {src}, latest(s.reported | msg.votes)
        if not self.is_majority(len(promises)):
            return replace(s, promises=promises, reported=reported)
        return self.take_over(replace(s, promises=frozenset(), reported=frozenset(), proposals=()), reported)

    def take_over(self, s: Server, reported: frozenset[Vote]) -> Step[Server]:
        """Propose the latest votes again, which may be chosen already, and a no-op in each gap."""
        begun, step = {slot: str(command) for slot, _, command in reported}, Step(s)
        for slot in range(1, max(begun, default=0) + 1):
            more = self.with_proposal(step.state, begun.get(slot, "no-op"))
            step = Step(more.state, step.sends + more.sends)
        return step

    def is_majority(self, count: int) -> bool:
        """Any two majorities have a server in common."""
        return 2 * count > len(self.nodes)

    # -- Phase 2 -------------------------------------------------------------------------------------------

    @action(fair=WEAK)
    def propose(self, s: Server) -> Step[Server]:
        """Phase 2a: a client's command for the next free slot."""
        guard(len(require(s.proposals, "it does not lead")) < self.slots, "the log is full")
        return self.with_proposal(s, f"c{self.me.index + 1}")

    def with_proposal(self, s: Server, command: str) -> Step[Server]:
        """A leader that proposes a command in the next slot, and votes for it itself."""
        proposals = (*(s.proposals or ()), command)
        slot = len(proposals)
        vote = (slot, s.ballot, command)
        votes, acks = latest(s.votes | {vote}), s.acks | {(slot, self.me)}
        s = replace(s, proposals=proposals, votes=votes, acks=acks)
        return Step(s, self.broadcast(Accept(vote, s.committed)))

    @receive(fair=WEAK)
    def accept(self, s: Server, src: NodeId, msg: Accept) -> Server | Step[Server]:
        """Phase 2b: vote, unless a higher ballot was promised, and learn."""
        _, ballot, _ = msg.vote
        if ballot < s.promised:
            return s
        if ballot > s.promised:
            s = s.as_follower(ballot)
        votes, committed = latest(s.votes | {msg.vote}), max(s.committed, msg.committed, key=len)
        return Step(replace(s, votes=votes, committed=committed), self.send(src, Accepted(msg.vote)))

    @receive(fair=WEAK)
    def accepted(self, s: Server, src: NodeId, msg: Accepted) -> Server:
        """Count the votes for its proposals: what a majority has voted for is chosen."""
        slot, ballot, _ = msg.vote
        if ballot != s.ballot or s.proposals is None or slot <= len(s.committed):
            return s
        acks, committed = s.acks | {(slot, src)}, s.committed
        while self.is_majority(sum(of == len(committed) + 1 for of, _ in acks)):
            committed = (*committed, s.proposals[len(committed)])
        acks = frozenset((of, node) for of, node in acks if of > len(committed))
        return replace(s, acks=acks, committed=committed)


# -- Mistakes ----------------------------------------------------------------------------------------------


class OwnCommand(MultiPaxos):
    """A new leader does not propose again what the others have voted for (derecho issue 126)."""

    def take_over(self, s: Server, reported: frozenset[Vote]) -> Step[Server]:
        return super().take_over(s, frozenset())


class CompactedLog(MultiPaxos):
    """A promise leaves out what is committed, and the leader takes those slots for empty."""

    def told(self, s: Server) -> frozenset[Vote]:
        return frozenset(vote for vote in s.votes if vote[0] > len(s.committed))


class DeposedLeader(MultiPaxos):
    """A leader that has promised a higher ballot goes on in its own."""

    def with_promise(self, s: Server, ballot: int) -> Server:
        return replace(s, promised=ballot)


class ForgetPromise(MultiPaxos):
    """Votes are on the disk, promises are not."""

    def at_crash(self, before: Server) -> Server:
        return replace(before, promised=max((ballot for _, ballot, _ in before.votes), default=0))


# -- The model ---------------------------------------------------------------------------------------------


def carries_on(s: Server) -> bool:
    """A second leader has committed what the first one began."""
    return s.ballot > 1 and "c1" in s.committed


def model(
    nodes: Annotated[int, "servers"] = 3,
    slots: Annotated[int, "slots of the log"] = 2,
    ballots: Annotated[int, "ballots, which belong to the servers in turn"] = 2,
    bug: Annotated[type[MultiPaxos], "a mistake to put in"] = MultiPaxos,
    deposed: Annotated[bool, "claim that a deposed ballot chooses nothing, which is not so"] = False,
) -> Model:
    """MultiPaxos: one leader for each ballot, many decisions.

    Paper: L. Lamport, Paxos Made Simple, ACM SIGACT News 32(4), 2001, section 3; R. van Renesse and
        D. Altinbuken, Paxos Made Moderately Complex, ACM Computing Surveys 47(3), 2015.
    Assumes: disks keep promises and votes. A ballot belongs to one server. Messages may be late, lost,
        repeated and out of order.
    Liveness: commands are chosen while a majority follows one leader. Not checked here.
    """
    quorum = nodes // 2 + 1
    return Model(
        bug(slots, ballots),
        nodes=node_ids(nodes),
        # Late, lost, repeated, out of order: a sent-set has all of it. What is durable survives the crash.
        environment=Environment(network="sent-set", crash=1, restart=1),
        properties=[
            consensus.one_value_chosen(Server, quorum),
            consensus.one_value_per_ballot(Server),
            consensus.votes_are_remembered(Server),
            consensus.votes_within_promises(Server),
            consensus.committed_logs_agree(Server),
            consensus.committed_for_good(Server),
            election.one_leader_per_term(Server),
            *([consensus.deposed_ballots_choose_nothing(Server, quorum)] if deposed else []),
            election.leader_elected(Server),
            sometimes("a second leader carries on", each(Server, carries_on)),
        ],
    )
