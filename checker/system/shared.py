"""The system of a Spec: a number stands for its whole state. Steps are not learned: handlers run again."""

from __future__ import annotations

from collections.abc import Iterator

from elcheck.checker.model.model import Model
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.moves import Cut, Move
from elcheck.checker.system.system import UNCUT, Cuts, Found, Observation, System


class SharedSystem(System):
    """A Spec's states, numbered in the order of first meeting."""

    def __init__(self, model: Model, runner: Runner) -> None:
        super().__init__(model, runner)
        self._states: Interner[object] = Interner()
        self._events = runner.shared_events()
        self._moves: dict[Event, Move] = {}

    def initial(self) -> Iterator[int]:
        starts = ((step.state, self.runner.crossed(step.state)) for step in self.runner.shared_starts())
        return (self._states.number(state) for state in self._within_bounds(starts))

    def successors(self, code: int) -> tuple[Found, Cuts]:
        state = self._states.values[code]
        found: Found = []
        cuts: list[Cut] = []
        for event in self._events:
            for step in self.runner.take(event, state).steps:
                if step.state == state:
                    continue
                chosen = event.chosen(step.choice)
                crossed = self.runner.crossed(step.state)
                cuts += [(bound, chosen) for bound in crossed]
                if not crossed:
                    found.append((self._states.number(step.state), self._move(chosen)))
        return found, Cuts(cuts) if cuts else UNCUT

    def _move(self, event: Event) -> Move:
        """The move of an event, made once."""
        found = self._moves.get(event)
        if found is None:
            found = self._moves[event] = Move(event, visible=True)
        return found

    def decode(self, code: int) -> GlobalState:
        return GlobalState(shared=self._states.values[code])

    def observation(self, code: int) -> Observation:
        return (code,)

    def view_key(self, observation: Observation, claim: int) -> tuple[int, ...]:
        return observation

    def views(self, observation: Observation, claim: int) -> tuple[object, ...]:
        return (self._states.values[observation[0]],)
