"""Strongly connected components, of large graphs in arrays and of small ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import cache
from importlib.util import find_spec
from itertools import accumulate

import numpy as np

from elcheck.checker.model.errors import UsageError
from elcheck.checker.search.fast import tarjan
from elcheck.checker.temporal.state_graph import Indices, Offsets

LARGE = 50_000
"""Edges for which plain Python takes some 20 ms. Up to that many it does not pay to load what is compiled."""

WORTH_WAITING = 5_000_000
"""Edges for which it takes some 2 s. For fewer nobody has to wait until something is compiled."""


def components(starts: Offsets, targets: Indices) -> tuple[int, Indices]:
    """How many there are, and for each node the number of its own. The edges of node i lead to
    ``targets[starts[i]:starts[i + 1]]``, and may be parallel.
    """
    size = len(starts) - 1
    of, path, born = (np.zeros(size, np.int32) for _ in range(3))
    arrays = of, path, np.zeros(size, np.int64), born
    compiled = _compiled(wait=len(targets) > WORTH_WAITING) if len(targets) > LARGE else None
    if compiled is not None:
        count = compiled(starts, targets, size, *arrays)
    else:  # Python reads single numbers of a memoryview in a third of the time that an array takes
        count = tarjan.components(starts.data, targets.data, size, *(each.data for each in arrays))
    return count, of - np.int32(size - count + 1)


@cache
def _compiled(*, wait: bool) -> Callable[..., int] | None:
    """The compiled function; None where numba is missing, or can't compile it, and where it is still to be
    compiled and nobody should wait for that.
    """
    if find_spec("numba") is None:
        return None
    from elcheck.checker.search.fast.cache import is_compiled  # of a library that takes its time

    try:
        if not wait and not is_compiled():
            return None
        from elcheck.checker.search.fast import calls
    except UsageError as error:
        print(f"elcheck: {error}; components are found in plain Python instead", file=sys.stderr)
        return None
    return calls.components


def components_of(edges: Iterable[tuple[int, int]]) -> dict[int, int]:
    """For each node of a small graph the number of its component."""
    after: dict[int, list[int]] = {}
    for source, target in edges:
        after.setdefault(source, []).append(target)
        after.setdefault(target, [])
    place = {node: number for number, node in enumerate(after)}
    starts = [0, *accumulate(map(len, after.values()))]
    targets = [place[target] for leads_to in after.values() for target in leads_to]
    of, *room = ([0] * len(after) for _ in range(4))
    tarjan.components(starts, targets, len(after), of, *room)
    return dict(zip(after, of, strict=True))
