"""Values as small integers: each distinct value gets the next number, in the order of first meeting."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from elcheck.checker.model.likeness import require_same

T = TypeVar("T", bound=Hashable)


class Interner(Generic[T]):
    """A table between values and the numbers 0, 1, 2, ..."""

    def __init__(self) -> None:
        self.values: list[T] = []
        self._numbers: dict[T, int] = {}

    def number(self, value: T) -> int:
        """The number of a value, a new one if it was not met before."""
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = len(self.values)
            self.values.append(value)
        return number

    def number_of_value(self, value: T) -> int:
        """The same of a value that a model has made. Raises HandlerError if one that equals it was met before
        and is not the same.
        """
        number = self.number(value)
        require_same(self.values[number], value)
        return number

    def __len__(self) -> int:
        return len(self.values)
