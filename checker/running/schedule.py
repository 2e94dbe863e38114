"""Faults at given moments: ``2s kill n1``, ``3s cut n1 | n2 n3``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from elcheck.checker.model.errors import UsageError, instead
from elcheck.checker.model.ids import NodeId

FaultVerb = Literal["kill", "restart", "pause", "resume", "cut", "break", "heal"]
_SHAPE = re.compile(r"\s*(\d+(?:\.\d+)?)s?\s+([a-z]+)\b\s*(.*)")


@dataclass(frozen=True)
class ScheduledFault:
    """What happens to which nodes, how many seconds after all nodes run. Of a cut: what is sent ``nodes`` to
    ``others`` does not arrive, nor (unless it is ``one_way``) the other way round. The links between the two
    break.
    """

    at: float
    verb: FaultVerb
    nodes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    one_way: bool = False

    def __str__(self) -> str:
        sides = [" ".join(self.nodes), " ".join(self.others)]
        who = (" > " if self.one_way else " | ").join(filter(None, sides))
        return f"{self.at:g}s {self.verb} {who}".rstrip()


def commanded(said: str, nodes: Sequence[NodeId]) -> ScheduledFault:
    """The fault that is meant for now. Raises UsageError."""
    return _fault(f"0 {said}", f"{said!r}", "'kill n1', 'cut n1 | n2'", nodes)


def scheduled(said: str, nodes: Sequence[NodeId]) -> ScheduledFault:
    """The fault that is meant. Raises UsageError."""
    example = "'2s kill n1', '2.5s pause n1 n2', '3s cut n1 | n2 n3', '3s cut n1 > n2', '4s heal'"
    return _fault(said, f"--at {said!r}", example, nodes)


def _fault(said: str, called: str, example: str, nodes: Sequence[NodeId]) -> ScheduledFault:
    example = f"it is as {example}"
    shape = _SHAPE.fullmatch(said)
    if shape is None:
        raise UsageError(f"{called}: {example}")
    verb = next((verb for verb in get_args(FaultVerb) if verb == shape[2]), None)
    if verb is None:
        raise UsageError(f"{called}: there is no {shape[2]!r}; {instead(shape[2], get_args(FaultVerb))}")
    sides = [tuple(side.split()) for side in re.split(r"[|>]", shape[3])]
    known = [node.name for node in nodes]
    for name in (name for side in sides for name in side):
        if name not in known:
            raise UsageError(f"{called}: there is no node {name!r}; {instead(name, known)}")
    wanted = {"cut": 2, "break": 2, "heal": 0}.get(verb, 1)
    one_way = ">" in shape[3]
    if (
        (one_way and verb == "break")
        or len(list(filter(None, sides))) != wanted
        or len(sides) > max(wanted, 1)
    ):
        raise UsageError(f"{called}: {example}")
    here, there = [*sides, ()][:2]
    return ScheduledFault(float(shape[1]), verb, here, there, one_way)
