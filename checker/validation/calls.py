"""What an observer says of lines: which handler calls they stand for, and what is compared."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.values import text
from elcheck.checker.validation.logs import LogEvent


class ValueRange(ABC):
    """What a field may be, where that is more than one value."""

    @abstractmethod
    def fits(self, value: object) -> bool:
        """True if the field may have this value."""

    @abstractmethod
    def examples(self) -> Sequence[object]:
        """Some of the values that it may have."""


@dataclass(frozen=True)
class AtLeast(ValueRange):
    """A value, or a greater one."""

    least: object

    def fits(self, value: object) -> bool:
        """True if it is not less."""
        return bool(self.least <= value)  # type: ignore[operator]  # of one ordered type, as its field is

    def examples(self) -> Sequence[object]:
        """The value itself, and of a number the next one."""
        return [self.least, self.least + 1] if isinstance(self.least, int) else [self.least]

    def __str__(self) -> str:
        return f"at least {text(self.least)}"


@dataclass(frozen=True)
class AtMost(ValueRange):
    """A value, or a smaller one."""

    most: object

    def fits(self, value: object) -> bool:
        """True if it is not more."""
        return bool(value <= self.most)  # type: ignore[operator]  # of one ordered type, as its field is

    def examples(self) -> Sequence[object]:
        """The value itself."""
        return [self.most]

    def __str__(self) -> str:
        return f"at most {text(self.most)}"


@dataclass(frozen=True)
class OneOf(ValueRange):
    """One of some values."""

    values: tuple[object, ...]

    def fits(self, value: object) -> bool:
        """True if it is one of them."""
        return value in self.values

    def examples(self) -> Sequence[object]:
        """All of them."""
        return self.values

    def __str__(self) -> str:
        return " or ".join(map(text, self.values))


Comparison: TypeAlias = Mapping[str, object]
"""Attributes by name, each with the value that it has to have, or a :class:`ValueRange`."""


def is_as_wanted(wanted: object, value: object) -> bool:
    """True if a value is what is wanted."""
    return wanted == value or (isinstance(wanted, ValueRange) and wanted.fits(value))


@dataclass(frozen=True)
class WantedSend:
    """A message that a step sends."""

    dst: NodeId
    message: tuple[type, ...]
    having: Comparison = field(default_factory=dict)


WHOLE = ("*",)
"""All fields of a state, and what is sent."""


@dataclass(frozen=True)
class Call:
    """A handler's call, and what is known of it.

    handler: its name; empty for none (only ``before`` is compared), ``restart`` for a restart.
    src, messages, having: of a delivery, the sender, the classes of the message, and its fields.
    args, choice: of an action. before, after: fields of the state. sends: messages that are sent;
    ``sends_all`` if they are all. hidden: no line says that it happened. guides: of a free call, which
    messages are worth a try. latest: the lines do not say which message it is, and the latest is as good as
    any other; so it is taken when nothing else can happen. guess: fields of the state that decide what is
    possible later; all outcomes that differ in them are followed, of others the first is taken. ``WHOLE``
    follows all outcomes.
    """

    handler: str = ""
    src: NodeId | None = None
    messages: tuple[type, ...] = ()
    having: Comparison = field(default_factory=dict)
    args: Comparison = field(default_factory=dict)
    choice: Comparison = field(default_factory=dict)
    before: Comparison = field(default_factory=dict)
    after: Comparison = field(default_factory=dict)
    sends: Sequence[WantedSend] | None = None
    sends_all: bool = False
    hidden: bool = False
    latest: bool = False
    guides: Callable[[object], bool] | None = None
    guess: tuple[str, ...] = ()


Reading: TypeAlias = Sequence[Call]
"""One way to read a step: handler calls of one node, in order."""


@dataclass(frozen=True)
class ObservedStep:
    """Lines of a node that are one step: ``name`` says which kind. ``begins``: a life of the node begins with
    it. ``flaw``: why these lines can't be right, whatever others do. ``facts``: what its observer knows.
    """

    name: str
    events: tuple[LogEvent, ...]
    begins: bool = False
    flaw: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def first(self) -> LogEvent:
        """Its first line."""
        return self.events[0]

    @property
    def time(self) -> float | None:
        """When it happened, as far as the log says so."""
        return self.events[0].time

    @property
    def lane(self) -> str:
        """The thread that logged it."""
        return self.events[0].lane

    @property
    def refs(self) -> str:
        """Its lines: ``n2.log:85``, ``n2.log:85-88``."""
        first, last = self.events[0].ref, self.events[-1].ref
        return str(first) if first == last else f"{first}-{last.number}"
