"""Two-phase commit: a transaction manager and resource managers, as different programs.

J. Gray and L. Lamport, Consensus on Transaction Commit, ACM TODS 31(1), 2006, section 3; the steps and
messages are those of its TLA+ specification, so the numbers of states are too. All messages stay readable (a
sent-set), and no node crashes: the protocol is safe, and blocks when the manager is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Annotated, Literal

from checker import (
    WEAK,
    Environment,
    Model,
    Node,
    NodeId,
    NodeView,
    Step,
    Steps,
    action,
    all_nodes,
    always,
    each,
    guard,
    node_ids,
    pair,
    receive,
    sometimes,
)
from specs.election import decisions_are_final

Bug = Literal["eager-commit"]


class Stage(Enum):
    """Where a resource manager stands."""

    WORKING = 0
    PREPARED = 1
    COMMITTED = 2
    ABORTED = 3


@dataclass(frozen=True)
class Prepared:
    """The sender is prepared to commit."""


@dataclass(frozen=True)
class Commit:
    """The transaction is committed."""


@dataclass(frozen=True)
class Abort:
    """The transaction is aborted."""


@dataclass(frozen=True)
class Resource:
    """The local state of a resource manager."""

    stage: Stage = Stage.WORKING

    @property
    def decision(self) -> Stage | None:
        """Committed or aborted, None while it may still be either."""
        return self.stage if self.stage in (Stage.COMMITTED, Stage.ABORTED) else None


@dataclass(frozen=True)
class Transaction:
    """The local state of the transaction manager."""

    prepared: frozenset[NodeId] = frozenset()
    done: bool = False


@dataclass(frozen=True)
class ResourceManager(Node[Resource]):
    """Prepares or aborts of its own will, then does as it is told."""

    manager: NodeId

    def start(self, me: NodeId) -> Steps[Resource]:
        yield Step(Resource())

    @action(fair=WEAK)
    def prepare(self, me: NodeId, s: Resource) -> Steps[Resource]:
        guard(s.stage is Stage.WORKING, "it has left the working stage")
        yield Step(Resource(Stage.PREPARED), self.send(self.manager, Prepared()))

    @action
    def choose_to_abort(self, me: NodeId, s: Resource) -> Steps[Resource]:
        guard(s.stage is Stage.WORKING, "it has left the working stage")
        yield Step(Resource(Stage.ABORTED))

    @receive(fair=WEAK)
    def decided(self, me: NodeId, s: Resource, src: NodeId, msg: Commit | Abort) -> Steps[Resource]:
        yield Step(Resource(Stage.COMMITTED if isinstance(msg, Commit) else Stage.ABORTED))


@dataclass(frozen=True)
class TransactionManager(Node[Transaction]):
    """Commits when all are prepared; may abort at any time before."""

    bug: Bug | None = None

    def start(self, me: NodeId) -> Steps[Transaction]:
        yield Step(Transaction())

    @receive(fair=WEAK)
    def prepared(self, me: NodeId, s: Transaction, src: NodeId, msg: Prepared) -> Steps[Transaction]:
        guard(not s.done, "the decision is made")
        yield Step(replace(s, prepared=s.prepared | {src}))

    @action(fair=WEAK)
    def commit(self, me: NodeId, s: Transaction) -> Steps[Transaction]:
        guard(not s.done, "the decision is made")
        missing = len(self.nodes) - 1 - len(s.prepared)
        guard(missing == 0 or (self.bug == "eager-commit" and missing == 1), "somebody is not prepared")
        yield Step(replace(s, done=True), self.broadcast(me, Commit()))

    @action
    def abort(self, me: NodeId, s: Transaction) -> Steps[Transaction]:
        guard(not s.done, "the decision is made")
        yield Step(replace(s, done=True), self.broadcast(me, Abort()))


def agree(a: NodeView[Resource], b: NodeView[Resource]) -> bool | str:
    """No resource manager has aborted while another has committed."""
    if a.state.stage is Stage.COMMITTED and b.state.stage is Stage.ABORTED:
        return f"{a.node} has committed, {b.node} has aborted"
    return True


def all_commit(managers: Sequence[NodeView[Resource]]) -> bool:
    """Every resource manager has committed."""
    return all(manager.state.stage is Stage.COMMITTED for manager in managers)


def model(
    managers: Annotated[int, "resource managers"] = 3,
    bug: Annotated[Bug | None, "a mistake to put in: commit when all but one are prepared"] = None,
) -> Model:
    """Two-phase commit (Gray and Lamport 2006, section 3)."""
    tm, *rms = node_ids("tm", " ".join(f"r{i + 1}" for i in range(managers)))
    nodes = (tm, *rms)
    return Model(
        {tm: TransactionManager(nodes, bug), **{rm: ResourceManager(nodes, tm) for rm in rms}},
        environment=Environment(network="sent-set"),
        properties=[
            always("all decide alike", pair(agree, of=Resource)),
            decisions_are_final(of=Resource),
            sometimes("all commit", all_nodes(all_commit, of=Resource)),
            sometimes("one aborts", each(lambda n: n.state.stage is Stage.ABORTED, of=Resource)),
        ],
        deadlock=each(lambda n: n.state.decision is not None, of=Resource),
    )
