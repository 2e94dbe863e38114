"""A generalised Büchi automaton made smaller: fewer states, transitions and marks, narrower guards.

Atoms, marks and states are bits of integers here. The means is direct simulation: state t simulates s if each
transition of s is answered by one of t, under the same letters, with no mark less, into a state that
simulates the target (Etessami and Holzmann 2000; for marks on transitions Babiak et al. 2013, "Compositional
approach to suspension and other improvements to LTL translation"). What t accepts then includes what s does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from elcheck.checker.temporal.components import components_of

Cube: TypeAlias = tuple[int, int]
"""The atoms that hold and those that don't."""


class AutomatonEdge(NamedTuple):
    """A transition: from where to where, which atoms have to hold and which not to, which marks it bears."""

    source: int
    target: int
    positive: int
    negative: int
    marks: int

    @property
    def guard(self) -> Cube:
        """Its positive and negative atoms."""
        return self.positive, self.negative


def bits(mask: int) -> Iterator[int]:
    """The bits of a mask, lowest first, each as a mask of its own."""
    while mask:
        low = mask & -mask
        yield low
        mask ^= low


def reduced(edges: list[AutomatonEdge], marks: int) -> tuple[list[AutomatonEdge], int, int]:
    """A smaller automaton for the same words, its number of states and its mask of marks.

    ``marks`` is the mask of all marks. State 0 is the initial one, before and after, and there is always one.
    """
    while True:
        before = edges, marks
        edges, states = _numbered(_live(edges, marks))
        edges, marks = _without_redundant_marks(edges, marks)
        above = _simulation(edges, states)
        edges = _tidied(_merged(edges, above), above)
        if (edges, marks) == before:
            break
    edges, states = _numbered(_live(_narrowed(edges, above), marks))
    return edges, states, marks


def _accepting(edges: Sequence[AutomatonEdge], component: dict[int, int], marks: int) -> set[int]:
    """The components in which a run can stay and see all marks again and again."""
    seen: dict[int, int] = {}
    for edge in edges:
        home = component[edge.source]
        if home == component[edge.target]:
            seen[home] = seen.get(home, 0) | edge.marks
    return {home for home, found in seen.items() if found == marks}


def _live(edges: list[AutomatonEdge], marks: int) -> list[AutomatonEdge]:
    """The edges that some accepting run takes, with marks only where they count: in accepting components."""
    component = components_of(edge[:2] for edge in edges)
    accepting = _accepting(edges, component, marks)
    live = {state for state, home in component.items() if home in accepting}
    size = -1
    while size != len(live):
        size = len(live)
        live |= {edge.source for edge in edges if edge.target in live}
    kept = []
    for edge in edges:
        if edge.target in live:
            home = component[edge.source]
            counts = home in accepting and home == component[edge.target]
            kept.append(edge if counts else edge._replace(marks=0))
    return kept


def _numbered(edges: list[AutomatonEdge]) -> tuple[list[AutomatonEdge], int]:
    """The edges that state 0 leads to, the states numbered as they are met, and how many these are."""
    leaving: dict[int, list[AutomatonEdge]] = {}
    for edge in edges:
        leaving.setdefault(edge.source, []).append(edge)
    order = [0]
    place = {0: 0}
    found = []
    for state in order:
        for edge in leaving.get(state, ()):
            if edge.target not in place:
                place[edge.target] = len(order)
                order.append(edge.target)
            found.append(edge._replace(source=place[state], target=place[edge.target]))
    return found, len(order)


def _without_redundant_marks(edges: list[AutomatonEdge], marks: int) -> tuple[list[AutomatonEdge], int]:
    """Without each mark that every run has which has the other marks."""
    for mark in bits(marks):
        without = [edge for edge in edges if not edge.marks & mark]
        if not _accepting(without, components_of(edge[:2] for edge in without), marks & ~mark):
            marks &= ~mark
            edges = [edge._replace(marks=edge.marks & marks) for edge in edges]
    return edges, marks


