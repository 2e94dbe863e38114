"""What the page shows of a walk beside its state: the space-time picture, and the source of a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from elcheck.checker.explorer.place import JsonObject
from elcheck.checker.explorer.space import Space
from elcheck.checker.html.picture import pictures_of
from elcheck.checker.html.trace_view import trace_view_of
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.values import counted
from elcheck.checker.traces.reads import FieldsRead, fields_read
from elcheck.checker.traces.trace import Trace, TraceStep

LAST = 60
"""Steps of a walk that are drawn, the last ones."""


def picture(space: Space, path: Sequence[int]) -> JsonObject:
    """The space-time picture of the last steps of a walk. Raises UsageError for a path that there is not."""
    trace = space.walk(path)
    view = trace_view_of(trace, space.model, last=LAST, read=_read(space, trace))
    return {"nodes": list(view.nodes), "first": view.first, **asdict(pictures_of(view))}


def _read(space: Space, trace: Trace) -> FieldsRead:
    """What the first property reads that the walk breaks."""
    broken = space.broken_at_the_end(trace)
    claim = next((claim for claim in space.model.properties if claim.name in broken), None)
    return fields_read(trace, space.model, claim)


def source(space: Space, path: Sequence[int], further: int | None) -> JsonObject:
    """The method that says what a step does: the last one of a path, or the one of a number that can be taken
    next. Raises UsageError for a path or a step that there is not.
    """
    before, step = _meant(space, space.walk(path), further)
    if step is None:
        return {"said": "start", "method": None}
    sources = space.sources
    place = sources.of_event(step.event)
    if place is None:
        return {"said": step.event.located, "method": None}
    method = sources.places[place]
    lines = sources.files[method.file].lines[method.first - 1 : method.last]
    return {
        "said": step.event.located,
        "method": method.name,
        "file": sources.files[method.file].name,
        "first": method.first,
        "taken": sources.line_of(place, before, step),
        "lines": [list(map(list, line)) for line in lines],
    }


def _meant(space: Space, trace: Trace, further: int | None) -> tuple[GlobalState, TraceStep | None]:
    """A step, if there is one, and the state before it."""
    if further is None:
        return ([trace.initial, *trace.states][-2], trace.steps[-1] if trace.steps else None)
    there = space.ways(trace.states[-1]).steps
    if not 0 <= further < len(there):
        raise UsageError(f"there is no step {further}: there are {counted(len(there), 'step')}, from 0")
    return trace.states[-1], TraceStep(*there[further])
