"""Büchi automata of temporal formulas: the automaton that accepts the behaviours which satisfy a formula.

Normal form (checker/temporal/normal.py), construction (checker/temporal/tableau.py), simplification
(checker/temporal/reduce.py); here is what comes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from elcheck.checker.model.formula import Formula, atoms_of
from elcheck.checker.temporal.components import components_of
from elcheck.checker.temporal.normal import normal_form
from elcheck.checker.temporal.reduce import bits, reduced
from elcheck.checker.temporal.tableau import tableau


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
    edges, states, used = reduced(*tableau(normal, atoms))
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


def recurrent_states(automaton: Automaton) -> list[int]:
    """The states that an accepting run may come back to again and again."""
    component = components_of((edge.source, edge.target) for edge in automaton.transitions)
    marks: dict[int, set[int]] = {}
    for edge in automaton.transitions:
        if component[edge.source] == component[edge.target]:
            marks.setdefault(component[edge.source], set()).update(edge.marks)
    accepting = {home for home, seen in marks.items() if len(seen) == automaton.marks}
    return sorted(state for state, home in component.items() if home in accepting)


def free_states(automaton: Automaton) -> list[int]:
    """The states from which every word is accepted, by staying there."""
    return sorted(
        edge.source
        for edge in automaton.transitions
        if edge.source == edge.target and not edge.positive | edge.negative
        if len(edge.marks) == automaton.marks
    )
