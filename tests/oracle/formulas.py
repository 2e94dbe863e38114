"""The oracle for temporal formulas: whether some fair behaviour of a plain graph satisfies one.

It goes over places of behaviours: a state, the step that is taken there (or rest for ever), and which of
the formula's temporal parts hold there. What holds at a place follows from what holds at the next one
(Lichtenstein and Pnueli 1985); a set of places that can be gone round is a behaviour if it keeps what its
parts promise, and is fair, or else is taken apart (Emerson and Lei 1987). It knows nothing of automata.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

from elcheck.checker.model.formula import And, Constant, Formula, Not, Or, Release, Taken, Until

Letters = tuple[bool, ...]
"""Which atoms of a formula hold at a place."""
Mask = frozenset[int]
"""Which of the temporal parts of a formula hold at a place, by their numbers."""
Condition = tuple[bool, Hashable]
"""A condition of fairness: whether it is strong, and which it is."""
REST = -1
"""The step of who rests."""


@dataclass(frozen=True)
class Paths:
    """A graph of numbered states: where it begins, its steps, and what is assumed of these."""

    initial: list[int]
    steps: list[tuple[int, int]]
    conditions: list[Condition | None]
    """What each step takes."""
    enabled: list[set[Condition]]
    """What each state could take, across bounds too."""


class Place(NamedTuple):
    """Where a behaviour is: in a state, about to take a step, and with what holds from there on."""

    state: int
    step: int
    mask: Mask


class Reader:
    """A formula, read at one place after the other."""

    def __init__(self, formula: Formula) -> None:
        self.formula = formula
        self.parts: list[Until | Release] = []
        self.atoms: list[Formula] = []
        self._list(formula)
        self.masks = [
            frozenset(i for i, one in enumerate(bits) if one)
            for bits in product((False, True), repeat=len(self.parts))
        ]
        self._known: dict[tuple[Letters, Mask], Mask] = {}

    def _list(self, f: Formula) -> None:
        """Note the atoms and temporal parts, inner ones first."""
        match f:
            case Not(operand):
                self._list(operand)
            case And(left, right) | Or(left, right) | Until(left, right) | Release(left, right):
                self._list(left)
                self._list(right)
                if isinstance(f, Until | Release) and f not in self.parts:
                    self.parts.append(f)
            case Constant():
                pass
            case _:
                if f not in self.atoms:
                    self.atoms.append(f)

    def holds(self, f: Formula, letters: Letters, mask: Iterable[int]) -> bool:
        """Whether a part holds, where these atoms and these temporal parts do."""
        match f:
            case Constant(value):
                return value
            case Not(operand):
                return not self.holds(operand, letters, mask)
            case And(left, right):
                return self.holds(left, letters, mask) and self.holds(right, letters, mask)
            case Or(left, right):
                return self.holds(left, letters, mask) or self.holds(right, letters, mask)
            case Until() | Release():
                return self.parts.index(f) in mask
        return letters[self.atoms.index(f)]

    def before(self, letters: Letters, after: Mask) -> Mask:
        """What holds at a place of these atoms, if ``after`` holds at the next one."""
        known = self._known.get((letters, after))
        if known is None:
            found: set[int] = set()
            for i, part in enumerate(self.parts):
                left, right = (self.holds(side, letters, found) for side in (part.left, part.right))
                on = i in after
                if (right or (left and on)) if isinstance(part, Until) else (right and (left or on)):
                    found.add(i)
            known = self._known[letters, after] = frozenset(found)
        return known

    def keeps(self, places: Iterable[tuple[Letters, Mask]]) -> bool:
        """Whether what is promised comes, where exactly these places are come to again and again."""
        seen = list(places)
        for i, part in enumerate(self.parts):
            if isinstance(part, Until):
                kept = any(i not in mask or self.holds(part.right, at, mask) for at, mask in seen)
            else:
                kept = any(i in mask or not self.holds(part.right, at, mask) for at, mask in seen)
            if not kept:
                return False
        return True


@dataclass
class Places:
    """Places of behaviours: which may come after which, and what is so in each. ``could`` and ``takes`` are
    the conditions of fairness that a place's state could take, and that its step does.
    """

    reader: Reader
    letters: Callable[[Place], Letters]
    could: Callable[[Place], set[Condition]] = lambda _: set()
    takes: Callable[[Place], Condition | None] = lambda _: None
    following: dict[Place, set[Place]] = field(default_factory=dict)

    def put(self, state: int, step: int, next_ones: Iterable[tuple[int, int]]) -> None:
        """A state with a step, and the states with their steps that may come next."""
        letters, after = self.letters(Place(state, step, frozenset())), list(next_ones)
        for mask in self.reader.masks:
            here = Place(state, step, self.reader.before(letters, mask))
            self.following.setdefault(here, set()).update(Place(*to, mask) for to in after)

    def alive(self) -> set[Place]:
        """The places from which some fair behaviour goes on that keeps what they say."""
        back: dict[Place, list[Place]] = {}
        for place, after in self.following.items():
            after &= self.following.keys()
            for to in after:
                back.setdefault(to, []).append(place)
        fresh = self._cores(set(self.following))
        found = set(fresh)
        while fresh:
            more = [place for place in back.get(fresh.pop(), ()) if place not in found]
            found.update(more)
            fresh += more
        return found

    def _cores(self, within: set[Place]) -> list[Place]:
        """Places that can be come to again and again, fairly, and all the others of the same rounds."""
        found: list[Place] = []
        for part in components(within, self.following):
            inner = [place for place in part if self.following[place] & part]
            if not inner or not self.reader.keeps((self.letters(place), place.mask) for place in part):
                continue
            taken = {self.takes(place) for place in inner}
            for condition in {c for place in part for c in self.could(place)} - taken:
                there = {place for place in part if condition in self.could(place)}
                if condition[0] or there == part:
                    found += self._cores(part - there) if condition[0] else []
                    break
            else:
                found += part
        return found


def components(nodes: set[Place], following: dict[Place, set[Place]]) -> Iterator[set[Place]]:
    """The strongly connected parts of some places: those left first last, against the steps (Kosaraju)."""
    back: dict[Place, list[Place]] = {node: [] for node in nodes}
    for node in nodes:
        for to in following[node] & nodes:
            back[to].append(node)
    order: list[Place] = []
    seen: set[Place] = set()
    for start in nodes:
        way: list[tuple[Place, Iterator[Place]]] = []
        if start not in seen:
            way.append((start, iter(following[start] & nodes)))
        seen.add(start)
        while way:
            node, after = way[-1]
            fresh = next((other for other in after if other not in seen), None)
            if fresh is None:
                order.append(way.pop()[0])
            else:
                seen.add(fresh)
                way.append((fresh, iter(following[fresh] & nodes)))
    left = set(nodes)
    for start in reversed(order):
        if start in left:
            part, fresh_ones = {start}, [start]
            left.remove(start)
            while fresh_ones:
                more = [node for node in back[fresh_ones.pop()] if node in left]
                left.difference_update(more)
                part.update(more)
                fresh_ones += more
            yield part


class Behaviours:
    """The behaviours of some paths, as a formula reads them. ``truth`` says whether an atom holds in a state
    from which a step is taken (REST: none).
    """

    def __init__(self, paths: Paths, formula: Formula, truth: Callable[[Formula, int, int], bool]) -> None:
        self.paths, self.reader = paths, Reader(formula)
        self.ways: dict[int, list[int]] = {state: [REST] for state in range(len(paths.enabled))}
        for number, (source, _) in enumerate(paths.steps):
            self.ways[source].append(number)
        self.letters = {
            (state, step): tuple(truth(atom, state, step) for atom in self.reader.atoms)
            for state, steps in self.ways.items()
            for step in steps
        }

    def exist(self) -> bool:
        """Whether a fair behaviour satisfies the formula."""
        paths = self.paths
        places = Places(
            self.reader,
            lambda place: self.letters[place.state, place.step],
            lambda place: paths.enabled[place.state],
            lambda place: None if place.step == REST else paths.conditions[place.step],
        )
        for state, steps in self.ways.items():
            for step in steps:
                to = state if step == REST else paths.steps[step][1]
                after = [REST] if step == REST else self.ways[to]
                places.put(state, step, [(to, way) for way in after])
        return any(place.state in paths.initial and self._now(place) for place in places.alive())

    def _now(self, place: Place) -> bool:
        return self.reader.holds(self.reader.formula, self.letters[place.state, place.step], place.mask)

    def have_begun(self) -> bool:
        """Whether some beginning satisfies the formula however it goes on, by any steps to any states."""
        open_ = _open(self.reader)
        of_states = [i for i, atom in enumerate(self.reader.atoms) if not isinstance(atom, Taken)]

        def possible(state: int) -> list[tuple[Letters, Mask]]:
            """What may hold in a state of which it is not known how it goes on."""
            seen = self.letters[state, REST]
            return [(at, mask) for at, mask in open_ if all(at[i] == seen[i] for i in of_states)]

        for state in self.paths.initial:
            if all(self.reader.holds(self.reader.formula, *at) for at in possible(state)):
                return True
        fresh = [
            (to, frozenset(m for m in self.reader.masks if self._now(self._place(number, m))))
            for number, (source, to) in enumerate(self.paths.steps)
            if source in self.paths.initial
        ]
        seen = set(fresh)
        for state, good in fresh:
            if all(mask in good for _, mask in possible(state)):
                return True
            for number in self.ways[state][1:]:
                on = frozenset(m for m in self.reader.masks if self._place(number, m).mask in good)
                further = self.paths.steps[number][1], on
                if further not in seen:
                    seen.add(further)
                    fresh.append(further)
        return False

    def _place(self, step: int, after: Mask) -> Place:
        """Where a step is taken to where ``after`` holds."""
        source = self.paths.steps[step][0]
        return Place(source, step, self.reader.before(self.letters[source, step], after))


def _open(reader: Reader) -> list[tuple[Letters, Mask]]:
    """What may hold at a place of a behaviour of which nothing is known."""
    every = list(product((False, True), repeat=len(reader.atoms)))
    places = Places(reader, lambda place: every[place.state])
    for state in range(len(every)):
        places.put(state, 0, [(to, 0) for to in range(len(every))])
    return [(every[place.state], place.mask) for place in places.alive()]
