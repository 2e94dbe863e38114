"""Which reductions a model admits, found by trying: what is met may refute one, which is then taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from elcheck.checker.model.swap import Asymmetry
from elcheck.checker.reductions.equivariance import SPLIT, crashes_split_sends
from elcheck.checker.reductions.group import Group, group_of
from elcheck.checker.reductions.quotient import Quotient
from elcheck.checker.system import NodeSystem, System

T = TypeVar("T")


@dataclass(frozen=True)
class Reduction:
    """What a search was reduced by: the ``group`` of exchanges of nodes, None if there are none; and why it
    is not larger.
    """

    group: Group | None = None
    refused: tuple[str, ...] = ()

    @property
    def notes(self) -> list[str]:
        """What there is to say of it."""
        found = []
        if self.group is not None:
            alike = f"{self.group} are alike; states that differ in which of them is which were searched once"
            found.append(f"Symmetry: {alike}.")
        none = "No symmetry" if self.group is None else "No more symmetry"
        return found + [f"{none}: {why}." for why in self.refused]


def reduced(
    fresh: Callable[[], System], search: Callable[[System], T], *, symmetry: bool
) -> tuple[T, Reduction]:
    """Search the representatives of a system's states, again with fewer of them whenever what is met shows
    that two nodes are not alike. Each time it is a ``fresh`` system, which has learned nothing yet.
    """
    system, told_apart, why = fresh(), tuple[Asymmetry, ...](), None
    while symmetry and isinstance(system, NodeSystem):
        why = why or _obstacle(system)
        group = group_of(system.model, [found.swap for found in told_apart])
        if why is not None or group.size == 1:
            break
        try:
            quotient = Quotient(system, group)
            return search(quotient), Reduction(group, tuple(map(str, told_apart)))
        except Asymmetry as asymmetry:
            told_apart = (*told_apart, asymmetry)
            why = SPLIT if crashes_split_sends(system) else None
        system = fresh()
        system.told_apart = told_apart
    return search(system), Reduction(None, (why,) if why is not None else tuple(map(str, told_apart)))


def _obstacle(system: NodeSystem) -> str | None:
    """Why the nodes of a model can't be exchanged, whatever its handlers do."""
    kinds = {claim.kind for claim in system.claims}
    if "liveness" in kinds:
        return "claims of liveness take the whole graph"
    ticks = any(system.runner.events(node, "tick") for node in system.runner.nodes)
    if ticks and "step" in kinds:
        return "nodes step together, and properties look at steps"
    return None
