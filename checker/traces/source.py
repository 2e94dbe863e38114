"""Where the code of a step is written: the line of the ``yield`` or ``return`` that the handler came to."""

from __future__ import annotations

import inspect
import linecache
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType, GeneratorType
from typing import TYPE_CHECKING, NamedTuple

from elcheck.checker.model.call import theirs
from elcheck.checker.model.handlers import Handler
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.node import Node
from elcheck.checker.model.record import State
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.spec import Spec
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.step import Blocked, Choice, Send, Step
from elcheck.checker.traces.messages import traffic
from elcheck.checker.traces.trace import Trace, TraceStep

if TYPE_CHECKING:
    from _typeshed import TraceFunction


class Place(NamedTuple):
    """A line of a source file, from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line}"

    @property
    def path(self) -> str:
        """The file, from the folder that elcheck runs in where it is below it, as CI servers want it."""
        file = Path(self.file)
        return (file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file).as_posix()


def line_at(place: Place) -> str:
    """What stands at a place, empty if that can't be read."""
    return linecache.getline(place.file, place.line).strip()


class LocatedOutcome(NamedTuple):
    """One outcome of a handler, and the line that it came from."""

    step: Step[State]
    place: Place


def place_of_step(runner: Runner, before: GlobalState, step: TraceStep) -> Place | None:
    """The line that a step of a trace was taken at; the handler's first line where several might be it, None
    for a fault. The handler runs once more for it.
    """
    return place_and_note(runner, before, step)[0]


def place_and_note(runner: Runner, before: GlobalState, step: TraceStep) -> tuple[Place | None, str]:
    """The same, with what the handler notes of the step."""
    event = step.event
    if event.kind == "tick":
        ticks = (Place(h.file, h.line) for _, h in runner.all_handlers() if h.mark.kind == "tick")
        return next(ticks, None), ""
    handler = runner.handler(event)
    if handler is None:
        return None, ""
    first = Place(handler.file, handler.line)
    here = before.shared if event.node is None else before.nodes[event.node.index].state
    there = step.state.shared if event.node is None else step.state.nodes[event.node.index].state
    values = [value for _, value in event.args]
    program = runner.model.program if event.node is None else runner.programs[event.node]
    answers = [
        a for a in _answers(program, handler, [here, *values]) if _comes_to(a.step, there, event.choice)
    ]
    sent = {(e.dst, e.msg) for e in traffic(runner.model, before, event, step.state).sent}
    fitting = [a for a in answers if {(s.dst, s.msg) for s in a.step.sends if isinstance(s, Send)} >= sent]
    places = dict.fromkeys(answer.place for answer in fitting or answers)
    notes = dict.fromkeys(answer.step.note for answer in fitting or answers)
    note = next(iter(notes)) if len(notes) == 1 else ""
    return (next(iter(places)) if len(places) == 1 else first), note


def place_of_start(model: Model, node: NodeId | None = None) -> Place:
    """Where the ``start`` of a node's program is written, its class if it has none of its own; of the first
    node's if none is given.
    """
    program: object = model.programs[node or next(iter(model.programs))] if model.programs else model.program
    cls = type(program)
    assert isinstance(program, Node | Spec)
    if type(program).start not in (Node.start, Spec.start):
        code = type(program).start.__code__
        return Place(code.co_filename, code.co_firstlineno)
    return Place(inspect.getsourcefile(cls) or "", inspect.getsourcelines(cls)[1])


def place_of_end(runner: Runner, trace: Trace | None) -> Place:
    """Where a trace ends: the line of its last step that is a handler's, else where the start is written."""
    steps = [] if trace is None else list(trace.numbered)
    places = (place_of_step(runner, before, step) for _, before, step in reversed(steps))
    return next(filter(None, places), place_of_start(runner.model))


def _comes_to(step: Step[State], state: object, choice: Choice) -> bool:
    return step.state == state and step.choice == choice


def _answers(program: object, handler: Handler, arguments: list[object]) -> list[LocatedOutcome]:
    """The outcomes of a handler's call with their lines; none if its guard does not hold."""
    method: Callable[..., object] = getattr(program, handler.name)
    found: list[LocatedOutcome] = []
    with suppress(Blocked), theirs:
        answer, line = _traced(method, arguments)
        if isinstance(answer, GeneratorType):
            for step in answer:
                found.append(LocatedOutcome(step, _suspended(answer)))  # noqa: PERF401  (a guard may follow)
        elif isinstance(answer, State | Step):
            step = answer if isinstance(answer, Step) else Step(answer)
            found.append(LocatedOutcome(step, Place(handler.file, line or handler.line)))
    return found


def _suspended(generator: GeneratorType[object, None, None]) -> Place:
    """Where a generator, or the one that it delegates to, stands."""
    inner: object = generator
    while isinstance(inner, GeneratorType) and isinstance(inner.gi_yieldfrom, GeneratorType):
        inner = inner.gi_yieldfrom
    assert isinstance(inner, GeneratorType)
    assert inner.gi_frame is not None
    return Place(inner.gi_code.co_filename, inner.gi_frame.f_lineno)


def _traced(method: Callable[..., object], arguments: list[object]) -> tuple[object, int | None]:
    """What a method answers, and the line that it returned from."""
    code = inspect.unwrap(method).__code__
    lines: list[int] = []

    def on_call(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        return on_line if frame.f_code is code else None

    def on_line(frame: FrameType, event: str, _: object) -> TraceFunction:
        if event == "return":
            lines.append(frame.f_lineno)
        return on_line

    outer = sys.gettrace()
    sys.settrace(on_call)
    try:
        answer = method(*arguments)
    finally:
        sys.settrace(outer)
    return answer, lines[-1] if lines else None
