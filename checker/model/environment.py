"""Environments: the network, the faults, the failure detector and the timing, from outside the spec."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from elcheck.checker.model.budget import (
    FAULT_KINDS,
    AnyBudget,
    FaultKind,
    Left,
    check_budget,
    simplest,
    whole,
)
from elcheck.checker.model.collections import Map
from elcheck.checker.model.errors import UsageError, hint
from elcheck.checker.model.fairness import Fair
from elcheck.checker.model.ids import NodeId

NetworkName = Literal["sent-set", "set", "bag", "fifo"]
DetectorName = Literal["none", "perfect"]

_EVENTUAL = re.compile(r"eventual\((\d{1,9})\)")
_BOUNDED = re.compile(r"bounded\((\d{1,3})\)")


@dataclass(frozen=True)
class Environment:
    """What a model runs in. Budgets count faults of the whole run: a number, ``"unlimited"``, or a
    :class:`Budget`, which says more.

    network: ``sent-set`` (every message ever sent stays deliverable), ``set`` and ``bag`` (a delivery
    consumes; a bag counts copies), ``fifo`` (a queue for each ordered pair of nodes).
    detector: ``perfect`` tells every node that receives ``Crashed`` of each crash.
    faults: the budgets of the faults that programs have themselves, by their names.
    timing: ``async``, ``sync``, ``eventual(k)``: async for at most k timeouts, then sync; or ``bounded(d)``:
        clocks run, and messages take at most d ticks.
    fairness: what may be assumed of steps, see :class:`Fair`; the last of these that
    names a handler decides, and the model's own come after them.
    """

    network: NetworkName = "sent-set"
    loss: AnyBudget = 0
    dup: AnyBudget = 0
    crash: AnyBudget = 0
    restart: AnyBudget = 0
    pause: AnyBudget = 0
    disk: AnyBudget = 0
    partition: AnyBudget = 0
    disconnect: AnyBudget = 0
    faults: Mapping[FaultKind, AnyBudget] = Map[FaultKind, AnyBudget]()
    detector: DetectorName = "none"
    timing: str = "async"
    fairness: tuple[Fair, ...] = ()

    def __post_init__(self) -> None:
        for kind in FAULT_KINDS:
            object.__setattr__(self, kind, simplest(getattr(self, kind)))
        if isinstance(self.faults, Mapping) and all(isinstance(name, str) for name in self.faults):
            own = {name: simplest(budget) for name, budget in self.faults.items()}
            object.__setattr__(self, "faults", Map(own))

    @property
    def kinds(self) -> tuple[FaultKind, ...]:
        """The kinds of faults that there are budgets of, those of the programs behind those of the world."""
        return (*FAULT_KINDS, *self.faults)

    def budget(self, kind: FaultKind) -> AnyBudget:
        """The budget of a kind of fault."""
        budget: AnyBudget = getattr(self, kind) if kind in FAULT_KINDS else self.faults.get(kind, 0)
        return budget

    @property
    def budgets(self) -> dict[FaultKind, AnyBudget]:
        """The budgets that allow anything."""
        return {kind: budget for kind in self.kinds if (budget := self.budget(kind)) != 0}

    def with_budgets(self, budgets: Mapping[FaultKind, AnyBudget]) -> Environment:
        """The same with other budgets of some kinds."""
        own = {**self.faults, **{name: b for name, b in budgets.items() if name not in FAULT_KINDS}}
        world = {name: budget for name, budget in budgets.items() if name in FAULT_KINDS}
        return replace(self, faults=own, **world)  # type: ignore[arg-type]  # they are fields by these names

    @property
    def early_timeouts(self) -> int | None:
        """How many timeouts may fire at any moment: None for all of them, 0 under ``sync``."""
        if self.timing == "async" or self.delay is not None:
            return None
        matched = _EVENTUAL.fullmatch(self.timing)
        return int(matched[1]) if matched else 0

    @property
    def delay(self) -> int | None:
        """How many ticks a message takes at most; None where nothing bounds that, and no clock runs."""
        matched = _BOUNDED.fullmatch(self.timing)
        return None if matched is None else int(matched[1])

    def check(self, *, down: bool = False) -> None:
        """Raise UsageError for what has no meaning, with the reason. ``down``: some node is at the start."""
        names = [("network", self.network, NetworkName), ("detector", self.detector, DetectorName)]
        for part, name, known in names:
            if name not in get_args(known):
                said = f"{part}={name!r}: it is one of {', '.join(get_args(known))}"
                raise UsageError(said + hint(str(name), get_args(known)))
        if not isinstance(self.timing, str):
            raise UsageError(f"timing={self.timing!r}: it is 'async', 'sync', 'eventual(k)' or 'bounded(d)'")
        if not isinstance(self.faults, Map):
            raise UsageError(f'faults={self.faults!r}: budgets by their names, as in faults={{"rot": 1}}')
        for kind in self.kinds:
            check_budget(kind, self.budget(kind))
        counted = _EVENTUAL.fullmatch(self.timing) or _BOUNDED.fullmatch(self.timing)
        if self.timing not in ("async", "sync") and not counted:
            said = f"timing={self.timing!r}: it is async, sync or eventual(k), k = 0, 1, ..., or bounded(d), "
            said += "d = 0, 1, ..., 999"
            raise UsageError(said + hint(self.timing, ["async", "sync", "eventual(1)", "bounded(1)"]))
        for given, reason in self._without_meaning(down=down):
            if given:
                raise UsageError(reason)

    def _without_meaning(self, *, down: bool) -> list[tuple[bool, str]]:
        sent_set = self.network == "sent-set"
        covered = "a sent-set network never takes a message away, so that {}; use --network set or bag"
        waits = "no timeout would fire" if self.delay is None else "time would not pass"
        return [
            (sent_set and self.loss != 0, covered.format("--loss is covered already, for safety")),
            (sent_set and self.dup != 0, covered.format("--dup is covered already")),
            (
                sent_set and self.timing != "async",
                covered.format("a delivery is enabled for ever and under --timing "
                               f"{self.timing} {waits}"),
            ),
            (
                self.disconnect != 0 and self.network != "fifo",
                f"--disconnect breaks a link, and a {self.network} network has none: use --network fifo",
            ),
            (
                self.restart != 0 and self.crash == 0 and not down,
                "--restart without --crash: nothing would ever be down to restart",
            ),
        ]  # fmt: skip

    def notes(self) -> list[str]:
        """What the environment has that changes nothing, so that nobody takes it for checked."""
        found = []
        if self.network == "set" and self.dup != 0:
            found.append("--dup changes nothing on a set network: it holds one copy of a message")
        if self.detector == "perfect" and self.crash == 0:
            found.append("--detector perfect has nothing to tell: --crash is 0")
        if self.disk != 0 and self.crash == 0:
            found.append("--disk damages the disks of nodes that are down, and --crash is 0")
        return found

    def describe(self) -> str:
        """The environment in one line: what differs from nothing happening."""
        parts = [f"network {self.network}"]
        parts += [f"{kind} {budget}" for kind, budget in self.budgets.items()]
        parts += [f"detector {self.detector}"] if self.detector != "none" else []
        return ", ".join([*parts, f"timing {self.timing}"])


@dataclass(frozen=True)
class EnvironmentState:
    """The part of a global state that is the environment's.

    ``left`` is what remains of each budget; ``standing`` the name of the partition that stands;
    ``early_timeouts`` how many timeouts may still fire at any moment (None: all of them).
    """

    left: tuple[Left, ...] = ()
    standing: str | None = None
    early_timeouts: int | None = None

    def of(self, kind: FaultKind) -> Left:
        """What remains of the budget of a kind of fault."""
        return next((left for left in self.left if left.kind == kind), Left(kind))

    def spend(self, kind: FaultKind, *nodes: NodeId) -> EnvironmentState | None:
        """The state after one fault of a kind, which happens to some nodes; None if it may not be."""
        spent = self.of(kind).spent(nodes)
        if spent is None:
            return None
        after = [spent if left.kind == kind else left for left in self.left]
        ended = replace(self, left=tuple(after))
        return ended.ended("crash") if kind == "restart" else ended

    def ended(self, kind: FaultKind) -> EnvironmentState:
        """The state after a fault that lasts has ended at a node: it restarts, or is resumed."""
        after = (left.returned() if left.kind == kind else left for left in self.left)
        return replace(self, left=tuple(after))

    def may(self, kind: FaultKind, *nodes: NodeId) -> bool:
        """Whether the budget of a kind of fault (that happens to some nodes) is not spent."""
        return self.of(kind).spent(nodes) is not None

    def counted(self, kinds: Container[FaultKind] | None = None) -> Iterator[tuple[str, int | None]]:
        """How much is left of each budget, or of those of some kinds, by what it is called; None: no end."""
        asked = (left for left in self.left if kinds is None or left.kind in kinds)
        return (part for left in asked for part in left.parts())

    def after_timeout(self) -> EnvironmentState:
        """The state after a timeout: ``eventual(k)`` counts those of its asynchronous part."""
        early = self.early_timeouts
        return replace(self, early_timeouts=early - 1) if early else self

    @property
    def synchronous(self) -> bool:
        """Whether timeouts wait until nothing else can happen."""
        return self.early_timeouts == 0


def initial_state(
    environment: Environment,
    nodes: Sequence[NodeId],
    *,
    spent: Mapping[FaultKind, int] = Map[FaultKind, int](),
    down: int = 0,
    paused: int = 0,
    standing: str | None = None,
) -> EnvironmentState:
    """Every budget whole, no partition; or, where it begins in the middle of trouble, without what is
    ``spent`` of their totals, with so many nodes that are ``down`` or ``paused``, and the partition that
    stands.
    """
    left = []
    for kind in environment.kinds:
        one = whole(kind, environment.budget(kind), nodes)
        if one.total is not None:
            one = replace(one, total=max(0, one.total - spent.get(kind, 0)))
        if one.at_once is not None:
            one = replace(one, at_once=one.at_once - (down if kind == "crash" else paused))
        left.append(one)
    return EnvironmentState(tuple(left), standing, environment.early_timeouts)
