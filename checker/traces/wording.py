"""What a step does, in words: what it changes, what it sends, what goes with it. All reports say it so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Envelope, Event, GlobalState, is_notice
from elcheck.checker.model.values import text
from elcheck.checker.traces.changes import changes
from elcheck.checker.traces.differences import differences
from elcheck.checker.traces.messages import traffic
from elcheck.checker.traces.trace import TraceStep

PhraseKind = Literal["up", "field", "sends", "told", "gone"]
_SAID_BY_THE_EVENT = ("budget", "timeouts", "partition")
"""Parts of the environment: that they change, the event says itself."""


@dataclass(frozen=True)
class Phrase:
    """One thing that a step does, and what it is about: a node that goes down or comes up, a field that
    changes, a message that is sent, a node that is told of a fault, a message that is gone.
    """

    about: PhraseKind
    text: str


def phrases(model: Model, before: GlobalState, step: TraceStep) -> list[Phrase]:
    """What a step does. Fields of the node that steps stand without its name."""
    return [*_changes(model, before, step), *_messages(model, before, step.event, step.state)]


def in_words(model: Model, before: GlobalState, step: TraceStep) -> list[str]:
    """The same, without their kinds."""
    return [phrase.text for phrase in phrases(model, before, step)]


def _changes(model: Model, before: GlobalState, step: TraceStep) -> Iterator[Phrase]:
    own = step.event.node.name if step.event.node else ""
    for change in changes(model, before, step.state).fields:
        at_own = change.node == own and change.kind != "history"
        if change.kind == "up":
            whose = "" if at_own else f"{change.node} "
            yield Phrase("up", f"{whose}{'up' if change.new else 'down'}")
        elif change.kind not in _SAID_BY_THE_EVENT:
            name = change.field if at_own else change.path
            yield from (Phrase("field", said) for said in differences(name, change.old, change.new))


def _messages(model: Model, before: GlobalState, event: Event, after: GlobalState) -> Iterator[Phrase]:
    moved = traffic(model, before, event, after)
    for said in by_message(envelope for envelope in moved.sent if not is_notice(envelope)):
        yield Phrase("sends", f"sends {said}")
    for envelope in moved.sent:
        if is_notice(envelope):
            yield Phrase("told", f"{envelope.dst} is told {text(envelope.msg)}")
    for said in by_message(moved.dropped):
        yield Phrase("gone", f"gone: {said}")


def by_message(envelopes: Iterable[Envelope]) -> list[str]:
    """Each message once, with all its receivers: ``Vote(term=1) to n2, n3``."""
    receivers: dict[str, list[str]] = {}
    for envelope in envelopes:
        receivers.setdefault(text(envelope.msg), []).append(envelope.dst.name)
    return [f"{msg} to {', '.join(targets)}" for msg, targets in receivers.items()]
