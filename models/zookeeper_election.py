"""Fast Leader Election as ZooKeeper runs it: with a queue before the election, and histories that grow.

ZooKeeper 3.8, FastLeaderElection.java; its names are in brackets. It differs from
models/fast_leader_election.py in this: a message takes two steps, into a queue and out of it; a server hears
itself, too; while it waits for something better it drops what is not; and the epoch of a vote that has been
settled on becomes that of the leader. What ZooKeeper writes in its log tells of these steps:
models/observers/zookeeper.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Annotated

from elcheck import (
    WEAK,
    Bound,
    Environment,
    Model,
    Node,
    NodeId,
    Step,
    Steps,
    action,
    all_nodes,
    change,
    durable,
    guard,
    node_ids,
    node_views,
    receive,
    replace,
    sometimes,
    step,
    timeout,
)
from elcheck.models.fast_leader_election import (
    History,
    Notification,
    Server,
    ServerState,
    Vote,
    leads_its_own_round,
    one_leader_for_all,
    with_word,
)


class Peer(Server):
    """The state of a server."""

    queue: tuple[tuple[NodeId, Notification], ...] = ()
    """What it has received and not looked at (recvqueue)."""
    last: History = durable((0, 0))
    """The epoch and the last transaction of its history."""
    written: int = durable(0)
    """The last transaction on its disk: that an epoch begins is none of its own, and is not written."""

    @property
    def first(self) -> tuple[NodeId, int, int, NodeId] | None:
        """Whose vote is the first of the queue, in which round, with which transaction, for whom."""
        if not self.queue:
            return None
        src, msg = self.queue[0]
        return src, msg.round, msg.vote[1], msg.vote[2]

    @property
    def choice(self) -> tuple[int, NodeId] | None:
        """The last transaction and the server of its vote."""
        return None if self.vote is None else self.vote[1:]


class QueuedElection(Node[Peer]):
    """The election of one server (lookForLeader), and the thread that receives for it (WorkerReceiver)."""

    epochs: int
    transactions: int

    def start(self) -> Step[Peer]:
        return self.look(Peer(), 1)

    def recover(self, durable: Peer) -> Step[Peer]:
        """The round is not on the disk."""
        return self.look(durable, 1)

    def look(self, s: Peer, round_: int) -> Step[Peer]:
        """Begin a round."""
        vote: Vote = (*s.last, self.me)
        return self.tell(Peer(ServerState.LOOKING, round_, vote, last=s.last, written=s.written))

    def tell(self, s: Peer) -> Step[Peer]:
        """Everybody is told, oneself too (sendNotifications)."""
        return Step(s, (*self.broadcast(s.says), *self.send(self.me, s.says)))

    # -- The thread that receives --------------------------------------------------------------------------

    @receive(fair=WEAK)
    def arrive(self, s: Peer, src: NodeId, msg: Notification) -> Peer | Step[Peer]:
        """Keep it for the election, if there is one; answer one who looks, if he is late."""
        looks = msg.state is ServerState.LOOKING
        kept = replace(s, queue=(*s.queue, (src, msg))) if s.looks else s
        late = looks and (not s.looks or msg.round < s.round)
        return Step(kept, self.send(src, s.says)) if late else kept

    # -- The election --------------------------------------------------------------------------------------

    @action(fair=WEAK)
    def weigh(self, s: Peer) -> Step[Peer]:
        """Take a vote of this round, or of a higher one, which the server goes over to."""
        src, msg = self.head(s)
        guard(msg.state is ServerState.LOOKING and msg.round >= s.round, "it is no vote of this round")
        s, told = replace(s, queue=s.queue[1:]), s.says
        if msg.round > s.round:
            own: Vote = (*s.last, self.me)
            s = replace(s, round=msg.round, votes=frozenset(), vote=max(own, msg.vote))
        elif s.vote is None or msg.vote > s.vote:
            s = replace(s, vote=msg.vote)
        s = replace(s, votes=with_word(s.votes, src, msg.vote))
        return self.tell(s) if s.says != told else Step(s)

    def head(self, s: Peer) -> tuple[NodeId, Notification]:
        """The first of the queue."""
        guard(s.looks and s.queue != (), "there is nothing to look at")
        return s.queue[0]

    @action(fair=WEAK)
    def skip(self, s: Peer) -> Peer:
        """Pass over a vote of an earlier round; remember what one who has settled says."""
        src, msg = self.head(s)
        late = msg.state is ServerState.LOOKING and msg.round < s.round
        guard(late or msg.state is not ServerState.LOOKING, "it is a vote of this round")
        s = replace(s, queue=s.queue[1:])
        return s if late else self.heard(s, src, msg)

    def heard(self, s: Peer, src: NodeId, msg: Notification) -> Peer:
        """What one who has settled says counts in this round, and by itself."""
        if msg.round == s.round:
            s = replace(s, votes=with_word(s.votes, src, msg.vote))
        return replace(s, settled=with_word(s.settled, src, msg))

    @action(fair=WEAK)
    def discard(self, s: Peer) -> Peer:
        """Drop what is not better, while it waits for something that is."""
        _, msg = self.head(s)
        guard(self.is_supported(s), "no majority votes as it does")
        guard(s.vote is not None and msg.vote <= s.vote, "it is better")
        return replace(s, queue=s.queue[1:])

    @action(fair=WEAK)
    def put_back(self, s: Peer) -> Peer:
        """Something better ends the wait: it goes behind the rest of the queue."""
        first = self.head(s)
        guard(self.is_supported(s), "no majority votes as it does")
        guard(s.vote is not None and first[1].vote > s.vote, "it is not better")
        return replace(s, queue=(*s.queue[1:], first))

    @action(fair=WEAK)
    def join(self, s: Peer) -> Peer:
        """Join one who says that he leads, if a majority has (receivedFollowingNotification)."""
        src, msg = self.head(s)
        guard(msg.state is not ServerState.LOOKING, "it is from one who looks")
        s = self.heard(s, src, msg)
        agree = {node for node, said in s.settled if (said.round, said.vote) == (msg.round, msg.vote)}
        if msg.round == s.round:
            agree |= {node for node, vote in s.votes if vote == msg.vote}
        leader = msg.vote[2]
        says = any(node == leader and said.state is ServerState.LEADING for node, said in s.settled)
        guard(says or (leader == self.me and msg.round == s.round), "its leader does not say that it leads")
        guard(self.is_majority(len(agree)), "no majority has settled on that")
        return self.settle(s, msg.round, msg.vote)

    def settle(self, s: Peer, round_: int, vote: Vote) -> Peer:
        """Lead or follow."""
        state = ServerState.LEADING if vote[2] == self.me else ServerState.FOLLOWING
        return Peer(state, round_, vote, last=s.last, written=s.written)

    def is_supported(self, s: Peer) -> bool:
        """A majority votes as this server does."""
        return self.is_majority(sum(vote == s.vote for _, vote in s.votes))

    def is_majority(self, count: int) -> bool:
        """Any two majorities have a server in common."""
        return 2 * count > len(self.nodes)

    # -- Timeouts ------------------------------------------------------------------------------------------

    @timeout(fair=WEAK)
    def finalize(self, s: Peer) -> Peer:
        """Nothing better has come in for a while (finalizeWait)."""
        guard(s.looks, "it has settled")
        guard(self.is_supported(s), "no majority votes as it does")
        assert s.vote is not None
        return self.settle(s, s.round, s.vote)

    @timeout(fair=WEAK, rank=1)
    def resend(self, s: Peer) -> Step[Peer]:
        """Nothing at all has come in for a while."""
        guard(s.looks, "it has settled")
        return self.tell(s)

    @timeout(fair=WEAK, rank=1)
    def leave(self, s: Peer) -> Step[Peer]:
        """ZAB does not get on: begin the next round."""
        guard(not s.looks, "it is looking")
        return self.look(s, s.round + 1)

    # -- What ZAB does meanwhile ---------------------------------------------------------------------------

    def lasts(self) -> Iterable[History]:
        """Histories."""
        return list(product(range(self.epochs), range(self.transactions)))

    @action(over=lasts)
    def advance(self, s: Peer, last: History) -> Steps[Peer]:
        """Its history has become that of its leader, whose epoch never goes back. If that is only that an
        epoch has begun, the zxid is in memory, and lost in a crash (Leader.startZkServer).
        """
        guard(not s.looks, "it looks for a leader")
        guard(last[0] >= s.last[0], "epochs only grow")
        yield Step(replace(s, last=last, written=last[1]))
        if last[1] != s.written:
            yield Step(replace(s, last=last))

    def at_crash(self, before: Peer) -> Peer:
        """The epoch is in a file of its own."""
        return replace(before, last=(before.last[0], before.written))

    def all_epochs(self) -> Iterable[int]:
        """Epochs."""
        return range(self.epochs)

    @action(over=all_epochs)
    def serve(self, s: Peer, epoch: int) -> Peer:
        """It serves clients in the leader's epoch (updateElectionVote)."""
        guard(not s.looks and s.vote is not None, "it looks for a leader")
        assert s.vote is not None
        guard(epoch >= s.vote[0], "epochs only grow")
        return replace(s, vote=(epoch, *s.vote[1:]))


