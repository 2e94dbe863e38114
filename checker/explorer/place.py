"""Where a path leads, in JSON's types: what the page shows."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence

from elcheck.checker.explorer.space import BlockedSteps, Space
from elcheck.checker.model.model import Model
from elcheck.checker.model.record import durable_fields
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.model.values import text
from elcheck.checker.replay.judged import Judgement
from elcheck.checker.traces.changes import changes
from elcheck.checker.traces.trace import Trace

JsonObject = dict[str, object]


def place(space: Space, path: Sequence[int]) -> JsonObject:
    """All that is known of the state that a path leads to. Raises UsageError for a path that there is not."""
    trace = space.walk(path)
    states = trace.states
    state, before = states[-1], states[-2] if len(states) > 1 else None
    ways = space.ways(state)
    seen: dict[GlobalState, int] = {}
    for number, earlier in enumerate(states):
        seen.setdefault(earlier, number)
    return {
        "path": list(path),
        "mark": mark(trace),
        "starts": len(space.starts),
        "trail": list(_trail(space, trace)),
        "state": described(space, state),
        "before": None if before is None else described(space, before),
        "steps": [_step(space, state, event, after, seen.get(after)) for event, after in ways.steps],
        "raised": ways.raised,
        "blocked": [_blocked(group) for group in space.blocked(state)],
        "properties": list(_properties(space, trace)),
    }


def mark(trace: Trace) -> str:
    """Eight letters that differ, most likely, where a path leads through other states: of another model."""
    parts = [text(trace.initial), *(f"{step.event}\0{text(step.state)}" for step in trace.steps)]
    return hashlib.sha256("\1".join(parts).encode()).hexdigest()[:8]


# -- the way here ----------------------------------------------------------------------------------------


def _trail(space: Space, trace: Trace) -> Iterator[JsonObject]:
    """The steps so far, with the properties that break there and did not before."""
    yield {"said": "start", "fault": False, "broken": space.broken(trace.initial)}
    for _, before, step in trace.numbered:
        new = space.newly_broken(before, step.event, step.state)
        yield {"said": step.event.located, "fault": step.event.fault, "broken": new}


def _step(space: Space, here: GlobalState, event: Event, after: GlobalState, back: int | None) -> JsonObject:
    """A step that can be taken: what it changes, which properties it breaks that are not broken here, and
    the step of the way after which the state was the same.
    """
    return {
        "said": event.located,
        "fault": event.fault,
        "changes": changed(space.model, here, after),
        "breaks": space.newly_broken(here, event, after),
        "back": back,
    }


def _blocked(group: BlockedSteps) -> JsonObject:
    return {
        "fault": group.events[0].fault,
        "events": [event.located for event in group.events],
        "why": group.why,
        "source": group.source,
    }


# -- properties --------------------------------------------------------------------------------------------

_OPEN = {
    "liveness": "speaks of whole behaviours: one state does not tell",
    "possible": "speaks of what can come: one state does not tell",
}


def _properties(space: Space, trace: Trace) -> Iterator[JsonObject]:
    """What each property says of the state, and of the step to it."""
    states = trace.states
    of_state = space.of_state(states[-1])
    of_step = space.of_step(states[-2], trace.steps[-1].event, states[-1]) if trace.steps else ()
    raised = [j.detail for j in of_state if j.kind == "error"]
    raised_by = [j.detail for j in of_step if j.kind == "error"]
    by_step = {j.name: j for j in of_step if j.kind == "step"}
    for judgement in of_state:
        if judgement.kind == "step":
            found = by_step.get(judgement.name)
            answer = ("open", "no step led here") if found is None else _answer(found, raised_by)
        else:
            answer = _answer(judgement, raised)
        yield {"name": judgement.name, "kind": judgement.kind, "answer": answer[0], "detail": answer[1]}


def _answer(judgement: Judgement, raised: Sequence[str]) -> tuple[str, str]:
    """holds, broken, reached, not reached or open, and more of it in words."""
    if judgement.kind in _OPEN:
        return "open", _OPEN[judgement.kind]
    if judgement.at is not None:
        return "reached" if judgement.kind == "sometimes" else "broken", judgement.detail
    if raised:
        return "open", "could not be asked: something raised"
    return ("not reached", "") if judgement.kind == "sometimes" else ("holds", "")


# -- states --------------------------------------------------------------------------------------------------


def changed(model: Model, before: GlobalState, after: GlobalState) -> list[JsonObject]:
    """What differs between two states."""
    found = changes(model, before, after)
    fields: list[JsonObject] = [
        {"what": c.path, "old": _cell(c.old), "new": _cell(c.new)} for c in found.fields
    ]
    sent: list[JsonObject] = [{"what": "+", "new": str(envelope)} for envelope in found.added]
    gone: list[JsonObject] = [{"what": "-", "old": str(envelope)} for envelope in found.removed]
    return [*fields, *sent, *gone]


def described(space: Space, state: GlobalState) -> JsonObject:
    """A state: tables with a column for each node, the messages under way, the environment, what monitors
    know, what else somebody wants to see.
    """
    model = space.model
    names = [monitor.name for monitor in model.monitors]
    return {
        "tables": list(_tables(model, state)),
        "network": list(map(str, state.network)),
        "environment": list(_environment(model, state)),
        "history": [[name, _cell(part)] for name, part in zip(names, state.history, strict=True)],
        "shown": [[expression.text, expression.said_in(state)] for expression in space.show],
    }


def _cell(value: object) -> str:
    return value if isinstance(value, str) else text(value)


def _tables(model: Model, state: GlobalState) -> Iterator[JsonObject]:
    if state.shared is not None:
        yield _table(type(model.program).__name__, [("", "", state.shared)])
        return
    programs = model.programs
    groups: dict[str, list[tuple[str, str, object]]] = {}
    for view in state.nodes:
        title = type(programs[view.node]).__name__
        groups.setdefault(title, []).append((view.node.name, view.idle, view.state))
    for title, columns in groups.items():
        yield _table(title, columns)


def _table(title: str, columns: Sequence[tuple[str, str, object]]) -> JsonObject:
    parts = [_fields(local) for _, _, local in columns]
    durable = {name for _, _, local in columns for name in durable_fields(type(local))}
    names = dict.fromkeys(name for part in parts for name in part)
    return {
        "title": title,
        "columns": [{"name": name, "idle": idle} for name, idle, _ in columns],
        "rows": [
            {"name": row, "durable": row in durable, "cells": [part.get(row, "") for part in parts]}
            for row in names
        ],
    }


def _fields(local: object) -> dict[str, str]:
    if dataclasses.is_dataclass(local) and not isinstance(local, type):
        return {f.name: _cell(getattr(local, f.name)) for f in dataclasses.fields(local)}
    return {"state": _cell(local)}


def _environment(model: Model, state: GlobalState) -> Iterator[tuple[str, str]]:
    """What is left of the budgets that there are, and the rest that can change."""
    if not model.programs:
        return
    environment, now = model.environment, state.environment
    for name, left in now.counted(environment.budgets):
        yield f"{name} left", "unlimited" if left is None else str(left)
    if model.separates:
        yield "partition", now.standing or "none"
    if environment.early_timeouts:
        yield "timeouts left", "0: they wait" if now.early_timeouts == 0 else str(now.early_timeouts)
