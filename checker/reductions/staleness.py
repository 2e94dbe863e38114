"""Which messages are taken for stale: those that a handler declares to be, and those that a number tells.

Nothing here has to be true. What is taken for stale is checked (dead_mail.py), and a rule that fails is left
out of the next search.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_type_hints

from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.generics import state_classes
from elcheck.checker.model.handlers import Handler, place_if_known, short_place_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.node import Node
from elcheck.checker.model.not_granted import NotGranted
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.terms import Term

StaleChoice: TypeAlias = Literal["auto", "all", "off"]
"""Which rules are tried: those that are declared; also those that numbers tell; none."""
CHOICES: tuple[StaleChoice, ...] = ("auto", "all", "off")
NUMBERS = (Term, int)
"""Classes of fields by which a message may be older than a state: those that have an order."""


class NotStale(NotGranted):
    """A message that a rule takes for stale can do something."""


@dataclass(frozen=True)
class StaleRule:
    """A rule by which messages to the nodes of one program are stale: what their ``handler`` declares, or, if
    two ``fields`` are given, that the message's is less than the state's.
    """

    program: str
    handler: Handler
    fields: tuple[str, str] | None = None

    def __str__(self) -> str:
        if self.fields is None:
            stale = self.handler.mark.stale
            place = "" if stale is None else place_if_known(stale, short=True)
            return f"{self.program}.{self.handler.name}{place}"
        mine, its = self.fields
        return f"{self.program}.{self.handler.name} where msg.{mine} < s.{its}"

    @property
    def key(self) -> tuple[str, str]:
        """What another run finds it by."""
        return f"{self.program}.{self.handler.name}", " < ".join(self.fields or ())

    def holds(self, runner: Runner, state: object, msg: object) -> bool:
        """Whether it takes a message for stale in a local state. Raises HandlerError as the model's does."""
        if self.fields is None:
            return runner.is_stale(self.handler, state, msg)
        older, newer = getattr(msg, self.fields[0], None), getattr(state, self.fields[1], None)
        if isinstance(older, Term) and isinstance(newer, Term):
            return older < newer
        return type(older) is int and type(newer) is int and older < newer


class Staleness:
    """The rules by which messages are stale, without those that were ``refuted``."""

    def __init__(
        self,
        runner: Runner,
        choice: StaleChoice,
        refuted: Collection[NotGranted] = (),
        *,
        by_terms: bool = False,
    ) -> None:
        """``by_terms``: messages whose term is less than one of the state are tried in any case."""
        if choice not in CHOICES:
            raise UsageError(f"dead_messages={choice!r}: it is one of {', '.join(CHOICES)}")
        self._runner = runner
        self.choice, self.refuted, self.by_terms = choice, tuple(refuted), by_terms
        known = {found.of for found in refuted if isinstance(found, NotStale)}
        self._of: dict[tuple[NodeId, str], list[StaleRule]] = {}
        self._receivers: dict[tuple[NodeId, type], Handler | None] = {}
        for node, program in runner.programs.items() if choice != "off" else ():
            for handler in runner.handlers_at(node):
                classes = NUMBERS if choice == "all" else (Term,) if by_terms else ()
                rules = list(_rules(type(program), handler, classes))
                rules = [rule for rule in rules if rule.key not in known]
                if rules:
                    self._of[node, handler.name] = rules

    @property
    def rules(self) -> tuple[StaleRule, ...]:
        """All of them."""
        return tuple(dict.fromkeys(rule for rules in self._of.values() for rule in rules))

    def rule_for(self, node: NodeId, state: object, msg: object) -> StaleRule | None:
        """The first rule that takes a message to a node for stale. Raises HandlerError."""
        key = (node, type(msg))
        if key not in self._receivers:
            self._receivers[key] = self._runner.receiver(*key)
        handler = self._receivers[key]
        rules = self._of.get((node, handler.name), ()) if handler is not None else ()
        return next((rule for rule in rules if rule.holds(self._runner, state, msg)), None)


def _rules(program: type, handler: Handler, classes: tuple[type, ...]) -> Iterator[StaleRule]:
    """The rules for the messages that a handler takes, those among them that are told by fields of some
    classes.
    """
    if handler.mark.stale is not None:
        yield StaleRule(program.__name__, handler)
    for kind in classes:
        its = dict.fromkeys(name for cls in state_classes(program, Node) for name in _fields(cls, kind))
        for mine in dict.fromkeys(name for cls in handler.messages for name in _fields(cls, kind)):
            yield from (StaleRule(program.__name__, handler, (mine, name)) for name in its)


def _fields(cls: type, kind: type) -> list[str]:
    """The fields of a class that are of another class, by their annotations."""
    if not dataclasses.is_dataclass(cls):
        return []
    try:
        hints = get_type_hints(cls)
    except Exception:
        return []  # names that exist for the type checker only
    return [field.name for field in dataclasses.fields(cls) if hints[field.name] is kind]


def place_of_handler(program: object, handler: Handler) -> str:
    """Where a program's handler is written: ``raft.py:97``."""
    return short_place_of(getattr(type(program), handler.name))
