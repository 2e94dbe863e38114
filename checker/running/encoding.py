"""Values as JSON, and back: what goes over the wire and onto a node's disk.

Both ends have loaded the same model, so a class is named by its module and its name, and nothing but the
classes of values that are loaded already can be made of what arrives.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from enum import Enum

from elcheck.checker.model.collections import Bag, Map
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.terms import Term, number_of
from elcheck.checker.model.values import text


class EncodingError(ValueError):
    """A value that has no JSON, or JSON that is no value. The message says which."""


def encode(value: object) -> object:
    """A value as JSON. Raises EncodingError for one that only its own process knows."""
    if isinstance(value, NodeId):
        return {"node": value.index}
    if isinstance(value, Term):
        return {"term": number_of(value)}
    if isinstance(value, Enum):
        return {"member": _named(type(value)), "of": encode(value.value)}
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) is bytes:
        return {"bytes": value.hex()}
    if type(value) is tuple:
        return [encode(part) for part in value]
    if type(value) is frozenset:
        return {"set": [encode(part) for part in value]}
    if type(value) is Map:
        return {"map": [[encode(key), encode(part)] for key, part in value.items()]}
    if type(value) is Bag:
        return {"bag": [[encode(key), count] for key, count in value.items()]}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {"named": _named(type(value)), "parts": [encode(part) for part in value]}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"record": _named(type(value)), "fields": fields}
    raise EncodingError(f"{text(value)} can't leave its process: a {type(value).__name__} has no JSON")


class Decoder:
    """Makes values of JSON, for the nodes of a model."""

    def __init__(self, nodes: Sequence[NodeId]) -> None:
        self._nodes = nodes

    def decode(self, said: object) -> object:
        """The value that JSON stands for. Raises EncodingError."""
        if isinstance(said, list):
            return tuple(map(self.decode, said))
        if not isinstance(said, dict):
            return said
        try:
            return self._decoded(said)
        except (LookupError, TypeError, ValueError) as error:
            raise EncodingError(f"{said} stands for no value: {error}") from error

    def _decoded(self, said: Mapping[str, object]) -> object:
        match said:
            case {"node": int(index)}:
                return self._nodes[index]
            case {"term": int(number)}:
                return Term(number)
            case {"member": str(name), "of": value}:
                return _class(name, Enum)(self.decode(value))
            case {"bytes": str(digits)}:
                return bytes.fromhex(digits)
            case {"set": list(parts)}:
                return frozenset(map(self.decode, parts))
            case {"map": list(pairs)}:
                return Map((self.decode(key), self.decode(part)) for key, part in pairs)
            case {"bag": list(pairs)}:
                return Bag(self.decode(key) for key, count in pairs for _ in range(count))
            case {"named": str(name), "parts": list(parts)}:
                return _class(name, tuple)(*map(self.decode, parts))
            case {"record": str(name), "fields": dict(fields)}:
                return self._record(_class(name, object), fields)
        raise EncodingError(f"{said} stands for no value")

    def _record(self, cls: type, fields: Mapping[str, object]) -> object:
        """A record with these fields, also those that it computes itself."""
        if not dataclasses.is_dataclass(cls) or {f.name for f in dataclasses.fields(cls)} != set(fields):
            raise EncodingError(f"{cls.__name__} has other fields than {', '.join(fields)}")
        made: object = object.__new__(cls)
        for name, value in fields.items():
            object.__setattr__(made, name, self.decode(value))
        return made


def _named(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


def _class(name: str, base: type) -> type:
    """A class that is loaded. Raises EncodingError for one that is not, or is of another kind."""
    module, _, path = name.partition(":")
    found: object = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, type) or not issubclass(found, base):
        raise EncodingError(f"there is no class {path} in {module}")
    return found
