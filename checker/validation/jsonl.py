"""Observations, the log format for any system and any model (docs/observations.md)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from elcheck.checker.model.errors import UsageError, instead
from elcheck.checker.model.handlers import Handler
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.record import State
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.step import Step
from elcheck.checker.replay.values import fits
from elcheck.checker.validation.calls import (
    WHOLE,
    Call,
    Comparison,
    ObservedStep,
    Reading,
    ValueRange,
    WantedSend,
)
from elcheck.checker.validation.logs import LineRef, LogEvent, NodeLog, seconds
from elcheck.checker.validation.observer import Observer
from elcheck.checker.validation.obstacles import mismatch_of

_NEEDED: Mapping[str, Mapping[str, type]] = {
    "about": {"format": int},
    "start": {},
    "step": {"handler": str},
    "receive": {"src": str, "msg": dict},
    "send": {"to": str, "msg": dict},
    "state": {"state": dict},
    "crash": {},
}
_ALLOWED: Mapping[str, type] = {
    "format": int, "nodes": list, "hidden": list, "parameters": dict, "handler": str, "args": dict,
    "choice": dict, "before": dict, "state": dict, "sends": list, "src": str, "msg": dict, "to": str,
    "node": str, "lane": str,
}  # fmt: skip


class ObservationReader:
    """Reads one JSON object a line; what has no ``event`` is of another logger."""

    def event(self, line: str, ref: LineRef) -> LogEvent | None:
        """What a line says. Raises UsageError for an event that is not as the format has it."""
        if not line.startswith("{"):
            return None
        try:
            found: object = json.loads(line)
        except ValueError:
            return None
        if not isinstance(found, dict) or "event" not in found:
            return None
        kind = found.pop("event")
        if kind not in _NEEDED:
            raise UsageError(f"{ref}: there is no event {kind!r}; {instead(str(kind), _NEEDED)}")
        for name, needed in _NEEDED[kind].items():
            if not isinstance(found.get(name), needed):
                raise UsageError(f"{ref}: {kind!r} needs {name!r}, {_kind(needed)}")
        for name, value in found.items():
            wanted = _ALLOWED.get(name, object)
            if not isinstance(value, wanted):
                raise UsageError(f"{ref}: {name!r} has to be {_kind(wanted)}")
        if found.get("format", 1) != 1:
            raise UsageError(
                f"{ref}: format {found['format']} is of another elcheck; this one reads format 1"
            )
        time = found.pop("ts", None)
        lane = str(found.pop("lane", ""))
        return LogEvent(kind, found, ref, line, _time(time), lane)


def _kind(wanted: type) -> str:
    return {int: "a number", str: "a string", dict: "an object", list: "an array"}[wanted]


def _time(value: object) -> float | None:
    return (
        seconds(value) if isinstance(value, str) else float(value) if isinstance(value, int | float) else None
    )


@dataclass(frozen=True)
class AsJson(ValueRange):
    """A value that JSON stands for."""

    said: object

    def fits(self, value: object) -> bool:
        """True if the JSON stands for it; what is left out of an object may be anything."""
        return fits(self.said, value)

    def examples(self) -> Sequence[object]:
        """The value itself, if it is the same in JSON."""
        return [self.said]

    def __str__(self) -> str:
        return json.dumps(self.said, ensure_ascii=False)


class ObservationObserver(Observer[State]):
    """A line is a step of the model, and names its handler; ``send`` and ``state`` belong to the step
    before.
    """

    reader = ObservationReader()

    def __init__(self, logs: Sequence[NodeLog]) -> None:
        super().__init__(logs)
        self._about = [event for log in logs for event in log.events if event.kind == "about"]
        self._logs = _by_node(logs)
        self._sends = any(event.kind == "send" for log in logs for event in log.events)
        self._hidden = tuple(dict.fromkeys(name for e in self._about for name in _list(e, "hidden")))
        self._runner: Runner | None = None

    def members(self) -> Sequence[tuple[str, NodeLog | None]]:
        """The nodes that the logs list, else those that have logs."""
        listed = dict.fromkeys(name for event in self._about for name in _list(event, "nodes"))
        unknown = [name for name in self._logs if listed and name not in listed]
        if unknown:
            raise UsageError(f"the log of {unknown[0]}: the nodes are said to be {', '.join(listed)}")
        return [(name, self._logs.get(name)) for name in listed or self._logs]

    def parameters(self) -> Mapping[str, object]:
        """What the logs say of them."""
        found: dict[str, object] = dict(super().parameters())
        for event in self._about:
            said = event.fields.get("parameters")
            found |= said if isinstance(said, dict) else {}
        return found

    # -- Steps ---------------------------------------------------------------------------------------------

    def steps(self, log: NodeLog) -> Iterable[ObservedStep]:
        """A step begins with a start, a step, a receive or a crash; what belongs to it follows in its lane.
        Of several lanes the one of a crash does not say which steps of the others were before it: it is told
        by the next start.
        """
        one_lane = len({event.lane for event in log.events}) == 1
        first = log.events[0] if log.events else None
        if first is not None and first.kind not in ("start", "state", "send"):
            raise UsageError(
                f"{first.ref}: the first line of {log.name} is a {first.kind!r}: a log has to begin with the "
                "'start' of its node, so that one knows in which state"
            )
        groups: list[list[LogEvent]] = []
        latest: dict[str, list[LogEvent]] = {}
        for event in log.events:
            if event.kind in ("start", "step", "receive") or (event.kind == "crash" and one_lane):
                latest[event.lane] = [event]
                groups.append(latest[event.lane])
            elif event.kind in ("send", "state"):
                if event.lane not in latest:
                    raise UsageError(
                        f"{event.ref}: {event.kind!r} says more of a step, and there is none before"
                    )
                latest[event.lane].append(event)
        down = False
        for group in groups:
            kind = group[0].kind
            flaw = "the node has crashed, and no start has come since" if down and kind != "start" else ""
            down = kind == "crash" or (down and kind != "start")
            yield ObservedStep(kind, tuple(group), begins=kind == "start", flaw=flaw)

    def start(self, me: NodeId, steps: Sequence[ObservedStep]) -> Step[State]:
        """The start of the model that is as the first line says, else the first one."""
        starts = self._run.starts(me)
        after = self._after(me, steps[0]) if steps and steps[0].begins else {}
        return next((start for start in starts if mismatch_of(start.state, after) is None), starts[0])

    # -- Calls ---------------------------------------------------------------------------------------------

    def calls(self, me: NodeId, step: ObservedStep, s: State) -> Iterable[Reading]:
        """The call that the line names, with up to two hidden ones before it."""
        call = self._call(me, step)
        yield [call]
        if step.begins or call.handler == "crash":
            return
        hidden = [replace(one, hidden=True) for one in self._hidden_calls(me)]
        for count in (1, 2):
            for before in product(hidden, repeat=count):
                yield [*before, call]

    def free(self, me: NodeId, s: State, ahead: Sequence[ObservedStep]) -> Iterator[Call]:
        """Hidden calls that only send."""
        same = {field.name: getattr(s, field.name) for field in dataclasses.fields(s)}
        for call in self._hidden_calls(me):
            yield replace(call, after=same)

    def _call(self, me: NodeId, step: ObservedStep) -> Call:
        line = step.first
        if line.kind == "crash":
            return Call("crash")
        after = self._after(me, step)
        if step.begins:
            return Call("restart", after=after, guess=WHOLE)
        sends = self._wanted_sends(step)
        call = Call(
            before=self._state(me, line, "before"),
            after=after,
            sends=sends,
            sends_all=sends is not None,
            guess=WHOLE,
        )
        if line.kind == "step":
            handler = self._handler(me, line, line.word("handler"))
            if handler.mark.kind not in ("action", "timeout"):
                raise UsageError(f"{line.ref}: {handler.name} is a {handler.mark.kind} handler, and no step")
            return replace(call, handler=handler.name, args=_json(line, "args"), choice=_json(line, "choice"))
        src, msg = self._node(line, line["src"]), line["msg"]
        assert isinstance(msg, dict)
        cls, having = self._message(line, msg)
        receiver = self._run.receiver(me, cls)
        if receiver is None or line.fields.get("handler", receiver.name) != receiver.name:
            takes = "nothing takes" if receiver is None else f"{receiver.name} takes"
            raise UsageError(f"{line.ref}: at {me} {takes} a {cls.__name__}")
        return replace(call, handler=receiver.name, src=src, messages=(cls,), having=having)

    def _hidden_calls(self, me: NodeId) -> Iterator[Call]:
        for name in self._hidden:
            known = [handler for owner, handler in self._run.all_handlers() if handler.name == name]
            if not known:
                raise UsageError(f"{self._about[0].ref}: hidden: the model has no handler {name!r}")
            for handler in known[:1]:
                yield Call(handler.name, messages=tuple(_with_subclasses(handler.messages)), guess=WHOLE)

    # -- Parts of lines ------------------------------------------------------------------------------------

    @property
    def _run(self) -> Runner:
        if self._runner is None:
            assert self.model is not None
            self._runner = Runner(self.model)
        return self._runner

    def _node(self, line: LogEvent, name: object) -> NodeId:
        if name not in self.ids:
            known = instead(str(name), self.ids, "the logs are of")
            raise UsageError(f"{line.ref}: there is no node {name!r}; {known}")
        return self.ids[str(name)]

    def _handler(self, me: NodeId, line: LogEvent, name: str) -> Handler:
        program = type(self._run.programs[me]).__name__
        own = {handler.name: handler for owner, handler in self._run.all_handlers() if owner == program}
        if name not in own:
            raise UsageError(f"{line.ref}: {program} has no handler {name!r}, but {', '.join(own)}")
        return own[name]

    def _after(self, me: NodeId, step: ObservedStep) -> dict[str, object]:
        """The fields of the state after a step, the last word of each."""
        return {n: want for line in step.events for n, want in self._state(me, line, "state").items()}

    def _state(self, me: NodeId, line: LogEvent, part: str) -> dict[str, object]:
        found = _json(line, part)
        known = {f.name for step in self._run.starts(me) for f in dataclasses.fields(step.state)}
        unknown = [name for name in found if name not in known]
        if unknown:
            meant = instead(unknown[0], sorted(known), "these are")
            raise UsageError(f"{line.ref}: {unknown[0]!r} is no field of the state; {meant}")
        return found

    def _message(self, line: LogEvent, said: Mapping[str, object]) -> tuple[type, Comparison]:
        """The class of a message, and what is said of its fields."""
        taken = [cls for _, handler in self._run.all_handlers() for cls in handler.messages]
        classes = {cls.__name__: cls for cls in _with_subclasses(taken)}
        cls = classes.get(str(said.get("type")))
        if cls is None:
            names = ", ".join(classes)
            raise UsageError(f"{line.ref}: 'type' has to say which message it is, of {names}")
        rest = {name: AsJson(value) for name, value in said.items() if name != "type"}
        fields = [field.name for field in dataclasses.fields(cls)] if dataclasses.is_dataclass(cls) else []
        unknown = [name for name in rest if name not in fields]
        if unknown:
            meant = instead(unknown[0], fields)
            raise UsageError(f"{line.ref}: {unknown[0]!r} is no field of {cls.__name__}; {meant}")
        return cls, rest

    def _wanted_sends(self, step: ObservedStep) -> list[WantedSend] | None:
        """All that a step sends; None if that is not said."""
        first = step.first.fields.get("sends")
        if first is None and not self._sends:
            return None
        found = [(step.first, sent) for sent in (first if isinstance(first, list) else [])]
        found += [(line, dict(line.fields)) for line in step.events if line.kind == "send"]
        return [self._wanted_send(line, sent) for line, sent in found]

    def _wanted_send(self, line: LogEvent, sent: object) -> WantedSend:
        if not isinstance(sent, dict) or not isinstance(sent.get("msg"), dict):
            raise UsageError(f"{line.ref}: what is sent is an object with 'to' and 'msg'")
        cls, having = self._message(line, sent["msg"])
        return WantedSend(self._node(line, sent.get("to")), (cls,), having)


def _by_node(logs: Sequence[NodeLog]) -> dict[str, NodeLog]:
    """A log for each node: lines that name a node are of that, the others of the one the file is called
    after.
    """
    found: dict[str, NodeLog] = {}
    for log in logs:
        names = dict.fromkeys(str(e.fields.get("node", log.name)) for e in log.events if e.kind != "about")
        for name in names:
            own = [e for e in log.events if e.kind != "about" and e.fields.get("node", log.name) == name]
            if name in found:
                raise UsageError(f"{found[name].path} and {log.path} are both of the node {name}")
            found[name] = replace(log, name=name, events=tuple(own))
    return found


def _list(event: LogEvent, name: str) -> list[str]:
    found = event.fields.get(name, [])
    return [str(item) for item in found] if isinstance(found, list) else []


def _json(line: LogEvent, part: str) -> dict[str, object]:
    """Fields that a part of a line says, to be compared as JSON."""
    found = line.fields.get(part)
    said = found if isinstance(found, dict) else {}
    return {name: AsJson(value) for name, value in said.items() if name != "type"}


def _with_subclasses(classes: Iterable[type]) -> list[type]:
    found = dict.fromkeys(classes)
    for cls in list(found):
        found |= dict.fromkeys(_with_subclasses(cls.__subclasses__()))
    return list(found)
