"""The environment's field of the code: each state of the environment with the steps that it allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from elcheck.checker.model.environment import EnvironmentState, FaultKind, NetworkName, Partition
from elcheck.checker.model.state import Event
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.moves import Move


@dataclass(frozen=True)
class EnvironmentEntry:
    """A state of the environment, and where it leads. Each ``int`` here is a change of the code.

    ``spend[kind]`` is the price of a fault; a kind whose budget is spent is absent. ``partition_steps`` are
    the partitions that may come, or the heal of the one that stands. ``keeps_mail``: the network keeps
    messages to nodes that are down.
    """

    state: EnvironmentState
    partition: Partition | None
    spend: dict[FaultKind, int]
    after_timeout: int
    crash_after_timeout: int | None
    partition_steps: tuple[tuple[int, Move], ...]
    keeps_mail: bool

    @property
    def synchronous(self) -> bool:
        """Whether timeouts wait until nothing else can happen."""
        return self.state.synchronous


class EnvironmentTable:
    """The states of the environment by their numbers. ``shift`` is where their field starts.

    An entry is learned on first use.
    """

    def __init__(
        self, start: EnvironmentState, network: NetworkName, partitions: Sequence[Partition], shift: int
    ) -> None:
        self._states: Interner[EnvironmentState] = Interner()
        self._entries: dict[int, EnvironmentEntry] = {}
        self._network = network
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

        def to(other: EnvironmentState | None) -> int | None:
            return None if other is None else (self._states.number(other) - number) << self.shift

        kinds: tuple[FaultKind, ...] = ("loss", "dup", "crash", "restart", "disconnect")
        spend = {kind: step for kind in kinds if (step := to(state.spend(kind))) is not None}
        after = state.after_timeout()
        return EnvironmentEntry(
            state,
            self.partitions[state.standing] if state.standing is not None else None,
            spend,
            to(after) or 0,
            to(after.spend("crash")),
            tuple((step, Move(event)) for event, other in self._partitions(state) if (step := to(other))),
            self.keeps_mail(state),
        )

    def _partitions(self, state: EnvironmentState) -> list[tuple[Event, EnvironmentState]]:
        """The partitions that may come, or the heal of the one that stands."""
        if state.standing is not None:
            healed = Event("heal", "heal", None, (("partition", state.standing),))
            return [(healed, replace(state, standing=None))]
        spent = state.spend("partition")
        if spent is None:
            return []
        return [
            (Event("partition", "partition", None, (("partition", name),)), replace(spent, standing=name))
            for name in self.partitions
        ]

    def keeps_mail(self, state: EnvironmentState) -> bool:
        """Whether the network keeps what is sent to a node that is down."""
        if self._network == "sent-set":
            return True
        return self._network != "fifo" and state.may("restart") and not state.synchronous