def _covered(positive: int, negative: int, cubes: list[Cube]) -> bool:
    """Whether each letter of a cube is in one of the others."""
    rest = []
    for plus, minus in cubes:
        if not (plus & negative or minus & positive):
            if not (plus & ~positive or minus & ~negative):
                return True
            rest.append((plus, minus))
    if not rest:
        return False
    plus, minus = rest[0]
    atom = next(bits(plus & ~positive | minus & ~negative))
    return _covered(positive | atom, negative, rest) and _covered(positive, negative | atom, rest)


def _better(edge: AutomatonEdge, edges: Sequence[AutomatonEdge], above: list[int]) -> list[Cube]:
    """The guards of those edges that are no worse than a given one, as to marks and to where they lead."""
    simulating = above[edge.target]
    return [
        other.guard
        for other in edges
        if other is not edge and not edge.marks & ~other.marks and simulating >> other.target & 1
    ]


def _simulation(edges: list[AutomatonEdge], states: int) -> list[int]:
    """Which states simulate each: the largest direct simulation, by refinement from "all"."""
    leaving = _by_source(edges, states)
    above = [(1 << states) - 1] * states
    changed = True
    while changed:
        changed = False
        for state in range(states):
            for bit in bits(above[state] & ~(1 << state)):
                answers = leaving[bit.bit_length() - 1]
                if not all(_covered(*edge.guard, _better(edge, answers, above)) for edge in leaving[state]):
                    above[state] &= ~bit
                    changed = True
    return above


def _merged(edges: list[AutomatonEdge], above: list[int]) -> list[AutomatonEdge]:
    """Each state replaced by the first of those that it simulates and that simulate it."""
    first = []
    for state, mask in enumerate(above):
        equals = (bit.bit_length() - 1 for bit in bits(mask))
        first.append(next(other for other in equals if above[other] >> state & 1))
    return [edge._replace(target=first[edge.target]) for edge in edges if first[edge.source] == edge.source]


def _by_source(edges: list[AutomatonEdge], states: int) -> list[list[AutomatonEdge]]:
    leaving: list[list[AutomatonEdge]] = [[] for _ in range(states)]
    for edge in edges:
        leaving[edge.source].append(edge)
    return leaving


def _tidied(edges: list[AutomatonEdge], above: list[int]) -> list[AutomatonEdge]:
    """Guards as wide as they can be where other edges are no worse, and no edge that such others cover.

    Letter by letter, an edge may be added or left out where another is no worse: each state of the result
    simulates the state that it was and is simulated by it, so that ``above`` stays right.
    """
    result = []
    for siblings in _by_source(edges, len(above)):
        for place, edge in enumerate(siblings):
            siblings[place] = _widened(edge, _better(edge, siblings, above))
        for edge in sorted(siblings, key=lambda edge: -(edge.positive | edge.negative).bit_count()):
            if _covered(*edge.guard, _better(edge, siblings, above)):
                siblings = [other for other in siblings if other is not edge]
        result += siblings
    return result


def _widened(edge: AutomatonEdge, better: list[Cube]) -> AutomatonEdge:
    """Without each literal whose opposite the better guards take care of."""
    positive, negative = edge.guard
    for atom in bits(positive):
        if _covered(positive ^ atom, negative | atom, better):
            positive ^= atom
    for atom in bits(negative):
        if _covered(positive | atom, negative ^ atom, better):
            negative ^= atom
    return edge._replace(positive=positive, negative=negative)


def _narrowed(edges: list[AutomatonEdge], above: list[int]) -> list[AutomatonEdge]:
    """Guards that exclude better edges, as far as one cube can say it: fewer edges are open at a time.

    Where a better edge asks for one literal more, the worse one gets the opposite literal.
    """
    result = []
    for siblings in _by_source(edges, len(above)):
        before: list[AutomatonEdge] = []
        while before != siblings:
            before = list(siblings)
            for place, edge in enumerate(siblings):
                positive, negative = edge.guard
                for plus, minus in _better(edge, siblings, above):
                    if plus & negative or minus & positive:
                        continue
                    more = plus & ~positive, minus & ~negative
                    if (more[0] | more[1]).bit_count() == 1:
                        positive, negative = positive | more[1], negative | more[0]
                siblings[place] = edge._replace(positive=positive, negative=negative)
        result += siblings
    return result
