"""Readers of the formats that elcheck exports, written from what the formats say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

# -- ITF (Apalache, ADR-015) -----------------------------------------------------------------------------


def read_itf(said: str) -> dict[str, object]:
    """An ITF document, every expression read into JSON's plain types, sets and tuples as lists, a variant as
    an object with its tag under ``type``. Fails on what the format does not allow.
    """
    document: object = json.loads(said)
    assert isinstance(document, dict)
    assert set(document) <= {"#meta", "params", "vars", "states", "loop"}
    names, states = document["vars"], document["states"]
    assert names
    assert states
    for index, state in enumerate(states):
        assert state["#meta"] == {"index": index}
        assert set(state) - {"#meta"} == set(names)
    assert 0 <= document.get("loop", 0) < len(states)
    plain = [{name: itf_value(state[name]) for name in names} for state in states]
    return {**document, "states": plain}


def itf_value(expression: object) -> object:
    """One expression."""
    assert expression is not None
    assert isinstance(expression, bool | str | list | dict), "a bare number is no ITF"
    if isinstance(expression, list):
        return [itf_value(item) for item in expression]
    if not isinstance(expression, dict):
        return expression
    if set(expression) == {"#bigint"}:
        assert re.fullmatch(r"-?[0-9]+", expression["#bigint"])
        return int(expression["#bigint"])
    for key in ("#tup", "#set"):
        if set(expression) == {key}:
            return [itf_value(item) for item in expression[key]]
    if set(expression) == {"#map"}:
        return {str(itf_value(k)): itf_value(v) for k, v in expression["#map"]}
    if set(expression) == {"#unserializable"}:
        return expression["#unserializable"]
    assert not any(key.startswith("#") for key in expression)
    if set(expression) == {"tag", "value"}:
        return _variant(expression["tag"], expression["value"])
    return {name: itf_value(part) for name, part in expression.items()}


def _variant(tag: str, inner: object) -> object:
    if tag == "Nil":
        assert inner == {}
        return None
    if tag == "Some":
        return itf_value(inner)
    assert isinstance(inner, dict)
    return {"type": tag, **{name: itf_value(part) for name, part in inner.items()}}


# -- TLC's trace JSON ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TlcTrace:
    """States in order, actions as (number before, name, arguments, line, number after)."""

    states: list[dict[str, object]]
    actions: list[tuple[int, str, dict[str, object], int, int]]
    names: list[str]


def read_tlc(said: str) -> TlcTrace:
    """What TLC's -dumpTrace json writes. Fails where numbers and states do not fit together."""
    document = json.loads(said)
    states = document["counterexample"]["state"]
    assert [number for number, _ in states] == list(range(1, len(states) + 1))
    by_number = dict(states)
    actions = []
    for source, action, target in document["counterexample"]["action"]:
        assert source == [source[0], by_number[source[0]]]
        assert target == [target[0], by_number[target[0]]]
        assert list(action["context"]) == action["parameters"]
        assert set(action["location"]) == {"module", "beginLine", "beginColumn", "endLine", "endColumn"}
        line = action["location"]["beginLine"]
        actions.append((source[0], action["name"], action["context"], line, target[0]))
    assert [source for source, *_ in actions] == list(range(1, len(actions) + 1))
    assert all(set(state) == set(document["vars"]) for _, state in states)
    return TlcTrace([state for _, state in states], actions, document["vars"])


# -- ShiViz ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Logged:
    """An event of a log."""

    said: str
    host: str
    clock: dict[str, int]


def read_shiviz(said: str) -> list[Logged]:
    """A log by its own regular expression. Fails unless each clock counts its host's events from 1."""
    parser, delimiter, log = said.split("\n", 2)
    assert delimiter == ""
    pattern = re.compile(parser.replace("(?<", "(?P<") + r"\n?")
    events, at = [], 0
    while at < len(log):
        found = pattern.match(log, at)
        assert found is not None, log[at : at + 80]
        events.append(Logged(found["event"], found["host"], json.loads(found["clock"])))
        at = found.end()
    seen: dict[str, int] = {}
    for event in events:
        seen[event.host] = seen.get(event.host, 0) + 1
        assert event.clock[event.host] == seen[event.host]
        assert all(1 <= count <= seen[host] for host, count in event.clock.items())
    return events


# -- Mermaid ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """A line of a diagram: an arrow between two participants, or a note over some."""

    kind: str
    ends: tuple[str, ...]
    lines: tuple[str, ...]
    looping: bool


_LINE = re.compile(
    r"(?P<a>\w+)(?P<arrow>->>|-x|--\))(?P<b>\w+): (?P<said>[^;#\n]*)"
    r"|Note over (?P<over>\w+(?:,\w+)?): (?P<note>[^;#\n]*)"
)


def read_mermaid(said: str) -> tuple[dict[str, str], list[Drawn]]:
    """The participants with what they are called, and what is drawn. An entity (``#59;``) is read before
    syntax, as Mermaid does.
    """
    head, *rest = said.rstrip("\n").split("\n")
    assert head == "sequenceDiagram"
    participants: dict[str, str] = {}
    drawn, looping = [], False
    for raw in rest:
        line = re.sub(r"#(\d+);", lambda m: chr(0xE000 + int(m[1])), raw.strip())
        if line.startswith("%%"):
            continue
        if made := re.fullmatch(r"participant (\w+)(?: as (.*))?", line):
            participants[made[1]] = _back(made[2] or made[1])
        elif line in ("loop for ever", "end"):
            assert looping is (line == "end")
            looping = not looping
        else:
            found = _LINE.fullmatch(line)
            assert found is not None, line
            ends = tuple((found["over"] or f"{found['a']},{found['b']}").split(","))
            assert set(ends) <= set(participants)
            lines = tuple(map(_back, (found["note"] or found["said"]).split("<br/>")))
            drawn.append(Drawn(found["arrow"] or "note", ends, lines, looping))
    assert not looping
    return participants, drawn


def _back(line: str) -> str:
    return "".join(chr(ord(c) - 0xE000) if 0xE000 <= ord(c) < 0xF000 else c for c in line)


# -- Aldebaran -------------------------------------------------------------------------------------------


def read_aut(said: str) -> tuple[int, int, list[tuple[int, str, int]]]:
    """The initial state, how many states there are, and the transitions of an .aut file."""
    head, *rest = said.rstrip("\n").split("\n")
    made = re.fullmatch(r"des \((\d+), (\d+), (\d+)\)", head)
    assert made is not None
    initial, count, states = map(int, made.groups())
    found = [re.fullmatch(r'\((\d+), "([^"\n]*)", (\d+)\)', line) for line in rest]
    edges = [(int(m[1]), m[2], int(m[3])) for m in found if m is not None]
    assert len(edges) == len(rest) == count
    assert all(source < states and target < states for source, _, target in edges)
    return initial, states, edges
