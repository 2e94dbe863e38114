"""Shortening a path that decides a property: a random walk wanders, its reader should not have to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from elcheck.checker.process.limits import Limits
from elcheck.checker.search.judge import Finding, Judge
from elcheck.checker.search.plain import search_plain
from elcheck.checker.search.search import Exploration, has_no_step
from elcheck.checker.system import System
from elcheck.checker.system.moves import Move
from elcheck.checker.system.system import Path

REPLAYS = 2_000
"""Walks with steps left out that are tried, at most."""
NEAR = 20_000
"""States in which a shortest path is looked for, breadth first from the start."""


@dataclass(frozen=True)
class Short:
    """A path that decides a property, what is said of it, and whether it is known that none is shorter."""

    path: Path
    detail: str
    shortest: bool


def shortened(path: Path, claim: int, system: System) -> Short:
    """A shorter path that decides a claim too.

    First the loops are cut out of it; then longer and shorter pieces are left out as long as what is left
    still goes wrong, as in delta debugging (Zeller and Hildebrandt 2002); then a bounded breadth-first search
    looks for a shortest one. Raises HandlerError when a handler does.
    """
    return _Shortener(claim, system).run(path)


class _Shortener:
    def __init__(self, claim: int, system: System) -> None:
        self.system = system
        self.judge = Judge(system)
        self.judge.only([claim])
        self.claim = claim
        self.replays = 0

    def run(self, path: Path) -> Short:
        path = _without_loops(path)
        found = self._replayed(path[0][0], _moves(path))
        if found is None:  # a property that answers differently when it is asked again
            return Short(path, "it does not come again when it is replayed", False)
        best = self._with_less(found)
        return self._nearest(best)

    def _with_less(self, best: Short) -> Short:
        """Leave pieces out, halves at first and single steps in the end."""
        size = (len(best.path) - 1) // 2
        while size >= 1 and self.replays < REPLAYS:
            at, improved = 0, False
            while at < len(best.path) - 1 and self.replays < REPLAYS:
                moves = _moves(best.path)
                found = self._replayed(best.path[0][0], [*moves[:at], *moves[at + size :]])
                if found is not None and len(found.path) < len(best.path):
                    best, improved = found, True
                else:
                    at += size
            size = min(size, len(best.path) - 1) if improved and size == 1 else size // 2
        return best

    def _replayed(self, start: int, moves: Iterable[Move]) -> Short | None:
        """What becomes of some steps: those that are not enabled any more are left out. None if the claim is
        not decided.
        """
        self.replays += 1
        self.judge.forget()
        path: Path = [(start, None)]
        self._look(path)
        wanted = iter(moves)
        while self.claim not in self.judge.findings:
            move = next(wanted, None)
            if move is None:
                return None
            found, _ = self.system.successors(path[-1][0])
            fitting = [(succ, other) for succ, other in found if other.event == move.event]
            if fitting:
                path.append(next((step for step in fitting if step[1] is move), fitting[0]))
                self._look(path)
        return Short(path, self.judge.findings[self.claim].detail.strip(), False)

    def _look(self, path: Path) -> None:
        """Judge the last step of a path, and the state after it."""
        judge, (code, move) = self.judge, path[-1]
        if judge.asks_steps and move is not None:
            judge.step(len(path) - 2, path[-2][0], code, move)
        judge.state(len(path) - 1, code)
        if move is None:
            judge.begins(0, code)
        if judge.asks_deadlock:
            found, cuts = self.system.successors(code)
            if has_no_step(found, cuts):
                judge.no_next_step(len(path) - 1, code)

    def _nearest(self, best: Short) -> Short:
        """A shortest path, if it lies among the states near the start."""
        steps = len(best.path) - 1
        if steps == 0:
            return Short(best.path, best.detail, True)
        self.judge.forget()
        search = search_plain(self.system, self.judge, Limits(depth=steps - 1, max_states=NEAR))
        finding = self.judge.findings.get(self.claim)
        if finding is None:
            return Short(best.path, best.detail, search.stopped is None)
        path = Exploration(self.system, self.judge, search).path_to(finding.index)
        if finding.step is not None:
            path.append(finding.step)
        return Short(path, finding.detail.strip(), True)


def _moves(path: Path) -> Sequence[Move]:
    return [move for _, move in islice(path, 1, None) if move is not None]


def _without_loops(path: Path) -> Path:
    """The path without what lies between two visits of one state. Its last step stays: it may be what a
    property of steps is about.
    """
    last = {code: at for at, (code, _) in enumerate(path[:-1])}
    found: Path = [path[0]]
    at = last.get(path[0][0], 0)
    while at + 1 < len(path):
        found.append(path[at + 1])
        at = last.get(path[at + 1][0], at + 1) if at + 2 < len(path) else at + 1
    return found


def path_of(finding: Finding, path: Path) -> Path:
    """The part of a walk that a finding is about."""
    return path if finding.step is None else [*path, finding.step]
