"""What the fast engine may make use of: files, and a second thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Spill:
    """Where a search keeps its states, and whether it goes on from a checkpoint that lies there.

    ``every`` is in seconds between two checkpoints. ``searched`` tells this search from others: labels (the
    model's file, its parameters) with what they are. A resume of a search with other ones is refused.
    """

    folder: Path
    resume: bool = False
    every: float = 60.0
    searched: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Means:
    """What a search may use that only the fast engine does: files for its states, two threads."""

    spill: Spill | None = None
    workers: int = 1
