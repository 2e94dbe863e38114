"""From a formula in normal form to a generalised Büchi automaton.

By way of a very weak alternating automaton (Gastin and Oddoux 2001, "Fast LTL to Büchi automata
translation"): each formula has *choices*, what has to hold now and which formulas have to hold from the next
position on. A state of the automaton is a set of such obligations. A mark belongs to an "until": a transition
bears it if that one is not owed next. So a run that sees all marks again and again keeps all promises; and a
word that satisfies the formula has such a run, the one in which each "until" is met as soon as it can be.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from elcheck.checker.model.formula import And, Constant, Formula, Not, Or, Release, Until
from elcheck.checker.temporal.normal import conjuncts
from elcheck.checker.temporal.reduce import AutomatonEdge, bits


def tableau(formula: Formula, atoms: list[Formula]) -> tuple[list[AutomatonEdge], int]:
    """The edges of the automaton and the mask of its marks; state 0 is initial.

    The formula is in normal form, bit n of a guard is the atom ``atoms[n]``.
    """
    choices = _Choices(atoms)
    start = 0
    for part in conjuncts(formula):
        start |= choices.obligation(part)
    choices.of(formula)  # all obligations there can be are known from here on
    untils = list(bits(choices.untils))
    order, place = [start], {start: 0}
    edges: dict[AutomatonEdge, None] = {}
    for state in order:
        for choice in choices.of_all(state):
            marks = sum(1 << number for number, until in enumerate(untils) if not choice.next & until)
            target = choices.without_repeated(choice.next)
            if target not in place:
                place[target] = len(order)
                order.append(target)
            edges[AutomatonEdge(place[state], place[target], choice.positive, choice.negative, marks)] = None
    return list(edges), (1 << len(untils)) - 1


class _Choice(NamedTuple):
    """One way to meet an obligation: atoms that hold now, atoms that don't, obligations from the next on."""

    positive: int
    negative: int
    next: int

    def includes(self, other: _Choice) -> bool:
        """Whether it asks for all that the other asks for."""
        return not (
            other.positive & ~self.positive or other.negative & ~self.negative or other.next & ~self.next
        )


class _Choices:
    """The obligations of a formula, a bit each in the order of their first use, and the choices of each."""

    def __init__(self, atoms: list[Formula]) -> None:
        self.untils = 0
        self._atoms = {atom: 1 << number for number, atom in enumerate(atoms)}
        self._obligations: dict[Formula, int] = {}
        self._formulas: list[Formula] = []
        self._made: dict[Formula, list[_Choice]] = {}

    def obligation(self, f: Formula) -> int:
        """The bit of a formula."""
        if f not in self._obligations:
            self._obligations[f] = 1 << len(self._formulas)
            self._formulas.append(f)
            if isinstance(f, Until):
                self.untils |= self._obligations[f]
        return self._obligations[f]

    def of(self, f: Formula) -> list[_Choice]:
        """The ways to meet a formula, none of which asks for all that another does."""
        if f not in self._made:
            self._made[f] = _least(self._make(f))
        return self._made[f]

    def _make(self, f: Formula) -> list[_Choice]:
        """An "until" or "release" is met for good now, or kept up now and owed again next."""
        match f:
            case Constant(value):
                return [_Choice(0, 0, 0)] if value else []
            case Not(atom):
                return [_Choice(0, self._atoms[atom], 0)]
            case And(left, right):
                return _product(self.of(left), self.of(right))
            case Or(left, right):
                return self.of(left) + self.of(right)
            case Until(left, right):
                again = [_Choice(0, 0, self.obligation(f))]
                return self.of(right) + _product(self.of(left), again)
            case Release(left, right):
                again = [_Choice(0, 0, self.obligation(f))]
                return _product(self.of(right), self.of(left) + again)
            case _:
                return [_Choice(self._atoms[f], 0, 0)]

    def of_all(self, state: int) -> list[_Choice]:
        """The ways to meet all the obligations of a state, none of which asks for all that another does."""
        ways = [_Choice(0, 0, 0)]
        for bit in bits(state):
            ways = _least(_product(ways, self.of(self._formulas[bit.bit_length() - 1])))
        return ways

    def without_repeated(self, state: int) -> int:
        """Without those that another brings back anyway, as G F p does F p: n of these are one state."""
        for bit in bits(state):
            for part in _brought_back(self._formulas[bit.bit_length() - 1]):
                state &= ~self._obligations.get(part, 0)
        return state


def _brought_back(f: Formula) -> Iterator[Formula]:
    """What each choice of a "release" meets a choice of: its right side."""
    if isinstance(f, Release):
        for part in conjuncts(f.right):
            yield part
            yield from _brought_back(part)


def _product(left: list[_Choice], right: list[_Choice]) -> list[_Choice]:
    """Both at once, without those that no letter meets."""
    both = (
        _Choice(a.positive | b.positive, a.negative | b.negative, a.next | b.next)
        for a in left
        for b in right
    )
    return list(dict.fromkeys(choice for choice in both if not choice.positive & choice.negative))


def _least(choices: list[_Choice]) -> list[_Choice]:
    """Without choices that ask for all that another asks for."""
    kept: list[_Choice] = []
    for choice in choices:
        if not any(choice.includes(other) for other in kept):
            kept = [other for other in kept if not other.includes(choice)]
            kept.append(choice)
    return kept
