"""Node programs: the first front door. An algorithm as guarded handlers over a node's local state."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Generic, NamedTuple, Self, TypeVar, cast

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.generics import state_classes
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.record import Message, Record, State
from elcheck.checker.model.step import Close, Outcome, Sends, send

S = TypeVar("S", bound=State)
P = TypeVar("P", bound="Program")

PLACE = ("me", "nodes", "peers")
"""What a program knows of where it runs. No field can have these names."""


class _Place(NamedTuple):
    me: NodeId
    nodes: tuple[NodeId, ...]
    peers: tuple[NodeId, ...]


class Program(Record):
    """What a node runs. Write a subclass of :class:`Node`; this base only drops the type of its state."""

    def at(self, me: NodeId, nodes: tuple[NodeId, ...]) -> Self:
        """The program as it runs at one of some nodes."""
        placed = copy(self)
        object.__setattr__(placed, "_place", _Place(me, nodes, tuple(node for node in nodes if node != me)))
        return placed

    @property
    def me(self) -> NodeId:
        """The node that runs the program."""
        return self._placed().me

    @property
    def nodes(self) -> tuple[NodeId, ...]:
        """All nodes of the model, in order."""
        return self._placed().nodes

    @property
    def peers(self) -> tuple[NodeId, ...]:
        """All nodes but ``me``."""
        return self._placed().peers

    def _placed(self) -> _Place:
        place: object = getattr(self, "_place", None)
        if not isinstance(place, _Place):
            raise DefinitionError(
                f"{type(self).__name__}: me, nodes and peers are known while a handler runs, not in model()"
            )
        return place


class Node(Program, Generic[S]):
    """A program over local states of class ``S``.

    The fields of a subclass are the algorithm's parameters. Its methods marked ``@action``, ``@timeout``,
    ``@tick`` and ``@receive`` are its handlers: pure functions that return the new state, or a
    :class:`Step` with what is sent, or yield several steps of which any may happen.
    """

    def start(self) -> Outcome[S]:
        """The initial states of this node, with what it sends at once: ``S()``, unless it says otherwise."""
        return cast(S, first_state(self, Node))  # Node[S] was read for S

    def recover(self, durable: S) -> Outcome[S]:
        """The states that a restart may lead to. ``durable`` holds the durable fields, the others at
        their defaults.
        """
        return durable

    def at_crash(self, before: S) -> Outcome[S]:
        """What may be found on the disk after a crash in state ``before``; its durable fields count.

        Several outcomes say that a write may or may not have reached the disk.
        """
        return before

    def send(self, targets: NodeId | Iterable[NodeId], msg: Message, *, split: bool = False) -> Sends:
        """Sends of one message, to one node or several. Add several up with ``+``.

        With ``split`` the node may crash between one send and the next.
        """
        return send(targets, msg, split=split)

    def broadcast(self, msg: Message, *, split: bool = False) -> Sends:
        """Sends of one message to every node but ``me``."""
        return send(self.peers, msg, split=split)

    def close(self, peer: NodeId) -> Sends:
        """Closing the fifo link to ``peer``: it is told (:class:`Disconnected`), the closing node isn't."""
        return (Close(peer),)


def with_mistake(program: type[P], mistake: type[object] | None) -> type[P]:
    """Of one of several programs: the mistake, if it is one of this program, else the program as it is."""
    return mistake if mistake is not None and issubclass(mistake, program) else program


def first_state(program: object, door: type) -> object:
    """The state with all fields at their defaults. Raises DefinitionError if there is no such state."""
    name, states = type(program).__name__, state_classes(type(program), door)
    if len(states) != 1:
        raise DefinitionError(f"{name} has no start(self): several classes of states are possible, or none")
    try:
        return states[0]()
    except TypeError as error:
        raise DefinitionError(
            f"{name} has no start(self), and {states[0].__name__}() is no state to start with: {error}"
        ) from None
