"""The search engines. Each does the same search on the same system and learned tables.

``plain`` is the reference, in plain Python; ``fast`` has its loop in compiled code and needs numba; ``auto``
begins with the first and hands over to the second where a space turns out to be large.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from typing import TypeAlias

from elcheck.checker.model.errors import UsageError
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.plain import Limits, Search, Watch, explore
from elcheck.checker.search.resources import Means
from elcheck.checker.system import System

Engine: TypeAlias = Callable[[System, Judge, Limits, Watch, Means], Search]

HAND_OVER = 20_000
"""States that ``auto`` leaves to the plain engine. Below, loading what is compiled takes longer than it
saves; above, what the plain engine has done so far (some three tenths of a second) is soon won back.
"""


def plain(system: System, judge: Judge, limits: Limits, watch: Watch, means: Means = Means()) -> Search:
    """The search in plain Python, in memory and in one thread. Raises UsageError where more is asked for."""
    if means.spill is not None:
        raise UsageError(
            "--spill: --engine plain keeps its states in memory; only the fast engine uses files"
        )
    if means.workers > 1:
        raise UsageError("--workers: --engine plain has one thread; only the fast engine can use two")
    return explore(system, judge, limits, watch)


def fast(system: System, judge: Judge, limits: Limits, watch: Watch, means: Means = Means()) -> Search:
    """The search in compiled code. Raises UsageError without numba, or if it can't be compiled."""
    if find_spec("numba") is None:
        asked = "--engine fast" if means.spill is None else "--spill is of the fast engine, which"
        raise UsageError(f"{asked} needs numba, which is not installed: pip install 'elcheck[fast]'")
    return _loaded()(system, judge, limits, watch, means)


def _loaded() -> Callable[..., Search]:
    """The fast engine, compiled. Not imported above: it takes longer than a small search."""
    from elcheck.checker.search.fast.engine import explore_fast

    return explore_fast


def auto(system: System, judge: Judge, limits: Limits, watch: Watch, means: Means = Means()) -> Search:
    """The plain engine as long as the space is small, the fast one from the beginning again if it is not; or
    that one at once, if files are asked for.
    """
    if means.spill is not None:
        return fast(system, judge, limits, watch, means)
    cap = limits.max_states
    if find_spec("numba") is None or not system.fast or (cap is not None and cap <= HAND_OVER):
        return explore(system, judge, limits, watch)
    search = explore(system, judge, replace(limits, max_states=HAND_OVER), watch)
    if not search.capped:
        return search
    try:
        engine = _loaded()
    except KeyboardInterrupt:
        search.stopped = "it was interrupted"
        return search
    except UsageError as error:
        print(f"elcheck: {error}; the plain engine searches instead", file=sys.stderr)
        engine = plain
    judge.forget()
    return engine(system, judge, limits, watch, means)


ENGINES: dict[str, Engine] = {"auto": auto, "plain": plain, "fast": fast}
"""By name. A new one has to come to the same search as ``plain``."""
