"""Reading a trace that someone wrote: JSON, or a step a line."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from checker.byhand.values import fits
from checker.byhand.words import contained, words, written
from checker.model.errors import UsageError
from checker.model.state import Event

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True)
class Line:
    """A step in words. They are words of the step that is meant, in its order; its name is among them."""

    text: str

    @property
    def words(self) -> tuple[str, ...]:
        """What was written, without punctuation."""
        return words(self.text)

    @property
    def state(self) -> Json:
        """A line says nothing of the state that it leads to."""
        return None

    def fits(self, event: Event) -> int:
        """0: it is not this event; 1: it may be; 2: these are just its words."""
        mine, its = self.words, words(written(event))
        if mine == its or mine == words(str(event)):
            return 2
        return int(event.name in mine and contained(mine, its))


@dataclass(frozen=True)
class Entry:
    """A step as an object of JSON. ``args`` may leave some out, and of a message some fields."""

    action: str
    node: str | None
    names_node: bool
    args: Mapping[str, Json]
    state: Json

    @property
    def text(self) -> str:
        """The step in words."""
        args = dict(self.args)
        src = f" from {_said(args.pop('src'))}" if "src" in args else ""
        said = ", ".join(map(_said, args.values()))
        return (f"{self.node}: " if self.node else "") + self.action + (f"({said})" if said else "") + src

    @property
    def words(self) -> tuple[str, ...]:
        """The words of that."""
        return words(self.text)

    def fits(self, event: Event) -> int:
        """0: it is not this event; 1: it may be; 2: it says all of it."""
        node = None if event.node is None else event.node.name
        if event.name != self.action or (self.names_node and node != self.node):
            return 0
        args = dict(event.args)
        if not all(name in args and fits(value, args[name]) for name, value in self.args.items()):
            return 0
        return 2 if args.keys() == self.args.keys() else 1


WrittenStep: TypeAlias = Line | Entry


@dataclass(frozen=True)
class Script:
    """What was written: the initial state (a number from 1 up, fields, or a whole state; None: not said), the
    steps, and after how many of them a loop starts.
    """

    start: Json
    steps: tuple[WrittenStep, ...]
    loop: int | None = None


def read(text: str, nodes: Collection[str], property_name: str | None = None) -> Script:
    """Read a trace: JSON if it starts with a bracket, else lines. Of the report of a check the trace of a
    property is taken, or that of the first that is refuted. Raises UsageError with the place of a mistake.
    """
    if text.lstrip()[:1] in ("{", "["):
        return _of_json(text, property_name)
    if property_name is not None:
        raise UsageError("--property chooses a trace of the JSON report of a check, and these are lines")
    return _of_lines(text, nodes)


# -- JSON ------------------------------------------------------------------------------------------------


def _of_json(text: str, property_name: str | None) -> Script:
    try:
        document: Json = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"line {error.lineno}, column {error.colno}: no JSON: {error.msg}") from error
    except RecursionError:
        raise UsageError("the JSON is nested too deeply to be a trace") from None
    if isinstance(document, dict) and "properties" in document:
        document = _trace_of_report(document["properties"], property_name)
    elif property_name is not None:
        raise UsageError("--property chooses a trace of the JSON report of a check, and this is one trace")
    start, loop, steps = None, None, document
    if isinstance(document, dict):
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


_KEYS = ("action", "node", "args", "state")


def _entry(number: int, step: Json) -> WrittenStep:
    if isinstance(step, str):
        return Line(step)
    where = f"step {number}"
    if not isinstance(step, dict):
        raise UsageError(f"{where} is {step!r}: a step is a string, or an object with 'action'")
    unknown = [key for key in step if key not in _KEYS]
    if unknown and "state" not in step:  # with a state it is elcheck's own, which has more to say
        raise UsageError(f"{where} has the key {unknown[0]!r}: a step has {', '.join(_KEYS)}")
    action, node, args = step.get("action"), step.get("node"), step.get("args", {})
    if not isinstance(action, str):
        raise UsageError(f"{where}: 'action' is the name of a handler or of a fault, not {action!r}")
    if not isinstance(node, str | None):
        raise UsageError(f"{where}: 'node' is the name of a node, or null, not {node!r}")
    if not isinstance(args, dict):
        raise UsageError(f"{where}: 'args' is an object with a value for each argument, not {args!r}")
    return Entry(action, node, "node" in step, args, step.get("state"))


def _said(value: Json) -> str:
    if isinstance(value, dict):
        fields = ", ".join(f"{name}={_said(part)}" for name, part in value.items() if name != "type")
        return f"{value.get('type', '')}({fields})"
    if isinstance(value, list):
        return "(" + ", ".join(map(_said, value)) + ")"
    return str(value)


# -- lines -----------------------------------------------------------------------------------------------

_NUMBERED = re.compile(r"(\d+)(?:[.):]\s*|(?: ·)?\s+)(.*)")
_HEADER = re.compile(r"\s*step\s+(needs\s+)?node\s+action\b.*")
_NEEDS = re.compile(r"\d+(, \d+)*")
"""What `--explain` adds to a table: a cell with the steps that a step rests on, a dot at one that matters to
nobody.
"""


def _of_lines(text: str, nodes: Collection[str]) -> Script:
    start: Json = None
    steps: list[WrittenStep] = []
    for number, line in _told(text):
        said = _from_table(line, nodes)
        if said is None:
            continue
        first, *rest = said.split()
        if first == "start":
            start = _start(number, rest)
        else:
            steps.append(Line(said))
    return Script(start, tuple(steps))


def _told(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something; of a printed table those with a number, and nothing of what is before."""
    lines = text.splitlines()
    headers = (number for number, line in enumerate(lines, 1) if _HEADER.fullmatch(line))
    header = next(headers, None)
    for number, line in enumerate(lines[header or 0 :], (header or 0) + 1):
        bare = re.sub(r"(^|\s)#.*", "", line).rstrip()
        if bare.strip() and (header is None or bare[0].isdigit()):
            yield number, bare.strip()


def _from_table(line: str, nodes: Collection[str]) -> str | None:
    """A line without its number, and, if it is of a printed table, without what the step changes. None for
    the table's initial state.
    """
    matched = _NUMBERED.fullmatch(line)
    if matched is None:
        return line
    cells = re.split(r"\s{2,}", matched[2])
    if len(cells) > 1 and cells[0] not in nodes and _NEEDS.fullmatch(cells[0]):
        cells.pop(0)
    if matched[1] == "0" and cells[0] == "start":
        return None
    if cells[0] in nodes and len(cells) > 1:
        return f"{cells[0]}: {cells[1]}"
    return cells[0]


def _start(number: int, parts: Sequence[str]) -> Json:
    """What a line says of the initial state: a number, or fields."""
    if len(parts) == 1 and parts[0].isdecimal():
        return int(parts[0])
    pairs = [part.rstrip(",;").partition("=") for part in parts]
    if not pairs or not all(name and sign for name, sign, _ in pairs):
        raise UsageError(
            f"line {number}: it is 'start 2' (a number), or 'start n1.term=1 n2.term=0' (fields)"
        )
    return {name: value for name, _, value in pairs}
