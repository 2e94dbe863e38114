"""ZAB, the atomic broadcast of ZooKeeper: discovery finds an epoch that is new to a majority, synchronisation
gives them the newest history that one of them has, then the epoch's leader broadcasts transactions.

Who is to lead is left to an oracle, as in the paper: models/fast_leader_election.py is ZooKeeper's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from elcheck import (
    WEAK,
    Bound,
    Disconnected,
    Environment,
    Model,
    Node,
    NodeId,
    Sends,
    Step,
    Steps,
    action,
    each,
    guard,
    node_ids,
    node_views,
    receive,
    require,
    sometimes,
    timeout,
)
from elcheck.models._zab import (
    Ack,
    AckEpoch,
    AckLeader,
    CEpoch,
    Commit,
    CommitLeader,
    NewEpoch,
    NewLeader,
    Phase,
    Propose,
    Server,
    after_epoch_1,
    beyond,
)
from elcheck.specs import broadcast, election

Bug = Literal[
    "epoch-not-persisted", "own-epoch", "ack-twice", "own-history",
    "propose-to-synced", "commit-ackld", "epoch-before-txns", "ack-before-fsync",
]  # fmt: skip


class Zab(Node[Server]):
    """Junqueira, Reed, Serafini 2011, section IV. (A server that tires of waiting is a link that breaks.)"""

    candidates: tuple[NodeId, ...]
    bug: Bug | None = None

    def at_crash(self, before: Server) -> Steps[Server]:
        if self.bug == "epoch-not-persisted":  # a restart had only the last zxid in the log to go by
            before = replace(before, accepted=max((epoch for epoch, _ in before.history), default=0))
        yield Step(before)
        if before.unflushed:
            yield Step(replace(before, history=before.history[: -before.unflushed]))

    def quorum(self, followers: int) -> bool:
        """Whether so many followers and their leader are a majority."""
        return 2 * (followers + 1) > len(self.nodes)

    @timeout(fair=WEAK, over="candidates")
    def elect(self, s: Server, leader: NodeId) -> Step[Server]:
        """The oracle has named a leader: connect to it (CEPOCH)."""
        guard(s.phase is Phase.ELECTION and leader != self.me, "it has found its part")
        return Step(replace(s, phase=Phase.DISCOVERY, leader=leader), self.send(leader, CEpoch(s.accepted)))

    @receive(fair=WEAK)
    def cepoch(self, s: Server, src: NodeId, msg: CEpoch) -> Server | Step[Server]:
        """Lead, and propose an epoch higher than all that a majority has accepted (NEWEPOCH)."""
        if s.leader is not None:
            return Step(s.looking() if s.leader == src else s, self.close(src))
        chosen, s = self.quorum(len(s.heard)), s.hear(src, msg)
        if chosen:
            return Step(s, self.send(src, NewEpoch(s.accepted)))
        if self.quorum(len(s.heard)):
            known = [s.accepted, *(word.epoch for _, word in s.heard if isinstance(word, CEpoch))]
            epoch = 1 + (s.accepted if self.bug == "own-epoch" else max(known))
            s = replace(s, accepted=epoch, phase=Phase.DISCOVERY)
            return Step(s, self.send(s.who(CEpoch), NewEpoch(epoch)))
        return replace(s, phase=Phase.DISCOVERY)

    @receive(fair=WEAK)
    def new_epoch(self, s: Server, src: NodeId, msg: NewEpoch) -> Step[Server]:
        """Accept an epoch (ACKEPOCH), each but once: two leaders of one epoch must not share a vote."""
        if msg.epoch > s.accepted or (msg.epoch == s.accepted and self.bug in ("ack-twice", "own-epoch")):
            return Step(replace(s, accepted=msg.epoch), self.send(src, AckEpoch(s.current, s.history)))
        if msg.epoch == s.accepted:
            return Step(s, self.send(src, AckEpoch(None, ())))
        return Step(s.looking(), self.close(src))

    @receive(fair=WEAK)
    def ack_epoch(self, s: Server, src: NodeId, msg: AckEpoch) -> Server | Step[Server]:
        """With the votes of a majority enter the epoch, with the newest history among them (NEWLEADER)."""
        s = s.hear(src, msg)
        votes = [w for _, w in s.heard if isinstance(w, AckEpoch) and w.current is not None]
        if s.phase is not Phase.DISCOVERY:
            return Step(s, self.send(src, NewLeader(s.current, s.history)))
        if self.quorum(len(votes)):
            reports = [*votes, AckEpoch(s.current, s.history)]
            *_, newest = max((w.current or 0, w.history[-1:], w.history) for w in reports)
            log = s.history if self.bug == "own-history" else newest
            s = replace(s, current=s.accepted, history=log, phase=Phase.SYNCHRONISATION)
            return Step(s, self.send(s.who(AckEpoch), NewLeader(s.current, log)))
        return s

    @receive(fair=WEAK)
    def new_leader(self, s: Server, src: NodeId, msg: NewLeader) -> Step[Server]:
        """Write the leader's history to the disk first."""
        new = replace(s, history=msg.history, phase=Phase.SYNCHRONISATION)
        if self.bug in ("epoch-before-txns", "ack-before-fsync"):  # the epoch is written, the history queued
            new = replace(new, current=msg.epoch, unflushed=len(beyond(msg.history, s.history)))
        ack = self.send(src, AckLeader(new.last))
        return Step(new, ack if self.bug == "ack-before-fsync" else ())

    @action(fair=WEAK)
    def enter_epoch(self, s: Server) -> Step[Server]:
        """Then the epoch; and then the leader may count on it (ACKLD)."""
        leader = require(s.leader, "it follows nobody")
        guard(s.phase is Phase.SYNCHRONISATION, "it takes over no history")
        ack = self.send(leader, AckLeader(s.last))
        new = replace(s, current=s.accepted, unflushed=0, phase=Phase.BROADCAST)
        return Step(new, ack if self.bug != "ack-before-fsync" else ())

    @receive(fair=WEAK)
    def ack_leader(self, s: Server, src: NodeId, msg: AckLeader) -> Server | Step[Server]:
        """A majority has the history: it is committed (COMMITLD), and broadcast begins."""
        s = s.hear(src, msg)
        if s.phase is Phase.BROADCAST:
            done = s.delivered[-1] if s.delivered else None
            return Step(s, self.send(src, CommitLeader(msg.last if self.bug == "commit-ackld" else done)))
        if self.quorum(len(s.who(AckLeader))):
            s = replace(s, phase=Phase.BROADCAST, delivered=s.history)
            return Step(s, self.send(s.who(AckLeader), CommitLeader(s.last)))
        return s

    @receive(fair=WEAK)
    def commit_leader(self, s: Server, src: NodeId, msg: CommitLeader) -> Server:
        """Deliver what is committed."""
        return replace(s, delivered=s.upto(msg.last))

    @action(fair=WEAK)
    def request(self, s: Server) -> Step[Server]:
        """Propose a client's request, to everyone who was sent a history that lacks it (PROPOSE)."""
        guard(s.leads and s.phase is Phase.BROADCAST, "it does not broadcast")
        txn = (s.current, len(s.broadcast) + 1)
        to = s.who(AckLeader, Ack, *([] if self.bug == "propose-to-synced" else [AckEpoch]))
        return Step(replace(s, history=(*s.history, txn)), self.send(to, Propose(txn)))

    @receive(fair=WEAK)
    def propose(self, s: Server, src: NodeId, msg: Propose) -> Step[Server]:
        """Write the transaction to the disk (ACK)."""
        guard(s.phase is Phase.BROADCAST, "it has not entered the epoch")
        return Step(replace(s, history=(*s.history, msg.txn)), self.send(src, Ack(msg.txn)))

    @receive(fair=WEAK)
    def ack(self, s: Server, src: NodeId, msg: Ack) -> Step[Server]:
        """What a majority has is committed, in order (COMMIT): to those who were told what was so before."""
        s = s.hear(src, msg)
        logs = [s.upto(w.last) for _, w in s.heard if isinstance(w, AckLeader | Ack)]
        sends: Sends = ()
        for txn in s.history[len(s.delivered) :]:
            if not self.quorum(sum(txn in log for log in logs)):
                break
            s = replace(s, delivered=(*s.delivered, txn))
            sends += self.send(s.who(AckLeader, Ack), Commit(txn))
        return Step(s, sends)

    @receive(fair=WEAK)
    def commit(self, s: Server, src: NodeId, msg: Commit) -> Server:
        """Deliver it."""
        return replace(s, delivered=(*s.delivered, msg.txn))

    @receive(fair=WEAK)
    def disconnected(self, s: Server, src: NodeId, msg: Disconnected) -> Server | Step[Server]:
        """Look again: a follower without its leader, a leader without a majority."""
        left = frozenset(said for said in s.heard if said[0] != src)
        if s.leader == src or (s.heard and not self.quorum(len(left))):
            return Step(s.looking(), tuple(close for node, _ in left for close in self.close(node)))
        return replace(s, heard=left)


