"""Comparing the two sides after a step: local states field by field, messages by receiver."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from elcheck.checker.driving.subject import Sent
from elcheck.checker.model.environment import NetworkName
from elcheck.checker.model.errors import instead
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.replaced import replaced
from elcheck.checker.model.step import Send, Sends
from elcheck.checker.model.terms import Term, number_of
from elcheck.checker.model.values import called, flaw, order, text

C = TypeVar("C")
Visible = Callable[[object], object]


class SubjectError(Exception):
    """A subject says what can't be compared. The message says what, and what to do."""


@dataclass(frozen=True)
class DriveMismatch:
    """What differs: a field of a node, or what a node sends to another; and what each side has there."""

    what: str
    model: object
    subject: object


def of_states(node: NodeId, model: object, subject: object) -> Iterator[DriveMismatch]:
    """What differs between the visible part of a node's local state and what the subject says of it.

    Raises SubjectError for what can't be compared.
    """
    for name, has, says in _fields(node, model, subject):
        if plain(has) != plain(says):
            where = f"{node}.{name}" if name else str(node)
            why = flaw(says, where)
            if why is not None:
                raise SubjectError(f"state({node}): {why}")
            yield DriveMismatch(where, has, says)


def _fields(node: NodeId, model: object, subject: object) -> Iterator[tuple[str, object, object]]:
    """The fields to compare: their names, and both values."""
    if isinstance(model, Mapping):
        if not isinstance(subject, Mapping) or subject.keys() != model.keys():
            raise SubjectError(
                f"state({node}) answers {_said(subject)}, and visible(...) gives the names "
                f"{', '.join(map(str, model))}: both have to give the same"
            )
        yield from ((str(name), model[name], subject[name]) for name in model)
    elif isinstance(subject, Mapping):
        for name, says in subject.items():
            if not hasattr(model, str(name)):
                what = f"a {type(model).__name__} has no such field or property"
                meant = instead(str(name), (n for n in dir(model) if not n.startswith("_")), "it has")
                raise SubjectError(f"state({node}) has {name!r}, and {what}; {meant}")
            yield str(name), getattr(model, str(name)), says
    elif type(model) is type(subject) and dataclasses.is_dataclass(model) and not isinstance(model, type):
        for field in dataclasses.fields(model):
            yield field.name, getattr(model, field.name), getattr(subject, field.name)
    elif dataclasses.is_dataclass(model) and type(model) is not type(subject):
        raise SubjectError(
            f"state({node}) answers {_said(subject)}: answer a {type(model).__name__}, or a mapping of some "
            "of its fields"
        )
    else:
        yield "", model, subject


def _said(value: object) -> str:
    return f"the names {', '.join(map(str, value))}" if isinstance(value, Mapping) else called(value)


def key_of(visible: object) -> Hashable:
    """What is equal of messages that look alike."""
    visible = plain(visible)
    return order(visible) if isinstance(visible, Mapping) else _hashable(visible)


def plain(value: object) -> object:
    """A value with numbers in the place of terms: real code has those."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return replaced(value, Term, number_of)


def _hashable(visible: object) -> Hashable:
    try:
        hash(visible)
    except TypeError:
        raise SubjectError(f"a message is compared by value, and {text(visible)} can't be hashed") from None
    return visible


def of_sends(
    src: NodeId, model: Sends, subject: Sequence[Sent[C]], visible: Visible, network: NetworkName
) -> Iterator[DriveMismatch]:
    """What differs between the messages of both sides, receiver by receiver: in their order on fifo links,
    by their number in a bag, as sets where a network holds one copy.
    """
    expected = [(effect.dst, visible(effect.msg)) for effect in model if isinstance(effect, Send)]
    found = [(sent.dst, sent.msg) for sent in subject]
    for dst in sorted({dst for dst, _ in (*expected, *found)}):
        wanted = [msg for to, msg in expected if to == dst]
        there = [msg for to, msg in found if to == dst]
        if _alike(network, wanted) != _alike(network, there):
            yield DriveMismatch(f"{src} sends to {dst}", tuple(wanted), tuple(there))


def _alike(network: NetworkName, messages: Sequence[object]) -> object:
    """What counts of some messages from one node to another."""
    keys = [key_of(msg) for msg in messages]
    if network == "fifo":
        return keys
    return Counter(keys) if network == "bag" else frozenset(keys)
