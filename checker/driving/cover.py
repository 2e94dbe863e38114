"""Few paths that together make every distinct handler call of a search.

Greedy: of the calls that are left the one that lies deepest is gone to on a shortest path, which makes many
others on the way; from there, or from where the subject went instead, it goes on as long as another one is
near. Finding the fewest such paths is a set cover, which is NP-hard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from elcheck.checker.driving.calls import DrivenCall, HandlerCalls
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import always
from elcheck.checker.model.record import State
from elcheck.checker.model.scope import each, view
from elcheck.checker.model.state import Event
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.watch import look
from elcheck.checker.search.engines import ENGINES
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.resources import Resources
from elcheck.checker.search.search import Exploration, OnProgress
from elcheck.checker.system import NodeSystem, build
from elcheck.checker.system.moves import Move

LONGEST = 200
"""Steps of a path, beyond which it is not prolonged."""
NEAR = 40
"""States that are looked at for a call that is left, before a path ends."""
ATTEMPTS = 3
"""Paths to a call, of which the subject followed none: it takes other outcomes that the model allows."""


@dataclass(frozen=True)
class PlannedStep:
    """A step of a path: the event, the code after it (the one before, if it changes nothing), and the calls
    that it makes.
    """

    event: Event
    code: int
    calls: tuple[DrivenCall, ...]


@dataclass(frozen=True)
class PlannedPath:
    """A path from an initial state to a call."""

    initial: int
    steps: tuple[PlannedStep, ...]
    target: DrivenCall


def explored(model: Model, limits: Limits, engine: str, progress: OnProgress) -> Exploration:
    """Search all states of a model within its bounds, whatever its properties say.

    Raises DefinitionError or UsageError as a check does.
    """
    anything = always("it is searched", each(view(State, lambda s: True), lambda s: True))
    system = build(replace(model, properties=[anything], deadlock=False, assume=[], fairness=[]))
    judge = Judge(system)
    search = ENGINES[engine](system, judge, limits, progress, Resources())
    return Exploration(system, judge, search)


class Cover:
    """The calls of a search, and the paths that make them. ``left`` has those that are not made yet, with the
    index of the first state that makes each.
    """

    def __init__(self, exploration: Exploration) -> None:
        assert isinstance(exploration.system, NodeSystem)
        self.exploration = exploration
        self.calls = HandlerCalls(exploration.system)
        self.left: dict[DrivenCall, int] = self._first_states()
        self.total = len(self.left)
        self.given_up: dict[DrivenCall, str] = {}

    def _first_states(self) -> dict[DrivenCall, int]:
        found: dict[DrivenCall, int] = {}
        known: set[object] = set()
        codes, calls = self.exploration.search.codes, self.calls
        for index in range(self.exploration.search.expanded):
            look()
            code = codes[index]
            if calls.depend_on_all_nodes:
                new = calls.at(code)
            else:
                keys = [key for key in calls.keys(code) if key not in known]
                known.update(keys)
                new = [call for key in keys for call in calls.of_key(key, code)]
            for call in new:
                found.setdefault(call, index)
        return found

    # -- paths -------------------------------------------------------------------------------------------

    def paths(self) -> Iterator[PlannedPath]:
        """Paths to what is left, each planned when it is asked for: to the deepest first."""
        for target in sorted(self.left, key=lambda call: -self.left[call]):
            for _ in range(ATTEMPTS):
                if target in self.left:
                    yield self._path_to(target)
            self.give_up(target, "the subject takes other outcomes, which the model allows")

    def _path_to(self, target: DrivenCall) -> PlannedPath:
        path = self.exploration.path_to(self.left[target])
        steps = [self._moved(after, move) for after, move in path[1:] if move is not None]
        return PlannedPath(path[0][0], (*steps, self._made(path[-1][0], target)), target)

    def further(self, code: int) -> list[PlannedStep]:
        """The steps to the nearest call that is left, and that; none where it is not near."""
        ways: deque[tuple[int, tuple[PlannedStep, ...]]] = deque([(code, ())])
        seen = {code}
        for _ in range(NEAR):
            if not ways:
                break
            at, way = ways.popleft()
            for call in self.calls.at(at):
                if call in self.left:
                    return [*way, self._made(at, call)]
            for after, move in self.exploration.system.successors(at)[0]:
                if after not in seen:
                    seen.add(after)
                    ways.append((after, (*way, self._moved(after, move))))
        return []

    def made(self, step: PlannedStep) -> None:
        """Note that a step was driven."""
        for call in step.calls:
            self.left.pop(call, None)

    def give_up(self, target: DrivenCall, why: str) -> None:
        """Note that a call can't be driven."""
        if self.left.pop(target, None) is not None:
            self.given_up[target] = why

    def _made(self, code: int, call: DrivenCall) -> PlannedStep:
        """The step that makes a call in a state. It stays there if the call has no effect."""
        node, local, event = call
        for after, move in self.exploration.system.successors(code)[0]:
            if move.event == event and (node, local) in ((n, before) for n, before, _ in move.changes):
                return self._moved(after, move)
        return PlannedStep(event, code, (call,))

    def _moved(self, after: int, move: Move) -> PlannedStep:
        calls = tuple((node, before, move.event) for node, before, _ in move.changes)
        return PlannedStep(move.event, after, calls)
