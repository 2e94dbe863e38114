"""Two-phase commit: a transaction manager and resource managers, as different programs.

The steps and messages are those of the TLA+ specification of Gray and Lamport 2006, so the numbers of states
are too: all messages stay readable (a sent-set), and no node crashes. With crashes the protocol is safe, as
long as the disks remember, and blocks while the transaction manager is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Annotated

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
    replace,
    sometimes,
    with_mistake,
)
from elcheck.specs import election


class Stage(Enum):
    """Where a resource manager stands."""

    WORKING = 0
    PREPARED = 1
    COMMITTED = 2
    ABORTED = 3


class Resource(State):
    """The state of a resource manager, on its disk before anything is sent."""

    stage: Stage = durable(Stage.WORKING)

    @property
    def decision(self) -> Stage | None:
        """Committed or aborted, None while it may still be either."""
        return self.stage if self.stage in (Stage.COMMITTED, Stage.ABORTED) else None


class Transaction(State):
    """The state of the transaction manager. That it has decided is on its disk."""

    prepared: frozenset[NodeId] = frozenset()
    done: bool = durable(False)


class Prepared(Message):
    """The sender is prepared to commit."""


class Commit(Message):
    """The transaction is committed."""


class Abort(Message):
    """The transaction is aborted."""


class ResourceManager(Node[Resource]):
    """Prepares or aborts of its own will, then does as it is told."""

    manager: NodeId

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

    @receive(fair=WEAK)
    def prepared(self, s: Transaction, src: NodeId, msg: Prepared) -> Transaction:
        """Note that a manager is prepared (TMRcvPrepared)."""
        guard(not s.done, "the decision is made")
        return replace(s, prepared=s.prepared | {src})

    @action(fair=WEAK)
    def commit(self, s: Transaction) -> Step[Transaction]:
        """Decide to commit, now that all are prepared (TMCommit)."""
        guard(not s.done, "the decision is made")
        guard(self.may_commit(s.prepared), "somebody is not prepared")
        return Step(replace(s, done=True), self.broadcast(Commit()))

    def may_commit(self, prepared: frozenset[NodeId]) -> bool:
        """All resource managers have to be prepared."""
        return len(prepared) == len(self.peers)

    @action
    def abort(self, s: Transaction) -> Step[Transaction]:
        """Decide to abort (TMAbort)."""
        guard(not s.done, "the decision is made")
        return Step(replace(s, done=True), self.broadcast(Abort()))


# -- Mistakes ----------------------------------------------------------------------------------------------


class EagerCommit(TransactionManager):
    """The transaction is committed when all but one are prepared (the manager counts itself in)."""

    def may_commit(self, prepared: frozenset[NodeId]) -> bool:
        return len(prepared | {self.me}) >= len(self.peers)


class ForgetPrepared(ResourceManager):
    """The promise to commit is not on the disk when it is sent, and a crash loses it: the manager is free to
    abort (MySQL bugs 98709 and 75204, of XA PREPARE). One crash.
    """

    def at_crash(self, before: Resource) -> Resource:
        return Resource() if before.stage is Stage.PREPARED else before


# -- The model ---------------------------------------------------------------------------------------------


def model(
    managers: Annotated[int, "resource managers"] = 3,
    bug: Annotated[type[TransactionManager] | type[ResourceManager] | None, "a mistake to put in"] = None,
) -> Model:
    """Two-phase commit.

    Paper: J. Gray and L. Lamport, Consensus on Transaction Commit, ACM TODS 31(1), 2006, section 3.
    Assumes: messages may be late, lost or repeated; disks are intact.
    Liveness: all decide, if nobody stays down. Checked is that from every state all can still decide, and
        that nothing ends before, but to wait for somebody who is down. (With --crash 1 it is not possible.)
    """
    tm, *rms = node_ids("tm", " ".join(f"r{i + 1}" for i in range(managers)))
    transaction = with_mistake(TransactionManager, bug)
    resource = with_mistake(ResourceManager, bug)
    crashes = 1 if bug is ForgetPrepared else 0

    def agree(a: NodeView[Resource], b: NodeView[Resource]) -> bool | str:
        if a.state.stage is Stage.COMMITTED and b.state.stage is Stage.ABORTED:
            return f"{a.node} has committed, {b.node} has aborted"
        return True

    def all_decide(rms: Sequence[NodeView[Resource]]) -> bool:
        return all(rm.state.decision is not None for rm in rms if rm.up)

    def is_end(nodes: Sequence[NodeView[State]]) -> bool:
        """Every resource manager has decided, or somebody is down and may be waited for."""
        undecided = [n for n in nodes if isinstance(n.state, Resource) and n.state.decision is None]
        return not undecided or not all(n.up for n in nodes)

    return Model(
        {tm: transaction(), **dict.fromkeys(rms, resource(tm))},
        # Crashes are for the disk that forgets; --crash 1 --restart 1 shows that one that does not is safe.
        environment=Environment(network="sent-set", crash=crashes, restart=crashes),
        properties=[
            always("all decide alike", pair(node_views(Resource), agree)),
            election.decisions_are_final(Resource),
            sometimes(
                "all commit", all_nodes(Resource, lambda rms: all(s.stage is Stage.COMMITTED for s in rms))
            ),
            sometimes("one aborts", each(Resource, lambda s: s.stage is Stage.ABORTED)),
            always_possible("all who are up can decide", all_nodes(node_views(Resource), all_decide)),
        ],
        deadlock=all_nodes(node_views(State), is_end),
    )
