"""What the graph of a search says of a claim."""

from __future__ import annotations

from dataclasses import dataclass

from elcheck.checker.system.system import Path


@dataclass(frozen=True)
class GraphFinding:
    """A claim that takes the whole graph to decide, decided; without any of these it holds.

    path: what refutes it, with ``detail`` in words; of a behaviour without end, ``loop`` is the number of
    steps after which it goes round. ends: the indices of the states of one depth to which any shortest path
    does as well (of a behaviour without end, perhaps does): for that, where its loop begins. vacuous: why it
    holds without saying anything. unsure: why it can't be told.
    """

    path: Path | None = None
    loop: int | None = None
    ends: tuple[int, ...] = ()
    detail: str = ""
    vacuous: str = ""
    unsure: str = ""
