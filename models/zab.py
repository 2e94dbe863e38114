"""ZAB, the atomic broadcast of ZooKeeper: discovery finds an epoch that is new to a majority, synchronisation
gives them the newest history that one of them has, then the epoch's leader broadcasts transactions.

F. Junqueira, B. Reed, M. Serafini, Zab: High-performance broadcast for primary-backup systems, DSN 2011,
section IV. The names of the messages are the paper's, ZooKeeper's own stand beside them. Who is to lead is
left to an oracle, as in the paper: models/fast_leader_election.py is ZooKeeper's.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Annotated

from elcheck import (
    WEAK,
    Bound,
    Disconnected,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    Prepared,
    Sends,
    State,
    Step,
    Steps,
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
from elcheck.specs import broadcast, election
from elcheck.specs.broadcast import Log, Zxid


class Phase(Enum):
    """How far a server has come: the phases of the paper (election is its phase 0)."""

    ELECTION = 0
    DISCOVERY = 1
    SYNCHRONISATION = 2
    BROADCAST = 3


class Server(State):
    """The state of a server. A server with a ``leader`` follows, one that somebody follows leads, and one in
    ELECTION does neither. ``current <= accepted``.
    """

    accepted: int = durable(0)
    """The last epoch that it has accepted: acceptedEpoch, f.p in the paper."""
    current: int = durable(0)
    """The last epoch that it has entered, with its leader's history: currentEpoch, f.a."""
    history: Log = durable(())
    unflushed: int = 0
    """So many of the last transactions are not on the disk yet: 0, but for two mistakes."""
    delivered: Log = ()
    phase: Phase = Phase.ELECTION
    leader: NodeId | None = None
    heard: frozenset[tuple[NodeId, Word]] = frozenset()
    """The last word of each of its followers."""

    @property
    def term(self) -> int:
        """Its epoch, as specs/election.py calls it."""
        return self.accepted

    @property
    def leads(self) -> bool:
        """True if it is the established leader of its epoch: a majority has accepted that."""
        return self.leader is None and self.phase in (Phase.SYNCHRONISATION, Phase.BROADCAST)

    @property
    def broadcast(self) -> Log:
        """What it has broadcast as the leader of its epoch."""
        return tuple(txn for txn in self.history if txn[0] == self.current) if self.leads else ()

    @property
    def last(self) -> Zxid | None:
        """The last transaction in its history."""
        return self.history[-1] if self.history else None

    def upto(self, end: Zxid | None) -> Log:
        """Its history up to a transaction."""
        return self.history[: self.history.index(end) + 1] if end in self.history else ()

    def who(self, *words: type) -> list[NodeId]:
        """The followers whose last word is of these kinds."""
        return [node for node, word in self.heard if isinstance(word, words)]

    def hear(self, src: NodeId, word: Word) -> Server:
        """A leader that has heard a word of a follower."""
        return replace(self, heard=self.without(src) | {(src, word)})

    def without(self, node: NodeId) -> frozenset[tuple[NodeId, Word]]:
        """The last words of all followers but one."""
        return frozenset(said for said in self.heard if said[0] != node)

    def looking(self) -> Server:
        """Back to the election, with what is on the disk and what is delivered."""
        return Server(self.accepted, self.current, self.history, self.unflushed, self.delivered)


class CEpoch(Message):
    """A follower connects, and says which epoch it accepted last (FOLLOWERINFO)."""

    epoch: int


class NewEpoch(Message):
    """The epoch that a prospective leader proposes (LEADERINFO)."""

    epoch: int


class AckEpoch(Message):
    """A follower has accepted the epoch; its history is that of epoch ``current``. None: it had accepted the
    epoch before, so this is no vote.
    """

    current: int | None
    history: Log


class NewLeader(Message):
    """The history with which an epoch starts. (ZooKeeper sends the difference: DIFF, TRUNC or SNAP.)"""

    epoch: int
    history: Log


class AckLeader(Message):
    """A follower has entered the epoch, with the history up to ``last``."""

    last: Zxid | None


class CommitLeader(Message):
    """The epoch is established: deliver everything up to ``last`` (UPTODATE)."""

    last: Zxid | None


class Propose(Message):
    """A new transaction (PROPOSAL)."""

    txn: Zxid


