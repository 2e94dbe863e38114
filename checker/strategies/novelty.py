"""What walks have seen, and which way leads to what they have not: walks directed by novelty.

A step weighs the less the more often walks have come to the state after it, and more if it is of an outcome
that no walk has taken. Half of the walks begin where a walk has been, at one of the states that were seldom
come to, and not at the start (Ecoffet and others 2021, "First return, then explore", Nature 590).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from elcheck.checker.system.moves import Move
from elcheck.checker.system.system import Found, Path

REMEMBERED_VISITS = 1_000_000
"""States of which it is known how often walks have come there; others count as new."""
UNTAKEN = 8.0
"""How much more a step weighs that is of an outcome which no walk has taken."""
TRIED = 8
"""States of which the one is taken that was come to least, to begin a walk at."""


@dataclass
class Visited:
    """A state that walks have come to: how often, after how many steps at first, and by which step."""

    visits: int
    depth: int
    before: int | None
    move: Move | None


class Novelty:
    """What the walks of one process have seen."""

    def __init__(self) -> None:
        self._visited: dict[int, Visited] = {}
        self._codes: list[int] = []
        self._taken: set[Move] = set()

    def came(self, code: int, before: int | None, move: Move | None, depth: int) -> None:
        """Note that a walk has come to a state, after so many steps."""
        known = self._visited.get(code)
        if known is not None:
            known.visits += 1
        elif len(self._visited) < REMEMBERED_VISITS and (before is None or before in self._visited):
            self._visited[code] = Visited(1, depth, before, move)
            self._codes.append(code)
        if move is not None:
            self._taken.add(move)

    def weights(self, steps: Found, faults: float) -> list[float]:
        """How much each of some steps weighs; ``faults`` is what a fault does where others have 1."""
        return [self._weight(succ, move) * (faults if move.event.fault else 1.0) for succ, move in steps]

    def _weight(self, succ: int, move: Move) -> float:
        known = self._visited.get(succ)
        often = 0 if known is None else known.visits
        return (1.0 if move in self._taken else UNTAKEN) / (1 + often) ** 4

    def beginning(self, rng: random.Random, initial: Sequence[int], steps: int) -> Path:
        """Where a walk of so many steps begins: in an initial state, or after the path to a state seen."""
        if self._codes and rng.random() < 0.8:
            some = [self._codes[int(rng.random() * len(self._codes))] for _ in range(TRIED)]
            near = [code for code in some if self._visited[code].depth < steps]
            if near:
                return self._path(min(near, key=lambda code: self._visited[code].visits))
        return [(initial[int(rng.random() * len(initial))], None)]

    def _path(self, code: int) -> Path:
        """The path by which a walk has come to a state at first."""
        path: Path = []
        at: int | None = code
        while at is not None:
            known = self._visited[at]
            path.append((at, known.move))
            at = known.before
        return path[::-1]
