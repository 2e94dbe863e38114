"""What was asked for, as the reports repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One run of elcheck: the model as named, what it says of itself, its parameters, and the command that
    repeats it.
    """

    name: str
    summary: str
    parameters: Mapping[str, object]
    command: str
