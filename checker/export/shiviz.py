"""Traces as a log for ShiViz, with a vector clock for every event."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Mapping

from elcheck.checker.export.subject import Subject
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Envelope, Event, GlobalState
from elcheck.checker.system import System
from elcheck.checker.traces.messages import consumed, envelope_of, sent
from elcheck.checker.traces.trace import TraceStep, going_on

PARSER = r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})"
"""How ShiViz finds the parts of an event."""

Clock = dict[str, int]


def render(subject: Subject) -> str:
    """The log: how to read it, no delimiter of executions, then two lines an event. A node is a host, and so
    is the environment where it does something that is no node's.
    """
    trace, log = subject.trace, Log(subject.report.system)
    log.start(trace.initial)
    for number, (before, step) in enumerate(zip(trace.states, trace.steps, strict=False), 1):
        log.step(number, before, step)
    if trace.loop is not None:
        log.end(going_on(trace, trace.loop))
    lines = [PARSER, ""]
    for said, host, clock in log.events:
        lines += [said, f"{host} {json.dumps(clock, ensure_ascii=False)}"]
    return "\n".join(lines) + "\n"


class Log:
    """The events so far: what is said of each, its host, its clock. ``_under_way`` holds, of every message,
    the clocks of the events that sent its copies, the oldest first.
    """

    def __init__(self, system: System) -> None:
        self.events: list[tuple[str, str, Clock]] = []
        self._model: Model = system.model
        self._tickers = [n.name for n in self._model.programs if system.runner.events(n, "tick")]
        self._clocks: dict[str, Clock] = {}
        self._under_way: dict[Envelope, deque[Clock]] = {}
        self._environment = "environment" if self._model.programs else type(self._model.program).__name__
        while self._environment in {node.name for node in self._model.programs}:
            self._environment += "_"

    def start(self, initial: GlobalState) -> None:
        """Every node's start, which sends what is under way at once."""
        for view in initial.nodes:
            self._event("start", view.node.name)
        for envelope in initial.network:
            self._under_way.setdefault(envelope, deque()).append(self._clocks[envelope.src.name])

    def step(self, number: int, before: GlobalState, step: TraceStep) -> None:
        """A step, on the host whose it is; the joint tick is one on every node that ticks."""
        event, network = step.event, self._model.environment.network
        said = f"{number} {event}".replace("\n", " ")
        message = envelope_of(event)
        waiting = self._under_way.get(message, deque()) if message is not None else deque()
        newest = dict(event.args).get("which") == "newest"
        cause = waiting[-1 if newest else 0] if waiting else {}
        for host in self._hosts(event):
            self._event(said, host, cause)
        if waiting and consumed(event, network) is not None:
            waiting.remove(cause)
        if event.kind == "duplicate":
            waiting.insert(1, self._clocks[self._environment])
        for envelope in sent(before, event, step.state, network):
            elsewhere = event.node is None and event.kind != "tick"
            sender = self._environment if elsewhere else envelope.src.name
            self._under_way.setdefault(envelope, deque()).append(self._clocks[sender])
        self._forget(step.state)

    def end(self, said: str) -> None:
        """A last event of the environment's, which comes after all."""
        last = {host: clock[host] for host, clock in self._clocks.items()}
        self._event(said, self._environment, last)

    def _hosts(self, event: Event) -> list[str]:
        """Whose event it is. What becomes of a message on its way its receiver does not know."""
        if event.kind == "tick":
            return self._tickers
        if event.node is None or event.kind in ("lose", "duplicate"):
            return [self._environment]
        return [event.node.name]

    def _event(self, said: str, host: str, cause: Mapping[str, int] = {}) -> None:
        """One more event on a host, after all that happened before its cause."""
        own = self._clocks.get(host, {})
        clock = {name: max(own.get(name, 0), cause.get(name, 0)) for name in {**own, **cause}}
        clock[host] = own.get(host, 0) + 1
        self._clocks[host] = clock
        self.events.append((said, host, clock))

    def _forget(self, now: GlobalState) -> None:
        """Drop the clocks of messages that a broken link or a crash has taken."""
        left = Counter(now.network)
        for envelope, clocks in self._under_way.items():
            while len(clocks) > left[envelope]:
                clocks.popleft()
