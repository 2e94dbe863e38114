"""The states of a Spec as the values of its fields."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from elcheck.checker.model.record import State, fields_of, made
from elcheck.checker.search.distributed.digest import BITS, Digests, in_order, mixed
from elcheck.checker.search.distributed.parts import Parts
from elcheck.checker.search.distributed.wire import packed, unpacked
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.shared import SharedSystem

StateRow = tuple[int, ...]
"""A state: the number of its class, then those of the values of its fields."""
PartTable = dict[tuple[int, int], object]
"""What a worker's numbers stand for, by their place in the row."""


class SpecParts(Parts):
    """Each value of a field has a number; where it stands in the row is its place, the class being at 0."""

    def __init__(self, system: SharedSystem, workers: int) -> None:
        self._system = system
        self._digests = Digests(lambda node: node.index)
        self._values: list[Interner[object]] = []
        self._known: list[list[int]] = []
        self._sent: list[set[tuple[int, int]]] = [set() for _ in range(workers)]
        self._tables: list[PartTable] = [{} for _ in range(workers)]

    def digests(self, codes: Sequence[int]) -> Sequence[int]:
        known, of = self._known, self._digests.of
        found = []
        for row in map(self._row, codes):
            total = 0
            for place, number in enumerate(row):
                digests = known[place]
                while number >= len(digests):
                    value = self._values[place].values[len(digests)]
                    content = of(value.__qualname__ if isinstance(value, type) else value)
                    digests.append(in_order(place + 1, [content]))
                total += digests[number]
            found.append(mixed(total & BITS))
        return found

    def _row(self, code: int) -> StateRow:
        state = self._system.state(code)
        cls: type = type(state)
        parts = (cls, *[getattr(state, name) for name in fields_of(cls)])
        while len(self._values) < len(parts):
            self._values.append(Interner())
            self._known.append([])
        return tuple([values.number(part) for values, part in zip(self._values, parts)])  # noqa: B905

    def written(self, to: int, codes: Sequence[int]) -> bytes:
        rows = list(map(self._row, codes))
        sent, new = self._sent[to], []
        for row in rows:
            for part in enumerate(row):
                if part not in sent:
                    sent.add(part)
                    new.append((*part, self._values[part[0]].values[part[1]]))
        return packed((new, rows))

    def read(self, source: int, data: bytes) -> list[int]:
        new: list[tuple[int, int, object]]
        rows: list[StateRow]
        new, rows = unpacked(data)  # type: ignore[misc]  # as another worker has written it
        table = self._tables[source]
        for place, number, value in new:
            table[place, number] = value
        return [self._code([table[part] for part in enumerate(row)]) for row in rows]

    def _code(self, parts: Sequence[object]) -> int:
        cls, *values = parts
        state = made(cls, *values)  # type: ignore[arg-type]  # a state's class comes first
        assert isinstance(state, State)
        return self._system.number(state)

    def forget(self, codes: Collection[int]) -> None:
        self._system.forget(codes)
