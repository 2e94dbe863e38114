"""MultiPaxos: a leader, elected once for a ballot, fills the slots of a replicated log one after the other.

Every server is proposer, acceptor and learner in one, and gives itself its promise and its votes at once. The
first phase of Paxos is run once for all slots: who has won it leads, until it hears of a higher ballot.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from elcheck import (
    WEAK,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    Sends,
    State,
    Step,
    action,
    durable,
    each,
    guard,
    node_ids,
    node_views,
    receive,
    require,
    sometimes,
    timeout,
)
from elcheck.specs import consensus, election
from elcheck.specs.consensus import Vote, latest

Bug = Literal["own-command", "compacted-log", "deposed-leader", "forget-promise"]
Log = tuple[str, ...]
"""Commands, that of slot 1 first."""


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


class Server(State):
    """The local state of a server."""

    promised: int = durable(0)  # it votes in no lower ballot
    votes: frozenset[Vote] = durable(frozenset())  # its last in each slot: (slot, ballot, command)
    ballot: int = 0  # that it stands for or leads, which is then the one it has promised; 0 if it follows
    promises: frozenset[NodeId] = frozenset()  # while it stands: who has promised
    reported: frozenset[Vote] = frozenset()  # while it stands: the latest of their votes in each slot
    proposals: Log | None = None  # while it leads: its proposals
    acks: frozenset[tuple[int, NodeId]] = frozenset()  # while it leads: who has voted in slots not committed
    committed: Log = ()  # what it knows to be chosen, up to the first gap

    @property
    def leads(self) -> bool:
        """Whether a majority has promised its ballot."""
        return self.proposals is not None

    @property
    def term(self) -> int:
        """The ballot that it leads."""
        return self.ballot


class MultiPaxos(Node[Server]):
    """Paxos for a sequence of commands (Lamport 2001, section 3)."""

    slots: int
    ballots: int
    bug: Bug | None = None

    def at_crash(self, before: Server) -> Server:
        if self.bug == "forget-promise":  # only votes were written to the disk
            return replace(before, promised=max((ballot for _, ballot, _ in before.votes), default=0))
        return before

    def majority(self, count: int) -> bool:
        """Whether so many servers are a quorum."""
        return 2 * count > len(self.nodes)

    def follower(self, s: Server, ballot: int) -> Server:
        """A server as the follower of whoever has a ballot."""
        return Server(ballot, s.votes, committed=s.committed)

    @timeout(fair=WEAK)
    def prepare(self, s: Server) -> Step[Server]:
        """Phase 1a: stand for a ballot of its own, higher than all that it knows of."""
        guard(not s.leads, "it leads")
        mine = range(self.me.index + 1, self.ballots + 1, len(self.nodes))
        ballot = require(next((b for b in mine if b > s.promised), None), "no ballot of its own is left")
        stands = replace(
            self.follower(s, ballot), ballot=ballot, promises=frozenset({self.me}), reported=s.votes
        )
        return Step(stands, self.broadcast(Prepare(ballot)))

    @receive(fair=WEAK)
    def promises(self, s: Server, src: NodeId, msg: Prepare) -> Server | Step[Server]:
        """Phase 1b: promise a ballot that is higher than all before, and follow."""
        if msg.ballot <= s.promised:
            return s
        votes = s.votes
        if self.bug == "compacted-log":  # what is chosen has been dropped from the log, and nobody is told
            votes = frozenset(vote for vote in votes if vote[0] > len(s.committed))
        # A leader that stayed one would go on voting for its own proposals, against its promise.
        stays = self.bug == "deposed-leader"
        after = replace(s, promised=msg.ballot) if stays else self.follower(s, msg.ballot)
        return Step(after, self.send(src, Promise(msg.ballot, votes)))

    @receive(fair=WEAK)
    def promise(self, s: Server, src: NodeId, msg: Promise) -> Server | Step[Server]:
        """Lead when a majority has promised: propose the latest votes again, and a no-op in each gap."""
        if msg.ballot != s.ballot or s.leads:
            return s
        promises, reported = s.promises | {src}, latest(s.reported | msg.votes)
        if not self.majority(len(promises)):
            return replace(s, promises=promises, reported=reported)
        if self.bug == "own-command":  # what the others have voted for may be chosen already
            reported = frozenset()
        begun = {slot: str(command) for slot, _, command in reported}
        leads = replace(s, promises=frozenset(), reported=frozenset(), proposals=())
        sends: Sends = ()
        for slot in range(1, max(begun, default=0) + 1):
            leads, accept = self.proposed(leads, begun.get(slot, "no-op"))
            sends += accept
        return Step(leads, sends)

    @action(fair=WEAK)
    def propose(self, s: Server) -> Server:
        """Phase 2a: a client's command for the next free slot."""
        guard(len(require(s.proposals, "it does not lead")) < self.slots, "the log is full")
        return self.proposed(s, f"c{self.me.index + 1}")

    def proposed(self, s: Server, command: str) -> tuple[Server, Sends]:
        """A command proposed in the next slot, with the vote of the leader itself."""
        proposals = (*(s.proposals or ()), command)
        slot = len(proposals)
        vote = (slot, s.ballot, command)
        after = replace(
            s, proposals=proposals, votes=latest(s.votes | {vote}), acks=s.acks | {(slot, self.me)}
        )
        return after, self.broadcast(Accept(vote, s.committed))

    @receive(fair=WEAK)
    def accept(self, s: Server, src: NodeId, msg: Accept) -> Server | Step[Server]:
        """Phase 2b: vote, unless a higher ballot was promised, and learn."""
        _, ballot, _ = msg.vote
        if ballot < s.promised:
            return s
        if ballot > s.promised:
            s = self.follower(s, ballot)
        committed = max(s.committed, msg.committed, key=len)
        voted = replace(s, votes=latest(s.votes | {msg.vote}), committed=committed)
        return Step(voted, self.send(src, Accepted(msg.vote)))

    @receive(fair=WEAK)
    def accepted(self, s: Server, src: NodeId, msg: Accepted) -> Server:
        """Count the votes for its proposals: what a majority has voted for is chosen."""
        slot, ballot, _ = msg.vote
        if ballot != s.ballot or s.proposals is None or slot <= len(s.committed):
            return s
        acks, committed = s.acks | {(slot, src)}, s.committed
        while self.majority(sum(of == len(committed) + 1 for of, _ in acks)):
            committed = (*committed, s.proposals[len(committed)])
        acks = frozenset((of, node) for of, node in acks if of > len(committed))
        return replace(s, acks=acks, committed=committed)


