"""Terms: numbers of elections that are compared, copied and counted up, and nothing else.

Raft has terms, Paxos ballots, ZAB epochs, Viewstamped Replication views. What they are is their order alone,
so that a model in which all of them are higher by the same amount does the same, higher by that amount
(Lamport, Paxos Made Simple, 2001, asks of ballots no more than an order). That is what lets a search count
them from the lowest that is left, for any number of them: docs/reductions.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Term:
    """A term, ballot, epoch or view. ``Term()`` is the first, ``term.next()`` the one after a term; terms are
    equal, less or greater. ``Term(5)`` is the one that is five after the first.
    """

    __slots__ = ("_number", "_origin")
    _number: int
    _origin: object

    def __init__(self, number: int = 0, origin: object = None) -> None:
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_origin", origin)
        if _watched and number and origin is None:
            _watched[-1].mixed = True

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a term stays as it is: {name} can't be set")

    def next(self) -> Term:
        """The term after this one."""
        return Term(self._number + 1, self._origin)

    def __eq__(self, other: object) -> bool:
        if type(other) is not Term:
            return False
        _compared(self, other)
        return self._number == other._number

    def __hash__(self) -> int:
        return hash(self._number)

    def __lt__(self, other: Term) -> bool:
        return self._compare(other, int.__lt__, "<")

    def __le__(self, other: Term) -> bool:
        return self._compare(other, int.__le__, "<=")

    def __gt__(self, other: Term) -> bool:
        return self._compare(other, int.__gt__, ">")

    def __ge__(self, other: Term) -> bool:
        return self._compare(other, int.__ge__, ">=")

    def _compare(self, other: Term, answer: Callable[[int, int], bool], sign: str) -> bool:
        if type(other) is not Term:
            raise TypeError(f"a term is compared with terms alone, not {sign} {other!r}")
        _compared(self, other)
        return answer(self._number, other._number)

    def __repr__(self) -> str:
        _told()
        return str(self._number)

    def __reduce__(self) -> tuple[type[Term], tuple[int]]:
        _told()
        return Term, (self._number,)


def number_of(term: Term) -> int:
    """How many terms come before a term: for elcheck's own use, a model has no need of it."""
    return term._number  # of this module


def later(term: Term, by: int, origin: object = None) -> Term:
    """The term that is so many after another. ``origin`` marks it, for :func:`watching_comparisons`."""
    return Term(term._number + by, origin)  # of this module


class Comparisons:
    """What was seen while comparisons were watched: whether terms of different origins were compared, or one
    was made; and whether a term was asked which one it is, for a text of it.
    """

    def __init__(self) -> None:
        self.mixed = self.told = False


_watched: list[Comparisons] = []


def _compared(a: Term, b: Term) -> None:
    """Note that two terms are compared."""
    if _watched and a._origin is not b._origin:  # of this module
        _watched[-1].mixed = True


def _told() -> None:
    """Note that a term is made a text of."""
    if _watched:
        _watched[-1].told = True


@contextmanager
def watching_comparisons() -> Iterator[Comparisons]:
    """See whether terms of different origins are compared: one that a function was given with one of its
    own, such as a constant.
    """
    _watched.append(Comparisons())
    try:
        yield _watched[-1]
    finally:
        _watched.pop()
