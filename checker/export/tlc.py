"""Traces as TLC writes them with ``-dumpTrace json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from elcheck.checker.export.subject import Exported
from elcheck.checker.export.variables import NamedParts, OrderedSet, arguments, variables
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.model.values import order, text
from elcheck.checker.render.as_json import value as plain
from elcheck.checker.traces.source import Place, place_of_start, place_of_step
from elcheck.checker.traces.trace import TraceStep

Numbered = list[object]
"""A state's number, from 1, and its variables."""


def render(subject: Exported) -> str:
    """The trace as a document."""
    return json.dumps(document(subject), indent=2, ensure_ascii=False) + "\n"


def document(subject: Exported) -> dict[str, object]:
    """The trace in JSON's types. A lasso ends with the action that leads back to a state that was there
    before, or, if it stays where it is, with an action from its last state to itself.
    """
    report, trace = subject.report, subject.trace
    numbered: list[Numbered] = [[n, _state(report.model, s)] for n, s in enumerate(trace.states, 1)]
    targets = numbered[1:]
    done: list[tuple[Event | None, Place]] = [
        (step.event, _place(subject, before, step)) for _, before, step in trace.numbered
    ]
    if trace.rise:  # it comes to no state again
        pass
    elif trace.loop is not None and trace.loop < len(trace.steps):
        numbered.pop()
        targets[-1] = numbered[trace.loop]
    elif trace.loop is not None:
        done.append((None, place_of_start(report.model)))
        targets.append(numbered[-1])
    actions = [
        [numbered[index], _action(event, place), target]
        for index, ((event, place), target) in enumerate(zip(done, targets, strict=True))
    ]
    names = list(variables(report.model, trace.initial))
    return {"counterexample": {"action": actions, "state": numbered}, "vars": names}


def _state(model: Model, state: GlobalState) -> dict[str, object]:
    return {name: _value(part) for name, part in variables(model, state).items()}


def _place(subject: Exported, before: GlobalState, step: TraceStep) -> Place:
    """Where a step is written; of a fault, where its node starts."""
    place = place_of_step(subject.report.system.runner, before, step)
    return place or place_of_start(subject.report.model, step.event.node)


def _action(event: Event | None, place: Place) -> dict[str, object]:
    """What was done, where it is written and with which arguments; nothing at all if there is no event."""
    file, line = place
    given = {} if event is None else arguments(event)
    return {
        "name": "Stuttering" if event is None else event.name,
        "location": {
            "module": Path(file).stem,
            "beginLine": line,
            "beginColumn": 1,
            "endLine": line,
            "endColumn": 1,
        },
        "context": {name: _value(part) for name, part in given.items()},
        "parameters": list(given),
    }


def _value(part: object) -> object:
    """A value in JSON's types, sets and tuples as arrays."""
    match part:
        case NamedParts():
            return {name: _value(inner) for name, inner in part.fields.items()}
        case OrderedSet():
            return [_value(item) for item in part.items]
        case list():
            return [_value(item) for item in part]
        case Mapping():
            names = {key: key if isinstance(key, str) else text(key) for key in sorted(part, key=order)}
            return {names[key]: _value(part[key]) for key in names}
        case _:
            return plain(part)
