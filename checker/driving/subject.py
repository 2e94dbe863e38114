"""What a user writes so that a model can drive real code: a subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.record import Crashed, Disconnected

C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)


class Undrivable(Exception):
    """A subject has no way to do what the model does. The message says what; it is not a difference."""


@dataclass(frozen=True)
class Sent(Generic[C_co]):
    """A message that the real code has sent to ``dst``: ``msg`` in the model's terms, and the ``concrete``
    message as the code has it, which is handed back when the model delivers it.
    """

    dst: NodeId
    msg: object
    concrete: C_co


class Subject(Protocol[C]):
    """All nodes of an implementation, stepped one event at a time. ``C`` is the class of its messages.

    Each method but the last four does one step of one node, to its end, and lets no other step happen: no
    thread, timer or socket of the code may act by itself. A subclass overrides what its model needs; what it
    leaves out raises :class:`Undrivable`. An exception of any other class is a finding.

    Whatever :meth:`state` and :meth:`sent` answer is the abstraction of what the code really has, in the
    model's terms. It is compared with the model's, after :meth:`visible` has taken from that what can be
    compared.
    """

    def start(self, states: Mapping[NodeId, object]) -> None:
        """Start every node in the local state that the model starts it in, with nothing under way."""
        raise Undrivable("start: the subject can't start")

    def timeout(self, node: NodeId, name: str, args: Mapping[str, object]) -> None:
        """Let a timer of a node run out. ``args`` has the handler's further arguments, and its choice."""
        raise Undrivable(f"timeout: the subject has no timer for {name}")

    def action(self, node: NodeId, name: str, args: Mapping[str, object]) -> None:
        """Let a node do something by itself."""
        raise Undrivable(f"action: the subject has no {name}")

    def deliver(self, node: NodeId, src: NodeId, msg: C) -> None:
        """Hand a node a message that ``src`` has sent."""
        raise Undrivable("deliver: the subject takes no messages")

    def notice(self, node: NodeId, notice: Crashed | Disconnected) -> None:
        """Tell a node what a failure detector, or its connection to a peer, tells it."""
        raise Undrivable(f"notice: the subject takes no {type(notice).__name__}")

    def tick(self) -> None:
        """Let time pass for all nodes, those that are down included."""
        raise Undrivable("tick: the subject has no common clock")

    def crash(self, node: NodeId) -> None:
        """End a node: only what it has stored is left."""
        raise Undrivable("crash: the subject does not crash")

    def restart(self, node: NodeId) -> None:
        """Start a node that has crashed, from what it has stored."""
        raise Undrivable("restart: the subject does not restart")

    def fault(self, node: NodeId, name: str, args: Mapping[str, object]) -> None:
        """Let a fault of a program's own happen at a node: what its handler says of the model."""
        raise Undrivable(f"{name}: the subject does not do that fault")

    def disconnect(self, a: NodeId, b: NodeId) -> None:
        """Break the connection of two nodes. What was under way on it is gone; :meth:`notice` follows for
        each end whose program takes :class:`Disconnected`.
        """
        raise Undrivable("disconnect: the subject has no connections")

    def concrete(self, src: NodeId, dst: NodeId, msg: object) -> C:
        """The code's message for one of the model's that was under way at a prepared start."""
        raise Undrivable("concrete: the subject makes no messages of the model's")

    def sent(self, node: NodeId) -> Iterable[Sent[C]]:
        """What a node has sent since it was asked last, in order."""
        raise Undrivable("sent: the subject does not say what is sent")

    def state(self, node: NodeId) -> object:
        """The local state of a node that is up: one of the model's class, or a mapping of the names of some
        of its fields or properties to their values, of which only these are compared.
        """
        raise Undrivable("state: the subject does not say what its state is")

    def visible(self, part: object) -> object:
        """What is compared of a local state or a message of the model's: all of it, unless it says otherwise.

        A mapping is compared by its keys. Two messages that look alike are one to the subject.
        """
        return part

    def stop(self) -> None:
        """End every node, and give back what was taken. Nothing is asked of the subject afterwards."""
        return  # so that it need not be overridden: an empty method of a protocol is abstract
