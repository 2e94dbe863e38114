"""The messages of a trace: where each is sent and what becomes of it, read from the states alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.state import Envelope, Event, GlobalState, is_notice
from elcheck.checker.traces.trace import Trace

Fate = Literal["under way", "delivered", "lost", "dropped"]


@dataclass(frozen=True)
class Flight:
    """A message on its way: sent by step ``sent`` (0: under way from the beginning), ended by step ``end``,
    None while it is still under way at the end. ``dropped`` is what goes with a crash or a broken link;
    ``copy`` the step that duplicated it. A sent-set's message has a flight for each of its deliveries.
    """

    envelope: Envelope
    sent: int
    end: int | None = None
    fate: Fate = "under way"
    copy: int | None = None


def flights_of(trace: Trace, *, kept: bool) -> list[Flight]:
    """Every message's flights, in the order in which they were sent. ``kept``: a delivery takes nothing away
    (a sent-set). Among equal messages the one that was sent first goes first.
    """
    flying = _Flying(kept)
    flying.sends(trace.initial, Counter(), 0, None)
    before = trace.initial
    for number, step in enumerate(trace.steps, 1):
        left = Counter(before.network)
        taken = taken_by(step.event)
        if taken is not None:
            consumed = not kept or is_notice(taken)
            flying.ends(taken, number, "lost" if step.event.kind == "lose" else "delivered", consumed)
            if consumed:
                left[taken] -= 1
        for envelope in (left - Counter(step.state.network)).elements():
            flying.ends(envelope, number, "dropped", consumed=True)
        flying.sends(step.state, left, number, step.event)
        before = step.state
    return sorted([*flying.ended, *flying.aloft()], key=lambda flight: flight.sent)


def taken_by(event: Event) -> Envelope | None:
    """The message that a delivery or a loss takes."""
    if event.kind not in ("receive", "lose") or event.node is None:
        return None
    args = dict(event.args)
    src = args["src"]
    return Envelope(src, event.node, args["msg"]) if isinstance(src, NodeId) else None


class _Flying:
    """The messages that are under way while a trace is read."""

    def __init__(self, kept: bool) -> None:
        self.ended: list[Flight] = []
        self._kept = kept
        self._aloft: dict[Envelope, list[Flight]] = {}
        self._delivered: set[Envelope] = set()

    def sends(self, state: GlobalState, left: Counter[Envelope], number: int, event: Event | None) -> None:
        """What is under way after a step beyond what was left of it before."""
        for envelope in (Counter(state.network) - left).elements():
            started = Flight(envelope, number)
            if event is not None and event.kind == "duplicate":
                started = Flight(envelope, self._aloft[envelope][0].sent, copy=number)
            self._aloft.setdefault(envelope, []).append(started)

    def ends(self, envelope: Envelope, number: int, fate: Fate, consumed: bool) -> None:
        """A message delivered, lost or dropped."""
        queue = self._aloft[envelope]
        flight = queue.pop(0) if consumed else queue[0]
        self._delivered.add(envelope)
        self.ended.append(Flight(envelope, flight.sent, number, fate, flight.copy))

    def aloft(self) -> list[Flight]:
        """What is under way at the end, but for what a sent-set only keeps."""
        return [
            flight
            for envelope, queue in self._aloft.items()
            for flight in queue
            if not (self._kept and envelope in self._delivered)
        ]
