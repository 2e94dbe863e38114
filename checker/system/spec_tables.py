"""What is learned of a Spec: what its handlers, bounds and checks come to, by what they look at.

A call that is not known is made twice: on the state, by the runner with all that it examines, and on what
stands for the state (``standing``). If both come to the same, what the second one has looked at decides it
from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeAlias, TypeVar, cast

from elcheck.checker.model.call import theirs
from elcheck.checker.model.record import State
from elcheck.checker.model.state import Event
from elcheck.checker.model.step import Blocked, Choice, Step
from elcheck.checker.system.decisions import Decisions
from elcheck.checker.system.functions_run import FunctionsRun, GlobalsThatTell
from elcheck.checker.system.reading import StateReading
from elcheck.checker.system.slots import Room, Slot

L = TypeVar("L", bound="tuple[object, ...]")
WatchedCall: TypeAlias = Callable[[State, StateReading], L]
"""Calls a function on what stands for a state, and says what that came to."""
PRICE = 16
"""To learn a call takes about as long as so many calls."""
CREDIT, CREDIT_IN_ALL = 256, 800
"""Calls that may be spent on learning a function, and all functions, before any are saved."""
SUMMED = 64
"""Calls that might be learned, between two looks at how many were saved in all."""
FAILED = 10
"""Calls that could not be watched, after which no more are tried."""
RECENT = 2000
"""States that are kept as they are, since they were met or asked for last."""


class LearnedFunction(Generic[L]):
    """What is learned of one function. ``asked``: how often that was wanted; ``calls``: how often unknown.
    ``lazily``: nothing that ran in it could take an unread value for another.
    """

    def __init__(self, *, off: bool) -> None:
        self.decisions: Decisions[L] = Decisions()
        self.asked = self.calls = self.learned = self.failed = 0
        self.lazily = True
        self.off = off

    @property
    def saved(self) -> int:
        """Calls that were not made."""
        return self.asked - self.calls


class SpecTables:
    """The states of a Spec as codes, and what was learned of its functions, nothing if they are not
    ``learning``.
    """

    def __init__(self, *, learning: bool) -> None:
        self._learning = learning
        self._learned = self._wanted = self._saved = 0
        self._room = Room()
        self._root = Slot(self._room, None, keeps=False)
        self._functions: list[LearnedFunction[tuple[object, ...]]] = []
        self._recent: dict[int, State] = {}
        self._globals_that_tell: GlobalsThatTell = {}

    def code(self, state: State) -> int:
        """The code of a state. Raises HandlerError as :func:`require_same` does."""
        code = self._root.code(state)
        if len(self._recent) >= RECENT:
            self._recent.clear()
        self._recent[code] = state
        return code

    def state(self, code: int) -> State:
        """The state of a code."""
        state = self._recent.get(code)
        if state is None:
            state = self._recent[code] = cast(State, self._root.value(code))
        return state

    def change(self, reading: StateReading, after: object) -> int:
        """What a step to another state changes in the code of the one that a reading is of."""
        return reading.change(self._root, after)

    def compare(self, code: int, other: int) -> int:
        """Below 0 if a state comes before another in the order of values, above 0 if it comes after."""
        return self._root.compare(code, other)

    def function(self) -> LearnedFunction[L]:
        """A function of which nothing is learned yet."""
        made: LearnedFunction[L] = LearnedFunction(off=not self._learning)
        self._functions.append(cast("LearnedFunction[tuple[object, ...]]", made))
        return made

    def learn(self, function: LearnedFunction[L], code: int, call: WatchedCall[L], leaf: L) -> None:
        """Note what a function came to in the state of a code, if that pays, and watching it shows what it
        depends on.
        """
        function.calls += 1
        if not self._pays(function):
            return
        function.learned += 1
        self._learned += 1
        reading = self._watched(function, code, call, leaf)
        if self._room.upset:
            self._forget()
        elif reading is not None:
            function.decisions.learn(code, reading.noted, leaf)

    def _pays(self, function: LearnedFunction[L]) -> bool:
        """Whether to learn one more call: what that takes is to be saved by those that were not made."""
        first = function.calls == 1  # of a handler that takes long it may be the only one
        if first or function.off or PRICE * function.learned > function.saved + CREDIT:
            return False
        self._wanted += 1
        if self._wanted % SUMMED == 0:
            self._saved = sum(known.saved for known in self._functions)
        return PRICE * self._learned <= self._saved + CREDIT_IN_ALL

    def _watched(
        self, function: LearnedFunction[L], code: int, call: WatchedCall[L], leaf: L
    ) -> StateReading | None:
        """A call on what stands for a state; None if it does not show what the function has looked at."""
        reading, run = StateReading(code, lazily=function.lazily), FunctionsRun(self._globals_that_tell)
        found: L | None = None
        try:
            with theirs:
                found = run.during(lambda: call(cast(State, reading.of(self._root)), reading))
        except Exception:
            found = None
        if function.lazily and run.tell_objects:
            function.lazily = False
            return self._watched(function, code, call, leaf)
        same = found is not None and set(found) == set(leaf)  # sets are gone through in any order
        if same and not (run.tell_classes or run.stumbled):
            return reading
        function.failed += 1
        function.off = function.off or function.failed > FAILED
        return None

    def _forget(self) -> None:
        """Forget all that was learned: something was relied on that is so no longer."""
        self._room.upset = False
        for function in self._functions:
            function.decisions = Decisions()


def outcomes_of(answer: object) -> Iterator[tuple[object, Choice]]:
    """The states that a handler answers with what it chose for each, however it answers; nothing if a guard
    forbids it.
    """
    if isinstance(answer, State):
        yield answer, ()
    elif isinstance(answer, Step):
        yield answer.state, answer.choice
    elif isinstance(answer, Iterator):
        for step in answer:
            assert isinstance(step, Step)
            yield step.state, step.choice
    else:
        raise TypeError("no answer of a handler")


def call_of(program: object, event: Event, state: object) -> list[tuple[object, Choice]]:
    """What the handler of an event comes to, without any examination."""
    handler: Callable[..., object] = getattr(program, event.name)
    try:
        return list(outcomes_of(handler(state, *[value for _, value in event.args])))
    except Blocked:
        return []
