"""Mailboxes: what is under way to one node, for each of the four networks.

A message id stands for a message with its sender and its age; each receiving node numbers its own. A mailbox
is a tuple of message ids, on ``fifo`` links one queue of them per sender. It has one canonical form, so that
equal contents are equal tuples. Every function here returns a new mailbox; none of them knows of programs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from elcheck.checker.model.environment import NetworkName
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.likeness import require_same

Mailbox: TypeAlias = "tuple[int, ...] | tuple[tuple[int, ...], ...]"
Flat: TypeAlias = tuple[int, ...]
Queues: TypeAlias = tuple[tuple[int, ...], ...]


class SentMessage(NamedTuple):
    """A message with its sender, whether it is a notice, and how many ticks old it is.

    A notice comes from the environment. It can't be lost, duplicated or held up by a partition, and a
    delivery consumes it on every network.
    """

    src: NodeId
    msg: object
    notice: bool = False
    age: int = 0

    @property
    def new(self) -> SentMessage:
        """The same just sent."""
        return self._replace(age=0) if self.age else self


@dataclass
class MessageIds:
    """The messages that one node was sent, by their ids. ``oldest`` is the age that none exceeds; 0 where
    nothing gets older.
    """

    oldest: int = 0
    known: list[SentMessage] = field(default_factory=list)
    _index: dict[SentMessage, int] = field(default_factory=dict)

    def of(self, src: NodeId, msg: object, *, notice: bool = False) -> int:
        """The id of a message just sent. A message that was never sent before gets a new one."""
        return self.number(SentMessage(src, msg, notice))

    def number(self, sent: SentMessage) -> int:
        """The id of a message of any age. Raises HandlerError as :func:`require_same` does."""
        number = self._index.setdefault(sent, len(self.known))
        if number == len(self.known):
            self.known.append(sent)
        require_same(self.known[number].msg, sent.msg)
        return number

    def older(self, message: int) -> int:
        """The message a tick later."""
        sent = self.known[message]
        return message if sent.age == self.oldest else self.number(sent._replace(age=sent.age + 1))

    def is_late(self, message: int) -> bool:
        """Whether it is as old as a message may become."""
        return self.known[message].age == self.oldest

    def equal(self, among: Iterable[int], message: int) -> list[int]:
        """Those among some messages that are equal to one but for their age."""
        if not self.oldest:
            return [one for one in among if one == message]
        new = self.known[message].new
        return [one for one in among if self.known[one].new == new]

    def src(self, message: int) -> NodeId:
        """The sender."""
        return self.known[message].src

    def msg(self, message: int) -> object:
        """What the message says."""
        return self.known[message].msg

    def is_notice(self, message: int) -> bool:
        """Whether the environment sent it."""
        return self.known[message].notice


class Mailboxes(ABC):
    """How a network keeps what is under way to one node."""

    def __init__(self, messages: MessageIds, senders: int) -> None:
        self.messages = messages
        self.senders = senders
        self.empty: Mailbox = ()

    @abstractmethod
    def push(self, box: Mailbox, message: int) -> Mailbox:
        """The mailbox with one message more."""

    @abstractmethod
    def deliverable(self, box: Mailbox) -> Iterator[tuple[int, Mailbox]]:
        """Each message that may be delivered now, with the mailbox after its delivery."""

    @abstractmethod
    def lost(self, box: Mailbox) -> Iterator[tuple[int, str, Mailbox]]:
        """Each message that may be lost, which one of its link it is, and the mailbox without it."""

    @abstractmethod
    def duplicated(self, box: Mailbox) -> Iterator[tuple[int, Mailbox]]:
        """Each message that may be duplicated, with the mailbox that has the copy."""

    @abstractmethod
    def content(self, box: Mailbox) -> Iterator[int]:
        """Every message in it, a bag's copies repeated."""

    def queues(self, box: Mailbox) -> Queues:
        """The messages in it that are in an order, together: those of a link, else all."""
        return (tuple(self.content(box)),)

    def renumbered(self, box: Mailbox, numbers: Mapping[int, int], senders: Sequence[int]) -> Mailbox:
        """The mailbox with other messages in the place of its own, and other senders for theirs."""
        del senders
        return tuple(sorted([numbers[message] for message in _flat(box)]))

    def older(self, box: Mailbox) -> Mailbox:
        """The mailbox a tick later."""
        return tuple(sorted([self.messages.older(message) for message in _flat(box)]))

    def kept(self, box: Mailbox, wanted: Callable[[int], bool]) -> Mailbox:
        """The mailbox with those of its messages alone that are ``wanted``."""
        return tuple([message for message in _flat(box) if wanted(message)])

    def crowded(self, box: Mailbox, message: int, limit: int) -> bool:
        """Whether a bag holds a message more than ``limit`` times, or its fifo link holds more than that."""
        del box, message, limit
        return False

    def after_crash(self, box: Mailbox, *, kept: bool) -> Mailbox:
        """What a crash of the node leaves. Notices go with its volatile state; messages may be kept."""
        del box, kept
        return self.empty


