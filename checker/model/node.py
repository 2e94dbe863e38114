"""Node programs: the first front door. An algorithm as guarded handlers over a node's local state."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.step import Close, Sends, Step, Steps, send

S = TypeVar("S")
T = TypeVar("T")

_DURABLE = "durable"


def durable(default: T) -> T:
    """A field of a local state that survives a crash; every other field falls back to its default."""
    made: object = field(default=default, metadata={_DURABLE: True})
    return cast(T, made)  # what a dataclass wants on the right of an annotated field is no T


@dataclass(frozen=True)
class Crashed:
    """What a perfect failure detector tells a node: ``peer`` has crashed."""

    peer: NodeId


@dataclass(frozen=True)
class Disconnected:
    """What a node learns first when its fifo link to ``peer`` has broken."""

    peer: NodeId


@dataclass(frozen=True)
class Program:
    """What a node runs. Write a subclass of :class:`Node`; this base only drops the type of its state."""

    nodes: tuple[NodeId, ...]


@dataclass(frozen=True)
class Node(Program, Generic[S]):
    """A program over local states of class ``S``, a frozen dataclass.

    A subclass is a frozen dataclass too; its fields are the algorithm's parameters, the first of them,
    inherited, the ids of all nodes. Its methods marked ``@action``, ``@timeout``, ``@tick`` and
    ``@receive`` are its handlers: pure generators that yield a :class:`Step` for each possible outcome.
    """

    def start(self, me: NodeId) -> Steps[S]:
        """The initial states of this node, with what it sends at once."""
        raise DefinitionError(f"{type(self).__name__} has no start(self, me)")
        yield

    def recover(self, me: NodeId, durable: S) -> Steps[S]:
        """The states that a restart may lead to. ``durable`` holds the durable fields, the others at
        their defaults.
        """
        yield Step(durable)

    def at_crash(self, me: NodeId, before: S) -> Steps[S]:
        """What may be found on the disk after a crash in state ``before``; its durable fields count.

        Several yields say that a write may or may not have reached the disk.
        """
        yield Step(before)

    def peers(self, me: NodeId) -> tuple[NodeId, ...]:
        """All nodes but ``me``."""
        return tuple(node for node in self.nodes if node != me)

    def send(self, targets: NodeId | Iterable[NodeId], msg: object, *, split: bool = False) -> Sends:
        """Sends of one message, to one node or several. Add several up with ``+``.

        With ``split`` the node may crash between one send and the next.
        """
        return send(targets, msg, split=split)

    def broadcast(self, me: NodeId, msg: object, *, split: bool = False) -> Sends:
        """Sends of one message to every node but ``me``."""
        return send(self.peers(me), msg, split=split)

    def close(self, peer: NodeId) -> Sends:
        """Closing the fifo link to ``peer``: it is told (:class:`Disconnected`), the closing node isn't."""
        return (Close(peer),)


def durable_fields(cls: type) -> frozenset[str]:
    """The names of the durable fields of a class of local states."""
    found = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
    return frozenset(f.name for f in found if f.metadata.get(_DURABLE))


def require_survivors(cls: type) -> None:
    """Raise DefinitionError if a field of a class of local states is neither durable nor has a default."""
    for f in dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ():
        no_default = f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        if f.init and no_default and not f.metadata.get(_DURABLE):
            raise DefinitionError(
                f"{cls.__name__}.{f.name} is not durable and has no default: what would a restart find in it?"
            )


def survivor(state: object) -> object:
    """What a crash spares of a local state: its durable fields, the others at their defaults.

    Raises DefinitionError for a field that is neither durable nor has a default.
    """
    require_survivors(type(state))
    assert dataclasses.is_dataclass(state)
    assert not isinstance(state, type)
    kept = {
        f.name: getattr(state, f.name)
        for f in dataclasses.fields(state)
        if f.init and f.metadata.get(_DURABLE)
    }
    return type(state)(**kept)