class Ack(Message):
    """A follower has it on its disk, and all that came before."""

    last: Zxid


class Commit(Message):
    """A majority has it on the disk: deliver it."""

    txn: Zxid


Word = CEpoch | AckEpoch | AckLeader | Ack
"""What a follower says to its leader."""


class Zab(Node[Server]):
    """The phases of section IV. (A server that tires of waiting is a link that breaks.)"""

    candidates: int

    def is_quorum(self, followers: int) -> bool:
        """So many followers and their leader are a majority."""
        return 2 * (followers + 1) > len(self.nodes)

    # -- Phase 1: discovery --------------------------------------------------------------------------------

    def named(self) -> Sequence[NodeId]:
        """Whom the oracle may name."""
        return self.nodes[: self.candidates]

    @timeout(fair=WEAK, over=named)
    def elect(self, s: Server, leader: NodeId) -> Step[Server]:
        """The oracle has named a leader: connect to it (CEPOCH)."""
        guard(s.phase is Phase.ELECTION and leader != self.me, "it has found its part")
        return Step(replace(s, phase=Phase.DISCOVERY, leader=leader), self.send(leader, CEpoch(s.accepted)))

    @receive(fair=WEAK)
    def cepoch(self, s: Server, src: NodeId, msg: CEpoch) -> Server | Step[Server]:
        """Lead, and propose an epoch to a majority (NEWEPOCH)."""
        if s.leader is not None:
            return Step(s.looking() if s.leader == src else s, self.close(src))
        chosen, s = self.is_quorum(len(s.heard)), s.hear(src, msg)
        if chosen:
            return Step(s, self.send(src, NewEpoch(s.accepted)))
        s = replace(s, phase=Phase.DISCOVERY)
        if not self.is_quorum(len(s.heard)):
            return s
        s = replace(s, accepted=self.next_epoch(s))
        return Step(s, self.send(s.who(CEpoch), NewEpoch(s.accepted)))

    def next_epoch(self, s: Server) -> int:
        """Higher than all that a majority has accepted."""
        return 1 + max(s.accepted, *(word.epoch for _, word in s.heard if isinstance(word, CEpoch)))

    @receive(fair=WEAK)
    def new_epoch(self, s: Server, src: NodeId, msg: NewEpoch) -> Step[Server]:
        """Accept an epoch (ACKEPOCH)."""
        if self.may_accept(s, msg.epoch):
            return Step(replace(s, accepted=msg.epoch), self.send(src, AckEpoch(s.current, s.history)))
        if msg.epoch == s.accepted:
            return Step(s, self.send(src, AckEpoch(None, ())))
        return Step(s.looking(), self.close(src))

    def may_accept(self, s: Server, epoch: int) -> bool:
        """Each epoch but once: two leaders of one epoch must not share a vote."""
        return epoch > s.accepted

    @receive(fair=WEAK)
    def ack_epoch(self, s: Server, src: NodeId, msg: AckEpoch) -> Server | Step[Server]:
        """With the votes of a majority enter the epoch (NEWLEADER)."""
        s = s.hear(src, msg)
        if s.phase is not Phase.DISCOVERY:
            return Step(s, self.send(src, NewLeader(s.current, s.history)))
        votes = [w for _, w in s.heard if isinstance(w, AckEpoch) and w.current is not None]
        if not self.is_quorum(len(votes)):
            return s
        history = self.initial_history(s, votes)
        s = replace(s, current=s.accepted, history=history, phase=Phase.SYNCHRONISATION)
        return Step(s, self.send(s.who(AckEpoch), NewLeader(s.current, s.history)))

    def initial_history(self, s: Server, votes: Sequence[AckEpoch]) -> Log:
        """The newest that one of a majority has: of the highest epoch, then with the last transaction."""
        reports = [*votes, AckEpoch(s.current, s.history)]
        *_, newest = max((report.current or 0, report.history[-1:], report.history) for report in reports)
        return newest

    # -- Phase 2: synchronisation --------------------------------------------------------------------------

    @receive(fair=WEAK)
    def new_leader(self, s: Server, src: NodeId, msg: NewLeader) -> Server | Step[Server]:
        """Take over the leader's history."""
        return self.with_history(s, msg)

    def with_history(self, s: Server, msg: NewLeader) -> Server:
        """The history is written to the disk first."""
        return replace(s, history=msg.history, phase=Phase.SYNCHRONISATION)

    @action(fair=WEAK)
    def enter_epoch(self, s: Server) -> Step[Server]:
        """Then the epoch; and then the leader may count on it (ACKLD)."""
        leader = require(s.leader, "it follows nobody")
        guard(s.phase is Phase.SYNCHRONISATION, "it takes over no history")
        s = replace(s, current=s.accepted, unflushed=0, phase=Phase.BROADCAST)
        return Step(s, self.acknowledge_history(s, leader))

    def acknowledge_history(self, s: Server, leader: NodeId) -> Sends:
        """It is on the disk now."""
        return self.send(leader, AckLeader(s.last))

    @receive(fair=WEAK)
    def ack_leader(self, s: Server, src: NodeId, msg: AckLeader) -> Server | Step[Server]:
        """A majority has the history: it is committed (COMMITLD), and broadcast begins."""
        s = s.hear(src, msg)
        if s.phase is Phase.BROADCAST:
            return Step(s, self.send(src, CommitLeader(self.committed(s, msg))))
        if not self.is_quorum(len(s.who(AckLeader))):
            return s
        s = replace(s, phase=Phase.BROADCAST, delivered=s.history)
        return Step(s, self.send(s.who(AckLeader), CommitLeader(s.last)))

    def committed(self, s: Server, msg: AckLeader) -> Zxid | None:
        """What a follower that comes later may deliver: as much as its leader has."""
        return s.delivered[-1] if s.delivered else None

    @receive(fair=WEAK)
    def commit_leader(self, s: Server, src: NodeId, msg: CommitLeader) -> Server:
        """Deliver what is committed."""
        return replace(s, delivered=s.upto(msg.last))

    # -- Phase 3: broadcast --------------------------------------------------------------------------------

    @action(fair=WEAK)
    def request(self, s: Server) -> Step[Server]:
        """Propose a client's request (PROPOSE)."""
        guard(s.leads and s.phase is Phase.BROADCAST, "it does not broadcast")
        txn = (s.current, len(s.broadcast) + 1)
        return Step(replace(s, history=(*s.history, txn)), self.send(self.lacking(s), Propose(txn)))

    def lacking(self, s: Server) -> list[NodeId]:
        """Everyone who was sent a history that lacks the transaction."""
        return s.who(AckEpoch, AckLeader, Ack)

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
            if not self.is_quorum(sum(txn in log for log in logs)):
                break
            s = replace(s, delivered=(*s.delivered, txn))
            sends += self.send(s.who(AckLeader, Ack), Commit(txn))
        return Step(s, sends)

    @receive(fair=WEAK)
    def commit(self, s: Server, src: NodeId, msg: Commit) -> Server:
        """Deliver it."""
        return replace(s, delivered=(*s.delivered, msg.txn))

    # -- Broken links --------------------------------------------------------------------------------------

    @receive(fair=WEAK)
    def disconnected(self, s: Server, src: NodeId, msg: Disconnected) -> Server | Step[Server]:
        """Look again: a follower without its leader, a leader without a majority."""
        left = s.without(src)
        if s.leader == src or (s.heard and not self.is_quorum(len(left))):
            return Step(s.looking(), tuple(close for node, _ in left for close in self.close(node)))
        return replace(s, heard=left)


