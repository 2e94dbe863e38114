"""When the plain engine hands a search over to the fast one, which is compiled meanwhile if it has to be."""

from __future__ import annotations

import sys
import time
from bisect import bisect_left
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from elcheck.checker.model.errors import UsageError
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.watch import current
from elcheck.checker.search.search import Search

if TYPE_CHECKING:
    from elcheck.checker.search.fast.compilation import Compilation

ENOUGH = 20_000
"""States that ``auto`` leaves to the plain engine: a search that has come to them, or will come to them with
the level that it is in and the next, as its levels have grown. Below, loading the compiled code takes longer
than it saves; above, the fast engine soon wins back what the plain one has spent (some tenths of a second).
"""
GROWTH = 3.0
"""By how much, at most, a search is taken to grow with a level."""
NARROW = 16
"""States of one depth below which the fast engine's way between Python and compiled code takes longer than
what it saves.
"""
COMPILING = 60.0
"""Seconds that have to be left if the fast engine is still to be compiled."""


class HandOver:
    """Whether the fast engine should go on with a search. Where it is not compiled yet, the plain engine
    goes on meanwhile; a search that ends before it is compiled has ended. ``cost``: how many states one of
    this search costs.
    """

    def __init__(self, cost: int, limits: Limits) -> None:
        self._enough = ENOUGH // cost
        self._limits = limits
        self._compilation: Compilation | None = None
        self._waits = True

    def __enter__(self) -> HandOver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._compilation is None:
            return
        if not self._compilation.over:
            print(
                "elcheck: the search has ended before the fast engine was compiled; "
                "`elcheck warm` compiles it once for all",
                file=sys.stderr,
            )
        self._compilation.end()

    def is_early(self, search: Search) -> bool:
        """Whether the plain engine should go on with a search that it has come to some size with."""
        states = len(search.codes)
        if self._soon(states, search.levels) <= self._enough or not self._waits:
            return True
        recent = len(search.levels) - bisect_left(search.levels, states // 2)
        if recent * NARROW > states // 2:
            return True
        try:
            return not self._is_compiled()
        except UsageError as error:
            print(f"elcheck: {error}; the plain engine goes on", file=sys.stderr)
            self._waits = False
            return True

    def _soon(self, states: int, levels: Sequence[int]) -> float:
        """How many states there will be with the level that the search is in and the next, as far as limits
        let it, if they grow as the last two that are complete have.
        """
        soon = float(states)
        if len(levels) > 2:
            before, last, end = levels[-3:]
            growth = min(max((end - last) / (last - before), 1.0), GROWTH)
            soon *= growth if len(levels) - 1 == self._limits.depth else growth**2
        return min(soon, self._limits.max_states or soon)

    def _is_compiled(self) -> bool:
        """Whether the code is there; if not, it is compiled from now on. Raises UsageError if it can't be."""
        from elcheck.checker.search.fast import cache  # of a library that takes its time
        from elcheck.checker.search.fast.compilation import Compilation

        if self._compilation is None:
            if cache.is_compiled():
                return True
            if current().deadline - time.monotonic() >= COMPILING:
                print("elcheck: the fast engine is compiled meanwhile, once for all", file=sys.stderr)
                self._compilation = Compilation()
            return False
        if not self._compilation.over:
            return False
        if (complaint := self._compilation.complaint()) is not None:
            raise cache.not_compiled(complaint)
        return True
