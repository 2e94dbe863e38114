"""Workers that do the same turns, each with its own states: what any kind of them can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from elcheck.checker.model.errors import UsageError


class Doer(Protocol):
    """What a worker works on: it does turns, and has what they bring about for each other one, or nothing."""

    outbox: list[bytes]


Workshop = Callable[[int, int], Doer]
"""Makes what a worker works on, by its number and how many there are."""


class WorkerLost(UsageError):
    """A worker has ended before it was told to. Its states are gone."""


class Crew(ABC):
    """The workers of one search."""

    count: int

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

    @abstractmethod
    def close(self) -> None:
        """End the workers."""
