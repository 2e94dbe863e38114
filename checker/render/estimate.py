"""Numbers that are estimates, in the few digits that they are worth."""

from __future__ import annotations

from collections.abc import Sequence

from elcheck.checker.search.forecast import Forecast, forecast
from elcheck.checker.search.search import Search

_MANY = ((1_000_000_000, "billion"), (1_000_000, "million"))
SECONDS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
BYTES = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"))


class Growth:
    """What a search that runs has taken so far, by which to tell what it will take."""

    def __init__(self, deepest: int | None = None) -> None:
        self._deepest = deepest
        self._states = self._held = 0
        self._since = 0.0
        self._found: tuple[tuple[int, ...], Forecast | None] = ((), None)

    def said(self, search: Search, seconds: float, held: int) -> str:
        """What the search will come to in all: states, time, memory; empty where that can't be told.

        ``seconds`` is the time of the run so far, of which a search before this one may have a part; ``held``
        the memory of the process now, in bytes.
        """
        states = search.distinct
        if states < self._states:  # it begins again, with another engine, or is another search
            self._since = seconds
        if states < self._states or not self._held:
            self._states, self._held = states, held
        sizes = search.complete_sizes
        if sizes != self._found[0]:
            self._found = (sizes, forecast(sizes, self._deepest))
        end = self._found[1]
        if end is None or end.states <= states:
            return ""
        parts = [rounded(end.states), in_units((seconds - self._since) * end.states / states, SECONDS)]
        if states >= 2 * self._states:
            more = (held - self._held) / (states - self._states) * (end.states - states)
            parts.append(in_units(held + more, BYTES))
        return f"estimate in all: {', '.join(parts)}"


def rounded(count: float) -> str:
    """A count in two digits: ``940,000``, ``40 million``."""
    for size, name in _MANY:
        if count >= size:
            return f"{_digits(count / size)} {name}"
    return _digits(count)


def in_units(amount: float, units: Sequence[tuple[int, str]]) -> str:
    """An amount in two digits and the largest unit in which it is one at least."""
    size, name = next((unit for unit in units if amount >= unit[0]), units[-1])
    return f"{_digits(amount / size)} {name}"


def _digits(number: float) -> str:
    """A number in two digits, the rest zeros."""
    return f"{float(f'{number:.2g}'):,.0f}" if number >= 10 else f"{float(f'{number:.2g}'):g}"
