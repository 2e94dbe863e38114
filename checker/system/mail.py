"""Mailboxes: what is under way to one node, for each of the four networks.

A letter is a message with its sender, interned as a small integer per receiving node. A mailbox is a
tuple of letters, or for ``fifo`` one queue of them per sender, and always in one canonical form, so that
equal contents are equal tuples. Every function here returns a new mailbox and knows nothing of programs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from elcheck.checker.model.environment import NetworkName
from elcheck.checker.model.ids import NodeId

Mail: TypeAlias = "tuple[int, ...] | tuple[tuple[int, ...], ...]"
Flat: TypeAlias = tuple[int, ...]
Queues: TypeAlias = tuple[tuple[int, ...], ...]


@dataclass
class Letters:
    """The letters that one node has been sent. A notice comes from the environment: it can't be lost,
    duplicated or held up by a partition, and taking it consumes it on every network.
    """

    known: list[tuple[NodeId, object, bool]] = field(default_factory=list)
    _index: dict[tuple[NodeId, object, bool], int] = field(default_factory=dict)

    def of(self, src: NodeId, msg: object, *, notice: bool = False) -> int:
        """The number of a letter, a new one if it was never sent before."""
        key = (src, msg, notice)
        number = self._index.setdefault(key, len(self.known))
        if number == len(self.known):
            self.known.append(key)
        return number

    def src(self, letter: int) -> NodeId:
        """Who sent it."""
        return self.known[letter][0]

    def msg(self, letter: int) -> object:
        """What it says."""
        return self.known[letter][1]

    def is_notice(self, letter: int) -> bool:
        """Whether it is a notice of the environment."""
        return self.known[letter][2]


class Mailboxes(ABC):
    """How a network keeps what is under way to one node."""

    def __init__(self, letters: Letters, senders: int) -> None:
        self.letters = letters
        self.senders = senders
        self.empty: Mail = ()

    @abstractmethod
    def push(self, mail: Mail, letter: int) -> Mail:
        """The mailbox with one letter more."""

    @abstractmethod
    def deliverable(self, mail: Mail) -> Iterator[tuple[int, Mail]]:
        """Each letter that may be delivered now, with the mailbox after it."""

    @abstractmethod
    def lost(self, mail: Mail) -> Iterator[tuple[int, str, Mail]]:
        """Each letter that may be lost, which one of several it is, and the mailbox without it."""

    @abstractmethod
    def duplicated(self, mail: Mail) -> Iterator[tuple[int, Mail]]:
        """Each letter that may be duplicated, with the mailbox after it."""

    @abstractmethod
    def content(self, mail: Mail) -> Iterator[int]:
        """Every letter in it, a bag's copies repeated."""

    def crowded(self, mail: Mail, letter: int, limit: int) -> bool:
        """Whether a letter is there more than ``limit`` times, or its link holds more than that."""
        del mail, letter, limit
        return False

    def after_crash(self, mail: Mail, *, kept: bool) -> Mail:
        """What a crash of the node leaves: notices were for its volatile part, messages may be kept."""
        del mail, kept
        return self.empty


class _Flat(Mailboxes):
    """What the networks without an order share: a sorted tuple of letters."""

    def content(self, mail: Mail) -> Iterator[int]:
        return iter(_flat(mail))

    def after_crash(self, mail: Mail, *, kept: bool) -> Mail:
        if not kept:
            return self.empty
        return tuple(letter for letter in _flat(mail) if not self.letters.is_notice(letter))

    def push(self, mail: Mail, letter: int) -> Mail:
        flat = _flat(mail)
        return flat if letter in flat else _with(flat, letter)

    def deliverable(self, mail: Mail) -> Iterator[tuple[int, Mail]]:
        flat = _flat(mail)
        for letter in dict.fromkeys(flat):
            yield letter, _without(flat, letter)

    def lost(self, mail: Mail) -> Iterator[tuple[int, str, Mail]]:
        for letter, rest in self.deliverable(mail):
            if not self.letters.is_notice(letter):
                yield letter, "", rest

    def duplicated(self, mail: Mail) -> Iterator[tuple[int, Mail]]:
        del mail
        return iter(())


