"""Environments: the network, the faults, the failure detector and the timing, from outside the spec."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final, Literal, TypeAlias, get_args

from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.fairness import Fair
from elcheck.checker.model.ids import NodeId
from elcheck.checker.process.watch import look

NetworkName = Literal["sent-set", "set", "bag", "fifo"]
DetectorName = Literal["none", "perfect"]
Unlimited = Literal["unlimited"]
UNLIMITED: Final = "unlimited"
Budget: TypeAlias = int | Unlimited
FaultKind = Literal["loss", "dup", "crash", "restart", "partition", "disconnect"]
FAULT_KINDS: tuple[FaultKind, ...] = ("loss", "dup", "crash", "restart", "partition", "disconnect")

_EVENTUAL = re.compile(r"eventual\((\d{1,9})\)")


@dataclass(frozen=True)
class Environment:
    """What a model runs in. Budgets count faults of the whole run; ``"unlimited"`` sets none.

    network: ``sent-set`` (every message ever sent stays deliverable), ``set`` and ``bag`` (a delivery
    consumes; a bag counts copies), ``fifo`` (a queue for each ordered pair of nodes).
    detector: ``perfect`` tells every node that receives ``Crashed`` of each crash.
    timing: ``async``, ``sync``, or ``eventual(k)``: async for at most k timeouts, then sync.
    fairness: what may be assumed of steps, see :class:`Fair`; the last of these that
    names a handler decides, and the model's own come after them.
    """

    network: NetworkName = "sent-set"
    loss: Budget = 0
    dup: Budget = 0
    crash: Budget = 0
    restart: Budget = 0
    partition: Budget = 0
    disconnect: Budget = 0
    detector: DetectorName = "none"
    timing: str = "async"
    fairness: tuple[Fair, ...] = ()

    @property
    def early_timeouts(self) -> int | None:
        """How many timeouts may fire at any moment: None for all of them, 0 under ``sync``."""
        if self.timing == "async":
            return None
        matched = _EVENTUAL.fullmatch(self.timing)
        return int(matched[1]) if matched else 0

    def check(self) -> None:
        """Raise UsageError for what has no meaning, with the reason."""
        names = [("network", self.network, NetworkName), ("detector", self.detector, DetectorName)]
        for part, name, known in names:
            if name not in get_args(known):
                raise UsageError(f"{part}={name!r}: it is one of {', '.join(get_args(known))}")
        if not isinstance(self.timing, str):
            raise UsageError(f"timing={self.timing!r}: it is 'async', 'sync' or 'eventual(k)'")
        for kind in FAULT_KINDS:
            budget: object = getattr(self, kind)
            whole = isinstance(budget, int) and not isinstance(budget, bool) and budget >= 0
            if budget != UNLIMITED and not whole:
                raise UsageError(f"{kind}={budget!r}: a budget is 0, 1, 2, ... or 'unlimited'")
        if self.timing not in ("async", "sync") and not _EVENTUAL.fullmatch(self.timing):
            raise UsageError(f"timing={self.timing!r}: it is async, sync or eventual(k), k = 0, 1, ...")
        for given, reason in self._without_meaning():
            if given:
                raise UsageError(reason)

    def _without_meaning(self) -> list[tuple[bool, str]]:
        sent_set = self.network == "sent-set"
        covered = "a sent-set network never takes a message away, so that {}; use --network set or bag"
        return [
            (sent_set and self.loss != 0, covered.format("--loss is covered already, for safety")),
            (sent_set and self.dup != 0, covered.format("--dup is covered already")),
            (
                sent_set and self.timing != "async",
                covered.format("a delivery is enabled for ever and under --timing "
                               f"{self.timing} no timeout would fire"),
            ),
            (
                self.disconnect != 0 and self.network != "fifo",
                f"--disconnect breaks a link, and a {self.network} network has none: use --network fifo",
            ),
            (
                self.restart != 0 and self.crash == 0,
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
        return found

    def describe(self) -> str:
        """The environment in one line: what differs from nothing happening."""
        parts = [f"network {self.network}"]
        parts += [f"{kind} {getattr(self, kind)}" for kind in FAULT_KINDS if getattr(self, kind) != 0]
        parts += [f"detector {self.detector}"] if self.detector != "none" else []
        return ", ".join([*parts, f"timing {self.timing}"])


@dataclass(frozen=True)
class Partition:
    """A way for the network to fall apart: two nodes can talk while some group holds both.

    Groups may overlap, which gives a chain or a bridge; a node in no group is alone.
    """

    name: str
    groups: tuple[frozenset[NodeId], ...]

    def parts(self, a: NodeId, b: NodeId) -> bool:
        """Whether no message passes between two nodes."""
        return a != b and not any(a in group and b in group for group in self.groups)


def symmetric_splits(nodes: Sequence[NodeId]) -> tuple[Partition, ...]:
    """Every way to split the nodes into two groups, the group of the first node named first."""
    first, *others = nodes
    found = []
    for size in range(len(others)):
        for friends in combinations(others, size):  # of many nodes more than there is time and memory for
            look()
            here = (first, *friends)
            there = [node for node in nodes if node not in here]
            name = " ".join(map(str, here)) + " | " + " ".join(map(str, there))
            found.append(Partition(name, (frozenset(here), frozenset(there))))
    return tuple(found)


@dataclass(frozen=True)
class EnvironmentState:
    """The part of a global state that is the environment's.

    ``left`` is what remains of each budget, in the order of FAULT_KINDS, None where it is unlimited;
    ``standing`` the name of the partition that stands; ``early_timeouts`` how many timeouts may still fire at
    any moment (None: all of them).
    """

    left: tuple[int | None, ...] = (0,) * len(FAULT_KINDS)
    standing: str | None = None
    early_timeouts: int | None = None

    def spend(self, kind: FaultKind) -> EnvironmentState | None:
        """The state after one fault of a kind, or None when its budget is spent."""
        at = FAULT_KINDS.index(kind)
        left = self.left[at]
        if left is None:
            return self
        if left == 0:
            return None
        return replace(self, left=(*self.left[:at], left - 1, *self.left[at + 1 :]))

    def may(self, kind: FaultKind) -> bool:
        """Whether the budget for a kind of fault is not spent."""
        return self.left[FAULT_KINDS.index(kind)] != 0

    def after_timeout(self) -> EnvironmentState:
        """The state after a timeout: ``eventual(k)`` counts those of its asynchronous part."""
        early = self.early_timeouts
        return replace(self, early_timeouts=early - 1) if early else self

    @property
    def synchronous(self) -> bool:
        """Whether timeouts wait until nothing else can happen."""
        return self.early_timeouts == 0


def initial_state(environment: Environment) -> EnvironmentState:
    """Every budget whole, no partition."""
    budgets: list[Budget] = [getattr(environment, kind) for kind in FAULT_KINDS]
    left = tuple(budget if isinstance(budget, int) else None for budget in budgets)
    return EnvironmentState(left=left, early_timeouts=environment.early_timeouts)
