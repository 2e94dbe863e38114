"""States of a system as what they are made of, for other workers that number all of it in their own way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence


class Parts(ABC):
    """What the states of one worker's system are made of.

    What is sent to another worker are its own numbers; with them goes what those numbers stand for that the
    other has not been sent yet. The other keeps, for each worker, a table from that one's numbers to its own.
    """

    @abstractmethod
    def digests(self, codes: Sequence[int]) -> Sequence[int]:
        """The digest of each state, by its content. States that are alike by a symmetry have the same."""

    @abstractmethod
    def written(self, to: int, codes: Sequence[int]) -> bytes:
        """States for a worker. It has to read all that is written for it, in order."""

    @abstractmethod
    def read(self, source: int, data: bytes) -> list[int]:
        """The states that a worker has written, in the codes of this one."""

    def forget(self, codes: Collection[int]) -> None:  # noqa: B027  # most have nothing to forget
        """Let go of states of others, as far as that saves memory: they may be met again."""