class SentSet(_Flat):
    """Every message ever sent stays deliverable."""

    def deliverable(self, mail: Mail) -> Iterator[tuple[int, Mail]]:
        flat = _flat(mail)
        for letter in flat:
            yield letter, _without(flat, letter) if self.letters.is_notice(letter) else flat

    def lost(self, mail: Mail) -> Iterator[tuple[int, str, Mail]]:
        del mail
        return iter(())


class Set(_Flat):
    """A delivery consumes; sending what is under way changes nothing."""


class Bag(_Flat):
    """A delivery consumes one copy."""

    def push(self, mail: Mail, letter: int) -> Mail:
        return _with(_flat(mail), letter)

    def duplicated(self, mail: Mail) -> Iterator[tuple[int, Mail]]:
        flat = _flat(mail)
        for letter in dict.fromkeys(flat):
            if not self.letters.is_notice(letter):
                yield letter, _with(flat, letter)

    def crowded(self, mail: Mail, letter: int, limit: int) -> bool:
        return _flat(mail).count(letter) > limit


class Fifo(Mailboxes):
    """A queue for each sender, notices of a broken link first."""

    def __init__(self, letters: Letters, senders: int) -> None:
        super().__init__(letters, senders)
        self.empty = ((),) * senders

    def content(self, mail: Mail) -> Iterator[int]:
        return (letter for queue in _queues(mail) for letter in queue)

    def push(self, mail: Mail, letter: int) -> Mail:
        src = self.letters.src(letter).index
        return _relinked(mail, src, (*_queues(mail)[src], letter))

    def deliverable(self, mail: Mail) -> Iterator[tuple[int, Mail]]:
        for src, queue in enumerate(_queues(mail)):
            if queue:
                yield queue[0], _relinked(mail, src, queue[1:])

    def lost(self, mail: Mail) -> Iterator[tuple[int, str, Mail]]:
        for src, queue in enumerate(_queues(mail)):
            if queue and not self.letters.is_notice(queue[0]):
                yield queue[0], "head", _relinked(mail, src, queue[1:])
            if len(queue) > 1 and not self.letters.is_notice(queue[-1]):
                yield queue[-1], "newest", _relinked(mail, src, queue[:-1])

    def duplicated(self, mail: Mail) -> Iterator[tuple[int, Mail]]:
        for src, queue in enumerate(_queues(mail)):
            if queue and not self.letters.is_notice(queue[0]):
                yield queue[0], _relinked(mail, src, (queue[0], *queue))

    def crowded(self, mail: Mail, letter: int, limit: int) -> bool:
        return len(_queues(mail)[self.letters.src(letter).index]) > limit

    def heads(self, mail: Mail) -> list[int]:
        """The first letter of each link that holds any."""
        return [queue[0] for queue in _queues(mail) if queue]

    def reset(self, mail: Mail, src: int, notice: int | None) -> Mail:
        """The link from ``src`` broken: its messages gone, ``notice`` first unless one waits already."""
        notices = [letter for letter in _queues(mail)[src] if self.letters.is_notice(letter)]
        if notice is not None and notice not in notices:
            notices.insert(0, notice)
        return _relinked(mail, src, tuple(notices))

    def closed(self, mail: Mail, src: int, notice: int | None) -> Mail:
        """The link from ``src`` closed from here: its messages gone, and the notice that it broke."""
        queue = _queues(mail)[src]
        kept = (letter for letter in queue if self.letters.is_notice(letter) and letter != notice)
        return _relinked(mail, src, tuple(kept))


MAILBOXES: dict[NetworkName, type[Mailboxes]] = {
    "sent-set": SentSet,
    "set": Set,
    "bag": Bag,
    "fifo": Fifo,
}


def _flat(mail: Mail) -> Flat:
    return mail  # type: ignore[return-value]  # the class that made it knows its form


def _queues(mail: Mail) -> Queues:
    return mail  # type: ignore[return-value]  # the class that made it knows its form


def _with(flat: Flat, letter: int) -> Flat:
    changed = list(flat)
    insort(changed, letter)
    return tuple(changed)


def _without(flat: Flat, letter: int) -> Flat:
    at = bisect_left(flat, letter)
    return flat[:at] + flat[at + 1 :]


def _relinked(mail: Mail, src: int, queue: tuple[int, ...]) -> Queues:
    queues = _queues(mail)
    return (*queues[:src], queue, *queues[src + 1 :])
