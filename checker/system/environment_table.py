"""The environment's field of the code: each state of the environment with the steps that it allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeAlias

from elcheck.checker.model.budget import FaultKind
from elcheck.checker.model.environment import EnvironmentState, NetworkName
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.partition import Separation
from elcheck.checker.model.state import Event
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.moves import Move, MoveTables


@dataclass(frozen=True)
class Price:
    """What a kind of fault costs some nodes, by their indices: a change of the code. A broken link costs this
    between any two of them.
    """

    change: int
    nodes: tuple[int, ...]

    def of(self, tables: MoveTables) -> MoveTables:
        """Those of the tables of all nodes that are of these nodes."""
        return tables if len(self.nodes) == len(tables) else tuple(tables[i] for i in self.nodes)


RESUME: FaultKind = "resume"
"""What to resume a paused node costs stands beside what faults cost: it spends nothing, but ends a pause."""
Prices: TypeAlias = tuple[Price, ...]
"""What a kind of fault costs each node to which it may happen."""


@dataclass(frozen=True)
class EnvironmentEntry:
    """A state of the environment, and where it leads. Each ``int`` here is a change of the code.

    ``spend[kind]`` is what a fault costs; a kind whose budget is spent is absent. ``partition_steps`` are
    the partitions that may come, or the heal of the one that stands. ``keeps_mail``: the network keeps
    messages to nodes that are down.
    """

    state: EnvironmentState
    partition: Separation | None
    spend: dict[FaultKind, Prices]
    after_timeout: int
    crash_after_timeout: Prices
    partition_steps: tuple[tuple[int, Move], ...]
    keeps_mail: bool

    @property
    def synchronous(self) -> bool:
        """Whether timeouts wait until nothing else can happen."""
        return self.state.synchronous

    def allows(self, kind: FaultKind, index: int) -> bool:
        """Whether a fault of a kind may happen to a node."""
        return any(index in price.nodes for price in self.spend.get(kind, ()))


class EnvironmentTable:
    """The states of the environment by their numbers. ``shift`` is where their field starts.

    ``pauses``: nodes may be paused, so that they may be resumed. An entry is learned on first use.
    """

    def __init__(
        self,
        start: EnvironmentState,
        network: NetworkName,
        partitions: Sequence[Separation],
        nodes: Sequence[NodeId],
        shift: int,
        *,
        pauses: bool,
    ) -> None:
        self._states: Interner[EnvironmentState] = Interner()
        self._entries: dict[int, EnvironmentEntry] = {}
        self._network = network
        self._nodes = nodes
        self._pauses = pauses
        self.partitions = {partition.name: partition for partition in partitions}
        self.shift = shift
        self.start = self._states.number(start)

    def state(self, number: int) -> EnvironmentState:
        """The environment's state of a number. It numbers no other state: a checkpoint relies on that."""
        return self._states.values[number]

    def number(self, state: EnvironmentState) -> int:
        """The number of a state of the environment, a new one if it was not met before."""
        return self._states.number(state)

    def at(self, number: int) -> EnvironmentEntry:
        """The environment's state of a number, with what it allows."""
        entry = self._entries.get(number)
        if entry is None:
            entry = self._entries[number] = self._learn(number)
        return entry

    def _learn(self, number: int) -> EnvironmentEntry:
        state = self._states.values[number]

        def to(other: EnvironmentState) -> int:
            return (self._states.number(other) - number) << self.shift

        def prices(before: EnvironmentState, kind: FaultKind) -> Prices:
            ends = self._ends(before, kind)
            return tuple(Price(to(after), nodes) for after, nodes in ends.items())

        kinds = [left.kind for left in state.left if left.kind != "partition"]
        spend = {kind: found for kind in kinds if (found := prices(state, kind))}
        if self._pauses:
            spend[RESUME] = (Price(to(state.ended("pause")), tuple(node.index for node in self._nodes)),)
        after = state.after_timeout()
        return EnvironmentEntry(
            state,
            self.partitions[state.standing] if state.standing is not None else None,
            spend,
            to(after),
            prices(after, "crash"),
            tuple((to(other), Move(event)) for event, other in self._partitions(state)),
            self.keeps_mail(state),
        )

    def _ends(self, state: EnvironmentState, kind: FaultKind) -> dict[EnvironmentState, tuple[int, ...]]:
        """The states of the environment after a fault of a kind, each with the nodes to which it may have
        happened: to all of them, if the budget tells none from the others.
        """
        if state.of(kind).of is None:
            after = state.spend(kind)
            return {} if after is None else {after: tuple(node.index for node in self._nodes)}
        size = 2 if kind == "disconnect" else 1
        found: dict[EnvironmentState, tuple[int, ...]] = {}
        for nodes in combinations(self._nodes, size):
            after = state.spend(kind, *nodes)
            if after is not None:
                struck = {node.index for node in nodes}
                found[after] = tuple(sorted(struck.union(found.get(after, ()))))
        return found

    def _partitions(self, state: EnvironmentState) -> list[tuple[Event, EnvironmentState]]:
        """The partitions that may come, or the heal of the one that stands."""
        if state.standing is not None:
            if not self.partitions[state.standing].heals:
                return []
            healed = Event("heal", "heal", None, (("partition", state.standing),))
            return [(healed, replace(state, standing=None))]
        spent = state.spend("partition")
        if spent is None:
            return []
        return [
            (Event("partition", "partition", None, (("partition", name),)), replace(spent, standing=name))
            for name, partition in self.partitions.items()
            if partition.comes
        ]

    def keeps_mail(self, state: EnvironmentState) -> bool:
        """Whether the network keeps what is sent to a node that is down."""
        if self._network == "sent-set":
            return True
        return self._network != "fifo" and state.may("restart") and not state.synchronous
