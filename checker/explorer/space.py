"""The states of a model, found as someone walks: paths, what blocks a step, what properties say."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from elcheck.checker.html.sources import Sources
from elcheck.checker.interpreter.steps import Successor
from elcheck.checker.interpreter.why_not import Explainer, Reason, around
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.model.values import counted
from elcheck.checker.replay.judged import Judgement, judged
from elcheck.checker.replay.script import LineStep, Script
from elcheck.checker.replay.walk import walk
from elcheck.checker.traces.show import ShowExpression
from elcheck.checker.traces.trace import Trace, TraceStep

LONGEST = 2_000
"""Steps that a path may have."""
_KEPT = 4096
"""States whose steps and judgements are kept, so that each is worked out once on a walk."""

Places = tuple[int, ...]
"""The number of an initial state, then of each step its place among the steps of its state; from 0."""


@dataclass(frozen=True)
class Ways:
    """The steps of a state, each once. ``raised`` is what kept a handler from saying more of them."""

    steps: tuple[Successor, ...]
    raised: str | None = None


@dataclass(frozen=True)
class BlockedSteps:
    """Steps that can't happen, for one reason. ``source`` is where the guard is, if a guard is the reason."""

    why: str
    source: str
    events: tuple[Event, ...]


class Space:
    """A model to be walked. Nothing of it is searched; a state's steps are listed when they are asked for.
    ``show`` is what else somebody wants to see of its states.

    Raises HandlerError or DefinitionError if the model has no initial state that could be shown.
    """

    def __init__(self, model: Model, show: Sequence[ShowExpression] = ()) -> None:
        self.model, self.show = model, tuple(show)
        self.explainer = Explainer(model)
        self.starts = tuple(dict.fromkeys(self.explainer.initial()))
        self.ways = lru_cache(_KEPT)(self._ways)
        self.of_state = lru_cache(_KEPT)(self._of_state)
        self.of_step = lru_cache(_KEPT)(self._of_step)

    @cached_property
    def sources(self) -> Sources:
        """Where the methods of the model are written."""
        return Sources(self.explainer.runner)

    def _ways(self, state: GlobalState) -> Ways:
        found: dict[Successor, None] = {}
        try:
            for successor in self.explainer.steps(state):
                found.setdefault(successor)
        except HandlerError as error:
            return Ways(tuple(found), str(error))
        return Ways(tuple(found))

    # -- paths -----------------------------------------------------------------------------------------

    def walk(self, path: Sequence[int]) -> Trace:
        """Where a path leads. Raises UsageError for one that there is not."""
        if not path:
            raise UsageError("a path begins with the number of an initial state")
        if len(path) > LONGEST + 1:
            raise UsageError(f"a path has at most {LONGEST:,} steps, and this one {len(path) - 1:,}")
        start, *places = path
        if not 0 <= start < len(self.starts):
            raise UsageError(f"there is no initial state {start}: there are {len(self.starts)}, from 0")
        state, steps = self.starts[start], []
        for number, place in enumerate(places, 1):
            there = self.ways(state).steps
            if not 0 <= place < len(there):
                raise UsageError(f"step {number} is number {place} of {counted(len(there), 'step')}, from 0")
            event, state = there[place]
            steps.append(TraceStep(event, state))
        return Trace(self.starts[start], tuple(steps))

    def path_of(self, trace: Trace) -> Places:
        """The path of a trace of this model. Raises UsageError for one that is not allowed."""
        try:
            path = [self.starts.index(trace.initial)]
            for _, before, step in trace.numbered:
                path.append(self.ways(before).steps.index((step.event, step.state)))
        except ValueError:
            raise UsageError("the trace is none of this model") from None
        return tuple(path)

    def follow(self, path: Sequence[int], said: Sequence[str]) -> tuple[Places, str]:
        """The path of the steps that are said, as far as there is one, and why it goes no further (empty: it
        does not end early). It is the given path if its steps are called so here too: that of a walk in a
        model that has changed since.
        """
        with suppress(UsageError):
            if [step.event.located for step in self.walk(path).steps] == list(said):
                return tuple(path), ""
        start = path[0] + 1 if path and 0 <= path[0] < len(self.starts) else None
        try:
            walked = walk(Script(start, tuple(map(LineStep, said))), self.model)
        except UsageError as error:
            return (0,), str(error)
        found = self.path_of(walked.trace)
        if walked.refused is None or walked.refused.number is None:
            return found, walked.raised or ""
        whys = "; ".join(str(r.why) for r in walked.refused.reasons)
        return found, f"step {walked.refused.number}, {walked.refused.step.text}, is not possible: {whys}"

    def random(self, path: Sequence[int], seed: int, most: int, *, faults: bool) -> tuple[Places, str]:
        """A path continued at random, and why it ends where it does: after ``most`` steps, or before that
        where nothing is enabled, or a property breaks that held before. One seed always gives one walk.

        Raises UsageError for a path that there is not.
        """
        trace, chance, further = self.walk(path), random.Random(seed), list(path)
        state = trace.states[-1]
        bad = set(self.broken(state))
        for _ in range(min(most, LONGEST + 1 - len(path))):
            there = self.ways(state).steps
            open_ = [place for place, (event, _) in enumerate(there) if faults or not event.fault]
            if not open_:
                return tuple(further), "no step is enabled" if not there else "only faults are enabled"
            place = chance.choice(open_)
            event, after = there[place]
            further.append(place)
            broken = [*self.broken(after), *self.broken_by(state, event, after)]
            state = after
            if new := [name for name in broken if name not in bad]:
                return tuple(further), f"{', '.join(new)}: broken"
        return tuple(further), ""

    # -- what is not enabled -----------------------------------------------------------------------------

    def blocked(self, state: GlobalState) -> Iterator[BlockedSteps]:
        """What can be thought of in a state and is not enabled: by handler or fault, and by the reason."""
        enabled = {event for event, _ in self.ways(state).steps}
        groups: dict[tuple[str, str, str], list[Event]] = {}
        for event in dict.fromkeys(self.explainer.events(state)):
            if event not in enabled:
                why = self._why(state, event)
                groups.setdefault((event.name, why.text, self._source(event, why)), []).append(event)
        for (_, said, source), events in groups.items():
            yield BlockedSteps(said, source, tuple(events))

    def _why(self, state: GlobalState, event: Event) -> Reason:
        try:
            return self.explainer.held_up(state, event)
        except HandlerError as error:
            return around(f"it raises: {error}")

    def _source(self, event: Event, why: Reason) -> str:
        handler = self.explainer.runner.handler(event) if why.is_of_handler else None
        return f"{Path(handler.file).name}:{handler.line}" if handler is not None else ""

    # -- properties --------------------------------------------------------------------------------------

    def _of_state(self, state: GlobalState) -> tuple[Judgement, ...]:
        """What the properties say of a state alone."""
        return tuple(judged(Trace(state, ()), self.model))

    def _of_step(self, before: GlobalState, event: Event, after: GlobalState) -> tuple[Judgement, ...]:
        """What the properties of steps say of a step, and what raised if they could not be asked."""
        found = judged(Trace(before, (TraceStep(event, after),)), self.model)
        return tuple(j for j in found if j.kind in ("step", "error"))

    def broken(self, state: GlobalState) -> list[str]:
        """The properties that a state breaks, and what raises in it."""
        return [j.name for j in self.of_state(state) if j.at is not None and j.kind != "sometimes"]

    def broken_by(self, before: GlobalState, event: Event, after: GlobalState) -> list[str]:
        """The properties of steps that a step breaks."""
        return [j.name for j in self.of_step(before, event, after) if j.kind == "step" and j.at is not None]

    def newly_broken(self, before: GlobalState, event: Event, after: GlobalState) -> list[str]:
        """The properties that are broken after a step and were not before it, then those of steps."""
        already = self.broken(before)
        new = [name for name in self.broken(after) if name not in already]
        return [*new, *self.broken_by(before, event, after)]

    def broken_at_the_end(self, trace: Trace) -> list[str]:
        """The properties that the last state of a trace breaks, then those that its last step does."""
        last = trace.states[-1]
        by = self.broken_by(trace.states[-2], trace.steps[-1].event, last) if trace.steps else []
        return [*self.broken(last), *by]
