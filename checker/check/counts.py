"""How often each action was taken in all states that were searched, and in how many a property is met.

That takes every state once more, so it is done only where somebody asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.watch import EVERY, look
from elcheck.checker.search.search import Exploration
from elcheck.checker.system.system import Found


@dataclass(frozen=True)
class Counts:
    """``steps``: how many of the transitions are steps of each handler, by its program's class and its own
    name, of the tick and of each fault of the world by its kind. ``met``: for each ``sometimes`` by its name,
    in how many states its check holds; of one of steps, of how many transitions. A state that stands for
    several counts for all of these. ``states`` is how many were counted.
    """

    steps: dict[str, int]
    met: dict[str, int]
    states: int


def counts_of(exploration: Exploration, limits: Limits) -> Counts | None:
    """The counts of a search that is over. None if it ended among the states of a depth, so that nobody knows
    whose steps it has counted. Raises HandlerError when a check does, Ended at an end.
    """
    counting = _Counting(exploration)
    search = exploration.search
    depth = limits.depth
    probed = search.levels[depth] if depth is not None and depth < len(search.levels) else None
    stored: frozenset[int] = frozenset()
    if probed is not None:  # an engine may store another state that stands for the same ones
        stored = frozenset(map(exploration.system.representative, search.codes))
    for index, code in enumerate(search.codes):
        if index % EVERY == 0:
            look()
        steps: Found = []
        if index < search.expanded:
            steps, _ = exploration.system.expanded(code)
            if probed is not None and index >= probed:
                steps = _among(exploration, steps, stored)
        counting.state(code, steps)
    if counting.transitions != search.transitions:
        return None
    return counting.done()


def _among(exploration: Exploration, steps: Found, stored: Collection[int]) -> Found:
    """The steps to states that are stored."""
    reduced = exploration.system.reduced(steps)
    return [step for step, (succ, _) in zip(steps, reduced, strict=True) if succ in stored]


class _Counting:
    """What has been counted so far."""

    def __init__(self, exploration: Exploration) -> None:
        self._system, self._judge = exploration.system, exploration.judge
        self._names = _names(self._system.runner)
        self._steps = Counter(dict.fromkeys(self._names.values(), 0))
        claims = [(p, claim) for p, claim in enumerate(self._judge.claims) if claim.kind == "sometimes"]
        self._met = Counter(dict.fromkeys((claim.name for _, claim in claims), 0))
        self._of_states = [(p, claim.name) for p, claim in claims if not claim.is_of_steps]
        self._of_steps = [(p, claim.name) for p, claim in claims if claim.is_of_steps]
        self._states = 0
        self.transitions = 0

    def state(self, code: int, steps: Found) -> None:
        """Count a state and its steps, for all that it stands for."""
        weight = self._system.represents(code) if self._system.stands_for_several else 1
        self._states += weight
        self.transitions += weight * len(steps)
        for p, name in self._of_states:
            self._met[name] += weight * self._judge.holds(p, code)
        for succ, move in steps:
            self._steps[self._named(move.event)] += weight
            for p, name in self._of_steps:
                self._met[name] += weight * (self._judge.said_of_step(p, code, succ) is not None)

    def _named(self, event: Event) -> str:
        handler = None if event.node is None else (type(self._program(event)).__name__, event.name)
        return self._names.get(handler or ("", event.name), event.kind)

    def _program(self, event: Event) -> object:
        assert event.node is not None
        return self._system.runner.programs[event.node]

    def done(self) -> Counts:
        """What has been counted, what there is most of first."""
        steps = sorted(self._steps.items(), key=lambda item: -item[1])
        return Counts(dict(steps), dict(self._met), self._states)


def _names(runner: Runner) -> dict[tuple[str, str], str]:
    """What the handlers are called, by the names of their program and their own; those of a Spec without."""
    found = {}
    for owner, handler in runner.all_handlers():
        if handler.mark.kind != "tick":
            found[owner if runner.programs else "", handler.name] = f"{owner}.{handler.name}"
    return found
