"""The shortest loop through a node that is fair and bears every mark, found by going through all of them.

A loop has to come back to its node having done everything: so the search is of nodes with what is done so
far, of which there may be many, and it gives up after some.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

PATIENCE = 5_000
"""Nodes, each with what is done, of which the search is: some 0.1 s."""

Loop = list[tuple[int, int]]
"""Steps, as (node, edge)."""


@dataclass(frozen=True)
class LoopSteps:
    """What a loop can be made of; sets of marks and of conditions are bits of a number.

    edges: those of a node that stay in its component, each with where it leads. moves: whether an edge is no
    stuttering. marks, taken: what an edge bears, and which conditions it takes. enabled: the conditions at a
    node. strong: those that are strong. all_marks: what a loop has to bear.
    """

    edges: Callable[[int], Iterable[tuple[int, int]]]
    moves: Callable[[int], bool]
    marks: Callable[[int], int]
    taken: Callable[[int], int]
    enabled: Callable[[int], int]
    strong: int
    all_marks: int


class _Done(NamedTuple):
    """What a walk has left to do: marks, and weak conditions that were enabled all along and not taken; the
    strong conditions that it has met, and those of them that it has not taken.
    """

    marks: int
    weak: int
    met: int
    strong: int


def shortest_loop(steps: LoopSteps, node: int, most: int) -> Loop | None:
    """A fair loop of fewer moves than ``most``; None if there is none, or if that takes too long to tell."""
    here = steps.enabled(node)
    begin = node, _Done(steps.all_marks, here & ~steps.strong, here & steps.strong, here & steps.strong)
    before: dict[tuple[int, _Done], tuple[tuple[int, _Done], int]] = {}
    known = {begin: 0}
    open_ = deque([begin])
    best: Loop | None = None
    while open_ and len(known) < PATIENCE:
        at = open_.popleft()
        for edge, target in steps.edges(at[0]):
            moves = known[at] + steps.moves(edge)
            there = target, _after(steps, at[1], edge, target)
            done = there[1]
            if target == node and moves < most and not (done.marks or done.weak or done.strong):
                most, best = moves, _walk(before, begin, at, edge)
            elif moves < min(most, known.get(there, most)):
                known[there] = moves
                before[there] = at, edge
                (open_.append if steps.moves(edge) else open_.appendleft)(there)
    return best if not open_ else None


def _after(steps: LoopSteps, done: _Done, edge: int, target: int) -> _Done:
    taken, enabled = steps.taken(edge), steps.enabled(target)
    met = done.met | (enabled | taken) & steps.strong
    new = enabled & steps.strong & ~done.met
    return _Done(
        done.marks & ~steps.marks(edge),
        done.weak & ~taken & enabled,
        met,
        (done.strong | new) & ~taken,
    )


def _walk(
    before: dict[tuple[int, _Done], tuple[tuple[int, _Done], int]],
    begin: tuple[int, _Done],
    at: tuple[int, _Done],
    edge: int,
) -> Loop:
    walk = [(at[0], edge)]
    while at != begin:
        at, edge = before[at]
        walk.append((at[0], edge))
    return walk[::-1]
