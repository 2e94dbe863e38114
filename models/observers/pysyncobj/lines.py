"""The lines of a PySyncObj node, as labs/pysyncobj.py has them written, and those of them that are one step.

PySyncObj itself logs nothing of its elections. What is read here is a JSON object a line, of hooks that it
has: its transport (``send``, ``receive``), ``onStateChanged`` (``role``), and, after each message and each
tick, the fields that have changed (``state``). Indexes count from 1; the first entry is there at the start.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from elcheck import LineRef, LogEvent, UsageError

Shape = Mapping[str, type | tuple[type, ...]]
_NAME: tuple[type, ...] = (str, type(None))
_STATE: Shape = {
    "term": int, "role": str, "voted": _NAME, "votes": int, "last": list, "commit": int, "leader": _NAME,
}  # fmt: skip
_NEEDED: Mapping[str, Shape] = {
    "start": {"journal": bool},
    "init": _STATE,
    "receive": {"src": str, "msg": dict},
    "send": {"to": str, "msg": dict},
    "state": {"why": str},
    "role": {"was": str, "now": str},
    "client": {},
}
MESSAGES: Mapping[str, Shape] = {
    "request_vote": {"term": int, "last_log_index": int, "last_log_term": int},
    "response_vote": {"term": int},
    "append_entries": {
        "term": int, "commit_index": int, "prevLogIdx": int, "prevLogTerm": int, "entries": list,
    },
    "next_node_idx": {"next_node_idx": int, "reset": bool, "success": bool},
}  # fmt: skip
OTHERS = ("timeout_now", "apply_command", "apply_command_response")
"""Messages that change nothing by themselves of what is compared."""
_KINDS = {int: "a number", str: "a string", bool: "true or false", dict: "an object", list: "an array"}


class Reader:
    """Reads a JSON object a line; what has no ``ev`` is of another logger."""

    def event(self, line: str, ref: LineRef) -> LogEvent | None:
        """What a line says, a message's fields beside the others. Raises UsageError for one that is not as
        these lines are.
        """
        if not line.startswith("{"):
            return None
        try:
            found = json.loads(line)
        except ValueError:
            return None
        if not isinstance(found, dict) or "ev" not in found:
            return None
        kind, time = found.pop("ev"), found.pop("ts", None)
        if kind not in _NEEDED:
            raise UsageError(f"{ref}: PySyncObj's lines have no ev {kind!r}, but {', '.join(_NEEDED)}")
        _require(found, _NEEDED[kind], f"{ref}: {kind!r}")
        if kind == "state":
            _require(
                found, {name: shape for name, shape in _STATE.items() if name in found}, f"{ref}: 'state'"
            )
        fields = _flat(found, ref)
        return LogEvent(kind, fields, ref, line, float(time) if isinstance(time, int | float) else None)


def _require(found: Mapping[str, object], shape: Shape, of: str) -> None:
    for name, wanted in shape.items():
        value = found.get(name)
        fits = isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))
        if not fits or (name not in found):
            kind = _KINDS[wanted] if isinstance(wanted, type) else "a name, or null"
            raise UsageError(f"{of} needs {name!r}, {kind}")


def lack_of(line: LogEvent) -> str:
    """What a message needs and has not; empty if there is nothing."""
    shape = MESSAGES.get(line.word("msg"), {}) if line.kind in ("send", "receive") else {}
    for name, wanted in shape.items():
        kind = tuple if wanted is list else wanted
        if not isinstance(line.fields.get(name), kind):
            return f"{line.ref}: {line['msg']} needs {name!r}"
    return ""


def _flat(found: Mapping[str, object], ref: LineRef) -> dict[str, object]:
    fields = {name: value for name, value in found.items() if name not in ("msg", "last")}
    last = found.get("last")
    if isinstance(last, list):
        fields["last_index"], fields["last_term"] = _entry(last, ref)
    msg = found.get("msg")
    if isinstance(msg, dict):
        fields |= {name: value for name, value in msg.items() if name not in ("type", "entries")}
        fields["msg"] = str(msg.get("type"))
        entries = msg.get("entries")
        if isinstance(entries, list):
            fields["entries"] = tuple(_entry(entry, ref) for entry in entries)
    return fields


def _entry(said: object, ref: LineRef) -> tuple[int, int]:
    match said:
        case [int(index), int(term)]:
            return index, term
    raise UsageError(f"{ref}: an entry is its index and its term, [2, 1], and not {said}")


# -- What a node is, by its lines ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What the lines say that a node is in: its term, vote, role, votes, last entry (index and term), how
    much is committed, and whom it takes for the leader.
    """

    term: int
    voted: str | None
    role: str
    votes: int
    last_index: int
    last_term: int
    commit: int
    leader: str | None

    def after(self, line: LogEvent) -> Told:
        """With the fields that a line says."""
        names = {name: value for name, value in line.fields.items() if name in Told.__dataclass_fields__}
        return replace(self, **names)  # type: ignore[arg-type]  # the reader has looked at their types


NEW = Told(0, None, "follower", 0, 1, 0, 1, None)
"""A node that has never run, or has no journal."""


# -- Steps ---------------------------------------------------------------------------------------------------


def groups(lines: Sequence[LogEvent]) -> Iterator[list[LogEvent]]:
    """The lines of each step: a start; a message with all that comes of it; a tick."""
    group: list[LogEvent] = []
    for line in lines:
        if line.kind == "client":
            continue
        if group and not _belongs(line, group):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _belongs(line: LogEvent, group: Sequence[LogEvent]) -> bool:
    first, last = group[0], group[-1]
    if line.kind in ("start", "receive") or last.kind in ("state", "init"):
        return False
    if first.kind == "start" or line.kind == "init":
        return last.kind == "start" and line.kind == "init"
    if first.kind == "receive":
        return _is_handled(line, group)
    if line.kind == "send":
        votes = [one["msg"] == "request_vote" for one in group if one.kind == "send"]
        return not votes or votes[-1] == (line["msg"] == "request_vote")
    return line.kind == "state" and line["why"] != "handled"


def _is_handled(line: LogEvent, group: Sequence[LogEvent]) -> bool:
    """Whether a line after a message says what comes of it, and is not of the next tick."""
    leads = any(one.kind == "role" and one["now"] == "leader" for one in group)
    match line.kind:
        case "state":
            return line["why"] != "tick"
        case "role":
            wanted = {"response_vote": "leader"}.get(group[0].word("msg"), "follower")
            return line["now"] == wanted
        case "send":
            return line["msg"] in ("response_vote", "next_node_idx") or (
                leads and line["msg"] != "request_vote"
            )
    return False
