"""Which steps of a trace another step rests on directly (Lamport 1978, "Time, Clocks, and the Ordering ...").

A node's step rests on the last one that changed the node, a delivery also on the step that sent the message.
To that come the causes that the environment adds: on a fifo link what was taken from it before, across a
partition the heal, and under synchronous timing, where a timeout or a tick waits until nothing else can
happen, everything: directly the steps on which no other step rests so far. So does a tick where clocks run,
since time waits for what is late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from elcheck.checker.interpreter import Interpreter
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Event, GlobalState, is_notice
from elcheck.checker.traces.messages import Messages, TrackedMessage, messages_of
from elcheck.checker.traces.trace import Trace


class Point(NamedTuple):
    """A step's number, and the node that steps; of a joint step each node has a point of its own. A crash has
    one without a node, too: that it happens, which rests on less than what it leaves of the node.
    """

    step: int
    node: NodeId | None


@dataclass(frozen=True)
class HappensBefore:
    """The points of a trace, each with those that it rests on, all of them earlier."""

    causes: dict[Point, tuple[Point, ...]]

    def closure(self, seeds: set[Point]) -> set[Point]:
        """Everything that some points rest on, they among it."""
        found, left = set(seeds), list(seeds)
        while left:
            fresh = [cause for cause in self.causes[left.pop()] if cause not in found]
            found.update(fresh)
            left += fresh
        return found


def happens_before(trace: Trace, model: Model) -> HappensBefore:
    """The causes of each point of a trace of nodes."""
    weaver = _Weaver(trace, model)
    for number, before, step in trace.numbered:
        weaver.step(number, step.event, before, step.state)
    return HappensBefore(weaver.causes)


def points_of(number: int, event: Event, state: GlobalState) -> list[Point]:
    """The points of a step: of a joint one a point of every node."""
    if event.kind != "tick":
        return [Point(number, event.node)]
    return [Point(number, view.node) for view in state.nodes]


def changed(before: GlobalState, after: GlobalState) -> list[NodeId]:
    """The nodes that a step changes."""
    return [new.node for old, new in zip(before.nodes, after.nodes, strict=True) if old != new]


def _is_plain_crash(event: Event) -> bool:
    """Whether a node crashes, and not in the middle of a step."""
    return event.kind == "crash" and "during" not in dict(event.args)


_OF_MAIL = frozenset(("lose", "duplicate"))
"""Faults that strike a message on its way to the event's node, not the node."""


class _Weaver:
    """What later steps may rest on, as the steps go on."""

    def __init__(self, trace: Trace, model: Model) -> None:
        self.causes: dict[Point, tuple[Point, ...]] = {}
        self._messages: Messages = messages_of(trace, model)
        self._events = [step.event for step in trace.steps]
        self._fifo = model.environment.network == "fifo"
        self._timed = model.environment.delay is not None
        self._partitions = Interpreter(model).partitions
        self._last: dict[Point, None] = {}
        self._changed: dict[NodeId, Point] = {}
        self._restarted: dict[NodeId | None, Point] = {}
        self._taken: dict[tuple[NodeId, NodeId], Point] = {}
        self._fell: Point | None = None
        self._healed: dict[str, Point] = {}

    def step(self, number: int, event: Event, before: GlobalState, after: GlobalState) -> None:
        """Note what a step rests on, and what it changes."""
        waits = event.kind in ("timeout", "tick") and before.environment.synchronous
        waits = waits or (event.kind == "tick" and self._timed)  # for all that was late
        everything = tuple(self._last) if waits else ()
        message = self._message(number)
        points = points_of(number, event, after)
        for point in points:
            found = list(everything)
            if point.node is not None:
                found += self._of_node(point.node, event)
            found += self._of_message(message, event) if message is not None else []
            found += [self._fell] if event.kind == "heal" and self._fell is not None else []
            self.causes[point] = tuple(dict.fromkeys(found))
        if _is_plain_crash(event):
            points.append(Point(number, None))
            self._crash(points[1], points[0])
        self._last.update(dict.fromkeys(points))
        for point in points:
            for cause in self.causes[point]:
                self._last.pop(cause, None)
        self._note(number, event, message, points, changed(before, after))

    def _of_node(self, node: NodeId, event: Event) -> list[Point]:
        """The step that made a node what it is."""
        return [self._changed[node]] if node in self._changed and event.kind not in _OF_MAIL else []

    def _crash(self, happens: Point, leaves: Point) -> None:
        """A crash needs no more of its node than that it is up; what it leaves rests on what it finds."""
        node = leaves.node
        self.causes[happens] = (self._restarted[node],) if node in self._restarted else ()
        self.causes[leaves] = (happens, *self.causes[leaves])

    def _message(self, number: int) -> TrackedMessage | None:
        taken = self._messages.named[number]
        return None if taken is None else self._messages.all[taken]

    def _of_message(self, message: TrackedMessage, event: Event) -> list[Point]:
        """What a delivery, a loss or a duplication rests on beside the node's own steps."""
        src, dst = message.envelope.src, message.envelope.dst
        found = []
        if message.sent:
            sender = self._events[message.sent - 1]
            of = src if sender.kind == "tick" else None if _is_plain_crash(sender) else sender.node
            found.append(Point(message.sent, of))
        if self._fifo and (src, dst) in self._taken:
            found.append(self._taken[src, dst])
        if event.kind == "receive" and not is_notice(message.envelope):
            found += [p for name, p in self._healed.items() if self._partitions[name].parts(src, dst)]
        return found

    def _note(
        self,
        number: int,
        event: Event,
        message: TrackedMessage | None,
        points: list[Point],
        nodes: list[NodeId],
    ) -> None:
        """What the next steps may rest on."""
        by_node = {point.node: point for point in points}
        for node in nodes:
            self._changed[node] = by_node.get(node, points[0])
        for gone in (self._messages.all[at].envelope for at in self._messages.dropped[number]):
            self._taken[gone.src, gone.dst] = points[0]
        if message is not None and event.kind != "duplicate":
            self._taken[message.envelope.src, message.envelope.dst] = points[0]
        if event.kind == "restart" and event.node is not None:
            self._restarted[event.node] = points[0]
        if event.kind == "partition":
            self._fell = points[0]
        elif event.kind == "heal":
            self._healed[str(dict(event.args)["partition"])] = points[0]
