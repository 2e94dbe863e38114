"""What the servers of Viewstamped Replication keep and say to each other.

B. Liskov and J. Cowling, Viewstamped Replication Revisited, MIT-CSAIL-TR-2012-021, 2012, figure 2, section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from elcheck import (
    Envelope,
    Message,
    NodeId,
    NodeView,
    Prepared,
    Property,
    State,
    durable,
    each,
    node_views,
    sometimes,
)

Entry = tuple[int, int]
"""An operation: the view whose primary took it from a client, and its op-number."""
Log = tuple[Entry, ...]
"""The first operation first."""


class Status(Enum):
    """What a server is doing."""

    BACKUP = 0
    PRIMARY = 1
    LEAVING = 2  # it has left its view, and waits for others to do so
    REPORTED = 3  # it has told the next primary its log, and waits for the new view
    RECOVERING = 4


class Prepare(Message):
    """The primary's request to log an operation."""

    view: int
    entry: Entry


class PrepareOk(Message):
    """The sender has logged the operations up to this place."""

    view: int
    number: int


class StartViewChange(Message):
    """The sender has left all views before this one."""

    view: int


class DoViewChange(Message):
    """To the primary of the view: the sender's log, and in which view it was last normal."""

    view: int
    last_normal: int
    log: Log
    commit: int


class StartView(Message):
    """The primary's: the view begins with this log."""

    view: int
    log: Log
    commit: int


class Recovery(Message):
    """The sender has lost its state. The nonce tells the answers to this question from others."""

    nonce: int


class RecoveryResponse(Message):
    """The answer. The primary's has the log."""

    nonce: int
    view: int
    log: Log | None = None
    commit: int = 0


class Replica(State):
    """The local state of a server."""

    view: int = durable(0)  # on disk before anything is said in it, which is not in the paper
    status: Status = Status.BACKUP
    log: Log = ()
    commit: int = 0  # how much of the log is committed: its client has the answer
    last_normal: int = 0  # the last view in which it was primary or backup
    acks: frozenset[tuple[int, NodeId]] = frozenset()  # the primary's, for what is not committed
    left: frozenset[NodeId] = frozenset()  # while it leaves: who has left the old view too
    reports: frozenset[tuple[NodeId, DoViewChange]] = frozenset()  # the next primary's
    answers: frozenset[tuple[NodeId, RecoveryResponse]] = frozenset()  # while it recovers
    nonce: int = durable(0)  # of its last recovery, never used twice

    @property
    def leads(self) -> bool:
        """Whether it is the primary of a view that has begun."""
        return self.status is Status.PRIMARY

    @property
    def term(self) -> int:
        """The view in which it has learned what it knows."""
        return self.last_normal


def after_a_recovery(nodes: Sequence[NodeId]) -> Prepared:
    """The second server has left view 0, crashed, and recovered in it; that it left is still under way."""
    primary, restarted, *others = nodes
    left = [Envelope(restarted, node, StartViewChange(1)) for node in nodes if node != restarted]
    states = {primary: Replica(status=Status.PRIMARY), restarted: Replica(nonce=1)}
    return Prepared(states | {node: Replica() for node in others}, left)


def a_later_primary_carries_on() -> Property:
    """The primary of a later view can commit what the first one began."""

    def check(n: NodeView[Replica]) -> bool:
        return n.state.leads and n.state.view > 0 and (0, 1) in n.state.log[: n.state.commit]

    return sometimes("a later primary carries on", each(node_views(Replica), check))


def a_server_recovers() -> Property:
    """A server can have a log again after a crash."""

    def check(n: NodeView[Replica]) -> bool:
        return n.state.nonce > 0 and n.state.log != ()

    return sometimes("a server recovers its log", each(node_views(Replica), check))
