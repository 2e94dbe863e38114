"""The messages of a run: all that were ever sent stay deliverable, with who sent them when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.state import Envelope

Box: TypeAlias = dict[object, "Sending"]
"""Messages of one class from one node to another, each with its first sending."""


class Sending(NamedTuple):
    """Which step sent a message first: the sender's life, the number of the step in it, the time of its line,
    and its place in the run.
    """

    life: int
    number: int
    time: float | None
    at: int


class Mail:
    """A sent-set. Only what a crash has undone is taken out again."""

    def __init__(self) -> None:
        self._boxes: dict[tuple[NodeId, NodeId, type], Box] = {}

    def copy(self) -> Mail:
        """Another one with the same messages."""
        copied = Mail()
        copied._boxes = {key: dict(box) for key, box in self._boxes.items()}
        return copied

    def send(self, envelope: Envelope, sending: Sending) -> bool:
        """Put a message on its way; False if it is there already."""
        box = self._boxes.setdefault((envelope.dst, envelope.src, type(envelope.msg)), {})
        if envelope.msg in box:
            return False
        box[envelope.msg] = sending
        return True

    def sending(self, envelope: Envelope) -> Sending | None:
        """Who sent a message first, None if nobody did."""
        box = self._boxes.get((envelope.dst, envelope.src, type(envelope.msg)))
        return None if box is None else box.get(envelope.msg)

    def sent(self, src: NodeId, dst: NodeId, cls: type) -> Iterator[tuple[object, Sending]]:
        """The messages of a class on a link, the latest first."""
        return reversed(self._boxes.get((dst, src, cls), {}).items())

    def links_to(self, dst: NodeId) -> list[tuple[NodeId, type]]:
        """Who has sent a node messages of which class."""
        return [(src, cls) for receiver, src, cls in self._boxes if receiver == dst]

    def undo(self, src: NodeId, life: int, number: int) -> None:
        """Take out what a node has sent in a life after a step."""
        for (_, sender, _), box in self._boxes.items():
            if sender == src:
                late = [m for m, s in box.items() if s.life == life and s.number > number]
                for message in late:
                    del box[message]

    def contents(self, lives: Mapping[NodeId, tuple[int, list[int]]]) -> frozenset[tuple[Envelope, int]]:
        """All messages. ``lives``: of each node its life, and after which steps of that a crash may leave it;
        of a message it is told how many of these are before its sending, and would undo it.
        """
        found = set()
        for (dst, src, _), box in self._boxes.items():
            life, kept = lives[src]
            for message, sending in box.items():
                undone = sum(n < sending.number for n in kept) if kept and sending.life == life else 0
                found.add((Envelope(src, dst, message), undone))
        return frozenset(found)
