"""The parameters of a ``model`` function as command-line options."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

import click

from elcheck.checker.loading.choice import KnownName
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.model.values import text

_MOST_CHOICES = 40
"""Characters of the names of choices up to which these stand behind an option; those of mistakes that are
more have a list of their own.
"""
_KINDS = "int, bool, str, Literal[...], int | Literal[...], an Enum, or type[Program] for its mistakes"


class NumberOrWord(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic only in newer click
    """A number, or one of some words, such as ``unlimited``."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = words
        self.name = "|".join(("N", *words))

    def convert(self, value: object, param: object, ctx: object) -> int | str:
        """Turn what was written into a number, or leave it as the word that it is."""
        del param, ctx
        if isinstance(value, str) and value in self._words:
            return value
        if isinstance(value, int) or (isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value)):
            return int(value)
        raise click.BadParameter(f"{value!r} is neither a number nor {' or '.join(map(repr, self._words))}")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a model. ``choices`` has what it can be given by name, where that can be listed."""

    name: str
    kind: type | KnownName | NumberOrWord
    help: str
    default: object
    choices: Mapping[str, object]

    @property
    def required(self) -> bool:
        """True if the model has no default for it."""
        return self.default is inspect.Parameter.empty

    def decode(self, value: object) -> object:
        """A value as the model takes it, from one that the command line or a file gives. Raises KeyError."""
        if not self.choices:
            return value
        return self.default if value is None else self.choices[str(value)]

    def encode(self, value: object) -> object:
        """A value as the command line gives it: a choice by its name, None if it has none."""
        if not self.choices:
            return value
        return next((name for name, choice in self.choices.items() if choice is value), None)

    def option(self) -> click.Option:
        """The option of the command line."""
        flag = "--" + self.name.replace("_", "-")
        if self.kind is bool:
            flag = f"{flag}/--no-{flag[2:]}"
        if self.required:
            return click.Option([flag, self.name], type=self.kind, required=True, help=self.help)
        shown = self.encode(self.default)
        many = len("|".join(self.choices)) > _MOST_CHOICES
        listed = many and not all(isinstance(choice, type) for choice in self.choices.values() if choice)
        return click.Option(
            [flag, self.name],
            type=self.kind,
            default=shown,
            help=self.help + f" (one of {', '.join(self.choices)})" * listed,
            show_default=shown is not None,
            metavar="NAME" if many else None,
        )


def parameters_of(function: Callable[..., object], path: Path) -> dict[str, Parameter]:
    """The parameters of a ``model`` function, by name. Raises LoadError for one that can't be an option."""
    try:
        hints = get_type_hints(function, include_extras=True)
        signature = inspect.signature(function).parameters
    except Exception as error:
        raise LoadError(f"{path}: the parameters of model(): {error}") from error
    found: dict[str, Parameter] = {}
    for name, parameter in signature.items():
        where = f"{path}: the parameter {name!r} of model()"
        if name not in hints or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise LoadError(f"{where} needs an annotation: {_KINDS}")
        found[name] = _parameter(where, name, hints[name], parameter.default, function.__module__)
    return found


def refuse_reserved(parameters: Collection[str], reserved: Collection[str], path: Path) -> None:
    """Raise LoadError if a parameter has the name of one of elcheck's own options."""
    for name in parameters:
        if name in reserved:
            raise LoadError(
                f"{path}: the parameter {name!r} of model() has the name of one of elcheck's own options: "
                "choose another"
            )


def _parameter(where: str, name: str, hint: object, default: object, module: str) -> Parameter:
    doc = ""
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        doc = next((extra for extra in extras if isinstance(extra, str)), "")
    options = list(get_args(hint)) if get_origin(hint) in (Union, types.UnionType) else [hint]
    kinds = [option for option in options if option is not type(None)]
    words = tuple(word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind))
    if len(kinds) == 2 and int in kinds and words and all(isinstance(word, str) for word in words):
        return Parameter(name, NumberOrWord(words), doc, default, {})
    if len(kinds) == 1 and kinds[0] in (int, str, bool):
        assert isinstance(kinds[0], type)
        return Parameter(name, kinds[0], doc, default, {})
    choices = _choices(kinds, module)
    if choices is None:
        raise LoadError(f"{where} can't be an option: annotate it with {_KINDS}")
    return Parameter(name, KnownName(choices), doc, default, choices)


def _choices(kinds: list[object], module: str) -> dict[str, object] | None:
    """What an annotation can be given, by the names on the command line; None if that can't be listed."""
    bases = [base for kind in kinds if get_origin(kind) is type for base in get_args(kind)]
    if len(bases) == len(kinds):
        return {hyphenated(cls): cls for base in bases for cls in subclasses(base, module)}
    if len(kinds) != 1:
        return None
    if get_origin(kinds[0]) is Literal:
        return {text_of(value): value for value in get_args(kinds[0])}
    if isinstance(kinds[0], type) and issubclass(kinds[0], Enum):
        return {member.name.lower(): member for member in kinds[0]}
    return None


def text_of(value: object) -> str:
    """A literal as the command line has it."""
    return value if isinstance(value, str) else text(value)


def subclasses(base: object, module: str) -> Iterator[type]:
    """The subclasses of a program that a module defines: the mistakes that it can be given."""
    found: list[type] = base.__subclasses__() if isinstance(base, type) else []
    for cls in found:
        if cls.__module__ == module:
            yield cls
        yield from subclasses(cls, module)


def hyphenated(cls: type) -> str:
    """A class on the command line: ``ForgetVote`` is ``forget-vote``, ``Figure8`` is ``figure-8``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=[0-9])", "-", cls.__name__).lower()