def model(
    nodes: Annotated[int, "servers"] = 3,
    candidates: Annotated[int, "how many of them the oracle may name"] = 2,
    max_epoch: Annotated[int, "bound on the epochs that are searched"] = 2,
    requests: Annotated[int, "bound on the requests of an epoch"] = 1,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
) -> Model:
    """ZAB, ZooKeeper's atomic broadcast: discovery, synchronisation, broadcast; a crash and a restart.

    Paper: F. Junqueira, B. Reed, M. Serafini, Zab: High-performance broadcast for primary-backup systems, DSN
        2011, sections III and IV.
    Assumes: links that keep the order and lose nothing until they break; disks that keep what is written.
    Liveness: an epoch is established once a majority stays connected to one leader. Not checked here.
    Bugs:
        epoch-not-persisted: acceptedEpoch is not on the disk (ZOOKEEPER-335: there was no such file).
        own-epoch: a leader adds one to its own accepted epoch, not to the highest of a majority. Followers
            vote for an epoch again, as in Zab.tla; where they don't, this is slow but safe.
        ack-twice: followers vote for an epoch again. In Zab.tla both ends of a link learn at once that it has
            broken; here a leader may not know yet that its majority is gone. With a disconnect.
        own-history: a leader starts its epoch with its own history, not with the newest of a majority.
        propose-to-synced: proposals go only to those who have acknowledged NEWLEADER, not to those who will
            (the paper taken literally, found by the authors of Zab.tla).
        commit-ackld: COMMITLD commits what the follower has acknowledged (found by the same).
        epoch-before-txns: currentEpoch is on the disk before the history (ZOOKEEPER-4643). After epoch 1.
        ack-before-fsync: a history is acknowledged before it is on the disk (ZOOKEEPER-4646). After epoch 1.
    """
    ids = node_ids(nodes)
    second = bug in ("epoch-before-txns", "ack-before-fsync")  # these start with the second epoch
    return Model(
        Zab(ids[:candidates], bug),
        # Reliable links, which break with a crash. A disk keeps what was written (at_crash).
        nodes=ids,
        environment=Environment(network="fifo", crash=1, restart=1, disconnect=int(bug == "ack-twice")),
        bounds=[
            Bound("max_epoch", Server, lambda s: s.accepted <= max_epoch + second),
            Bound("requests", Server, lambda s: all(k <= requests for _, k in s.history)),
        ],
        monitors=[election.leaders_by_term(), broadcast.broadcasts()],
        properties=[
            election.one_leader_per_term(),
            election.one_leader_per_term_ever(),
            *broadcast.primary_order_broadcast(),
            election.leader_elected(),
            sometimes("a second leader takes over", each(node_views(Server), lambda n: n.state.takes_over)),
        ],
        initial=[after_epoch_1(ids, committed=bug == "epoch-before-txns")] if second else (),
    )
