"""Which reductions a model admits, found by trying: what is met may refute one, which is then taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from elcheck.checker.model.model import Model
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
        return found + [f"No symmetry: {why}." for why in self.refused]


def reduced(system: System, search: Callable[[System], T], *, symmetry: bool) -> tuple[T, Reduction]:
    """Search the representatives of a system's states, again with fewer of them whenever what is met shows
    that two nodes are not alike.
    """
    if not symmetry or not isinstance(system, NodeSystem):
        return search(system), Reduction()
    why = _obstacle(system.model)
    refuted: list[Asymmetry] = []
    while why is None:
        group = group_of(system.model, [found.swap for found in refuted])
        if group.size == 1:
            break
        try:
            quotient = Quotient(system, group)
            found = search(quotient)
            quotient.verify()
            return found, Reduction(group, tuple(map(str, refuted)))
        except Asymmetry as asymmetry:
            refuted.append(asymmetry)
        why = SPLIT if crashes_split_sends(system) else None
    refused = [why] if why is not None else [str(found) for found in refuted]
    return search(system), Reduction(None, tuple(refused))


def _obstacle(model: Model) -> str | None:
    """Why the nodes of a model can't be exchanged, whatever its handlers do."""
    if any(claim.kind == "liveness" for claim in model.properties):
        return "claims of liveness take the whole graph"
    return None
