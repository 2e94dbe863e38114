"""What the page says of its model, and the paths to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SavedPath:
    """A path to begin with, or to choose: a counterexample, a trace from a file."""

    name: str
    path: tuple[int, ...]
    note: str = ""


@dataclass(frozen=True)
class Overview:
    """What the page says of its model: its name, its first line, its parameters and its environment, the
    command that was given (without --at), the paths to choose from, what a check has said of its properties,
    and whether anything can go wrong in it.
    """

    name: str
    summary: str
    parameters: str
    environment: str
    command: str
    prepared: tuple[SavedPath, ...] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)
    faults: bool = True
