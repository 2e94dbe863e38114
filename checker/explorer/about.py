"""What the page says of its model, and the paths to choose from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prepared:
    """A path to begin with, or to choose: a counterexample, a trace from a file."""

    name: str
    path: tuple[int, ...]
    note: str = ""


@dataclass(frozen=True)
class About:
    """What the page says of its model: its name, its first line, its parameters and its environment, the
    command that was given (without --at), the paths to choose from.
    """

    name: str
    summary: str
    parameters: str
    environment: str
    command: str
    prepared: tuple[Prepared, ...] = ()
