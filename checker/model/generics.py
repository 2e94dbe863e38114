"""What a class says of the states that its handlers work on: ``Node[Server]``, ``Spec[Jugs]``."""

from __future__ import annotations

import types
from typing import Union, get_args, get_origin


def state_classes(cls: type, door: type) -> tuple[type, ...]:
    """The classes of states that a subclass of ``Node[S]`` or ``Spec[S]`` names, several for a union; none
    where it names no class.
    """
    for base in cls.__mro__:
        parents: tuple[object, ...] = getattr(base, "__orig_bases__", ())
        for parent in parents:
            args = get_args(parent)
            if get_origin(parent) is door and args:
                return classes_in(args[0])
    return ()


def classes_in(hint: object) -> tuple[type, ...]:
    """The classes of an annotation, the members of a union one by one; none of anything else."""
    parts = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    found = tuple(part for part in parts if isinstance(part, type))
    return found if len(found) == len(parts) else ()
