"""Budgets of faults: how many there may be, of which nodes, of each of them, at one time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.ids import NodeId

Unlimited = Literal["unlimited"]
UNLIMITED: Final = "unlimited"
Amount: TypeAlias = int | Unlimited
FaultKind: TypeAlias = str
"""One of FAULT_KINDS, or the name of a budget that a program's own faults spend."""
FAULT_KINDS: tuple[FaultKind, ...] = (
    "loss", "dup", "crash", "restart", "pause", "disk", "partition", "disconnect",
)  # fmt: skip
_NOUNS: Mapping[FaultKind, tuple[str, str]] = {
    "loss": ("loss", "losses"),
    "dup": ("duplication", "duplications"),
    "crash": ("crash", "crashes"),
    "restart": ("restart", "restarts"),
    "pause": ("pause", "pauses"),
    "disk": ("damage", "damages"),
    "partition": ("partition", "partitions"),
    "disconnect": ("disconnect", "disconnects"),
}
"""What one and several faults of a kind are called. Those of a program are called like their budget."""
LASTING: tuple[FaultKind, ...] = ("crash", "pause")
"""Those that last, so that there may be several at one time."""

_WRITTEN = re.compile(
    r"(?:(?P<of>[^:=]+):)?(?P<total>\d{1,9}|unlimited)(?P<more>(?:,(?:each|at-once)=\d{1,9})*)"
)


@dataclass(frozen=True)
class Budget:
    """How often a kind of fault may happen: ``total`` times in the whole run.

    of: the nodes that it may happen to, or their names; every node if it is None. each: how often it may
    happen to each of them. at_once: how many nodes may be down, or paused, at one time; of crashes and
    pauses only.
    """

    total: Amount
    of: Sequence[NodeId | str] | None = None
    each: int | None = None
    at_once: int | None = None

    def __post_init__(self) -> None:
        of: object = self.of
        if isinstance(of, NodeId):
            raise DefinitionError(f"Budget(of={of}): it takes several nodes, of=[{of}]")
        if self.of is not None and not isinstance(self.of, str):
            object.__setattr__(self, "of", tuple(map(str, self.of)))

    def __str__(self) -> str:
        """As it is written on the command line: ``n1,n2:2,each=1``."""
        of = "" if self.of is None else f"{','.join(map(str, self.of))}:"
        each = "" if self.each is None else f",each={self.each}"
        return f"{of}{self.total}{each}" + ("" if self.at_once is None else f",at-once={self.at_once}")


AnyBudget: TypeAlias = Budget | Amount


def written(text: str) -> AnyBudget | None:
    """The budget that a text is (``2``, ``unlimited``, ``n1,n2:2,each=1,at-once=1``), None if it is none."""
    matched = _WRITTEN.fullmatch(text)
    if matched is None:
        return None
    total: Amount = UNLIMITED if matched["total"] == UNLIMITED else int(matched["total"])
    of = None if matched["of"] is None else tuple(name.strip() for name in matched["of"].split(","))
    more = dict(part.split("=") for part in matched["more"].split(",")[1:])
    each, at_once = (None if name not in more else int(more[name]) for name in ("each", "at-once"))
    return simplest(Budget(total, of, each, at_once))


def simplest(budget: AnyBudget) -> AnyBudget:
    """A budget that restricts nothing but the total, or allows nothing, as its total alone; one that is
    written as on the command line as what it means.
    """
    if isinstance(budget, str) and budget != UNLIMITED:
        return written(budget) or budget
    if not isinstance(budget, Budget):
        return budget
    if budget.total == 0 or (budget.of, budget.each, budget.at_once) == (None, None, None):
        return budget.total
    return budget


def total_of(budget: AnyBudget) -> Amount:
    """How often it may happen in all."""
    return budget.total if isinstance(budget, Budget) else budget


def with_total(budget: AnyBudget, total: Amount) -> AnyBudget:
    """The same of another total."""
    return simplest(replace(budget, total=total)) if isinstance(budget, Budget) else total


