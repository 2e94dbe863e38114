"""States and messages as strategies, from the annotations of their fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from elcheck.checker.model.collections import Bag, Map
from elcheck.checker.model.errors import DefinitionError, UsageError, instead
from elcheck.checker.model.generics import state_classes
from elcheck.checker.model.handlers import handlers_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.node import Node
from elcheck.checker.model.record import Crashed, Disconnected
from elcheck.checker.model.spec import Spec
from elcheck.checker.model.terms import Term
from elcheck.checker.model.validate import validate

Choices: TypeAlias = "SearchStrategy[object] | Sequence[object]"
"""The values of a field that is named."""
_PLAIN: Mapping[object, SearchStrategy[object]] = {
    bool: st.booleans(),
    int: st.integers(),
    float: st.floats(allow_nan=False),
    Term: st.integers(min_value=0).map(Term),
    str: st.text(),
    bytes: st.binary(),
    NoneType: st.none(),
    None: st.none(),
}


def states_of(model: Model, named: Mapping[str, Choices]) -> SearchStrategy[object]:
    """Any states of the classes that the model's programs name."""
    validate(model)
    programs = [*model.programs.values()]
    found = [cls for program in programs for cls in state_classes(type(program), Node)]
    if not programs:
        found = [*state_classes(type(model.program), Spec)]
    if not found:
        raise DefinitionError("states(...): the program names no class of states, as in Node[Server]")
    return _Annotated(model, named, "states").any_of(found)


def messages_of(model: Model, named: Mapping[str, Choices]) -> SearchStrategy[object]:
    """Any messages of the classes that the model's handlers take."""
    validate(model)
    programs = list(dict.fromkeys(type(program) for program in model.programs.values()))
    handlers = [handler for program in programs for handler in handlers_of(program, "node")]
    found = [cls for handler in handlers for cls in handler.messages if cls not in (Crashed, Disconnected)]
    if not found:
        names = ", ".join(program.__name__ for program in programs) or type(model.program).__name__
        raise UsageError(f"messages(...): no handler of {names} receives a message")
    return _Annotated(model, named, "messages").any_of(found)


class _Annotated:
    """Strategies for the annotations of a model."""

    def __init__(self, model: Model, named: Mapping[str, Choices], what: str) -> None:
        self._nodes = tuple(model.programs)
        self._named = named
        self._what = what
        self._classes: dict[type, SearchStrategy[object]] = {}
        self._fields: dict[str, None] = {}

    def any_of(self, classes: Iterable[type]) -> SearchStrategy[object]:
        """Values of some classes. Raises UsageError if none has a field that is named."""
        made = st.one_of([self._of_class(cls) for cls in dict.fromkeys(classes)])
        for name in self._named:
            if name not in self._fields:
                meant = instead(name, self._fields, "the fields are:")
                raise UsageError(f"{self._what}(...): there is no field {name!r}; {meant}")
        return made

    def _of_class(self, cls: type) -> SearchStrategy[object]:
        """Values of a class with fields. A class that has fields of itself has a strategy once."""
        if cls not in self._classes:
            parts: dict[str, SearchStrategy[object]] = {}
            self._classes[cls] = st.deferred(lambda: st.builds(cls, **parts))
            hints = get_type_hints(cls)
            for field in fields(cls):
                self._fields[field.name] = None
                if field.name in self._named:
                    parts[field.name] = _chosen(self._named[field.name])
                elif field.init:
                    parts[field.name] = self._of(hints[field.name], f"{cls.__name__}.{field.name}")
        return self._classes[cls]

    def _of(self, hint: object, where: str) -> SearchStrategy[object]:
        """Values of an annotation."""
        if hint in _PLAIN:
            return _PLAIN[hint]
        if hint is NodeId:
            return st.sampled_from(self._nodes)
        if isinstance(hint, type) and issubclass(hint, Enum):
            return st.sampled_from(list(hint))
        if isinstance(hint, type) and is_dataclass(hint):
            return self._of_class(hint)
        origin, args = get_origin(hint), get_args(hint)
        if origin is Literal:
            return st.sampled_from(args)
        parts = [self._of(arg, where) for arg in args if arg is not Ellipsis]
        found = _made_of(origin, parts, endless=Ellipsis in args)
        if found is None:
            name = where.rpartition(".")[2]
            raise DefinitionError(
                f"{self._what}(...): the type of {where} does not say which values it takes: say it, "
                f"as in {self._what}(model, {name}=[...])"
            )
        return found


def _chosen(choices: Choices) -> SearchStrategy[object]:
    return choices if isinstance(choices, SearchStrategy) else st.sampled_from(list(choices))


def _made_of(
    origin: object, parts: Sequence[SearchStrategy[object]], *, endless: bool
) -> SearchStrategy[object] | None:
    """Unions, tuples, sets, maps and bags of some values; None for anything else."""
    if not parts:
        return None
    first = parts[0]
    if origin in (Union, UnionType):
        return st.one_of(parts)
    if origin is tuple:
        return st.lists(first).map(tuple) if endless else st.tuples(*parts)
    if origin is frozenset:
        return st.frozensets(first)
    if origin is Map:
        return st.dictionaries(first, parts[1]).map(Map)
    return st.lists(first).map(Bag) if origin is Bag else None
