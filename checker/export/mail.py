"""Which message a step takes from the network, and which it puts there."""

from __future__ import annotations

from collections import Counter

from checker.flow import envelope_of
from checker.model.state import Envelope, Event, State, is_notice


def consumed(event: Event, network: str) -> Envelope | None:
    """The message that is not under way any more after the event, on a network of that name."""
    message = envelope_of(event)
    if message is None or event.kind == "duplicate":
        return None
    return message if network != "sent-set" or is_notice(message) else None


def sent(before: State, event: Event, after: State, network: str) -> list[Envelope]:
    """What a step sends, copies of equal messages repeated; what it takes may be among it, sent once more."""
    then = Counter(before.network)
    gone = consumed(event, network)
    if gone is not None:
        then[gone] -= 1
    return [] if event.kind == "duplicate" else list((Counter(after.network) - then).elements())
