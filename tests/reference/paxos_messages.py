"""Paxos as one set of messages, step by step as Lamport's TLA+ specification has it: TLC's counts are known.

L. Lamport, The Paxos Algorithm, or How to Win a Turing Award, lecture, 2019. Nothing is ever taken from the
set, and proposers keep no state: phase 2a looks at all the messages that have been sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Annotated

from elcheck import Model, Record, Spec, State, action, always, guard, holds, replace, sometimes

Vote = tuple[int, str]
NONE: Vote = (-1, "")


class Prepare(Record):
    """Phase 1a."""

    ballot: int


class Promise(Record):
    """Phase 1b, with the acceptor's last vote."""

    ballot: int
    acceptor: int
    vote: Vote


class Accept(Record):
    """Phase 2a."""

    ballot: int
    value: str


class Accepted(Record):
    """Phase 2b."""

    ballot: int
    acceptor: int
    value: str


Message = Prepare | Promise | Accept | Accepted


class Everything(State):
    """For each acceptor the highest ballot that it knows of and its last vote; every message ever sent."""

    promised: tuple[int, ...]
    voted: tuple[Vote, ...]
    messages: frozenset[Message] = frozenset()

    def send(self, message: Message) -> Everything:
        """The state with one message more."""
        return replace(self, messages=self.messages | {message})


def put(row: tuple[int, ...], at: int, number: int) -> tuple[int, ...]:
    """A row with another number in one place."""
    return (*row[:at], number, *row[at + 1 :])


def majorities(acceptors: int) -> Iterator[tuple[int, ...]]:
    """The smallest sets of acceptors of which any two meet."""
    return combinations(range(acceptors), acceptors // 2 + 1)


class Paxos(Spec[Everything]):
    """The four phases, each a step of whoever likes."""

    acceptor_count: int
    ballot_count: int
    value_count: int

    def acceptors(self) -> Iterable[int]:
        """Acceptors have numbers."""
        return range(self.acceptor_count)

    def ballots(self) -> Iterable[int]:
        """Ballots count from 0."""
        return range(self.ballot_count)

    def values(self) -> Iterable[str]:
        """What may be proposed."""
        return [f"v{i + 1}" for i in range(self.value_count)]

    def start(self) -> Everything:
        return Everything((-1,) * self.acceptor_count, (NONE,) * self.acceptor_count)

    @action(over=ballots)
    def phase_1a(self, s: Everything, ballot: int) -> Everything:
        return s.send(Prepare(ballot))

    @action(over=(acceptors, ballots))
    def phase_1b(self, s: Everything, acceptor: int, ballot: int) -> Everything:
        guard(Prepare(ballot) in s.messages, "nobody has prepared this ballot")
        guard(ballot > s.promised[acceptor], "the acceptor knows of as high a ballot")
        knows = replace(s, promised=put(s.promised, acceptor, ballot))
        return knows.send(Promise(ballot, acceptor, s.voted[acceptor]))

    @action(over=(ballots, values))
    def phase_2a(self, s: Everything, ballot: int, value: str) -> Everything:
        proposed = any(isinstance(m, Accept) and m.ballot == ballot for m in s.messages)
        guard(not proposed, "the ballot has its value")
        promises = [m for m in s.messages if isinstance(m, Promise) and m.ballot == ballot]
        may = any(
            {m.acceptor for m in promises} >= set(quorum)
            and max(m.vote for m in promises if m.acceptor in quorum)[1] in ("", value)
            for quorum in majorities(self.acceptor_count)
        )
        guard(may, "no majority allows this value")
        return s.send(Accept(ballot, value))

    @action(over=(acceptors, ballots, values))
    def phase_2b(self, s: Everything, acceptor: int, ballot: int, value: str) -> Everything:
        guard(Accept(ballot, value) in s.messages, "nobody has proposed this")
        guard(ballot >= s.promised[acceptor], "the acceptor has promised a higher ballot")
        voted = (*s.voted[:acceptor], (ballot, value), *s.voted[acceptor + 1 :])
        accepts = replace(s, promised=put(s.promised, acceptor, ballot), voted=voted)
        return accepts.send(Accepted(ballot, acceptor, value))


def chosen(s: Everything, quorum: int) -> list[str]:
    """The values for which a quorum has voted in one ballot."""
    cast = Counter((m.ballot, m.value) for m in s.messages if isinstance(m, Accepted))
    return sorted({value for (_, value), votes in cast.items() if votes >= quorum})


def model(
    acceptors: Annotated[int, "acceptors"] = 3,
    values: Annotated[int, "values that may be proposed"] = 2,
    ballots: Annotated[int, "ballots, from 0"] = 2,
) -> Model:
    """Paxos over a set of messages.

    Paper: L. Lamport, The Paxos Algorithm, or How to Win a Turing Award, lecture with a specification, 2019.
    Assumes: messages may be late, lost or repeated; disks are intact.
    """
    quorum = acceptors // 2 + 1

    def one_value(s: Everything) -> bool:
        return len(chosen(s, quorum)) <= 1

    def some_value(s: Everything) -> bool:
        return len(chosen(s, quorum)) > 0

    return Model(
        Paxos(acceptors, ballots, values),
        properties=[
            always("at most one value is chosen", holds(Everything, one_value)),
            sometimes("a value is chosen", holds(Everything, some_value)),
        ],
    )