# -- Mistakes ----------------------------------------------------------------------------------------------


class EpochNotPersisted(Zab):
    """acceptedEpoch is not on the disk: a restart has only the last zxid in the log to go by (ZOOKEEPER-335,
    there was no such file).
    """

    def at_crash(self, before: Server) -> Server:
        return replace(before, accepted=max((epoch for epoch, _ in before.history), default=0))


class AckTwice(Zab):
    """Followers vote for an epoch again. In Zab.tla both ends of a link learn at once that it has broken;
    here a leader may not know yet that its majority is gone. With a disconnect.
    """

    def may_accept(self, s: Server, epoch: int) -> bool:
        return epoch >= s.accepted


class OwnEpoch(AckTwice):
    """A leader adds one to its own accepted epoch, not to the highest of a majority. Followers vote for an
    epoch again, as in Zab.tla; where they don't, this is slow but safe.
    """

    def next_epoch(self, s: Server) -> int:
        return 1 + s.accepted


class OwnHistory(Zab):
    """A leader starts its epoch with its own history, not with the newest of a majority."""

    def initial_history(self, s: Server, votes: Sequence[AckEpoch]) -> Log:
        return s.history


class ProposeToSynced(Zab):
    """Proposals go only to those who have acknowledged NEWLEADER, not to those who will (the paper taken
    literally, found by the authors of Zab.tla).
    """

    def lacking(self, s: Server) -> list[NodeId]:
        return s.who(AckLeader, Ack)


