"""Walking a trace that someone wrote: the model's own steps that fit it, as far as there are any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from elcheck.checker.interpreter.why_not import Explainer, around
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.model.values import counted, text
from elcheck.checker.replay.script import LineStep, Script, WrittenStep, fit
from elcheck.checker.replay.unfit import Objection, reasons
from elcheck.checker.replay.values import fits_fields, fits_state, is_whole
from elcheck.checker.replay.words import words
from elcheck.checker.traces.changes import changes
from elcheck.checker.traces.differences import differences
from elcheck.checker.traces.trace import Trace, TraceStep

CAP = 10_000
"""States that the steps so far may lead to. Beyond, a trace says too little."""
NEAREST = 5
"""Steps that are shown in the place of one that is not allowed."""


@dataclass(frozen=True)
class RefusedStep:
    """The first step that is not allowed: its number, why it is not, and the nearest steps that are. If only
    the loop is not closed, ``number`` is None, and ``nearest`` are the steps that would close it.
    """

    number: int | None
    step: WrittenStep
    reasons: tuple[Objection, ...]
    nearest: tuple[Event, ...]


@dataclass(frozen=True)
class Walked:
    """What became of a trace: its steps as far as they are allowed, and what is to be known of them.

    ``refused`` is None if all of them are. ``raised`` is what a handler raised on the way.
    """

    trace: Trace
    refused: RefusedStep | None
    raised: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Way:
    """A way to a state: the step that leads there, and the way before it. ``base`` is the state that the
    loop has to come back to, once the way has been there.
    """

    before: _Way | None
    event: Event | None
    state: GlobalState
    base: GlobalState | None = None

    def steps(self) -> Iterator[TraceStep]:
        """Its steps, the last one first."""
        way: _Way | None = self
        while way is not None and way.event is not None:
            yield TraceStep(way.event, way.state)
            way = way.before

    def trace(self) -> Trace:
        """The way as a trace."""
        steps = tuple(reversed(list(self.steps())))
        first: _Way = self
        while first.before is not None:
            first = first.before
        return Trace(first.state, steps)


def walk(script: Script, model: Model) -> Walked:
    """Follow a written trace by plain states. Where a step fits several, all of them are followed.

    Raises UsageError for a trace that says too little, or starts from where there is no initial state.
    """
    return _Walk(script, model).run()


def unlike(model: Model, before: GlobalState, after: GlobalState) -> Iterator[str]:
    """What differs between two states, in words."""
    changed = changes(model, before, after)
    for change in changed.fields:
        yield from differences(change.path, change.old, change.new)
    for said, envelopes in (("more", changed.added), ("no more", changed.removed)):
        yield from (f"{said} under way: {text(e.msg)} from {e.src} to {e.dst}" for e in envelopes)


class _Walk:
    def __init__(self, script: Script, model: Model) -> None:
        self.script = script
        self.model = model
        self.explainer = Explainer(model)
        self.notes: list[str] = []
        self.forked: tuple[int, list[Event]] | None = None
        self.deviates_after: int | None = None

    def run(self) -> Walked:
        ways = self._start()
        try:
            for number, step in enumerate(self.script.steps, 1):
                further = self._further(number, step, ways)
                if not further:
                    return self._refused(number, step, ways[0])
                if len(further) > CAP:
                    many = f"the steps up to here fit {counted(len(further), 'state')}"
                    raise UsageError(f"step {number}, {step.text}: {many}: say more of them")
                ways = further
            return self._ended(ways)
        except HandlerError as error:
            return Walked(ways[0].trace(), None, str(error), tuple(self.notes))

    def _note_fork(self, trace: Trace) -> None:
        """Say of the first step that fits several which of them was taken."""
        if self.forked is not None:
            number, events = self.forked
            said = "; ".join(event.located for event in events[:3]) + ("; ..." if len(events) > 3 else "")
            chosen = trace.steps[number - 1].event
            self.notes.append(f"step {number} fits {len(events)} steps ({said}); taken is {chosen.located}")

    def _ended(self, ways: list[_Way]) -> Walked:
        """All steps are allowed; so is the whole if some way closes the loop that it is said to have."""
        loop = self.script.loop
        closed = [way for way in ways if loop is None or way.base == way.state]
        trace = (closed or ways)[0].trace()
        self._note_fork(trace)
        if loop is not None and not closed:
            return self._unclosed(trace, loop)
        return Walked(replace(trace, loop=loop), None, None, tuple(self.notes))

    def _unclosed(self, trace: Trace, loop: int) -> Walked:
        """What keeps a loop open."""
        there, here = trace.states[loop], trace.states[-1]
        parts = "; ".join(unlike(self.model, there, here))
        why = f"the state after step {len(trace.steps)} is not the one after step {loop}: {parts}"
        closing = [event for event, after in self.explainer.steps(here) if after == there]
        refused = RefusedStep(
            None, LineStep(f"back to step {loop}"), (Objection(None, around(why)),), tuple(closing)
        )
        return Walked(trace, refused, None, tuple(self.notes))

    def _start(self) -> list[_Way]:
        """The initial states that the trace may start from."""
        initial, said = list(dict.fromkeys(self.explainer.initial())), self.script.start
        fitting = initial
        if is_whole(said):
            fitting = [state for state in initial if fits_state(said, state)]
            if not fitting:
                self.deviates_after = 0
                self.notes.append("the initial state is another one than the trace gives")
        elif isinstance(said, dict):
            fitting = [state for state in initial if fits_fields(said, state, self.model)]
            if not fitting:
                raise UsageError(f"none of {counted(len(initial), 'initial state')} has these fields: {said}")
        elif isinstance(said, int) and not isinstance(said, bool):
            if not 1 <= said <= len(initial):
                raise UsageError(f"there is no initial state {said}: they are numbered 1 to {len(initial)}")
            fitting = [initial[said - 1]]
        elif said is not None:
            raise UsageError(f"'initial' is a number, an object with fields, or a state, not {said!r}")
        return [self._way(None, None, state, 0) for state in fitting or initial]

    def _way(self, before: _Way | None, event: Event | None, after: GlobalState, number: int) -> _Way:
        base = after if number == self.script.loop else before.base if before is not None else None
        return _Way(before, event, after, base)

    def _further(self, number: int, step: WrittenStep, ways: list[_Way]) -> list[_Way]:
        """The ways one step on, one for each state (and state that the loop comes back to)."""
        found: dict[tuple[GlobalState, GlobalState | None], _Way] = {}
        events: dict[Event, None] = {}
        for way in ways:
            offers = [(fit(step, e, self.explainer.names), e, s) for e, s in self.explainer.steps(way.state)]
            best = max((quality for quality, _, _ in offers), default=0)
            for quality, event, after in offers:
                if quality and quality == best:
                    longer = self._way(way, event, after, number)
                    found.setdefault((after, longer.base), longer)
                    events.setdefault(event)
        as_said = [way for way in found.values() if fits_state(step.state, way.state)]
        if found and not as_said and self.deviates_after is None:
            self.deviates_after = number
            self.notes.append(f"after step {number} the state is another one than the trace gives")
        kept = as_said or list(found.values())
        left = list(dict.fromkeys(way.event for way in kept if way.event is not None))
        if len(left) > 1 and self.forked is None:
            self.forked = number, left
        return kept

    def _refused(self, number: int, step: WrittenStep, way: _Way) -> Walked:
        why = tuple(reasons(step, way.trace(), self.explainer))
        enabled = list(dict.fromkeys(event for event, _ in self.explainer.steps(way.state)))
        mine = step.words

        def is_named(event: Event) -> bool:
            return any(name in mine for name in self.explainer.names.written(event))

        a_fault = any(event.fault and is_named(event) for event in self.explainer.events(way.state))

        def distance(event: Event) -> tuple[bool, bool, float]:
            """Steps of the same name first, then faults if a fault was meant, then by common words."""
            alike = SequenceMatcher(None, mine, words(event.located), autojunk=False).ratio()
            return not is_named(event), event.fault != a_fault, -alike

        nearest = tuple(sorted(enabled, key=distance)[:NEAREST])
        return Walked(way.trace(), RefusedStep(number, step, why, nearest), None, tuple(self.notes))
