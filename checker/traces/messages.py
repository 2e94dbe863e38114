"""The messages of a trace: in which step each was sent, and what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Envelope, Event, GlobalState, is_notice
from elcheck.checker.traces.trace import Trace

Fate = Literal["delivered", "lost", "gone"]


@dataclass
class Message:
    """A message, or a copy of one that the environment made.

    ``sent`` is the number of the step that put it under way, 0 for the start; ``copy_of`` the message of
    which the environment made it. ``fates`` says what happened to it, with the number of the step: a sent-set
    delivers again and again, elsewhere there is one at most. ``gone`` is what went with a link or a node.
    """

    envelope: Envelope
    sent: int
    copy_of: int | None = None
    fates: list[tuple[int, Fate]] = field(default_factory=list)


@dataclass(frozen=True)
class Flow:
    """All messages of a trace, and by the number of a step (0 for the start): which of them it ``sent``,
    which one it delivers, loses or copies (``taken``), and which are ``gone`` with it.
    """

    messages: tuple[Message, ...]
    sent: tuple[tuple[int, ...], ...]
    taken: tuple[int | None, ...]
    gone: tuple[tuple[int, ...], ...]


def envelope_of(event: Event) -> Envelope | None:
    """The message that a delivery, a loss or a duplication is about."""
    args = dict(event.args)
    src = args.get("src")
    if (
        event.kind not in ("receive", "lose", "duplicate")
        or event.node is None
        or not isinstance(src, NodeId)
    ):
        return None
    return Envelope(src, event.node, args["msg"])


def consumed(event: Event, network: str) -> Envelope | None:
    """The message that is not under way any more after the event, on a network of that name."""
    message = envelope_of(event)
    if message is None or event.kind == "duplicate":
        return None
    return message if network != "sent-set" or is_notice(message) else None


def sent(before: GlobalState, event: Event, after: GlobalState, network: str) -> list[Envelope]:
    """What a step sends, copies of equal messages repeated; what it takes may be among it, sent once more."""
    then = Counter(before.network)
    gone = consumed(event, network)
    if gone is not None:
        then[gone] -= 1
    return [] if event.kind == "duplicate" else list((Counter(after.network) - then).elements())


def flow_of(trace: Trace, model: Model) -> Flow:
    """Follow the messages of a trace. Of equal ones on their way the oldest is taken for the one meant."""
    tracker = _Tracker(keeps=model.environment.network == "sent-set")
    tracker.settle(0, trace.initial)
    for number, step in enumerate(trace.steps, 1):
        tracker.event(number, step.event)
        tracker.settle(number, step.state)
    return Flow(
        tuple(tracker.messages),
        tuple(map(tuple, tracker.sent)),
        tuple(tracker.taken),
        tuple(map(tuple, tracker.gone)),
    )


class _Tracker:
    """What is under way, as the steps go on. ``keeps``: a delivery leaves the message where it is."""

    def __init__(self, *, keeps: bool) -> None:
        self._keeps = keeps
        self._under_way: dict[Envelope, list[int]] = {}
        self.messages: list[Message] = []
        self.sent: list[list[int]] = [[]]
        self.taken: list[int | None] = [None]
        self.gone: list[list[int]] = [[]]

    def event(self, number: int, event: Event) -> None:
        """What an event does to the message that it names."""
        self.sent.append([])
        self.gone.append([])
        self.taken.append(None)
        envelope = envelope_of(event)
        if envelope is None:
            return
        copies = self._under_way[envelope]
        at = -1 if dict(event.args).get("which") == "newest" else 0
        taken = self.taken[-1] = copies[at]
        if event.kind == "duplicate":
            self._add(envelope, number, copy_of=taken)
            return
        self.messages[taken].fates.append((number, "delivered" if event.kind == "receive" else "lost"))
        if not self._keeps or is_notice(envelope):
            copies.pop(at)

    def settle(self, number: int, state: GlobalState) -> None:
        """What else has come and gone in the network."""
        there = Counter(state.network)
        for envelope, copies in self._under_way.items():
            while len(copies) > there[envelope]:
                self.messages[copies[0]].fates.append((number, "gone"))
                self.gone[-1].append(copies.pop(0))
        for envelope, count in there.items():
            while len(self._under_way.setdefault(envelope, [])) < count:
                self.sent[-1].append(self._add(envelope, number))

    def _add(self, envelope: Envelope, number: int, copy_of: int | None = None) -> int:
        self.messages.append(Message(envelope, number, copy_of))
        self._under_way[envelope].append(len(self.messages) - 1)
        return len(self.messages) - 1
