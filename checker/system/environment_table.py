"""The environment's field of the code: each of its states with the steps it allows, learned on first use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from elcheck.checker.model.environment import EnvironmentState as Setting
from elcheck.checker.model.environment import FaultKind, NetworkName, Partition
from elcheck.checker.model.state import Event
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.moves import Move


@dataclass(frozen=True)
class Weather:
    """A state of the environment, and where it leads. A difference is a change of the code.

    ``spend[kind]`` is the difference that a fault of the kind makes, absent when the budget is spent;
    ``kept`` whether messages to nodes that are down are kept.
    """

    setting: Setting
    partition: Partition | None
    spend: dict[FaultKind, int]
    after_timeout: int
    crash_after_timeout: int | None
    falls: tuple[tuple[int, Move], ...]
    kept: bool

    @property
    def synchronous(self) -> bool:
        """Whether timeouts wait until nothing else can happen."""
        return self.setting.synchronous


class Weathers:
    """The states of the environment by their number. ``shift`` is where their field starts."""

    def __init__(
        self, start: Setting, network: NetworkName, partitions: Sequence[Partition], shift: int
    ) -> None:
        self._settings: Interner[Setting] = Interner()
        self._known: dict[int, Weather] = {}
        self._network = network
        self.partitions = {partition.name: partition for partition in partitions}
        self.shift = shift
        self.start = self._settings.number(start)

    def setting(self, number: int) -> Setting:
        """The environment's state of a number. Nothing is numbered for it: a checkpoint relies on that."""
        return self._settings.values[number]

    def at(self, number: int) -> Weather:
        """The environment's state of a number, with what it allows."""
        known = self._known.get(number)
        if known is None:
            known = self._known[number] = self._learn(number)
        return known

    def _learn(self, number: int) -> Weather:
        setting = self._settings.values[number]

        def to(other: Setting | None) -> int | None:
            return None if other is None else (self._settings.number(other) - number) << self.shift

        kinds: tuple[FaultKind, ...] = ("loss", "dup", "crash", "restart", "disconnect")
        spend = {kind: step for kind in kinds if (step := to(setting.spend(kind))) is not None}
        after = setting.after_timeout()
        return Weather(
            setting,
            self.partitions[setting.standing] if setting.standing is not None else None,
            spend,
            to(after) or 0,
            to(after.spend("crash")),
            tuple((step, Move(event)) for event, other in self._falls(setting) if (step := to(other))),
            self.keeps(setting),
        )

    def _falls(self, setting: Setting) -> list[tuple[Event, Setting]]:
        """Partitions that may come, or the heal of the one that stands."""
        if setting.standing is not None:
            healed = Event("heal", "heal", None, (("partition", setting.standing),))
            return [(healed, replace(setting, standing=None))]
        spent = setting.spend("partition")
        if spent is None:
            return []
        return [
            (Event("partition", "partition", None, (("partition", name),)), replace(spent, standing=name))
            for name in self.partitions
        ]

    def keeps(self, setting: Setting) -> bool:
        """Whether what is sent to a node that is down is kept for it."""
        if self._network == "sent-set":
            return True
        return self._network != "fifo" and setting.may("restart") and not setting.synchronous
