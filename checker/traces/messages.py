"""The messages of a trace: in which step each was sent, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Envelope, Event, GlobalState, envelope_of, is_notice
from elcheck.checker.traces.trace import Trace

Fate = Literal["delivered", "lost", "dropped"]
"""``dropped`` is what goes with a link or a node."""


@dataclass(frozen=True)
class Traffic:
    """What one step does to the network. ``named``: the message that it delivers, loses or copies, and
    ``consumed``: that is not under way any more then. ``sent``: what it sends, copies of equal messages
    repeated. ``dropped``: what goes with it.
    """

    named: Envelope | None
    consumed: bool
    sent: tuple[Envelope, ...]
    dropped: tuple[Envelope, ...]


def traffic(model: Model, before: GlobalState, event: Event, after: GlobalState) -> Traffic:
    """What a step does to the network, whatever the ages of messages. What it takes may be among what it
    sends, sent once more.
    """
    named = envelope_of(event)
    left, now = (Counter(envelope.new for envelope in state.network) for state in (before, after))
    if named is not None and event.kind == "duplicate":
        left[named] += 1
    keeps = model.environment.network == "sent-set"
    consumed = named is not None and event.kind != "duplicate" and (not keeps or is_notice(named))
    if named is not None and consumed:
        left[named] -= 1
    return Traffic(named, consumed, tuple((now - left).elements()), tuple((left - now).elements()))


@dataclass
class TrackedMessage:
    """A message, or a copy of one that the environment made.

    ``sent`` is the number of the step that put it under way, 0 for the start; ``copy_of`` the message of
    which the environment made it. ``fates`` says what happened to it, with the number of the step: a sent-set
    delivers again and again, elsewhere there is one at most.
    """

    envelope: Envelope
    sent: int
    copy_of: int | None = None
    fates: list[tuple[int, Fate]] = field(default_factory=list)


@dataclass(frozen=True)
class Lifetime:
    """A message from the step that sent it (0: under way from the beginning) to that of one of its fates,
    both None while it is in transit at the end. ``copied`` is the step that made a copy of it, if it is one.
    A sent-set's message has a lifetime for each of its deliveries.
    """

    envelope: Envelope
    sent: int
    end: int | None
    fate: Fate | None
    copied: int | None


@dataclass(frozen=True)
class Messages:
    """All messages of a trace, and by the number of a step (0 for the start): which of them it ``sent``,
    which one it delivers, loses or copies (``named``), and which are ``dropped`` with it.
    """

    all: tuple[TrackedMessage, ...]
    sent: tuple[tuple[int, ...], ...]
    named: tuple[int | None, ...]
    dropped: tuple[tuple[int, ...], ...]

    def unread(self, step: int) -> list[Envelope]:
        """What a step sends of which nothing becomes."""
        return [self.all[at].envelope for at in self.sent[step] if not self.all[at].fates]

    def sent_in(self, step: int) -> list[Envelope]:
        """What a step sends."""
        return [self.all[at].envelope for at in self.sent[step]]

    def lifetimes(self) -> list[Lifetime]:
        """Every message's lifetimes, in the order in which they were sent."""
        return sorted(
            (life for message in self.all for life in self._of(message)), key=lambda life: life.sent
        )

    def _of(self, message: TrackedMessage) -> Iterator[Lifetime]:
        copied, origin = None, message
        while origin.copy_of is not None:
            copied, origin = message.sent, self.all[origin.copy_of]
        for end, fate in message.fates:
            yield Lifetime(message.envelope, origin.sent, end, fate, copied)
        if not message.fates:
            yield Lifetime(message.envelope, origin.sent, None, None, copied)


def messages_of(trace: Trace, model: Model) -> Messages:
    """Follow the messages of a trace. Of equal ones in transit the oldest is taken for the one meant."""
    tracker = _Tracker(linked=model.environment.network == "fifo")
    tracker.send(0, tuple(envelope.new for envelope in trace.initial.network))
    for number, before, step in trace.numbered:
        tracker.step(number, step.event, traffic(model, before, step.event, step.state))
    return Messages(
        tuple(tracker.all),
        tuple(map(tuple, tracker.sent)),
        tuple(tracker.named),
        tuple(map(tuple, tracker.dropped)),
    )


class _Tracker:
    """The messages in transit as the steps go on, equal ones in the order of their link (``linked``), or of
    the steps that put them there.
    """

    def __init__(self, *, linked: bool) -> None:
        self._linked = linked
        self._in_transit: dict[Envelope, list[int]] = {}
        self.all: list[TrackedMessage] = []
        self.sent: list[list[int]] = [[]]
        self.named: list[int | None] = [None]
        self.dropped: list[list[int]] = [[]]

    def step(self, number: int, event: Event, moved: Traffic) -> None:
        """What a step does."""
        self.sent.append([])
        self.dropped.append([])
        self.named.append(None)
        if moved.named is not None:
            self._name(number, event, moved.named, consumed=moved.consumed)
        for envelope in moved.dropped:
            at = self._in_transit[envelope].pop(0)
            self.all[at].fates.append((number, "dropped"))
            self.dropped[-1].append(at)
        self.send(number, moved.sent)

    def send(self, number: int, envelopes: tuple[Envelope, ...]) -> None:
        """New messages."""
        for envelope in envelopes:
            self.sent[-1].append(len(self.all))
            self._in_transit.setdefault(envelope, []).append(len(self.all))
            self.all.append(TrackedMessage(envelope, number))

    def _name(self, number: int, event: Event, envelope: Envelope, *, consumed: bool) -> None:
        """The message that an event names: delivered, lost or copied."""
        alike = self._in_transit[envelope]
        place = -1 if dict(event.args).get("which") == "newest" else 0
        at = self.named[-1] = alike[place]
        if event.kind == "duplicate":
            alike.insert(1 if self._linked else len(alike), len(self.all))  # a link has it right behind
            self.all.append(TrackedMessage(envelope, number, copy_of=at))
            return
        self.all[at].fates.append((number, "delivered" if event.kind == "receive" else "lost"))
        if consumed:
            alike.pop(place)
