"""The search engines. All of them do the same search, on the same system and learned tables.

``plain`` is the reference, in plain Python, in one process or in several. ``fast`` has its loop in compiled
code and needs numba. ``auto`` begins with the first and hands over to the second if the space turns out to be
large.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import TypeAlias

from elcheck.checker.model.errors import UsageError
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.running import watching
from elcheck.checker.process.watch import Ended
from elcheck.checker.search.hand_over import HandOver
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.plain import HANDED_OVER, search_plain
from elcheck.checker.search.resources import Resources
from elcheck.checker.search.search import OnProgress, Search
from elcheck.checker.system import System

THREADS = 2
"""Threads that the fast engine can use."""

Engine: TypeAlias = Callable[[System, Judge, Limits, OnProgress, Resources], Search]


def plain(
    system: System, judge: Judge, limits: Limits, progress: OnProgress, resources: Resources = Resources()
) -> Search:
    """Search in plain Python, in memory, in one process or in several. Raises UsageError if files are asked
    for.
    """
    if resources.spill is not None:
        raise UsageError(
            "--spill: --engine plain keeps its states in memory; use --engine fast, which keeps them in files"
        )
    if resources.workers > 1 or resources.cluster is not None:
        from elcheck.checker.search.distributed import engine  # numpy takes its time to be imported

        return engine.search_distributed(system, judge, limits, progress, resources)
    return search_plain(system, judge, limits, progress)


def fast(
    system: System, judge: Judge, limits: Limits, progress: OnProgress, resources: Resources = Resources()
) -> Search:
    """Search in compiled code. Raises UsageError for a Spec, which has no tables that it could learn; without
    numba; and if the code can't be compiled.
    """
    if resources.cluster is not None:
        raise UsageError("--cluster is for the plain engine: leave --engine fast out")
    if not system.fast:
        raise UsageError(f"{_asked(resources)}: compiled code does not do a Spec: leave it out")
    require_numba("--engine fast" if resources.spill is None else "--spill is for the fast engine, which")
    if resources.workers > THREADS:
        raise UsageError(
            f"--workers {resources.workers}: the fast engine has {THREADS} threads at most; --engine plain "
            f"searches in {resources.workers} processes, which take some ten times the fast engine's CPU "
            "together, and more"
        )
    return _loaded()(system, judge, limits, progress, resources)


def require_numba(asked: str) -> None:
    """Raise UsageError where what was asked for can't be compiled. ``asked`` begins its sentence."""
    if find_spec("numba") is None:
        raise UsageError(f"{asked} needs numba, which is not installed: pip install 'elcheck[fast]'")


def _asked(resources: Resources) -> str:
    """Which option asked for the fast engine."""
    if resources.spill is not None:
        return "--spill"
    return "--workers" if resources.workers > 1 else "--engine fast"


def _loaded() -> Callable[..., Search]:
    """The fast engine, compiled. It is not imported above: that takes longer than a small search."""
    from elcheck.checker.search.fast.engine import search_fast

    return search_fast


def auto(
    system: System, judge: Judge, limits: Limits, progress: OnProgress, resources: Resources = Resources()
) -> Search:
    """Search with the plain engine; if the space turns out to be large, again from the beginning with the
    fast one. A search in files begins with the fast one; a Spec, which only the plain one does, may take
    several processes.
    """
    if resources.cluster is not None:
        return plain(system, judge, limits, progress, resources)
    if resources.spill is not None or (resources.workers > THREADS and system.fast):
        return fast(system, judge, limits, progress, resources)
    if find_spec("numba") is None or not system.fast:
        return plain(system, judge, limits, progress, resources)
    with watching(limits):  # of both together
        with HandOver(system.cost, limits) as hand_over:
            search = search_plain(system, judge, limits, progress, hand_over.is_early)
        if search.stopped is not HANDED_OVER:
            return search
        try:
            engine = _loaded()
        except Ended as ended:
            search.stopped = ended.notice()
            return search
        except UsageError as error:
            print(f"elcheck: {error}; the plain engine searches instead", file=sys.stderr)
            engine = plain
        judge.forget()
        return engine(system, judge, limits, progress, resources)


ENGINES: dict[str, Engine] = {"auto": auto, "plain": plain, "fast": fast}
"""The engines by name. Each has to come to the same search as ``plain``."""
