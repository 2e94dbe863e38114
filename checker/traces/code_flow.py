"""A trace as a way through the source: for code scanning, which leads through it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from elcheck.checker.model.model import Model
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.values import counted, text
from elcheck.checker.traces.changes import changes
from elcheck.checker.traces.source import Place, place_of_start, place_of_step
from elcheck.checker.traces.trace import Trace


@dataclass(frozen=True)
class FlowStep:
    """A step, or the start: where it is written, what it does, and the fields that it changes with their new
    values.
    """

    place: Place
    said: str
    changed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class CodeFlow:
    """A trace: what it shows, and its steps from the start on. It is plain data, also for other processes."""

    said: str
    steps: tuple[FlowStep, ...]


def code_flow(model: Model, trace: Trace, of: str = "") -> CodeFlow:
    """The way of a trace through the source of a model. ``of`` is what it is a trace of, where there may be
    several.
    """
    return CodeFlow(": ".join(filter(None, [of, _lead(trace)])), tuple(_steps(model, trace)))


def _lead(trace: Trace) -> str:
    if trace.loop is None:
        return f"how it comes to that, in {counted(len(trace.steps), 'step')}"
    if trace.loop == len(trace.steps):
        return f"after {counted(trace.loop, 'step')} it stays where it is for ever"
    return f"a behaviour without end: after step {len(trace.steps)} it goes on as after step {trace.loop}"


def _steps(model: Model, trace: Trace) -> Iterator[FlowStep]:
    """The start and every step. What no handler does is at the start of the node that it happens to."""
    runner = Runner(model)
    yield FlowStep(place_of_start(model), "0 start")
    for number, before, step in trace.numbered:
        place = place_of_step(runner, before, step) or place_of_start(model, step.event.node)
        changed = changes(model, before, step.state).fields
        fields = tuple((change.path, text(change.new)) for change in changed)
        yield FlowStep(place, f"{number} {step.event.located}", fields)
