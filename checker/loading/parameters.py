"""The parameters of a ``model`` function as command-line options."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from enum import Enum
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

import click

from elcheck.checker.loading.model_file import LoadError, ModelFile

Decode = Callable[[object], object]


def options_of(file: ModelFile, reserved: set[str]) -> tuple[list[click.Option], dict[str, Decode]]:
    """An option for each parameter, and how to turn its value into what the function takes.

    Raises LoadError for an annotation that can't be an option, or a name that elcheck uses itself.
    """
    try:
        hints = get_type_hints(file.function, include_extras=True)
        parameters = inspect.signature(file.function).parameters
    except Exception as error:
        raise LoadError(f"{file.path}: the parameters of model(): {error}") from error
    options: list[click.Option] = []
    decoders: dict[str, Decode] = {}
    for name, parameter in parameters.items():
        where = f"{file.path}: the parameter {name!r} of model()"
        if name in reserved:
            raise LoadError(f"{where} has the name of one of elcheck's own options: choose another")
        if name not in hints or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise LoadError(f"{where} needs an annotation: int, bool, str, Literal[...] or an Enum")
        option, decoders[name] = _option(where, name, hints[name], parameter.default)
        options.append(option)
    return options, decoders


def choices(file: ModelFile, name: str) -> tuple[str, ...]:
    """The values that a parameter of ``model`` can be given on the command line, if they can be listed."""
    options, _ = options_of(file, set())
    kinds = [option.type for option in options if option.name == name]
    return tuple(str(c) for kind in kinds if isinstance(kind, click.Choice) for c in kind.choices)


def _option(where: str, name: str, hint: object, default: object) -> tuple[click.Option, Decode]:
    doc = ""
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        doc = next((extra for extra in extras if isinstance(extra, str)), "")
    required = default is inspect.Parameter.empty
    flag = "--" + name.replace("_", "-")
    if hint is bool:
        flag = f"{flag}/--no-{flag[2:]}"
    kind, decode, encode = _type(where, hint)
    shown = None if required or default is None else encode(default)
    if required:
        return click.Option([flag, name], type=kind, required=True, help=doc), decode
    option = click.Option([flag, name], type=kind, default=shown, help=doc, show_default=shown is not None)
    return option, decode


def _type(where: str, hint: object) -> tuple[type | click.Choice[str], Decode, Decode]:
    """The click type of an annotation, with the ways from its values to the function's and back."""
    if get_origin(hint) in (Union, types.UnionType):
        some = [arg for arg in get_args(hint) if arg is not type(None)]
        if len(some) == 1:
            kind, decode, encode = _type(where, some[0])
            return kind, lambda value: None if value is None else decode(value), encode
    if isinstance(hint, type) and hint in (int, str, bool):
        return hint, _same, _same
    if get_origin(hint) is Literal:
        by_name: dict[str, object] = {str(value): value for value in get_args(hint)}
        return click.Choice(list(by_name)), lambda value: by_name[str(value)], str
    if isinstance(hint, type) and issubclass(hint, Enum):
        members: dict[str, object] = {member.name.lower(): member for member in hint}
        names = {id(member): name for name, member in members.items()}
        return click.Choice(list(members)), lambda v: members[str(v)], lambda m: names.get(id(m), m)
    raise LoadError(f"{where} can't be an option: annotate it with int, bool, str, Literal[...] or an Enum")


def _same(value: object) -> object:
    return value
