"""What became of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class NodeOutcome:
    """What a node came to: its state in words (None if it is down), how many steps it logged, how many of
    these took a message, how often it was killed and how often it began again.
    """

    node: str
    state: str | None
    steps: int
    received: int
    kills: int
    restarts: int
    log: Path


@dataclass(frozen=True)
class RunOutcome:
    """A run: for how many seconds all of it ran, its nodes, the faults with their moments (seconds), and
    whether a signal ended it.
    """

    seconds: float
    nodes: Sequence[NodeOutcome]
    faults: Sequence[tuple[float, str]]
    interrupted: bool

    @property
    def logs(self) -> Sequence[Path]:
        """The logs of all nodes."""
        return [node.log for node in self.nodes]
