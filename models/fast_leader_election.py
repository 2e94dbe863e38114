"""Fast Leader Election, by which ZooKeeper's servers find whom to try as the leader of ZAB.

A server votes for the newest history that it has heard of, tells everybody when it changes its mind, and
settles when a majority votes as it does and nothing better comes in for a while. Votes count in their round.
A leader that is settled on still has to win a majority in ZAB: a wrong one costs time, not safety.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from elcheck import (
    WEAK,
    Bound,
    Environment,
    Model,
    Node,
    NodeId,
    Prepared,
    Step,
    always_possible,
    guard,
    node_ids,
    receive,
    sometimes,
    timeout,
)
from elcheck.models import _fast_leader_election as claims
from elcheck.models._fast_leader_election import Notification, Server, State, Vote

Bug = Literal["epoch-ignored", "id-only", "round-ignored", "no-wait"]


class FastLeaderElection(Node[Server]):
    """A. Medeiros, ZooKeeper's atomic broadcast protocol: theory and practice, 2012, section 4.2.1, and
    lookForLeader in ZooKeeper's FastLeaderElection.java.
    """

    histories: tuple[tuple[int, int], ...]
    bug: Bug | None = None

    def start(self) -> Step[Server]:
        return self.look(1)

    def recover(self, durable: Server) -> Step[Server]:
        return self.look(1)  # the round is not on the disk

    def own(self) -> Vote:
        """A vote for oneself."""
        return (*self.histories[self.nodes.index(self.me)], self.me)

    def look(self, round_: int) -> Step[Server]:
        """Begin a round."""
        return self.tell(Server(State.LOOKING, round_, self.own()))

    def tell(self, s: Server) -> Step[Server]:
        """Everybody is told."""
        return Step(s, self.broadcast(s.says))

    def settle(self, round_: int, vote: Vote) -> Server:
        """Lead or follow."""
        return Server(State.LEADING if vote[2] == self.me else State.FOLLOWING, round_, vote)

    def quorum(self, servers: int) -> bool:
        """Whether so many servers are a majority."""
        return 2 * servers > len(self.nodes)

    def supported(self, s: Server) -> bool:
        """Whether a majority votes as this server does."""
        return self.quorum(1 + sum(vote == s.vote for _, vote in s.votes))

    def better(self, new: Vote, old: Vote) -> bool:
        """Whether a vote is the greater one (totalOrderPredicate)."""
        if self.bug == "id-only":
            return new[2] > old[2]
        if self.bug == "epoch-ignored":  # the ids were compared without asking for equal epochs: no order
            return new[:2] > old[:2] or (new[1] == old[1] and new[2] > old[2])
        return new > old

    @receive(fair=WEAK)
    def hear(self, s: Server, src: NodeId, msg: Notification) -> Server | Step[Server]:
        """Answer one who looks, if he is late; while looking oneself, go by what the others say."""
        if msg.state is State.LOOKING and (not s.looks or msg.round < s.round):
            return Step(s, self.send(src, s.says))
        if not s.looks:
            return s
        if msg.state is State.LOOKING:
            return self.compare(s, src, msg)
        return self.join(s, src, msg)

    def compare(self, s: Server, src: NodeId, msg: Notification) -> Step[Server]:
        """A vote of this round, or of a higher one, which the server goes over to."""
        old = s.vote
        if msg.round > s.round:
            s, old = Server(State.LOOKING, msg.round, self.own(), settled=s.settled), None
        others = frozenset(said for said in s.votes if said[0] != src)
        s = replace(s, votes=others | {(src, msg.vote)})
        if s.vote is None or self.better(msg.vote, s.vote):
            s = replace(s, vote=msg.vote)
        told = self.tell(s) if s.vote != old else Step(s)
        if self.bug == "no-wait" and self.supported(s):
            return Step(self.settle(s.round, s.says.vote), told.sends)
        return told

    def join(self, s: Server, src: NodeId, msg: Notification) -> Step[Server]:
        """From one who has settled: join, if a majority has, on one who says that he leads."""
        others = frozenset(said for said in s.settled if said[0] != src)
        s = replace(s, settled=others | {(src, msg)})
        agree = {node for node, said in s.settled if (said.round, said.vote) == (msg.round, msg.vote)}
        if msg.round == s.round:  # votes of this round count too, one's own among them
            s = replace(s, votes=frozenset(v for v in s.votes if v[0] != src) | {(src, msg.vote)})
            agree |= {node for node, vote in (*s.votes, (self.me, s.vote)) if vote == msg.vote}
        if msg.vote[2] == self.me:  # one's own followers of an earlier round may not know yet that it is over
            leads = msg.round == s.round or self.bug == "round-ignored"
        else:
            leads = any(node == msg.vote[2] and said.state is State.LEADING for node, said in s.settled)
        return Step(self.settle(msg.round, msg.vote) if leads and self.quorum(len(agree)) else s)

    @timeout(fair=WEAK)
    def finalize(self, s: Server) -> Server:
        """Nothing better has come in for a while (finalizeWait)."""
        guard(s.looks, "it has settled")
        guard(self.supported(s), "no majority votes as it does")
        return self.settle(s.round, s.says.vote)

    @timeout(fair=WEAK, rank=1)
    def resend(self, s: Server) -> Step[Server]:
        """Nothing at all has come in for a while."""
        guard(s.looks, "it has settled")
        return self.tell(s)

    @timeout(fair=WEAK, rank=1)
    def leave(self, s: Server) -> Step[Server]:
        """ZAB does not get on, with this leader or without followers: begin the next round."""
        guard(not s.looks, "it is looking")
        return self.look(s.round + 1)


def model(
    nodes: Annotated[int, "servers"] = 3,
    max_round: Annotated[int, "bound on the rounds that are searched"] = 3,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
) -> Model:
    """ZooKeeper's Fast Leader Election.

    Paper: A. Medeiros, ZooKeeper's atomic broadcast protocol: theory and practice, 2012, section 4.2.1.
    Assumes: for agreement in a round, that nobody restarts meanwhile, and that nothing better comes in after
        the wait (finalizeWait). The leader's history is as new as a majority's in any case.
    Liveness: when nobody fails any more, all settle on one leader, under weak fairness. Checked is that from
        every state they can.
    Bugs:
        epoch-ignored: of equal zxids the higher id is better, whatever the epochs (ZOOKEEPER-1419). So of two
            votes each can be better than the other, and nobody ever settles. Two servers.
        id-only: the highest id is elected, not the newest history.
        round-ignored: a server leads when a majority says that it follows it, in whatever round
            (ZOOKEEPER-1514). All have settled in round 1.
        no-wait: a server settles as soon as a majority votes as it does.
    """
    ids = node_ids(2 if bug == "epoch-ignored" else nodes)
    histories = ((2, 1), (1, 1), *[(1, 0)] * nodes)[: len(ids)]  # the highest id has the oldest
    program = FastLeaderElection(histories, bug)
    settled = Prepared({node: program.settle(node, 1, program.own(ids[0])) for node in ids})
    return Model(
        program,
        # The wait is long enough: timeouts fire when nothing is under way (sync). Nobody crashes.
        environment=Environment(network="fifo", timing="sync"),
        bounds=[Bound("max_round", Server, lambda s: s.round <= max_round)],
        monitors=[claims.votes_left()],
        properties=[
            claims.agreement_in_a_round(),
            claims.leader_as_new_as_a_majority(dict(zip(ids, histories, strict=True))),
            claims.leads_its_own_round(),
            claims.no_way_back(),
            sometimes("all settle on one leader", claims.one_leader_for_all()),
            always_possible("all can settle on one leader", claims.one_leader_for_all()),
        ],
        initial=[settled] if bug == "round-ignored" else (),
    )
