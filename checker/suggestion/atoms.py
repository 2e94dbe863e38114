"""What can be said of one local state: a field is true, is a member of an enum, is None, empty, or least."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from elcheck.checker.model.record import Record
from elcheck.checker.model.record import fields_of as record_fields
from elcheck.checker.model.terms import Term

FEW = 5
"""Of numbers with more values than so many it is not said that one is the least."""


@dataclass(frozen=True)
class Atom:
    """Something that is true of some states and not of others. ``said`` is Python, with {} for the state, and
    ``opposite`` what is said where it is not true; ``fields`` are what it looks at, ``true`` has a bit for
    each of the states.
    """

    said: str
    opposite: str
    fields: frozenset[str]
    true: int
    all: int

    def of(self, name: str) -> str:
        """What it says of a state of that name."""
        return self.said.replace("{}", name)

    @property
    def plain(self) -> str:
        """What it says, without whose state it is."""
        return self.said.replace("{}.", "")

    @property
    def negated(self) -> Atom:
        """The opposite."""
        return Atom(self.opposite, self.said, self.fields, self.all & ~self.true, self.all)


@dataclass(frozen=True)
class SeenField:
    """A field, a part of one, or a property that says yes or no, with its value in each of the states. ``of``
    is the field that tells it, of a property that looks at one alone.
    """

    name: str
    values: tuple[object, ...]
    of: str = ""

    @property
    def varies(self) -> bool:
        """Whether it has several values."""
        return any(value != self.values[0] for value in self.values)

    def is_all(self, *kinds: type) -> bool:
        """Whether all of its values are of some kinds; True and False are no numbers."""
        return all(isinstance(v, kinds) and (bool in kinds or not isinstance(v, bool)) for v in self.values)

    @property
    def is_ordered(self) -> bool:
        """Whether its values are numbers, or terms."""
        return self.is_all(int) or self.is_all(Term)

    @property
    def is_optional(self) -> bool:
        """Whether it is None in some states only."""
        return None in self.values and any(value is not None for value in self.values)


def fields_of(states: Sequence[Record]) -> list[SeenField]:
    """The fields of states of one class, and the parts of those that have always the same; then those of its
    properties that answer True or False.
    """
    of: type = type(states[0])
    fields: list[SeenField] = []
    for name in record_fields(of):
        values = tuple(getattr(state, name) for state in states)
        fields += [SeenField(name, values), *_parts(name, values)]
    found = list(fields)
    for name in dir(of):
        if isinstance(getattr(of, name, None), property) and not name.startswith("_"):
            answers = _answers(states, name)
            if answers is not None:
                told = (field.name for field in fields if _tells(field, answers))
                found.append(SeenField(name, answers, next(told, "")))
    return found


def _parts(name: str, values: Sequence[object]) -> Iterator[SeenField]:
    """The elements of tuples of one length, and of mappings with the same keys, if there are few."""
    first = values[0]
    if isinstance(first, Mapping):
        keys: list[object] = list(first)
        alike = all(isinstance(value, Mapping) and list(value) == keys for value in values)
    elif isinstance(first, tuple):
        keys = list(range(len(first)))
        alike = all(isinstance(value, tuple) and len(value) == len(first) for value in values)
    else:
        return
    if alike and 0 < len(keys) <= FEW and all(map(_is_plain, keys)):
        for key in keys:
            yield SeenField(f"{name}[{key!r}]", tuple(value[key] for value in values))  # type: ignore[index]


def _is_plain(key: object) -> bool:
    """Whether a key is written as it is, in a name as well as in code."""
    return isinstance(key, int) or (isinstance(key, str) and key.isidentifier())


def _tells(field: SeenField, answers: Sequence[object]) -> bool:
    """Whether one field of few values tells what a property answers."""
    if not field.is_all(bool, Enum):
        return False
    pairs = set(zip(field.values, answers, strict=True))
    return len(pairs) == len({value for value, _ in pairs})


def _answers(states: Sequence[Record], name: str) -> tuple[object, ...] | None:
    """What a property answers of each state; None if that is not always True or False."""
    try:
        answers = tuple(getattr(state, name) for state in states)
    except Exception:  # it is somebody's code, and need not make sense of every state
        return None
    return answers if all(isinstance(answer, bool) for answer in answers) else None


def atoms_of(fields: Sequence[SeenField], names: Callable[[type], str | None]) -> Iterator[Atom]:
    """What can be said of some fields. ``names`` says what a class is called in the model's file, None if it
    is not known there.
    """
    for field in fields:
        for said, opposite, holds in _said(field, names):
            true = sum(1 << at for at, value in enumerate(field.values) if holds(value))
            looked = frozenset({field.of or field.name})
            yield Atom(said, opposite, looked, true, (1 << len(field.values)) - 1)


Saying = tuple[str, str, Callable[[object], bool]]
"""What is said of a field, the opposite, and of which values it is true."""


def _said(field: SeenField, names: Callable[[type], str | None]) -> Iterator[Saying]:
    here = f"{{}}.{field.name}"
    if field.is_optional:
        yield f"{here} is not None", f"{here} is None", lambda value: value is not None
    elif field.is_all(bool):
        yield here, f"not {here}", bool
    elif field.is_all(Enum):
        for member in dict.fromkeys(field.values):
            yield from _member(member, here, names)
    elif field.is_all(frozenset, tuple, Mapping) and _varies_in_emptiness(field):
        yield f"len({here}) > 0", f"len({here}) == 0", bool
    elif field.is_all(int) and 1 < len(set(field.values)) <= FEW:
        least = min(value for value in field.values if isinstance(value, int))
        yield f"{here} > {least}", f"{here} == {least}", lambda value: value != least


def _member(member: object, here: str, names: Callable[[type], str | None]) -> Iterator[Saying]:
    name = names(type(member))
    if isinstance(member, Enum) and name is not None and member.name in type(member).__members__:
        code = f"{name}.{member.name}"
        yield f"{here} is {code}", f"{here} is not {code}", lambda value: value is member


def _varies_in_emptiness(field: SeenField) -> bool:
    return len({len(value) > 0 for value in field.values if isinstance(value, Collection)}) == 2
