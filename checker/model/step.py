"""What a handler yields: a step, and what it sends; and the guard that may forbid it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from elcheck.checker.model.ids import NodeId

S_co = TypeVar("S_co", covariant=True)
S = TypeVar("S")


@dataclass(frozen=True)
class Send:
    """One message put on its way to ``dst``.

    With ``split`` the sender may crash after this send and before the next one of the same step.
    """

    dst: NodeId
    msg: object
    split: bool = False


@dataclass(frozen=True)
class Close:
    """Closing the link to ``dst``: what is under way on it is lost, and the other end is told."""

    dst: NodeId


Effect: TypeAlias = Send | Close
Sends: TypeAlias = tuple[Effect, ...]


@dataclass(frozen=True)
class Step(Generic[S_co]):
    """One outcome of a handler: the new state, and what is sent with it, atomically."""

    state: S_co
    sends: Sends = ()


Steps: TypeAlias = Iterator[Step[S]]


def send(targets: NodeId | Iterable[NodeId], msg: object, *, split: bool = False) -> Sends:
    """One message to one node or to several, in the order of their ids."""
    if isinstance(targets, NodeId):
        targets = (targets,)
    return tuple(Send(dst, msg, split) for dst in sorted(targets))


class Blocked(Exception):
    """A guard does not hold, so the step is not enabled: carries why."""


def present(value: S | None, why: str) -> S:
    """A guard that there is a value, and the value: ``ballot = present(s.ballot, "no ballot")``."""
    if value is None:
        raise Blocked(why)
    return value


def guard(condition: bool, why: str) -> None:
    """A conjunct of a handler's guard: the step is enabled only if ``condition`` holds.

    ``why`` says what is true when it does not, for the person who asks why a step can't happen:
    ``guard(s.role is not Role.LEADER, "a leader does not time out")``. Guards come before the first
    ``yield``.
    """
    if not condition:
        raise Blocked(why)
