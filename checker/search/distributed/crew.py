"""Workers that do the same turns, each with its own states: what any kind of them can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Protocol

from elcheck.checker.model.errors import UsageError

LAST = frozenset(("states", "learned", "verified"))
"""Methods that are asked of a search that has ended, too."""


class Doer(Protocol):
    """What a worker works on: it does turns, and has what they bring about for each other one, or nothing."""

    outbox: list[bytes]

    def saved(self) -> bytes:
        """What it has found since this was asked for the last time, for one who is to go on from there."""

    def restored(self, saved: Sequence[bytes]) -> None:
        """Go on from all that another one has saved."""


Workshop = Callable[[int, int], Doer]
"""Makes what a worker works on, by its number and how many there are."""


class WorkerLost(UsageError):
    """A worker has ended before it was told to. Its states are gone."""


class Crew(ABC):
    """The workers of one search."""

    count: int
    keeps = False
    """Whether it can go on without workers that are lost, from what was kept."""

    @abstractmethod
    def turn(self, method: str, *arguments: object) -> list[object]:
        """Let all workers do a method; what each answers, in order. Raises what a method
        raises, and WorkerLost.
        """

    @abstractmethod
    def exchange(self, method: str, *arguments: object) -> list[object]:
        """The same of a method that takes what all others have in their outboxes for it, by the sender."""

    @abstractmethod
    def ask(self, worker: int, method: str, *arguments: object) -> object:
        """Let one worker do a method."""

    def keep(self) -> None:  # noqa: B027  # as keeps says
        """Keep what the workers have found up to now, to go on from there."""

    def revive(self) -> bool:
        """Begin with new workers in the place of those that are lost and of all others, from what was kept.
        Answers whether that can be done.
        """
        return False

    @abstractmethod
    def close(self) -> None:
        """End the workers."""
