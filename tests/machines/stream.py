"""A model of numbered messages, and an implementation of it that numbers them with two bits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from elcheck import (
    Bound,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    Sent,
    State,
    Step,
    Subject,
    action,
    always,
    each,
    node_ids,
    receive,
    replace,
)


class Out(State):
    sent: int = 0


class In(State):
    got: int = 0


class Item(Message):
    number: int


A, B = node_ids(2)


class Sender(Node[Out]):
    @action
    def send_next(self, s: Out) -> Step[Out]:
        return Step(replace(s, sent=s.sent + 1), self.send(B, Item(s.sent + 1)))


class Receiver(Node[In]):
    @receive
    def item(self, s: In, src: NodeId, msg: Item) -> In:
        return replace(s, got=msg.number) if msg.number == s.got + 1 else s


def model(most: int = 3, loss: int = 0, crash: int = 0) -> Model:
    never_back = always("what is got is counted", each(In, lambda s: s.got >= 0))
    bound = Bound("most", Out, lambda s: s.sent <= most)
    environment = Environment(network="fifo", loss=loss, crash=crash)
    return Model({A: Sender(), B: Receiver()}, [never_back], environment, bounds=[bound])


class StreamSubject(Subject[int]):
    """``bits`` are those of a number on the wire; None: as many as it takes."""

    bits: int | None = None

    def start(self, states: Mapping[NodeId, object]) -> None:
        self.sent_so_far, self.got = 0, 0
        self.outbox: list[Sent[int]] = []

    def action(self, node: NodeId, name: str, args: Mapping[str, object]) -> None:
        self.sent_so_far += 1
        self.outbox.append(Sent(B, Item(self.sent_so_far), self.on_the_wire(self.sent_so_far)))

    def on_the_wire(self, number: int) -> int:
        return number if self.bits is None else number % 2**self.bits

    def deliver(self, node: NodeId, src: NodeId, msg: int) -> None:
        if msg == self.got + 1:
            self.got = msg

    def sent(self, node: NodeId) -> Iterable[Sent[int]]:
        found = self.outbox if node == A else []
        self.outbox = self.outbox if node == B else []
        return found

    def state(self, node: NodeId) -> object:
        return Out(self.sent_so_far) if node == A else In(self.got)


class TwoBits(StreamSubject):
    bits = 2
