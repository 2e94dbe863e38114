"""Drawing random things by one generator, so that the same code serves hypothesis, which finds small
examples, and a run of very many models, which has no time for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


def drawn(make: Callable[[Random], T]) -> st.SearchStrategy[T]:
    """What a function makes of a generator, with choices that are hypothesis's."""
    return st.randoms(use_true_random=False).map(make)


def coin(dice: Random) -> bool:
    """One of two."""
    return dice.randrange(2) == 0


def several(dice: Random, one: Callable[[], T], most: int, least: int = 0) -> list[T]:
    """So many of what a function draws."""
    return [one() for _ in range(dice.randint(least, most))]


def some_of(dice: Random, values: Iterable[T], most: int, least: int = 0) -> list[T]:
    """So many different ones of some values, in any order."""
    known = list(values)
    return dice.sample(known, min(len(known), dice.randint(least, most)))