def carries_on(n: NodeView[Server]) -> bool:
    """A second leader has committed what the first one began."""
    return n.state.ballot > 1 and "c1" in n.state.committed


def model(
    nodes: Annotated[int, "servers"] = 3,
    slots: Annotated[int, "slots of the log"] = 2,
    ballots: Annotated[int, "ballots, which belong to the servers in turn"] = 2,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
    deposed: Annotated[bool, "claim that a deposed ballot chooses nothing, which is not so"] = False,
) -> Model:
    """MultiPaxos: one leader for each ballot, many decisions.

    Paper: L. Lamport, Paxos Made Simple, ACM SIGACT News 32(4), 2001, section 3; R. van Renesse and
        D. Altinbuken, Paxos Made Moderately Complex, ACM Computing Surveys 47(3), 2015.
    Assumes: disks keep promises and votes. A ballot belongs to one server. Messages may be late, lost,
        repeated and out of order.
    Liveness: commands are chosen while a majority follows one leader. Not checked here.
    Bugs:
        own-command: a new leader does not propose again what the others have voted for (derecho issue 126).
        compacted-log: a promise leaves out what is committed, and the leader takes those slots for empty.
        deposed-leader: a leader that has promised a higher ballot goes on in its own.
        forget-promise: votes are on the disk, promises are not.
    """
    quorum = nodes // 2 + 1
    return Model(
        MultiPaxos(slots, ballots, bug),
        # Late, lost, repeated, out of order: a sent-set has all of it. What is durable survives the crash.
        nodes=node_ids(nodes),
        environment=Environment(network="sent-set", crash=1, restart=1),
        monitors=[consensus.votes_cast()],
        properties=[
            consensus.one_value_chosen(quorum),
            consensus.one_value_per_ballot(),
            consensus.committed_logs_agree(),
            election.one_leader_per_term(),
            *([consensus.deposed_ballots_choose_nothing(quorum, of=Server)] if deposed else []),
            election.leader_elected(),
            sometimes("a second leader carries on", each(node_views(Server), carries_on)),
        ],
    )
