"""All terms later by the same amount, in every value in which there are terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from elcheck.checker.model.not_granted import NotGranted
from elcheck.checker.model.replaced import replaced
from elcheck.checker.model.terms import Term, later, watching_comparisons

V = TypeVar("V")
T = TypeVar("T")


class AbsoluteTerms(NotGranted):
    """Something depends on what a term is, and not on its order among the others alone."""

    def __init__(self, why: str) -> None:
        super().__init__(("terms", ""), why)


class Shift:
    """Terms that are all later by the same amount. They are marked, so that a comparison with a term that a
    function has from elsewhere is noticed, whatever it comes to.
    """

    generates = False

    def __init__(self, by: int) -> None:
        self._by = by
        self._origin = object()
        self._made: dict[int, tuple[object, object]] = {}

    def __str__(self) -> str:
        return "terms"

    def refuted(self, why: str) -> AbsoluteTerms:
        """What is raised if something tells earlier terms from later ones."""
        return AbsoluteTerms(why)

    def value(self, value: V) -> V:
        """A value in which all terms are later."""
        return cast(V, replaced(value, Term, lambda term: later(term, self._by, self._origin)))

    def kept(self, value: V) -> V:
        """The same of a value that is not thrown away, as those of a system's tables: it is made once."""
        made = self._made.get(id(value))
        if made is None:
            made = self._made[id(value)] = (value, self.value(value))
        return cast(V, made[1])

    def watched(self, call: Callable[[], T]) -> T:
        """What a function answers that is given such values. Raises AbsoluteTerms if it compares one of their
        terms with another, or makes a text of one but to say what is wrong.
        """
        with watching_comparisons() as comparisons:
            answer = call()
        if comparisons.mixed:
            raise AbsoluteTerms("it compares a term with one of its own, such as a constant")
        if comparisons.told and not isinstance(answer, str):
            raise AbsoluteTerms("it makes a text of a term, and may tell by that which one it is")
        return answer


def lowered(value: V, by: int) -> V:
    """A value in which all terms are earlier by so many."""
    return cast(V, replaced(value, Term, lambda term: later(term, -by)))