class _FlatMailboxes(Mailboxes):
    """What the networks without an order share: a mailbox is a sorted tuple of messages."""

    def content(self, box: Mailbox) -> Iterator[int]:
        return iter(_flat(box))

    def after_crash(self, box: Mailbox, *, kept: bool) -> Mailbox:
        if not kept:
            return self.empty
        return tuple(message for message in _flat(box) if not self.messages.is_notice(message))

    def push(self, box: Mailbox, message: int) -> Mailbox:
        flat = _flat(box)
        if message in flat or (self.messages.oldest and self.messages.equal(flat, message)):
            return flat
        return _with(flat, message)

    def deliverable(self, box: Mailbox) -> Iterator[tuple[int, Mailbox]]:
        flat = _flat(box)
        for message in dict.fromkeys(flat):
            yield message, _without(flat, message)

    def lost(self, box: Mailbox) -> Iterator[tuple[int, str, Mailbox]]:
        for message, rest in self.deliverable(box):
            if not self.messages.is_notice(message):
                yield message, "", rest

    def duplicated(self, box: Mailbox) -> Iterator[tuple[int, Mailbox]]:
        del box
        return iter(())


class SentSetMailboxes(_FlatMailboxes):
    """Every message ever sent stays deliverable."""

    def deliverable(self, box: Mailbox) -> Iterator[tuple[int, Mailbox]]:
        flat = _flat(box)
        for message in flat:
            yield message, _without(flat, message) if self.messages.is_notice(message) else flat

    def lost(self, box: Mailbox) -> Iterator[tuple[int, str, Mailbox]]:
        del box
        return iter(())


class SetMailboxes(_FlatMailboxes):
    """A delivery consumes the message. A second send of what is under way changes nothing."""


class BagMailboxes(_FlatMailboxes):
    """A delivery consumes one copy."""

    def push(self, box: Mailbox, message: int) -> Mailbox:
        return _with(_flat(box), message)

    def duplicated(self, box: Mailbox) -> Iterator[tuple[int, Mailbox]]:
        flat = _flat(box)
        for message in dict.fromkeys(flat):
            if not self.messages.is_notice(message):
                yield message, _with(flat, message)

    def crowded(self, box: Mailbox, message: int, limit: int) -> bool:
        return len(self.messages.equal(_flat(box), message)) > limit


