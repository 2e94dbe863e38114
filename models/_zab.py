"""What ZAB's servers keep and what they say to each other, for models/zab.py.

F. Junqueira, B. Reed, M. Serafini, Zab: High-performance broadcast for primary-backup systems, DSN 2011,
section IV. The names of the messages are the paper's, ZooKeeper's own stand beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from elcheck import Message, NodeId, Prepared, State, durable
from elcheck.specs.broadcast import Log, Zxid


class Phase(Enum):
    """How far a server has come: the phases of the paper (election is its phase 0)."""

    ELECTION = 0
    DISCOVERY = 1
    SYNCHRONISATION = 2
    BROADCAST = 3


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


class Server(State):
    """The local state of a server. A server with a ``leader`` follows, one that somebody follows leads, and
    one in ELECTION does neither. ``current <= accepted``.
    """

    accepted: int = durable(0)
    """The last epoch that it has accepted: acceptedEpoch, f.p in the paper."""
    current: int = durable(0)
    """The last epoch that it has entered, with its leader's history: currentEpoch, f.a."""
    history: Log = durable(())
    unflushed: int = 0
    """So many of the last transactions are not on the disk yet: 0, but for two bugs."""
    delivered: Log = ()
    phase: Phase = Phase.ELECTION
    leader: NodeId | None = None
    heard: frozenset[tuple[NodeId, Word]] = frozenset()
    """The last word of each of its followers."""

    @property
    def term(self) -> int:
        """Its epoch."""
        return self.accepted

    @property
    def leads(self) -> bool:
        """Whether it is the established leader of its epoch: a majority has accepted that."""
        return self.leader is None and self.phase in (Phase.SYNCHRONISATION, Phase.BROADCAST)

    @property
    def broadcast(self) -> Log:
        """What it has broadcast as the leader of its epoch."""
        return tuple(txn for txn in self.history if txn[0] == self.current) if self.leads else ()

    @property
    def takes_over(self) -> bool:
        """Whether it leads a later epoch than the first, and has delivered a transaction of that."""
        return self.leads and self.current > 1 and (1, 1) in self.delivered

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
        others = frozenset(said for said in self.heard if said[0] != src)
        return replace(self, heard=others | {(src, word)})

    def looking(self) -> Server:
        """Back to the election, with what is on the disk and what is delivered."""
        return Server(self.accepted, self.current, self.history, self.unflushed, self.delivered)


def beyond(log: Log, old: Log) -> Log:
    """What a history has after the part with which both begin."""
    return tuple(txn for i, txn in enumerate(log) if log[: i + 1] != old[: i + 1])


def after_epoch_1(nodes: Sequence[NodeId], *, committed: bool) -> Prepared:
    """Epoch 1, of the first two servers, is over. Its one transaction is delivered on both, or has got no
    further than the disk of its leader, the first.
    """
    leader = Server(accepted=1, current=1, history=((1, 1),), delivered=((1, 1),) if committed else ())
    follower = leader if committed else replace(leader, history=())
    return Prepared(dict(zip(nodes, [leader, follower, *[Server()] * (len(nodes) - 2)], strict=True)))
