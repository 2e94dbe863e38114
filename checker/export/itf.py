"""Traces as ITF JSON, the Informal Trace Format of Apalache and Quint (Apalache's ADR-015)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from enum import Enum

from elcheck.checker.export.subject import Exported
from elcheck.checker.export.variables import NamedParts, OrderedSet, arguments, variables
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.state import Event
from elcheck.checker.model.terms import Term
from elcheck.checker.model.values import order, text

ACTION, PICKS = "mbt::actionTaken", "mbt::nondetPicks"
"""Where Quint puts the action that led to a state, and what was picked for it."""


def render(subject: Exported) -> str:
    """The trace as a document."""
    return json.dumps(document(subject), indent=2, ensure_ascii=False) + "\n"


def document(subject: Exported) -> dict[str, object]:
    """The trace in JSON's types. The last state of a lasso equals the one that its loop starts from; it is
    kept, since the action that leads back stands there, and ``loop`` is the state after the first of the two.
    """
    model, trace = subject.report.model, subject.trace
    events: list[Event | None] = [None, *(step.event for step in trace.steps)]
    states: list[dict[str, object]] = []
    for index, (state, event) in enumerate(zip(trace.states, events, strict=True)):
        named = {name: expression(part) for name, part in variables(model, state).items()}
        states.append({"#meta": {"index": index}, **named, **_taken(event)})
    found: dict[str, object] = {
        "#meta": {"format": "ITF", "description": subject.title},
        "vars": [name for name in states[0] if name != "#meta"],
        "states": states,
    }
    if trace.loop is not None and not trace.rise:
        found["loop"] = min(trace.loop + 1, len(trace.steps))
    return found


def _taken(event: Event | None) -> dict[str, object]:
    """The action that led to a state, as Quint writes it."""
    picks = {} if event is None else arguments(event)
    some = {name: {"tag": "Some", "value": expression(value)} for name, value in picks.items()}
    return {ACTION: "init" if event is None else event.name, PICKS: some}


def expression(value: object) -> object:
    """A value as an ITF expression: nodes and enum members by name, tuples as ``#tup``, mappings as ``#map``,
    a dataclass as the variant of its name, None as the variant ``Nil``; as text what ITF has no word for.
    """
    match value:
        case None:
            return {"tag": "Nil", "value": {}}
        case NodeId() | Enum():
            return text(value)
        case bool() | str():
            return value
        case int() | Term():
            return {"#bigint": str(value)}
        case list():
            return [expression(item) for item in value]
        case tuple():
            return {"#tup": [expression(item) for item in value]}
        case frozenset():
            return {"#set": [expression(item) for item in sorted(value, key=order)]}
        case OrderedSet():
            return {"#set": [expression(item) for item in value.items]}
        case NamedParts():
            return {name: expression(part) for name, part in value.fields.items()}
        case Mapping():
            return {"#map": [[expression(k), expression(value[k])] for k in sorted(value, key=order)]}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: expression(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"tag": type(value).__name__, "value": parts}
    return {"#unserializable": text(value)}
