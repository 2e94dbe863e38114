"""Calling other people's code a second time, to find what does not depend on its arguments alone.

The second call is given equal arguments, in which every set iterates the other way round. So three things
show: a function that answers by chance, by the time or by what it has kept; one that changes its arguments;
one that depends on the order of a set, which differs from run to run (PYTHONHASHSEED). What does not show is
said in docs/writing-models.md.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from enum import Enum
from functools import cache
from operator import eq
from typing import Self, TypeAlias, TypeVar

from elcheck.checker.model.call import theirs
from elcheck.checker.model.collections import Bag, Map
from elcheck.checker.model.ids import NodeId

T = TypeVar("T")

FIRST, EVERY = 64, 32
"""Of each function the first calls are made twice, and then one of so many."""
KEPT, AGAIN = 20, 60
"""So many calls of each handler are made once more when a search is over; fewer ones in turn, so often."""
KNOWN = 64
"""Values whose turned ones are kept."""
COLLECTIONS = (tuple, frozenset, Map, Bag)
SETS = (set, frozenset)


class TurnedSet(frozenset[T]):
    """A frozenset that iterates the other way round than the elements come that it is made of; so does what
    is made of it by set operations.

    Their order is remembered: where hashes collide, a set that is made anew may have another one, whose
    reverse is the order that was to be turned.
    """

    _turned: tuple[T, ...]

    def __new__(cls, elements: Iterable[T] = ()) -> Self:
        """``elements``: each once."""
        given = tuple(elements)
        made = super().__new__(cls, given)
        made._turned = given[::-1]
        return made

    def __iter__(self) -> Iterator[T]:
        return iter(self._turned)

    def __repr__(self) -> str:
        return f"frozenset({{{', '.join(map(repr, self))}}})" if self else "frozenset()"

    def copy(self) -> frozenset[T]:
        """Itself."""
        return self


def _turning(name: str) -> Callable[..., object]:
    operation: Callable[..., object] = getattr(frozenset, name)

    def turned_operation(self: frozenset[object], *others: object) -> object:
        found = operation(self, *others)
        return TurnedSet(found) if isinstance(found, Set) else found

    return turned_operation


for _name in ("and", "or", "sub", "xor", "rand", "ror", "rsub", "rxor"):
    setattr(TurnedSet, f"__{_name}__", _turning(f"__{_name}__"))
for _name in ("union", "intersection", "difference", "symmetric_difference"):
    setattr(TurnedSet, _name, _turning(_name))


def turned(value: object) -> object:
    """A value that equals another, shares nothing with it that could be changed, and whose sets iterate the
    other way round.
    """
    turn = _TURNERS[type(value)]
    return value if turn is None else turn(value)


Turner: TypeAlias = Callable[[object], object]
"""Turns the values of a class."""


class _Turners(dict[type, Turner | None]):
    """How values are turned, by their class; None for a class whose values have no parts."""

    def __missing__(self, cls: type) -> Turner | None:
        self[cls] = found = _turn_of(cls)
        return found


_TURNERS = _Turners()


def _turn_of(cls: type) -> Turner | None:
    names = _names(cls)
    if names is None:
        return None
    return _turned_collection if issubclass(cls, COLLECTIONS) else _turn_of_record(cls, names)


def _turned_collection(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(map(turned, value))
    if isinstance(value, frozenset):
        return TurnedSet(map(turned, value))
    if isinstance(value, Map):
        return Map.in_order({turned(key): turned(part) for key, part in value.items()})
    assert isinstance(value, Bag)
    return Bag(map(turned, value.elements()))


def _turn_of_record(cls: type, names: tuple[str, ...]) -> Turner:
    def turned_record(value: object) -> object:
        made: object = object.__new__(cls)
        kept: dict[str, object] = getattr(made, "__dict__", {})
        kept.update(getattr(value, "__dict__", {}))
        for name in names:
            part: object = getattr(value, name)
            turn = _TURNERS[type(part)]
            if turn is not None:
                object.__setattr__(made, name, turn(part))
            elif name not in kept:
                object.__setattr__(made, name, part)
        return made

    return turned_record


@cache
def _names(cls: type) -> tuple[str, ...] | None:
    """The fields of a class of values, none of a collection; None if its values have no parts."""
    if issubclass(cls, COLLECTIONS):
        return ()
    if cls is NodeId or issubclass(cls, Enum) or not dataclasses.is_dataclass(cls):
        return None
    return tuple(field.name for field in dataclasses.fields(cls))


def restore(value: object, before: object) -> None:
    """Give a value back what it was, if a function has changed parts of it."""
    if isinstance(value, tuple) and isinstance(before, tuple):
        for part, wanted in zip(value, before, strict=False):
            restore(part, wanted)
        return
    cls: type = type(value)
    for name in _names(cls) or ():
        part, wanted = getattr(value, name), getattr(before, name)
        if part != wanted:
            object.__setattr__(value, name, wanted)
        else:
            restore(part, wanted)


def has_sets(value: object) -> bool:
    """Whether the order of a set could be seen in a turned value."""
    cls: type = type(value)
    names = _names(cls)
    if names is None:
        return False
    if not names:
        if isinstance(value, TurnedSet):
            return len(value) > 1 or any(map(has_sets, value))
        if isinstance(value, tuple):
            return any(map(has_sets, value))
        if isinstance(value, Mapping):
            return any(has_sets(key) or has_sets(part) for key, part in value.items())
    return any(has_sets(getattr(value, name)) for name in names)


class Repeats:
    """Which calls of a function are made twice: the first, and then some, or all; what they are given."""

    def __init__(self, *, every_call: bool = False) -> None:
        self.every_call = every_call
        self._turned: dict[int, tuple[object, object]] = {}

    def turned(self, value: object) -> object:
        """A value, turned; once for those that come again and again."""
        known = self._turned.get(id(value))
        if known is None:
            if len(self._turned) >= KNOWN:
                self._turned.clear()
            known = self._turned[id(value)] = (value, turned(value))
        return known[1]

    def is_due(self, number: int) -> bool:
        """Whether this one of its calls is made twice."""
        return number <= FIRST or number % EVERY == 0 or self.every_call


def answer_of(
    call: Callable[..., T],
    arguments: Sequence[object],
    *,
    twice: bool,
    same: Callable[[T, T], bool] = eq,
) -> tuple[T, str | None]:
    """What a function answers, and what is wrong with the function, which a second call tells if it is to be
    called ``twice``. Raises what the function raises.
    """
    before = list(map(turned, arguments)) if twice else []
    with theirs:
        answer = call(*arguments)
    return answer, flaw_of_call(call, arguments, before, answer, same) if twice else None


def flaw_of_call(
    call: Callable[..., T],
    arguments: Sequence[object],
    before: Sequence[object],
    answer: T,
    same: Callable[[T, T], bool] = eq,
    module: dict[str, object] | None = None,
) -> str | None:
    """What is wrong with a function that has given an answer, which a second call tells; None if nothing is.

    ``before`` are the arguments as they were before, turned; if it has changed them, they are given back what
    they were. ``same`` says whether two answers are the same. ``module`` has the global names of its module,
    whose sets are turned for the second call.
    """
    sets: dict[str, Set[object]] = {
        name: value for name, value in (module or {}).items() if isinstance(value, SETS)
    }
    if list(before) != list(arguments):
        restore(tuple(arguments), tuple(before))
        return "changes what it is given: a value stays as it is, and replace(...) makes another one"

    def is_answer(given: Sequence[object]) -> bool:
        try:
            with theirs:
                return same(answer, call(*given))
        except Exception:
            return False

    def is_answer_turned() -> bool:
        if module is None or not sets:
            return is_answer(before)
        module.update({name: turned(frozenset(elements)) for name, elements in sets.items()})
        try:
            return is_answer(before)
        finally:
            module.update(sets)

    if is_answer_turned():
        return None
    if any(is_answer_turned() or not is_answer(arguments) for _ in range(10)):
        return "is not deterministic: two calls with the same arguments differ"
    if sets or has_sets(tuple(before)):
        return (
            "depends on the order of a set, which may be another one in the next run: go through sorted(...)"
        )
    return "tells equal values apart: compare them with ==, not with `is`"
