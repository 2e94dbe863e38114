"""Traces as a log for ShiViz, with a vector clock for every event."""

from __future__ import annotations

import json
from collections.abc import Mapping

from elcheck.checker.export.subject import Exported
from elcheck.checker.model.state import Event
from elcheck.checker.system import System
from elcheck.checker.traces.messages import messages_of
from elcheck.checker.traces.trace import Trace, going_on

PARSER = r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})"
"""How ShiViz finds the parts of an event."""

VectorClock = dict[str, int]


def render(subject: Exported) -> str:
    """The log: how to read it, no delimiter of executions, then two lines an event. A node is a host, and so
    is the environment where it does something that is no node's.
    """
    trace, log = subject.trace, Log(subject.report.system, subject.trace)
    for number, _, step in trace.numbered:
        log.step(number, step.event)
    if trace.loop is not None:
        log.end(going_on(trace, trace.loop))
    lines = [PARSER, ""]
    for said, host, clock in log.events:
        lines += [said, f"{host} {json.dumps(clock, ensure_ascii=False)}"]
    return "\n".join(lines) + "\n"


class Log:
    """The events so far: what is said of each, its host, its clock. ``_sent_at`` holds the clock of the event
    that sent each message of the trace.
    """

    def __init__(self, system: System, trace: Trace) -> None:
        self.events: list[tuple[str, str, VectorClock]] = []
        self._programs = system.model.programs
        self._messages = messages_of(trace, system.model)
        self._tickers = [n.name for n in self._programs if system.runner.events(n, "tick")]
        self._clocks: dict[str, VectorClock] = {}
        self._sent_at: dict[int, VectorClock] = {}
        self._environment = "environment" if self._programs else type(system.model.program).__name__
        while self._environment in {node.name for node in self._programs}:
            self._environment += "_"
        for node in self._programs:
            self._event("start", node.name)
        self._send(0)

    def step(self, number: int, event: Event) -> None:
        """A step, on the host whose it is; the joint tick is one on every node that ticks."""
        named = self._messages.named[number]
        cause = {} if named is None else self._sent_at[named]
        for host in self._hosts(event):
            self._event(f"{number} {event}".replace("\n", " "), host, cause)
        self._send(number, of_nodes=event.node is not None or event.kind == "tick")

    def _send(self, number: int, *, of_nodes: bool = True) -> None:
        """Note when the messages of a step were sent, and by whom: copies and notices by the environment."""
        for at, message in enumerate(self._messages.all):
            if message.sent == number:
                own = of_nodes and message.copy_of is None
                self._sent_at[at] = self._clocks[message.envelope.src.name if own else self._environment]

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
