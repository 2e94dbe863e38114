"""The system of a Spec: a number stands for its whole state; what handlers do is learned where it pays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cmp_to_key

from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Property, leaves_open
from elcheck.checker.model.record import State
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.model.values import order
from elcheck.checker.system.decisions import Fork
from elcheck.checker.system.moves import CutStep, Move
from elcheck.checker.system.reading import StateReading
from elcheck.checker.system.spec_tables import LearnedFunction, SpecTables, call_of
from elcheck.checker.system.standing import plain
from elcheck.checker.system.system import UNCUT, Cuts, Found, Observation, System

KEPT = 50_000
"""States whose steps are kept: the first ones, which the search for the clearest trace asks for again."""
LEARNING = True
"""Whether anything is learned. Tests compare what comes out with what does if nothing is."""

CodedOutcome = tuple[int, Move]
"""An outcome of an action: what it changes in the code of the state, and its move."""


class Action:
    """An event of a Spec, with what is learned of it."""

    def __init__(self, event: Event, learned: LearnedFunction[tuple[CodedOutcome, ...]]) -> None:
        self.event = event
        self.move = Move(event, visible=True)
        self.learned = learned


class SharedSystem(System):
    """A Spec's states, numbered in the order of first meeting. Each is kept as its code (``SpecTables``), by
    which what is known of a handler, a bound or a check is looked up.
    """

    def __init__(self, model: Model, runner: Runner) -> None:
        super().__init__(model, runner)
        self._tables = SpecTables(learning=LEARNING)
        self._codes: list[int] = []
        self._places: dict[int, int] = {}
        self._crossed: list[tuple[str, ...]] = []
        self._actions = [Action(event, self._tables.function()) for event in runner.shared_events()]
        self._bounds: LearnedFunction[tuple[str, ...]] = self._tables.function()
        self._checks: dict[int, LearnedFunction[tuple[()]]] = {}
        self._chosen: dict[Event, Move] = {}
        self._known: dict[int, tuple[Found, Cuts]] = {}
        self._expanded = 0

    def initial(self) -> Iterator[int]:
        places = (self._place(self._tables.code(step.state)) for step in self.runner.shared_starts())
        starts = ((place, () if place >= 0 else self._crossed[-1 - place]) for place in places)
        return self._within_bounds(starts)

    def successors(self, code: int) -> tuple[Found, Cuts]:
        known = self._known.get(code)
        if known is None:
            known = self._steps(code)
            if code < KEPT:
                self._known[code] = known
        return known

    def _steps(self, number: int) -> tuple[Found, Cuts]:
        """The steps of a state, by what is known of its actions."""
        code, places = self._codes[number], self._places
        found: Found = []
        cuts: list[CutStep] = []
        self._expanded += 1
        for action in self._actions:
            at = action.learned.decisions.root
            while type(at) is Fork:
                at = at.next.get(code & at.mask)
            outcomes: Sequence[CodedOutcome] = self._learn(action, code) if at is None else at  # type: ignore[assignment]
            if len(outcomes) > 1:
                outcomes = self._in_order(code, outcomes)
            for changed, move in outcomes:
                place = places.get(code ^ changed)
                if place is None:
                    place = self._place(code ^ changed)
                if place >= 0:
                    found.append((place, move))
                else:
                    cuts += [(bound, move.event) for bound in self._crossed[-1 - place]]
        return found, Cuts(cuts) if cuts else UNCUT

    def _learn(self, action: Action, code: int) -> tuple[CodedOutcome, ...]:
        """What an action comes to in a state, found by its handler."""
        tables, event = self._tables, action.event
        steps = self.runner.answer(event, tables.state(code)).steps
        outcomes = self._outcomes(action, [(code ^ tables.code(s.state), s.choice) for s in steps])

        def again(state: State, reading: StateReading) -> tuple[CodedOutcome, ...]:
            found = call_of(self.model.program, event, state)
            return self._outcomes(action, [(tables.change(reading, s), plain(c)) for s, c in found])

        action.learned.asked = self._expanded
        tables.learn(action.learned, code, again, outcomes)
        return outcomes

    def _outcomes(self, action: Action, steps: list[tuple[int, object]]) -> tuple[CodedOutcome, ...]:
        """Steps that change something, each once, with their moves."""
        moves = [
            (changed, self._move(action.event.chosen(choice)) if choice else action.move)  # type: ignore[arg-type]
            for changed, choice in steps
            if changed
        ]
        return tuple(dict.fromkeys(moves))

    def _in_order(self, code: int, outcomes: Sequence[CodedOutcome]) -> list[CodedOutcome]:
        """Outcomes in an order that does not depend on that in which the handler found them: those that lead
        to known states by their numbers, then the others by value.
        """
        key = cmp_to_key(self._tables.compare)
        known, new = [], []
        for outcome in outcomes:
            place = self._places.get(code ^ outcome[0])
            if place is None:
                new.append(outcome)
            else:
                known.append((place, order(outcome[1].event.choice), outcome))
        known.sort(key=lambda each: each[:2])
        if len(new) > 1:
            new.sort(key=lambda each: (key(code ^ each[0]), order(each[1].event.choice)))
        return [outcome for _, _, outcome in known] + new

    def _place(self, code: int) -> int:
        """The number of a state: from 0 within the bounds, from -1 downwards beyond them."""
        place = self._places.get(code)
        if place is None:
            crossed = self._bounds_crossed(code) if self.model.bounds else ()
            if crossed:
                self._crossed.append(crossed)
                place = -len(self._crossed)
            else:
                place = len(self._codes)
                self._codes.append(code)
            self._places[code] = place
        return place

    def _bounds_crossed(self, code: int) -> tuple[str, ...]:
        """The bounds that a state is beyond."""
        self._bounds.asked += 1
        known = self._bounds.decisions.find(code)
        if known is None:
            known = self.runner.crossed(self._tables.state(code))
            again = self.runner.crossed_as_is
            self._tables.learn(self._bounds, code, lambda s, _: again(s), known)
        return known

    def is_undecided(self, claim: int, observation: Observation) -> bool:
        """Whether a check is known to answer so of a state that its claim is not decided."""
        learned = self._checks.get(claim)
        if learned is None:
            return False
        learned.asked += 1
        return learned.decisions.find(self._codes[observation[0]]) is not None

    def learn_undecided(self, claim: Property, number: int, observation: Observation) -> None:
        """Note that the check of a claim has answered so that this is not decided."""
        if claim.scope.kind != "shared":
            return
        learned = self._checks.get(number)
        if learned is None:
            learned = self._checks[number] = self._tables.function()

        def again(state: State, _: StateReading) -> tuple[()]:
            answer = claim.scope.ask(state)
            if not leaves_open(claim, answer):
                raise ValueError("answers otherwise")
            return ()

        code = self._codes[observation[0]]
        self._tables.learn(learned, code, again, ())

    def _move(self, event: Event) -> Move:
        """The move of an event with a choice, made once."""
        found = self._chosen.get(event)
        if found is None:
            found = self._chosen[event] = Move(event, visible=True)
        return found

    def state(self, code: int) -> State:
        """The state of a number."""
        return self._tables.state(self._codes[code])

    def number(self, state: State) -> int:
        """The number of a state that is within the bounds, a new one if it was not met before."""
        place = self._place(self._tables.code(state))
        assert place >= 0, "the bounds answer otherwise than before"
        return place

    def forget(self, numbers: Iterable[int]) -> None:
        """Let go of some states: if one is met again, it has another number."""
        self._known.clear()  # of steps that may lead there
        for number in numbers:
            del self._places[self._codes[number]]
            self._codes[number] = 0

    def decode(self, code: int) -> GlobalState:
        return GlobalState(shared=self.state(code))

    def observation(self, code: int) -> Observation:
        return (code,)

    def view_key(self, observation: Observation, claim: int) -> tuple[int, ...]:
        return observation

    def views(self, observation: Observation, claim: int) -> tuple[object, ...]:
        return (self.state(observation[0]),)
