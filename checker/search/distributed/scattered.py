"""The states of all workers as one sequence: by depth, then by worker, then as that one found them.

They stay where they are, and are fetched when they are asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import cast, overload

from elcheck.checker.search.distributed.crew import Crew
from elcheck.checker.search.distributed.parts import Parts
from elcheck.checker.search.distributed.shard import OWNER

BLOCK = 2_048
"""States that are fetched together, where one after the other is asked for."""


class Scattered:
    """Where each state is. ``starts`` has for each depth how many states each worker had before it;
    ``counts`` how many each has now.
    """

    def __init__(self, crew: Crew, parts: Parts) -> None:
        self._crew, self._parts = crew, parts
        self.starts: list[list[int]] = []
        self.counts = [0] * crew.count
        self._bases: list[int] = []
        self._known: dict[int, tuple[int, int]] = {}

    def begin_depth(self) -> None:
        """Let the states that are found from now on be of the next depth."""
        self.starts.append(list(self.counts))
        self._bases.append(sum(self.counts))

    def rewind(self, depths: int) -> None:
        """Go back to so many depths."""
        del self.starts[depths:], self._bases[depths:]
        known = sum(self.counts)
        self._known = {index: state for index, state in self._known.items() if index < known}

    def index(self, worker: int, place: int) -> int:
        """The index of a worker's state."""
        depth = bisect_right(self.starts, place, key=lambda starts: starts[worker]) - 1
        start, end = self._bounds(depth)
        return self._bases[depth] + sum(end[:worker]) - sum(start[:worker]) + place - start[worker]

    def _bounds(self, depth: int) -> tuple[list[int], list[int]]:
        """How many states each worker had before a depth, and with it."""
        return self.starts[depth], self.starts[depth + 1] if depth + 1 < len(self.starts) else self.counts

    def _place(self, index: int) -> tuple[int, int, int]:
        """The worker of a state, its place there, and how many more of the same depth come after it there."""
        depth = bisect_right(self._bases, index) - 1
        rest = index - self._bases[depth]
        for worker, (start, end) in enumerate(zip(*self._bounds(depth), strict=True)):
            if rest < end - start:
                return worker, start + rest, end - start - rest - 1
            rest -= end - start
        raise IndexError(index)

    def state(self, index: int) -> tuple[int, int]:
        """The code of a state, and the index of the state that it was found from."""
        known = self._known.get(index)
        if known is None:
            self._fetch(index)
            known = self._known[index]
        return known

    def _fetch(self, index: int) -> None:
        worker, place, more = self._place(index)
        count = min(BLOCK, more + 1) if index == 0 or index - 1 in self._known else 1
        answer = self._crew.ask(worker, "states", range(place, place + count), self._crew.count)
        data, parents = cast("tuple[bytes, list[int]]", answer)
        codes = self._parts.read(worker, data)
        for at, (code, parent) in enumerate(zip(codes, parents, strict=True)):
            owner, its = parent >> OWNER, parent & ((1 << OWNER) - 1)
            self._known[index + at] = code, self.index(owner, its)


class ScatteredSequence(Sequence[int]):
    """The codes of the states, or the indices of their parents."""

    def __init__(self, scattered: Scattered, part: int) -> None:
        self._scattered, self._part = scattered, part

    def __len__(self) -> int:
        return sum(self._scattered.counts)

    @overload
    def __getitem__(self, index: int) -> int: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...

    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        size = len(self)
        if not -size <= index < size:
            raise IndexError(index)
        return self._scattered.state(index % size)[self._part]

    def __iter__(self) -> Iterator[int]:
        return (self[index] for index in range(len(self)))
