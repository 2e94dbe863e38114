"""What a handler answers: a step, and what it sends; and the guard that may forbid it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.record import Message, State
from elcheck.checker.model.values import called

T = TypeVar("T")
S = TypeVar("S", bound=State)
S_co = TypeVar("S_co", bound=State, covariant=True)


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
Choice: TypeAlias = tuple[tuple[str, object], ...]
"""What was chosen in a step: names and values."""


@dataclass(frozen=True, init=False)
class Step(Generic[S_co]):
    """One outcome of a handler: the new state, and what is sent with it, atomically.

    ``choice={"quorum": q}`` says what was chosen among several possibilities. It is part of the step's name:
    traces show it, replay reads it, and each choice is fair on its own. ``note`` says in a trace why the step
    is what it is ("its term is older"); nothing else depends on it.
    """

    state: S_co
    sends: Sends
    choice: Choice
    note: str = field(default="", compare=False, repr=False)

    def __init__(
        self, state: S_co, sends: Sends = (), *, choice: Mapping[str, object] | None = None, note: str = ""
    ) -> None:
        object.__setattr__(self, "state", state)
        object.__setattr__(self, "sends", sends)
        object.__setattr__(self, "choice", () if choice is None else tuple(choice.items()))
        object.__setattr__(self, "note", note)


Steps: TypeAlias = Iterator[Step[S]]
"""What a handler yields that has several outcomes."""
Outcome: TypeAlias = S | Step[S] | Iterator[Step[S]]
"""What a handler answers: the new state, a step, or several steps, of which any may happen."""


def send(targets: NodeId | Iterable[NodeId], msg: Message, *, split: bool = False) -> Sends:
    """One message to one node or to several, in the order of their ids."""
    if not isinstance(msg, Message):
        raise TypeError(f"a message is of a class(Message), and {called(msg)} is not")
    if isinstance(targets, NodeId):
        return (Send(targets, msg, split),)
    if isinstance(targets, str):
        raise TypeError(f"send(...) takes a NodeId or several, not the string {targets!r}")
    return tuple(Send(dst, msg, split) for dst in sorted(targets))


class Blocked(Exception):
    """A guard does not hold, so the step is not enabled: carries why."""


watcher: Callable[[bool, str], None] | None = None
"""Who is told of every guard that is asked, and whether it holds; nobody, but where guards are counted."""


def require(value: T | None, why: str) -> T:
    """A guard that there is a value, and the value: ``ballot = require(s.ballot, "it has no ballot")``."""
    if watcher is not None:
        watcher(value is not None, why)
    if value is None:
        raise Blocked(why)
    return value


def guard(condition: bool, why: str) -> None:
    """A conjunct of a handler's guard: the step is enabled only if ``condition`` holds.

    ``why`` says what is true when it does not, for the person who asks why a step can't happen:
    ``guard(s.role is not Role.LEADER, "a leader does not time out")``. Guards come before the first
    ``yield``.
    """
    if watcher is not None:
        watcher(bool(condition), why)
    if not condition:
        raise Blocked(why)
