"""A trace that someone wrote: its steps, as far as they were said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from elcheck.checker.model.selector import StepNames
from elcheck.checker.model.state import Event
from elcheck.checker.replay.values import fits
from elcheck.checker.replay.words import contained, words

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True)
class LineStep:
    """A step in words. They are words of the step that is meant, in its order; its name is among them."""

    text: str

    @property
    def words(self) -> tuple[str, ...]:
        """What was written, without punctuation."""
        return words(self.text)

    @property
    def state(self) -> Json:
        """A line says nothing of the state that it leads to."""
        return None

    def fits(self, event: Event) -> int:
        """0: it is not this event; 1: it may be; 2: these are just its words."""
        mine, its = self.words, words(event.located)
        if mine == its or mine == words(str(event)):
            return 2
        return int(event.name in mine and contained(mine, its))


@dataclass(frozen=True)
class JsonStep:
    """A step as an object of JSON. ``args`` and ``choice`` may leave some out, and of a message some fields;
    what the handler chose may stand among the ``args``.
    """

    action: str
    node: str | None
    names_node: bool
    args: Mapping[str, Json]
    choice: Mapping[str, Json]
    state: Json

    @property
    def text(self) -> str:
        """The step in words."""
        args = dict(self.args)
        src = f" from {said(args.pop('src'))}" if "src" in args else ""
        given = ", ".join([*map(said, args.values()), *(f"{n}={said(v)}" for n, v in self.choice.items())])
        return (f"{self.node}: " if self.node else "") + self.action + (f"({given})" if given else "") + src

    @property
    def words(self) -> tuple[str, ...]:
        """The words of that."""
        return words(self.text)

    def fits(self, event: Event) -> int:
        """0: it is not this event; 1: it may be; 2: it says all of it."""
        node = None if event.node is None else event.node.name
        if event.name != self.action or (self.names_node and node != self.node):
            return 0
        its, mine = dict((*event.args, *event.choice)), {**self.args, **self.choice}
        if not all(name in its and fits(value, its[name]) for name, value in mine.items()):
            return 0
        return 2 if its.keys() == mine.keys() else 1


WrittenStep: TypeAlias = LineStep | JsonStep


def fit(step: WrittenStep, event: Event, names: StepNames) -> int:
    """How well a written step fits an event, however that may be written: 0, not; 1, perhaps; 2, in full."""
    return max(step.fits(spelt) for spelt in names.spellings(event))


@dataclass(frozen=True)
class Script:
    """What was written: the initial state (a number from 1 up, fields, or a whole state; None: not said), the
    steps, and after how many of them a loop starts.
    """

    start: Json
    steps: tuple[WrittenStep, ...]
    loop: int | None = None


def said(value: Json) -> str:
    """A value as a trace prints it, more or less."""
    if isinstance(value, dict):
        fields = ", ".join(f"{name}={said(part)}" for name, part in value.items() if name != "type")
        return f"{value.get('type', '')}({fields})"
    if isinstance(value, list):
        return "(" + ", ".join(map(said, value)) + ")"
    return str(value)