def counted_faults(kind: FaultKind, count: int) -> str:
    """So many faults of a kind in words: ``2 crashes``, ``1 loss``, ``1 rot``."""
    return f"{count} {_NOUNS.get(kind, (kind, kind))[count != 1]}"


def option_of(kind: FaultKind) -> str:
    """What a budget comes behind on the command line: ``--crash`` and a space, ``--fault rot=``."""
    return f"--{kind} " if kind in FAULT_KINDS else f"--fault {kind}="


def check_budget(kind: FaultKind, budget: object) -> None:
    """Raise UsageError for a budget that has no meaning, with the reason."""
    total: object = budget.total if isinstance(budget, Budget) else budget
    if total != UNLIMITED and not _is_count(total):
        raise UsageError(f"{kind}={budget!r}: a budget is 0, 1, 2, ... or 'unlimited'")
    if not isinstance(budget, Budget):
        return
    if not isinstance(budget.of, tuple | None):
        raise UsageError(f"{kind}={budget!r}: of= takes several nodes, as in of=(n1, n2)")
    for part, count in (("each", budget.each), ("at_once", budget.at_once)):
        if count is not None and not (_is_count(count) and count > 0):
            raise UsageError(f"{kind}={budget!r}: {part}= is 1, 2, ...; None where there is no such limit")
    if kind == "partition":
        raise UsageError(
            f"--partition {budget}: a partition is of no node; Model(partitions=[...]) says what there may be"
        )
    if budget.at_once is not None and kind not in LASTING:
        raise UsageError(
            f"{option_of(kind)}{budget}: only crashes and pauses last, so that at-once limits these alone"
        )
    if kind == "disconnect" and budget.of is not None and len(set(budget.of)) < 2:
        raise UsageError(f"--disconnect {budget}: a link has two ends: name both")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


@dataclass(frozen=True)
class Left:
    """What is left of a budget: in all, None where it is unlimited; of each node that it may happen to, in
    order, the same (None: no node is told from the others); and how many more nodes may be down, or paused,
    now.
    """

    kind: FaultKind
    total: int | None = 0
    of: tuple[tuple[NodeId, int | None], ...] | None = None
    at_once: int | None = None

    def spent(self, nodes: Sequence[NodeId]) -> Left | None:
        """What is left after one more, that happens to some nodes. None if that may not be."""
        if self.total == 0 or (self.at_once is not None and self.at_once < 1):
            return None
        of = self.of
        if of is not None and nodes:
            left = dict(of)
            if any(left.get(node, 0) == 0 for node in nodes):
                return None
            of = tuple((node, _less(count) if node in nodes else count) for node, count in of)
        return Left(self.kind, _less(self.total), of, _less(self.at_once))

    def returned(self) -> Left:
        """What is left after one more node has come up again, or was resumed."""
        return self if self.at_once is None else replace(self, at_once=self.at_once + 1)

    def parts(self) -> Iterator[tuple[str, int | None]]:
        """Everything that is counted, by what it is called: ``crash``, ``crash of n1``, ``crash at once``."""
        yield self.kind, self.total
        for node, count in self.of or ():
            if count is not None:
                yield f"{self.kind} of {node}", count
        if self.at_once is not None:
            yield f"{self.kind} at once", self.at_once


def _less(count: int | None) -> int | None:
    return None if count is None else count - 1


def whole(kind: FaultKind, budget: AnyBudget, nodes: Sequence[NodeId]) -> Left:
    """What is left of a budget in the beginning."""
    total = total_of(budget)
    left = Left(kind, total if isinstance(total, int) else None)
    if not isinstance(budget, Budget):
        return left
    may = None if budget.of is None else frozenset(map(str, budget.of))
    if may is not None or budget.each is not None:
        of = tuple((node, budget.each) for node in nodes if may is None or node.name in may)
        left = replace(left, of=of)
    return replace(left, at_once=budget.at_once)
