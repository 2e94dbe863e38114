"""What a step does, in words: what it changes, what it sends, what goes with it. All reports say it so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from elcheck.checker.model.budget import FaultKind, counted_faults
from elcheck.checker.model.environment import initial_state
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Envelope, Event, GlobalState, is_notice
from elcheck.checker.model.values import text
from elcheck.checker.traces.changes import Change, changes
from elcheck.checker.traces.differences import differences
from elcheck.checker.traces.messages import traffic
from elcheck.checker.traces.reads import NOTHING_READ, FieldsRead
from elcheck.checker.traces.trace import TraceStep

PhraseKind = Literal["up", "paused", "read", "field", "sends", "told", "gone"]
_SAID_BY_THE_EVENT = ("budget", "timeouts", "partition")
"""Parts of the environment: that they change, the event says itself."""


@dataclass(frozen=True)
class Phrase:
    """One thing that a step does, and what it is about: a node that goes down or comes up, is paused or goes
    on, a field that changes (``read`` if the failing check reads it), a message that is
    sent, a node that is told of a fault, a message that is gone.
    """

    about: PhraseKind
    text: str


def event_in_words(event: Event, *, fields: bool = True) -> str:
    """What happens, a message without its class where its handler is called so: ``vote(term=1) from n2``, or
    without its ``fields``, too: ``vote from n2``.
    """
    args = dict(event.args)
    if not fields and "msg" in args:
        name = type(args["msg"]).__name__
        whole = text(args["msg"])
        short = "" if says_no_more(event.name, args["msg"]) else f"({name})"
        return str(event).replace(f"({whole})", short, 1)
    if event.kind != "receive" or not says_no_more(event.name, args["msg"]):
        return str(event)
    return str(event).replace(f"({type(args['msg']).__name__}(", "(", 1).replace(")) from ", ") from ", 1)


def says_no_more(name: str, msg: object) -> bool:
    """Whether a handler is called what its message is: vote_request, VoteRequest."""
    return name.replace("_", "").lower() == type(msg).__name__.lower()


def phrases(
    model: Model,
    before: GlobalState,
    step: TraceStep,
    *,
    unread: Collection[Envelope] = (),
    read: FieldsRead = NOTHING_READ,
) -> list[Phrase]:
    """What a step does. Fields of the node that steps stand without its name, first those that are ``read``
    by the failing check; messages that are all ``unread`` stand without their fields.
    """
    return [*_changes(model, before, step, read), *_messages(model, before, step, unread)]


def in_words(model: Model, before: GlobalState, step: TraceStep) -> list[str]:
    """The same, without their kinds."""
    return [phrase.text for phrase in phrases(model, before, step)]


def trouble(model: Model, start: GlobalState) -> list[str]:
    """What an initial state begins in the middle of: who is down or paused, the partition that stands, and
    what of the budgets is spent already.
    """
    idle = [f"{view.node} {view.idle}" for view in start.nodes if view.idle]
    now = start.environment
    stands = [] if now.standing is None else [f"partition {now.standing} stands"]
    spent = [counted_faults(kind, count) for kind, count in spent_in(model, start).items()]
    return [*idle, *stands, *([f"{', '.join(spent)} spent before"] if spent else [])]


def spent_in(model: Model, state: GlobalState) -> dict[FaultKind, int]:
    """How many faults of each budget with an end are spent in a state."""
    whole = initial_state(model.environment, tuple(model.programs))
    totals = ((left.kind, left.total, state.environment.of(left.kind).total) for left in whole.left)
    return {kind: total - left for kind, total, left in totals if total and left is not None and left < total}


def _changes(model: Model, before: GlobalState, step: TraceStep, read: FieldsRead) -> Iterator[Phrase]:
    own = step.event.node.name if step.event.node else ""
    classes = {view.node.name: type(view.state) for view in before.nodes}
    classes[""] = type(before.shared)

    def place(change: Change) -> tuple[bool, int]:
        names = read.get(classes.get(change.node, object), ())
        there = change.field in names
        return not there, names.index(change.field) if there else 0

    found = changes(model, before, step.state).fields
    for change in sorted(found, key=lambda change: (change.kind not in ("up", "paused"), *place(change))):
        at_own = change.node == own and change.kind != "history"
        if change.kind == "up":
            whose = "" if at_own else f"{change.node} "
            yield Phrase("up", f"{whose}{'up' if change.new else 'down'}")
        elif change.kind == "paused":
            whose = "" if at_own else f"{change.node} "
            yield Phrase("paused", f"{whose}{'paused' if change.new else 'goes on'}")
        elif change.kind not in _SAID_BY_THE_EVENT:
            name = change.field if at_own else change.path
            about: PhraseKind = "field" if place(change)[0] else "read"
            yield from (Phrase(about, said) for said in differences(name, change.old, change.new))


def _messages(
    model: Model, before: GlobalState, step: TraceStep, unread: Collection[Envelope]
) -> Iterator[Phrase]:
    moved = traffic(model, before, step.event, step.state)
    for said in by_message([envelope for envelope in moved.sent if not is_notice(envelope)], unread):
        yield Phrase("sends", f"sends {said}")
    for envelope in moved.sent:
        if is_notice(envelope):
            yield Phrase("told", f"{envelope.dst} is told {text(envelope.msg)}")
    for said in by_message(moved.dropped):
        yield Phrase("gone", f"gone: {said}")


def by_message(envelopes: Iterable[Envelope], unread: Collection[Envelope] = ()) -> list[str]:
    """Each message once, with all its receivers: ``Vote(term=1) to n2, n3``; one that is ``unread`` by all of
    them without its fields.
    """
    receivers: dict[str, list[Envelope]] = {}
    for envelope in envelopes:
        receivers.setdefault(text(envelope.msg), []).append(envelope)
    found = []
    for msg, sent in receivers.items():
        short = unread and all(envelope in unread for envelope in sent) and "=" in msg
        said = f"{type(sent[0].msg).__name__}(…)" if short else msg
        found.append(f"{said} to {', '.join(envelope.dst.name for envelope in sent)}")
    return found
