"""How large a search will get, by how its levels have grown so far: an estimate, never a fact.

What is followed is the ratio of the size of a level to that of the one before. Near the end of most searches
it falls along a straight line. A forecast is made only where growth is regular: the forecasts of one level
and of two levels before have to have come to nearly the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

RATIOS = 3
"""Ratios through which the line is drawn."""
LEAST = 1_000
"""States of which a forecast is worth it."""
REGULAR = 1.3
"""How much forecasts may differ, as a factor, where growth is regular."""
FARTHEST = 30.0
"""A forecast of more times the states that there are is worth nothing."""


@dataclass(frozen=True)
class Forecast:
    """About how many states a search will have come to at its end, and at which depth that is."""

    states: int
    depth: int


def forecast(sizes: Sequence[int], deepest: int | None = None) -> Forecast | None:
    """The end of a search by the sizes of its levels, all of them complete; None where growth is not regular.

    ``deepest`` is the limit on depth.
    """
    if sum(sizes) < LEAST:
        return None
    *before, last = (_followed(sizes[:end], deepest) for end in range(len(sizes) - 2, len(sizes) + 1))
    if last is None:
        return None
    regular = (f is not None and 1 / REGULAR < f.states / last.states < REGULAR for f in before)
    return last if all(regular) else None


def _followed(sizes: Sequence[int], deepest: int | None) -> Forecast | None:
    """The levels that come next if the ratios of their sizes go on as they have."""
    recent = sizes[-RATIOS - 1 :]
    if len(recent) <= RATIOS or min(recent) <= 0:
        return None
    ratio, slope = _line([after / before for before, after in pairwise(recent)])
    total, size, depth = float(sum(sizes)), float(sizes[-1]), len(sizes) - 1
    most = FARTHEST * total
    if slope >= 0 and deepest is None:
        return None
    while depth != deepest:
        ratio += slope
        size *= max(ratio, 0.0)
        if size < 1:
            break
        total, depth = total + size, depth + 1
        if total > most:
            return None
    return Forecast(round(total), depth)


def _line(values: Sequence[float]) -> tuple[float, float]:
    """The straight line nearest to some values at 0, 1, 2, ...: its value at the last of them, its slope."""
    count = len(values)
    middle, mean = (count - 1) / 2, sum(values) / count
    spread = sum((at - middle) ** 2 for at in range(count))
    slope = sum((at - middle) * (value - mean) for at, value in enumerate(values)) / spread
    return mean + slope * (count - 1 - middle), slope
