"""Immutable mappings and bags: values for states that TLA+ would write as functions and as bags.

Both iterate in the order of their keys, by value and not by hash: a handler that goes through one does the
same in every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from elcheck.checker.model.values import order, text

K = TypeVar("K")
V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)
T = TypeVar("T")


class Map(Mapping[K, V_co]):
    """A function from keys to values: ``Map({"n1": 0, "n2": 0})``.

    ``f.put(key, value)`` is TLA+'s ``[f EXCEPT ![key] = value]``, ``f | g`` is ``g @@ f``, ``f.keys()`` is
    ``DOMAIN f``.
    """

    __slots__ = ("_hash", "_items")

    def __init__(self, items: Mapping[K, V_co] | Iterable[tuple[K, V_co]] = ()) -> None:
        given = dict(items)
        self._items: dict[K, V_co] = {key: given[key] for key in sorted(given, key=order)}
        self._hash: int | None = None

    def put(self: Map[K, V], key: K, value: V) -> Map[K, V]:
        """The map with another value for one key, which may be new."""
        return self._over({**self._items, key: value})

    def _over(self: Map[K, V], items: dict[K, V]) -> Map[K, V]:
        """A map that begins with these keys, and so is in order already unless there are more."""
        return Map.in_order(items) if len(items) == len(self._items) else Map(items)

    @staticmethod
    def in_order(items: dict[K, V]) -> Map[K, V]:
        """A map of items that are in the order of their keys already."""
        made: Map[K, V] = object.__new__(Map)
        made._items, made._hash = items, None
        return made

    def __or__(self: Map[K, V], other: Mapping[K, V]) -> Map[K, V]:
        return self._over({**self._items, **other})

    def __getitem__(self, key: K) -> V_co:
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Map) and self._items == other._items

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._items.items()))
        return self._hash

    def __repr__(self) -> str:
        return text(self)


class Bag(Mapping[T, int]):
    """A multiset: how often each element is in it. ``Bag(["a", "b", "a"])``."""

    __slots__ = ("_counts", "_hash")

    def __init__(self, elements: Iterable[T] = ()) -> None:
        counts: dict[T, int] = {}
        for element in elements:
            counts[element] = counts.get(element, 0) + 1
        self._counts: dict[T, int] = {element: counts[element] for element in sorted(counts, key=order)}
        self._hash: int | None = None

    def add(self, element: T) -> Bag[T]:
        """The bag with one copy more of an element."""
        return Bag([*self.elements(), element])

    def remove(self, element: T) -> Bag[T]:
        """The bag with one copy less of an element. Raises KeyError if it has none."""
        if element not in self._counts:
            raise KeyError(element)
        left = list(self.elements())
        left.remove(element)
        return Bag(left)

    def elements(self) -> Iterator[T]:
        """Each element as often as it is in the bag."""
        return (element for element, count in self._counts.items() for _ in range(count))

    def __getitem__(self, element: T) -> int:
        return self._counts.get(element, 0)

    def __contains__(self, element: object) -> bool:
        return element in self._counts

    def __iter__(self) -> Iterator[T]:
        return iter(self._counts)

    def __len__(self) -> int:
        """How many different elements there are."""
        return len(self._counts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bag) and self._counts == other._counts

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._counts.items()))
        return self._hash

    def __repr__(self) -> str:
        return text(self)
