"""Two-phase commit: a transaction manager and resource managers, as different programs.

The steps and messages are those of the TLA+ specification of Gray and Lamport 2006, so the numbers of states
are too: all messages stay readable (a sent-set), and no node crashes. With crashes the protocol is safe, as
long as the disks remember, and blocks while the transaction manager is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import Annotated, Literal

from elcheck import (
    WEAK,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    State,
    Step,
    action,
    all_nodes,
    always,
    always_possible,
    durable,
    each,
    guard,
    node_ids,
    node_views,
    pair,
    receive,
    sometimes,
)
from elcheck.specs.election import decisions_are_final

Bug = Literal["eager-commit", "forget-prepared"]


class Stage(Enum):
    """Where a resource manager stands."""

    WORKING = 0
    PREPARED = 1
    COMMITTED = 2
    ABORTED = 3


class Prepared(Message):
    """The sender is prepared to commit."""


class Commit(Message):
    """The transaction is committed."""


class Abort(Message):
    """The transaction is aborted."""


class Resource(State):
    """The local state of a resource manager, on its disk before anything is sent."""

    stage: Stage = durable(Stage.WORKING)

    @property
    def decision(self) -> Stage | None:
        """Committed or aborted, None while it may still be either."""
        return self.stage if self.stage in (Stage.COMMITTED, Stage.ABORTED) else None


class Transaction(State):
    """The local state of the transaction manager. That it has decided is on its disk."""

    prepared: frozenset[NodeId] = frozenset()
    done: bool = durable(False)


class ResourceManager(Node[Resource]):
    """Prepares or aborts of its own will, then does as it is told."""

    manager: NodeId
    bug: Bug | None = None

    def at_crash(self, before: Resource) -> Resource:
        # It has told the manager that it is prepared, and has not written it down yet.
        forgets = self.bug == "forget-prepared" and before.stage is Stage.PREPARED
        return Resource() if forgets else before

    @action(fair=WEAK)
    def prepare(self, s: Resource) -> Step[Resource]:
        """Promise to commit if told so, and tell the manager (RMPrepare)."""
        guard(s.stage is Stage.WORKING, "it has left the working stage")
        return Step(Resource(Stage.PREPARED), self.send(self.manager, Prepared()))

    @action
    def choose_to_abort(self, s: Resource) -> Resource:
        """Abort of its own will, which only a manager that has promised nothing may (RMChooseToAbort)."""
        guard(s.stage is Stage.WORKING, "it has left the working stage")
        return Resource(Stage.ABORTED)

    @receive(fair=WEAK)
    def decided(self, s: Resource, src: NodeId, msg: Commit | Abort) -> Resource:
        """Do as the manager has decided (RMRcvCommitMsg, RMRcvAbortMsg)."""
        return Resource(Stage.COMMITTED if isinstance(msg, Commit) else Stage.ABORTED)


class TransactionManager(Node[Transaction]):
    """Commits when all are prepared; may abort at any time before."""

    bug: Bug | None = None

    @receive(fair=WEAK)
    def prepared(self, s: Transaction, src: NodeId, msg: Prepared) -> Transaction:
        """Note that a manager is prepared (TMRcvPrepared)."""
        guard(not s.done, "the decision is made")
        return replace(s, prepared=s.prepared | {src})

    @action(fair=WEAK)
    def commit(self, s: Transaction) -> Step[Transaction]:
        """Decide to commit, now that all are prepared (TMCommit)."""
        guard(not s.done, "the decision is made")
        missing = len(self.nodes) - 1 - len(s.prepared)
        guard(missing == 0 or (self.bug == "eager-commit" and missing == 1), "somebody is not prepared")
        return Step(replace(s, done=True), self.broadcast(Commit()))

    @action
    def abort(self, s: Transaction) -> Step[Transaction]:
        """Decide to abort (TMAbort)."""
        guard(not s.done, "the decision is made")
        return Step(replace(s, done=True), self.broadcast(Abort()))


def agree(a: NodeView[Resource], b: NodeView[Resource]) -> bool | str:
    """No resource manager has aborted while another has committed."""
    if a.state.stage is Stage.COMMITTED and b.state.stage is Stage.ABORTED:
        return f"{a.node} has committed, {b.node} has aborted"
    return True


def all_commit(managers: Sequence[NodeView[Resource]]) -> bool:
    """Every resource manager has committed."""
    return all(manager.state.stage is Stage.COMMITTED for manager in managers)


def is_end(nodes: Sequence[NodeView[Resource | Transaction]]) -> bool:
    """Every resource manager has decided, or somebody is down and may be waited for."""
    undecided = [n for n in nodes if isinstance(n.state, Resource) and n.state.decision is None]
    return not undecided or not all(n.up for n in nodes)


def all_decide(managers: Sequence[NodeView[Resource]]) -> bool:
    """Every resource manager that is up has committed or aborted."""
    return all(manager.state.decision is not None for manager in managers if manager.up)


def model(
    managers: Annotated[int, "resource managers"] = 3,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
) -> Model:
    """Two-phase commit.

    Paper: J. Gray and L. Lamport, Consensus on Transaction Commit, ACM TODS 31(1), 2006, section 3.
    Assumes: messages may be late, lost or repeated; disks are intact.
    Liveness: all decide, if nobody stays down. Checked is that from every state all can still decide, and
        that nothing ends before, but to wait for somebody who is down. (With --crash 1 it is not possible.)
    Bugs:
        eager-commit: the transaction is committed when all but one are prepared (a count without the manager
            that counts itself in).
        forget-prepared: the promise to commit is not on the disk when it is sent, and a crash loses it: the
            manager is free to abort (MySQL bugs 98709 and 75204, of XA PREPARE). One crash.
    """
    tm, *rms = node_ids("tm", " ".join(f"r{i + 1}" for i in range(managers)))
    nodes = (tm, *rms)
    crashes = 1 if bug == "forget-prepared" else 0
    return Model(
        {tm: TransactionManager(bug), **{rm: ResourceManager(tm, bug) for rm in rms}},
        # Crashes are for the disk that forgets; --crash 1 --restart 1 shows that one that does not is safe.
        environment=Environment(network="sent-set", crash=crashes, restart=crashes),
        properties=[
            always("all decide alike", pair(node_views(Resource), agree)),
            decisions_are_final(of=Resource),
            sometimes("all commit", all_nodes(node_views(Resource), all_commit)),
            sometimes("one aborts", each(node_views(Resource), lambda n: n.state.stage is Stage.ABORTED)),
            always_possible("all who are up can decide", all_nodes(node_views(Resource), all_decide)),
        ],
        deadlock=all_nodes(node_views(State), is_end),
    )
