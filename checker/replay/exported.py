"""Traces that ``--export`` wrote for other tools, as elcheck's own JSON has them: ITF and TLC's."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from elcheck.checker.model.errors import UsageError
from elcheck.checker.replay.script import Json, said

_ACTION, _PICKS = "mbt::actionTaken", "mbt::nondetPicks"

ExportedObject = dict[str, Json]


def own_form(document: ExportedObject, nodes: Collection[str]) -> ExportedObject:
    """A document in the form of a trace of ``--format json``; as it is if it is of no other tool.

    Raises UsageError for one of another tool that says no steps.
    """
    try:
        if "counterexample" in document:
            return _of_tlc(document, nodes)
        if "vars" in document and "states" in document:
            return _of_itf(document, nodes)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise UsageError(f"it is no trace as elcheck exports it: {type(error).__name__} {error}") from error
    if "runs" in document:
        raise UsageError("SARIF is a report for code scanning; export the trace as .itf.json instead")
    return document


def _object(value: Json) -> ExportedObject:
    """A part that has to be an object. Raises TypeError."""
    if not isinstance(value, dict):
        raise TypeError(f"where an object has to be: {value!r}")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError(f"where a list has to be: {value!r}")
    return value


def _state(variables: Mapping[str, Json], nodes: Collection[str]) -> ExportedObject:
    """A state from its variables: of a model of nodes, or of a Spec."""
    if not nodes:
        return {"shared": variables["shared"] if [*variables] == ["shared"] else dict(variables)}
    up, paused = _list(variables["up"]), _list(variables.get("paused", []))
    local = _object(variables["nodes"])
    views: ExportedObject = {
        name: {"up": name in up, "paused": name in paused, "state": state} for name, state in local.items()
    }
    return {"nodes": views, "network": variables["network"]}


def _step(
    action: Json, given: ExportedObject, nodes: Collection[str], state: ExportedObject
) -> ExportedObject:
    """A step from its action and the arguments by the names that handlers use."""
    args = {"after sends" if name == "after_sends" else name: value for name, value in given.items()}
    node = args.pop("me", None) if nodes else None
    return {"action": action, "node": node, "args": args, "state": state}


# -- TLC ---------------------------------------------------------------------------------------------------


def _of_tlc(document: ExportedObject, nodes: Collection[str]) -> ExportedObject:
    found = _object(document["counterexample"])
    steps: list[Json] = []
    loop: Json = None
    for part in _list(found["action"]):
        source, action, target = _list(part)
        begin, end = (int(str(_list(numbered)[0])) for numbered in (source, target))
        taken = _object(action)
        if end <= begin:
            loop = end - 1
        if taken["name"] != "Stuttering":
            state = _state(_object(_list(target)[1]), nodes)
            steps.append(_step(taken["name"], dict(_object(taken["context"])), nodes, state))
    initial = _state(_object(_list(_list(found["state"])[0])[1]), nodes)
    return {"initial": initial, "steps": steps, "loop": loop}


# -- ITF ---------------------------------------------------------------------------------------------------


def _of_itf(document: ExportedObject, nodes: Collection[str]) -> ExportedObject:
    written = [_object(state) for state in _list(document["states"])]
    if not all(_ACTION in state and _PICKS in state for state in written):
        raise UsageError(f"the states of this ITF trace do not say which action led to them ({_ACTION})")
    states = [_state(_variables(state), nodes) for state in written]
    steps: list[Json] = [
        _step(after[_ACTION], _picks(after[_PICKS]), nodes, state)
        for after, state in zip(written[1:], states[1:], strict=True)
    ]
    loop = document.get("loop")
    if isinstance(loop, int) and loop and states[loop - 1] == states[-1]:
        loop -= 1  # the last state is the one before the loop once more
    return {"initial": states[0], "steps": steps, "loop": loop}


def _variables(state: ExportedObject) -> ExportedObject:
    """The variables of a state, without what is said of it."""
    return {name: _value(part) for name, part in state.items() if name not in ("#meta", _ACTION, _PICKS)}


def _picks(written: Json) -> ExportedObject:
    """The arguments of an action, each a ``Some``."""
    return {name: _value(_object(some)["value"]) for name, some in _object(written).items()}


def _value(written: Json) -> Json:
    """A value of ITF as docs/json.md writes it."""
    if isinstance(written, list):
        return [_value(item) for item in written]
    if not isinstance(written, dict):
        return written
    match written:
        case {"#bigint": number}:
            return int(str(number))
        case {"#tup": items} | {"#set": items}:
            return _value(items)
        case {"#map": pairs}:
            return {said(_value(_list(pair)[0])): _value(_list(pair)[1]) for pair in _list(pairs)}
        case {"#unserializable": text}:
            return text
        case {"tag": "Nil", "value": fields} if not fields:
            return None
        case {"tag": tag, "value": fields}:
            return {"type": tag, **_object(_value(fields))}
    return {name: _value(part) for name, part in written.items()}
