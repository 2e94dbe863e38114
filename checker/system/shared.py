"""The system of a Spec: its whole state one number. Right, not accelerated, with no table of moves."""

from __future__ import annotations

from collections.abc import Iterator

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.model import Model
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import State
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.moves import Cut, Move
from elcheck.checker.system.system import UNCUT, Cuts, Found, System


class SharedSystem(System):
    """A Spec's states, numbered in the order of first meeting."""

    def __init__(self, model: Model, runner: Runner) -> None:
        super().__init__(model, runner)
        self._states: Interner[object] = Interner()
        self._moves = [Move(event, watch=True) for event in runner.shared_events()]

    def initial(self) -> Iterator[int]:
        steps = self.runner.shared_starts()
        for step in steps:
            for name in self.runner.crossed(step.state):
                raise DefinitionError(f"an initial state is beyond the bound {name}: {step.state!r}")
        return (self._states.number(step.state) for step in steps)

    def successors(self, code: int) -> tuple[Found, Cuts]:
        state = self._states.values[code]
        found: Found = []
        cuts: list[Cut] = []
        for move in self._moves:
            for step in self.runner.take(move.event, state).steps:
                if step.state == state:
                    continue
                crossed = self.runner.crossed(step.state)
                cuts += [(bound, move.event) for bound in crossed]
                if not crossed:
                    found.append((self._states.number(step.state), move))
        return found, Cuts(cuts) if cuts else UNCUT

    def decode(self, code: int) -> State:
        return State(shared=self._states.values[code])

    def profile(self, code: int) -> tuple[int, ...]:
        return (code,)

    def sight(self, profile: tuple[int, ...], claim: int) -> tuple[int, ...]:
        return profile

    def seen(self, profile: tuple[int, ...], claim: int) -> tuple[object, ...]:
        return (self._states.values[profile[0]],)