class CommitAckld(Zab):
    """COMMITLD commits what the follower has acknowledged (found by the authors of Zab.tla)."""

    def committed(self, s: Server, msg: AckLeader) -> Zxid | None:
        return msg.last


class EpochBeforeTxns(Zab):
    """currentEpoch is on the disk before the history, which is queued (ZOOKEEPER-4643). After epoch 1."""

    def with_history(self, s: Server, msg: NewLeader) -> Server:
        kept = sum(msg.history[:i] == s.history[:i] for i in range(1, len(msg.history) + 1))
        return replace(super().with_history(s, msg), current=msg.epoch, unflushed=len(msg.history) - kept)

    def at_crash(self, before: Server) -> Steps[Server]:
        yield Step(before)
        if before.unflushed:
            yield Step(replace(before, history=before.history[: -before.unflushed]))


class AckBeforeFsync(EpochBeforeTxns):
    """A history is acknowledged before it is on the disk (ZOOKEEPER-4646). After epoch 1."""

    def new_leader(self, s: Server, src: NodeId, msg: NewLeader) -> Step[Server]:
        s = self.with_history(s, msg)
        return Step(s, self.send(src, AckLeader(s.last)))

    def acknowledge_history(self, s: Server, leader: NodeId) -> Sends:
        return ()


# -- The model ---------------------------------------------------------------------------------------------


def after_epoch_1(nodes: Sequence[NodeId], *, committed: bool) -> Prepared:
    """Epoch 1, of the first two servers, is over. Its one transaction is delivered on both, or has got no
    further than the disk of its leader, the first.
    """
    leader = Server(accepted=1, current=1, history=((1, 1),), delivered=((1, 1),) if committed else ())
    follower = leader if committed else replace(leader, history=())
    return Prepared(dict(zip(nodes, [leader, follower, *[Server()] * (len(nodes) - 2)], strict=True)))


def takes_over(s: Server) -> bool:
    """It leads a later epoch than the first, and has delivered a transaction of that."""
    return s.leads and s.current > 1 and (1, 1) in s.delivered


def model(
    nodes: Annotated[int, "servers"] = 3,
    candidates: Annotated[int, "how many of them the oracle may name"] = 2,
    max_epoch: Annotated[int, "bound on the epochs that are searched"] = 2,
    requests: Annotated[int, "bound on the requests of an epoch"] = 1,
    bug: Annotated[type[Zab], "a mistake to put in"] = Zab,
) -> Model:
    """ZAB, ZooKeeper's atomic broadcast: discovery, synchronisation, broadcast; a crash and a restart.

    Paper: F. Junqueira, B. Reed, M. Serafini, Zab: High-performance broadcast for primary-backup systems, DSN
        2011, sections III and IV.
    Assumes: links that keep the order and lose nothing until they break; disks that keep what is written.
    Liveness: an epoch is established once a majority stays connected to one leader. Not checked here.
    """
    servers = node_ids(nodes)
    second = issubclass(bug, EpochBeforeTxns)  # it starts with the second epoch
    return Model(
        bug(candidates),
        nodes=servers,
        # Reliable links, which break with a crash. A disk keeps what was written (at_crash).
        environment=Environment(network="fifo", crash=1, restart=1, disconnect=int(bug is AckTwice)),
        bounds=[
            Bound("max_epoch", Server, lambda s: s.accepted <= max_epoch + second),
            Bound("requests", Server, lambda s: all(k <= requests for _, k in s.history)),
        ],
        properties=[
            election.one_leader_per_term(Server),
            election.one_leader_per_term_ever(Server),
            *broadcast.primary_order_broadcast(Server),
            election.leader_elected(Server),
            sometimes("a second leader takes over", each(Server, takes_over)),
        ],
        initial=[after_epoch_1(servers, committed=bug is EpochBeforeTxns)] if second else [],
    )
