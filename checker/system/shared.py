"""The system of a Spec: a number stands for its whole state. Steps are not learned: handlers run again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from elcheck.checker.model.model import Model
from elcheck.checker.model.record import State
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.model.step import Step
from elcheck.checker.model.values import SortKey, order
from elcheck.checker.system.moves import CutStep, Move
from elcheck.checker.system.system import UNCUT, Cuts, Found, Observation, System

KEPT = 50_000
"""States whose steps are kept: the first ones, which the search for the clearest trace asks for again."""
GONE = State()
"""In the place of a state that was let go of."""


class SharedSystem(System):
    """A Spec's states, numbered in the order of first meeting. Only a state that was not met before is looked
    at: whether it is a value, which bounds it crosses, and where it comes in the order.
    """

    def __init__(self, model: Model, runner: Runner) -> None:
        super().__init__(model, runner)
        self._states: list[State] = []
        self._places: dict[object, int] = {}
        self._crossed: list[tuple[str, ...]] = []
        self._events = [(event, Move(event, visible=True)) for event in runner.shared_events()]
        self._chosen: dict[Event, Move] = {}
        self._known: dict[int, tuple[Found, Cuts]] = {}
        runner.sound = self._places

    def initial(self) -> Iterator[int]:
        places = (self._place(step.state) for step in self.runner.shared_starts())
        starts = ((place, () if place >= 0 else self._crossed[-1 - place]) for place in places)
        return self._within_bounds(starts)

    def successors(self, code: int) -> tuple[Found, Cuts]:
        known = self._known.get(code)
        if known is None:
            known = self._steps(code)
            if code < KEPT:
                self._known[code] = known
        return known

    def _steps(self, code: int) -> tuple[Found, Cuts]:
        """The steps of a state, found by its handlers."""
        state = self._states[code]
        found: Found = []
        cuts: list[CutStep] = []
        for event, move in self._events:
            steps = self.runner.answer(event, state).steps
            for step in self._in_order(steps) if len(steps) > 1 else steps:
                place = self._place(step.state)
                if place == code:
                    continue
                taken = self._move(event.chosen(step.choice)) if step.choice else move
                if place >= 0:
                    found.append((place, taken))
                else:
                    cuts += [(bound, taken.event) for bound in self._crossed[-1 - place]]
        return found, Cuts(cuts) if cuts else UNCUT

    def _in_order(self, steps: Sequence[Step[State]]) -> list[Step[State]]:
        """Steps in an order that does not depend on that in which the handler found them: those to known
        states by their numbers, then the others by value.
        """

        def key(step: Step[State]) -> tuple[int, int | SortKey, SortKey]:
            place = self._places.get(step.state)
            chosen = order(step.choice)
            return (1, order(step.state), chosen) if place is None else (0, place, chosen)

        return sorted(steps, key=key)

    def _place(self, state: State) -> int:
        """The number of a state: from 0 within the bounds, from -1 downwards beyond them."""
        place = self._places.get(state)
        if place is None:
            crossed = self.runner.crossed(state)
            if crossed:
                self._crossed.append(crossed)
                place = -len(self._crossed)
            else:
                place = len(self._states)
                self._states.append(state)
            self._places[state] = place
        return place

    def _move(self, event: Event) -> Move:
        """The move of an event with a choice, made once."""
        found = self._chosen.get(event)
        if found is None:
            found = self._chosen[event] = Move(event, visible=True)
        return found

    def state(self, code: int) -> State:
        """The state of a number."""
        return self._states[code]

    def number(self, state: State) -> int:
        """The number of a state that is within the bounds, a new one if it was not met before."""
        place = self._place(state)
        assert place >= 0, "the bounds answer otherwise than before"
        return place

    def forget(self, numbers: Iterable[int]) -> None:
        """Let go of some states: if one is met again, it has another number."""
        self._known.clear()  # of steps that may lead there
        for number in numbers:
            del self._places[self._states[number]]
            self._states[number] = GONE

    def decode(self, code: int) -> GlobalState:
        return GlobalState(shared=self._states[code])

    def observation(self, code: int) -> Observation:
        return (code,)

    def view_key(self, observation: Observation, claim: int) -> tuple[int, ...]:
        return observation

    def views(self, observation: Observation, claim: int) -> tuple[object, ...]:
        return (self._states[observation[0]],)
