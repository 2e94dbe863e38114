"""What a step does, in words: what it changes and what it sends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Envelope, GlobalState
from elcheck.checker.model.values import text
from elcheck.checker.traces.changes import changes
from elcheck.checker.traces.messages import sent
from elcheck.checker.traces.trace import TraceStep


def effects(model: Model, before: GlobalState, step: TraceStep) -> list[str]:
    """A line for each change, fields of the node that steps without its name; then one for each message sent.
    Budgets are left out.
    """
    own = step.event.node.name if step.event.node else ""
    found = []
    for change in changes(model, before, step.state).fields:
        at_own = change.node == own
        if change.field == "up":
            found.append(f"{'' if at_own else change.node + ' '}{'up' if change.new else 'down'}")
        elif not change.field.endswith(" left"):
            name = change.field if at_own else change.path
            found.append(f"{name} {text(change.old)} → {text(change.new)}")
    return found + list(_sends(sent(before, step.event, step.state, model.environment.network)))


def _sends(envelopes: Sequence[Envelope]) -> Iterator[str]:
    """What is sent, each message with all its receivers."""
    ordered = sorted(envelopes, key=lambda e: text(e.msg))
    for said, group in groupby(ordered, key=lambda e: text(e.msg)):
        yield f"sends {said} to {', '.join(e.dst.name for e in group)}"