def model(
    nodes: Annotated[int, "servers"] = 2,
    max_round: Annotated[int, "bound on the rounds that are searched"] = 2,
    max_queue: Annotated[int, "bound on the length of queues"] = 3,
    epochs: Annotated[int, "how many epochs there are"] = 1,
    transactions: Annotated[int, "how many transactions there are"] = 1,
) -> Model:
    """ZooKeeper's Fast Leader Election with its queue.

    Paper: ZooKeeper 3.8, FastLeaderElection.java; A. Medeiros, ZooKeeper's atomic broadcast protocol: theory
        and practice, 2012, section 4.2.1.
    Assumes: as fast_leader_election does. That those who settle in a round agree is not claimed here: after a
        restart rounds begin with 1 again.
    """
    settled = all_nodes(node_views(Peer), one_leader_for_all)
    return Model(
        QueuedElection(epochs, transactions),
        nodes=node_ids(nodes),
        environment=Environment(network="fifo", timing="sync"),
        bounds=[
            Bound("max_round", Peer, lambda s: s.round <= max_round),
            Bound("max_queue", Peer, lambda s: len(s.queue) <= max_queue),
        ],
        properties=[
            step("a leader is elected in its own round", change(node_views(Peer), leads_its_own_round)),
            sometimes("all settle on one leader", settled),
        ],
    )
