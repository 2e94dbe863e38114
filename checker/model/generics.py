"""What a class says of the states that its handlers work on: ``Node[Server]``, ``Spec[Jugs]``."""

from __future__ import annotations

import types
from typing import TypeVar, Union, get_args, get_origin

from elcheck.checker.model.errors import DefinitionError


def state_classes(cls: type, door: type) -> tuple[type, ...]:
    """The classes of states that a subclass of ``Node[S]`` or ``Spec[S]`` names, several for a union; none
    where it names no class. A generic class in between passes its argument on.
    """
    argument = _argument(cls, door)
    return () if isinstance(argument, TypeVar) else classes_in(argument)


def may_have(cls: type, door: type, of: type) -> bool:
    """Whether states of a subclass of ``Node[S]`` or ``Spec[S]`` may be of a class, or of one that derives
    from it. Raises DefinitionError for a class of which that can't be asked.
    """
    classes = state_classes(cls, door)
    if not classes:
        return True
    try:
        isinstance(None, of)
        return any(issubclass(known, of) or issubclass(of, known) for known in classes)
    except TypeError as error:
        raise DefinitionError(f"whether a state is a {of.__name__} can't be asked: {error}") from None


def _argument(cls: type, door: type) -> object:
    """What a class gives for the type variable of a door, None for nothing."""
    parents: tuple[object, ...] = vars(cls).get("__orig_bases__", cls.__bases__)
    for parent in parents:
        origin: object = get_origin(parent) or parent
        if not isinstance(origin, type) or not issubclass(origin, door):
            continue
        args = get_args(parent)
        if origin is door:
            return args[0] if args else None
        found = _argument(origin, door)
        if isinstance(found, TypeVar) and args:
            variables: tuple[object, ...] = getattr(origin, "__parameters__", ())
            found = dict(zip(variables, args, strict=False)).get(found)
        if found is not None:
            return found
    return None


def classes_in(hint: object) -> tuple[type, ...]:
    """The classes of an annotation, the members of a union one by one; none of anything else."""
    parts = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    found = tuple(part for part in parts if isinstance(part, type))
    return found if len(found) == len(parts) else ()
