"""Reading a trace that someone wrote, or that elcheck did: JSON, or lines."""

from __future__ import annotations

import json
from collections.abc import Collection

from elcheck.checker.model.errors import UsageError, hint
from elcheck.checker.replay.exported import own_form
from elcheck.checker.replay.lines import script_of
from elcheck.checker.replay.script import Json, JsonStep, LineStep, Script, WrittenStep


def read(text: str, nodes: Collection[str], property_name: str | None = None) -> Script:
    """Read a trace: JSON if it starts with a bracket, else lines. Of the report of a check the trace of a
    property is taken, or that of the first that is refuted. Raises UsageError with the place of a mistake.
    """
    if text.lstrip()[:1] in ("{", "["):
        return _of_json(text, nodes, property_name)
    return script_of(text, nodes, property_name)


def _of_json(text: str, nodes: Collection[str], property_name: str | None) -> Script:
    try:
        document: Json = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"line {error.lineno}, column {error.colno}: no JSON: {error.msg}") from error
    except RecursionError:
        raise UsageError("the JSON is nested too deeply to be a trace") from None
    if isinstance(document, dict) and "answer" in document:  # what a replay said
        document = document["trace"]
    if isinstance(document, dict) and "properties" in document:
        document = _trace_of_report(document["properties"], property_name)
    elif property_name is not None:
        raise UsageError("--property chooses a trace of the JSON report of a check, and this is one trace")
    start, loop, steps = None, None, document
    if isinstance(document, dict):
        document = own_form(document, nodes)
        steps, start, loop = document.get("steps"), document.get("initial"), document.get("loop")
    if not isinstance(steps, list):
        raise UsageError("a trace in JSON is a list of steps, or an object with 'steps' (and 'initial')")
    if loop is not None and (not isinstance(loop, int) or not 0 <= loop <= len(steps)):
        raise UsageError(f"'loop' is the number of steps after which the loop starts, or null, not {loop!r}")
    return Script(start, tuple(_entry(number, step) for number, step in enumerate(steps, 1)), loop)


def _trace_of_report(properties: Json, name: str | None) -> Json:
    claims = [p for p in properties if isinstance(p, dict)] if isinstance(properties, list) else []
    having = [claim for claim in claims if claim.get("trace")]
    wanted = [c for c in having if c.get("name") == name or (name is None and c.get("verdict") == "refuted")]
    if not wanted:
        names = ", ".join(repr(claim.get("name")) for claim in having) or "none"
        what = "of a refuted property" if name is None else f"of a property called {name!r}"
        raise UsageError(f"the report has no trace {what}; properties with a trace: {names} (--property)")
    return wanted[0]["trace"]


_KEYS = ("action", "node", "args", "choice", "state")


def _entry(number: int, step: Json) -> WrittenStep:
    if isinstance(step, str):
        return LineStep(step)
    where = f"step {number}"
    if not isinstance(step, dict):
        raise UsageError(f"{where} is {step!r}: a step is a string, or an object with 'action'")
    unknown = [key for key in step if key not in _KEYS]
    if unknown and "state" not in step:  # with a state it is elcheck's own, which has more to say
        raise UsageError(
            f"{where} has the key {unknown[0]!r}: a step has {', '.join(_KEYS)}{hint(unknown[0], _KEYS)}"
        )
    action, node, args = step.get("action"), step.get("node"), step.get("args", {})
    if not isinstance(action, str):
        raise UsageError(f"{where}: 'action' is the name of a handler or of a fault, not {action!r}")
    if not isinstance(node, str | None):
        raise UsageError(f"{where}: 'node' is the name of a node, or null, not {node!r}")
    if not isinstance(args, dict):
        raise UsageError(f"{where}: 'args' is an object with a value for each argument, not {args!r}")
    choice = step.get("choice", {})
    if not isinstance(choice, dict):
        raise UsageError(f"{where}: 'choice' is an object with a value for each name, not {choice!r}")
    return JsonStep(action, node, "node" in step, args, choice, step.get("state"))
