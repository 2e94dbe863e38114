"""The subject's own messages, each for one that is under way in the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from elcheck.checker.driving.comparing import key_of
from elcheck.checker.driving.subject import Sent, Subject
from elcheck.checker.model.environment import NetworkName
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.state import Envelope, is_notice

C = TypeVar("C")

_Place = tuple[NodeId, NodeId, Hashable]


class MessagesUnderWay(Generic[C]):
    """What the subject has sent and the model still has under way, in the order of sending."""

    def __init__(self, subject: Subject[C], network: NetworkName) -> None:
        self._subject = subject
        self._network = network
        self._all: list[tuple[_Place, C]] = []

    def sent(self, src: NodeId, messages: Iterable[Sent[C]]) -> None:
        """Add what a node has sent."""
        self._all += [((src, sent.dst, key_of(sent.msg)), sent.concrete) for sent in messages]

    def taken(self, envelope: Envelope) -> C:
        """The subject's message for one that is delivered: of several the oldest, in a sent-set the newest,
        which stays. One of a prepared start is made.
        """
        fitting = self._fitting(envelope)
        if not fitting:
            return self._subject.concrete(envelope.src, envelope.dst, envelope.msg)
        if self._network == "sent-set":
            return self._all[fitting[-1]][1]
        return self._all.pop(fitting[0])[1]

    def lost(self, envelope: Envelope, *, newest: bool) -> None:
        """Take away one that is lost."""
        fitting = self._fitting(envelope)
        if fitting:
            self._all.pop(fitting[-1 if newest else 0])

    def duplicated(self, envelope: Envelope) -> None:
        """Put a copy behind one that is duplicated."""
        fitting = self._fitting(envelope)
        if fitting:
            self._all.insert(fitting[0], self._all[fitting[0]])

    def keep(self, networks: Iterable[Iterable[Envelope]]) -> None:
        """Forget what is not under way any more in any of some networks; of what was sent more often than it
        is, the oldest.
        """
        left: Counter[_Place] = Counter()
        for network in networks:
            left |= Counter(self._place(envelope) for envelope in network if not is_notice(envelope))
        kept = []
        for place, concrete in reversed(self._all):
            if left[place]:
                left[place] -= 1
                kept.append((place, concrete))
        self._all = kept[::-1]

    def _fitting(self, envelope: Envelope) -> list[int]:
        place = self._place(envelope)
        return [at for at, (where, _) in enumerate(self._all) if where == place]

    def _place(self, envelope: Envelope) -> _Place:
        return envelope.src, envelope.dst, key_of(self._subject.visible(envelope.msg))
