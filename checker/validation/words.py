"""What is against a step, in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.state import Envelope
from elcheck.checker.model.values import text
from elcheck.checker.validation.calls import Call, Comparison, ValueRange
from elcheck.checker.validation.mail import Mail
from elcheck.checker.validation.obstacles import Mismatch, Obstacle, mismatch_of


def in_words(node: NodeId, why: Obstacle, mail: Mail) -> str:
    """Why a step of a node is not possible: the field, the guard, or the message."""
    match why.stage:
        case "form":
            return why.text
        case "before":
            return f"before this step {_differs(why)}"
        case "message":
            return _not_sent(node, why, mail)
        case "guard":
            return f"{_handler(why)} has no such step: {why.text}"
        case "raised":
            return why.text
        case "disk":
            found = "nothing else can be on it" if why.mismatch is None else _differs(why)
            return f"whichever of its last steps were on the disk at the restart, {found}"
        case "after":
            return f"after {_handler(why)} {_differs(why)}"
        case "sends":
            return f"{_handler(why)} has to send {_wanted_sends(why.call)}, and sends {_sent(why.sent)}"


def _handler(why: Obstacle) -> str:
    """The handler with the message that it takes."""
    if isinstance(why.message, Envelope):
        return f"{why.call.handler}({text(why.message.msg)}) from {why.message.src}"
    return why.call.handler


def _differs(why: Obstacle) -> str:
    assert why.mismatch is not None
    return f"{_field(why.mismatch)} in the log, and {text(why.mismatch.got)} in the model"


def _field(mismatch: Mismatch) -> str:
    return f"{mismatch.field} is {wanted_text(mismatch.wanted)}"


def wanted_text(wanted: object) -> str:
    """A value that a field has to have, or what it may be."""
    return str(wanted) if isinstance(wanted, ValueRange) else text(wanted)


def _fields(having: Comparison) -> str:
    return ", ".join(f"{name} {wanted_text(want)}" for name, want in having.items())


def _names(classes: Sequence[type]) -> str:
    return " or ".join(cls.__name__ for cls in classes)


def _wanted_sends(call: Call) -> str:
    found = [f"{_names(want.message)}({_fields(want.having)}) to {want.dst}" for want in call.sends or ()]
    return ", ".join(found) or "nothing"


def _sent(sends: Sequence[Envelope]) -> str:
    return ", ".join(f"{text(envelope.msg)} to {envelope.dst}" for envelope in sends) or "nothing"


# -- Messages ----------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class NearMiss:
    """A message that was sent, and is not the one that a line tells of: the fields that differ."""

    src: NodeId
    message: object
    mismatches: tuple[Mismatch, ...]


def near_miss(node: NodeId, why: Obstacle, mail: Mail) -> NearMiss | None:
    """The message that comes nearest to one that was not sent: the fewest fields differ, the latest of these.
    None if there is none of its class, or every field differs.
    """
    found = list(_misses(node, why, mail))
    nearest = min(found, key=lambda miss: len(miss.mismatches), default=None)
    few = nearest is not None and len(nearest.mismatches) < len(why.call.having)
    return nearest if few else None


def _misses(node: NodeId, why: Obstacle, mail: Mail) -> Iterator[NearMiss]:
    having = why.call.having
    for src, cls in mail.links_to(node):
        if why.call.src in (None, src) and cls in why.call.messages:
            for message, _ in mail.sent(src, node, cls):
                each = (mismatch_of(message, {name: want}) for name, want in having.items())
                yield NearMiss(src, message, tuple(found for found in each if found is not None))


def _not_sent(node: NodeId, why: Obstacle, mail: Mail) -> str:
    call = why.call
    sender = "nobody has" if call.src is None else f"{call.src} has not"
    names = _names(call.messages)
    said = f"{sender} sent it {'an' if names[:1] in 'AEIO' else 'a'} {names}"
    if call.having:
        said += f" with {_fields(call.having)}"
    miss = near_miss(node, why, mail)
    if miss is None:
        return said
    differs = " and ".join(f"{found.field} {text(found.got)}" for found in miss.mismatches)
    return f"{said}; the nearest that {miss.src} has sent it has {differs}: {text(miss.message)}"
