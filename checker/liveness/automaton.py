"""Büchi automata of temporal formulas: the automaton that accepts the behaviours which satisfy a formula.

By way of a very weak alternating automaton (Gastin and Oddoux 2001, "Fast LTL to Büchi automata
translation"): each formula of the normal form has *choices*, what has to hold now and which formulas have to
hold from the next position on. A state of the automaton is a set of such obligations. A mark belongs to an
"until": a transition bears it unless it puts that one off. So a run that sees all marks again and again keeps
all promises. What comes of this is then made smaller (:mod:`checker.liveness.reduce`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from checker.liveness.normal import conjuncts, normal_form
from checker.liveness.reduce import Edge, bits, reduced
from checker.model.formula import FALSE, And, Constant, Formula, Not, Or, Release, Until, atoms_of


@dataclass(frozen=True)
class Transition:
    """May be taken at a position where all ``positive`` atoms hold and none of ``negative``."""

    source: int
    target: int
    positive: frozenset[Formula]
    negative: frozenset[Formula]
    marks: frozenset[int]


@dataclass(frozen=True)
class Automaton:
    """A generalised Büchi automaton with marks on transitions.

    A run begins in ``initial`` and takes one transition at each position of a word. It is accepting if it
    takes, for each mark of ``range(marks)``, transitions that bear it infinitely often; without marks each
    endless run is. Transitions are in the order of their sources.
    """

    states: int
    initial: int
    transitions: tuple[Transition, ...]
    marks: int

    def text(self, name: Callable[[Formula], str] = str) -> str:
        """One line for each transition: ``0 -> 1: p & !q {0}``, the marks in braces."""
        lines = []
        for edge in self.transitions:
            literals = sorted(map(name, edge.positive)) + sorted("!" + name(atom) for atom in edge.negative)
            marks = " {" + ",".join(map(str, sorted(edge.marks))) + "}" if edge.marks else ""
            lines.append(f"{edge.source} -> {edge.target}: {' & '.join(literals) or 'true'}{marks}")
        return "\n".join(lines)


def automaton_of(formula: Formula) -> Automaton:
    """The automaton that accepts exactly the words that satisfy a formula.

    A word is an endless sequence of sets of atoms, those that hold at each position. An atom is what is
    neither an operator nor a constant; equal ones are one. Where no word satisfies the formula there are no
    transitions. States may double with each "until" of a conjunction; those of common claims are one to four.
    """
    normal = normal_form(formula)
    atoms = list(dict.fromkeys(atoms_of(normal)))
    edges, marks = _Tableau(atoms).explored(normal)
    edges, states, used = reduced(edges, marks)
    kept = list(bits(used))

    def named(mask: int) -> frozenset[Formula]:
        return frozenset(atom for number, atom in enumerate(atoms) if mask >> number & 1)

    transitions = tuple(
        Transition(
            edge.source,
            edge.target,
            named(edge.positive),
            named(edge.negative),
            frozenset(number for number, mark in enumerate(kept) if edge.marks & mark),
        )
        for edge in edges
    )
    return Automaton(states, 0, transitions, len(kept))


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


class _Tableau:
    """The obligations of a formula, a bit each in the order in which they are met, and their choices."""

    def __init__(self, atoms: list[Formula]) -> None:
        self._atoms = {atom: 1 << number for number, atom in enumerate(atoms)}
        self._obligations: dict[Formula, int] = {}
        self._formulas: dict[int, Formula] = {}
        self._choices: dict[Formula, list[_Choice]] = {}

    def explored(self, formula: Formula) -> tuple[list[Edge], int]:
        """The edges of the automaton and the mask of its marks; state 0 is initial."""
        start = 0
        for part in conjuncts(formula):
            start |= self._obligation(part)
        order, place = [start], {start: 0}
        edges: list[Edge] = []
        self._choices_of(formula)
        untils = [(bit, self._choices_of(f)) for bit, f in self._formulas.items() if isinstance(f, Until)]
        for state in order:
            found: list[tuple[_Choice, int]] = []
            for choice in self._all_at_once(state):
                marks = self._marks(choice, untils)
                found.append((choice._replace(next=self._without_repeated(choice.next)), marks))
            for choice, marks in _best(found):
                if choice.next not in place:
                    place[choice.next] = len(order)
                    order.append(choice.next)
                edges.append(Edge(place[state], place[choice.next], choice.positive, choice.negative, marks))
        return edges, (1 << len(untils)) - 1

    def _obligation(self, f: Formula) -> int:
        bit = self._obligations.setdefault(f, 1 << len(self._obligations))
        self._formulas[bit] = f
        return bit

    def _choices_of(self, f: Formula) -> list[_Choice]:
        if f not in self._choices:
            self._choices[f] = _least(self._made(f))
        return self._choices[f]

    def _made(self, f: Formula) -> list[_Choice]:
        """An "until" or "release" is met for good now, or kept up now and owed again next."""
        match f:
            case Constant(value):
                return [_Choice(0, 0, 0)] if value else []
            case Not(atom):
                return [_Choice(0, self._atoms[atom], 0)]
            case And(left, right):
                return _product(self._choices_of(left), self._choices_of(right))
            case Or(left, right):
                return self._choices_of(left) + self._choices_of(right)
            case Until(left, right):
                again = [_Choice(0, 0, self._obligation(f))]
                return self._choices_of(right) + _product(self._choices_of(left), again)
            case Release(left, right):
                again = [_Choice(0, 0, self._obligation(f))]
                return _product(self._choices_of(right), self._choices_of(left) + again)
            case _:
                return [_Choice(self._atoms[f], 0, 0)]

    def _all_at_once(self, state: int) -> list[_Choice]:
        """The ways to meet all the obligations of a state, one choice for each of them."""
        ways = [_Choice(0, 0, 0)]
        for bit in bits(state):
            ways = _product(ways, self._choices_of(self._formulas[bit]))
        return ways

    def _marks(self, choice: _Choice, untils: list[tuple[int, list[_Choice]]]) -> int:
        """A bit for each "until" that is not put off: it is not owed next, or could as well be met now."""
        marks = 0
        for number, (bit, choices) in enumerate(untils):
            met = (not other.next & bit and choice.includes(other) for other in choices)
            if not choice.next & bit or any(met):
                marks |= 1 << number
        return marks

    def _without_repeated(self, state: int) -> int:
        """Without those that another brings back anyway, as G F p does F p: n of these are one state."""
        for bit in bits(state):
            match self._formulas[bit]:
                case Release(left, right) if left == FALSE:
                    for part in conjuncts(right):
                        state &= ~self._obligations.get(part, 0)
        return state


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


def _best(ways: list[tuple[_Choice, int]]) -> list[tuple[_Choice, int]]:
    """Without those that ask for all that another asks for and bear no mark that it lacks."""
    kept: list[tuple[_Choice, int]] = []
    for choice, marks in ways:
        if not any(choice.includes(other) and not marks & ~more for other, more in kept):
            kept = [(other, more) for other, more in kept if not other.includes(choice) or more & ~marks]
            kept.append((choice, marks))
    return kept