class FifoMailboxes(Mailboxes):
    """A queue for each sender. The notice of a broken link comes first in it."""

    def __init__(self, messages: MessageIds, senders: int) -> None:
        super().__init__(messages, senders)
        self.empty = ((),) * senders

    def content(self, box: Mailbox) -> Iterator[int]:
        return (message for queue in _queues(box) for message in queue)

    def push(self, box: Mailbox, message: int) -> Mailbox:
        src = self.messages.src(message).index
        return _relinked(box, src, (*_queues(box)[src], message))

    def deliverable(self, box: Mailbox) -> Iterator[tuple[int, Mailbox]]:
        for src, queue in enumerate(_queues(box)):
            if queue:
                yield queue[0], _relinked(box, src, queue[1:])

    def lost(self, box: Mailbox) -> Iterator[tuple[int, str, Mailbox]]:
        for src, queue in enumerate(_queues(box)):
            if queue and not self.messages.is_notice(queue[0]):
                yield queue[0], "head", _relinked(box, src, queue[1:])
            if len(queue) > 1 and not self.messages.is_notice(queue[-1]):
                yield queue[-1], "newest", _relinked(box, src, queue[:-1])

    def duplicated(self, box: Mailbox) -> Iterator[tuple[int, Mailbox]]:
        for src, queue in enumerate(_queues(box)):
            if queue and not self.messages.is_notice(queue[0]):
                yield queue[0], _relinked(box, src, (queue[0], *queue))

    def crowded(self, box: Mailbox, message: int, limit: int) -> bool:
        return len(_queues(box)[self.messages.src(message).index]) > limit

    def queues(self, box: Mailbox) -> Queues:
        return _queues(box)

    def renumbered(self, box: Mailbox, numbers: Mapping[int, int], senders: Sequence[int]) -> Mailbox:
        queues: list[tuple[int, ...]] = [()] * self.senders
        for src, queue in enumerate(_queues(box)):
            queues[senders[src]] = tuple([numbers[message] for message in queue])
        return tuple(queues)

    def older(self, box: Mailbox) -> Mailbox:
        return tuple([tuple(map(self.messages.older, queue)) for queue in _queues(box)])

    def kept(self, box: Mailbox, wanted: Callable[[int], bool]) -> Mailbox:
        return tuple([tuple(filter(wanted, queue)) for queue in _queues(box)])

    def heads(self, box: Mailbox) -> list[int]:
        """The first message of each link that holds any."""
        return [queue[0] for queue in _queues(box) if queue]

    def reset(self, box: Mailbox, src: int, notice: int | None) -> Mailbox:
        """The mailbox after the link from ``src`` broke: its messages are gone, ``notice`` waits first."""
        notices = [message for message in _queues(box)[src] if self.messages.is_notice(message)]
        if notice is not None and not self.messages.equal(notices, notice):
            notices.insert(0, notice)
        return _relinked(box, src, tuple(notices))

    def closed(self, box: Mailbox, src: int, notice: int | None) -> Mailbox:
        """The mailbox after its node closed the link from ``src``: its messages are gone, and so is
        ``notice``, which told that the link broke.
        """
        queue = _queues(box)[src]
        told = [] if notice is None else self.messages.equal(queue, notice)
        kept = (message for message in queue if self.messages.is_notice(message) and message not in told)
        return _relinked(box, src, tuple(kept))


MAILBOXES: dict[NetworkName, type[Mailboxes]] = {
    "sent-set": SentSetMailboxes,
    "set": SetMailboxes,
    "bag": BagMailboxes,
    "fifo": FifoMailboxes,
}


def _flat(box: Mailbox) -> Flat:
    return box  # type: ignore[return-value]  # the class that made it knows its form


def _queues(box: Mailbox) -> Queues:
    return box  # type: ignore[return-value]  # the class that made it knows its form


def _with(flat: Flat, message: int) -> Flat:
    changed = list(flat)
    insort(changed, message)
    return tuple(changed)


def _without(flat: Flat, message: int) -> Flat:
    at = bisect_left(flat, message)
    return flat[:at] + flat[at + 1 :]


def _relinked(box: Mailbox, src: int, queue: tuple[int, ...]) -> Queues:
    """The mailbox with another queue for one sender."""
    queues = _queues(box)
    return (*queues[:src], queue, *queues[src + 1 :])
