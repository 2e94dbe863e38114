"""What a search may use: files for its states, threads, processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Spill:
    """The folder in which a search keeps its states, and whether it resumes from the checkpoint there.

    ``every``: seconds between two checkpoints. ``searched`` tells this search from others: labels (the
    model's file, its parameters) with their texts. A resume with other texts is refused.
    """

    folder: Path
    resume: bool = False
    every: float = 60.0
    searched: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Resources:
    """What a search may use: of the fast engine files and two threads, of the plain one processes, or workers
    at the address of a ``cluster`` of Ray (``auto``: one that runs, or one that is begun here).
    """

    spill: Spill | None = None
    workers: int = 1
    cluster: str | None = None
