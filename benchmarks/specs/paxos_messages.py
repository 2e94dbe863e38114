"""Paxos over a set of messages (L. Lamport, "The Paxos algorithm, or how to win a Turing Award", lectures).

Its state is what was sent, and for each acceptor its highest ballot and its last vote.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from elcheck import Map, Message, Model, Spec, State, Step, Steps, action, always, guard, holds, replace


class OneA(Message):
    """A ballot begins."""

    ballot: int


class OneB(Message):
    """An acceptor promises, and tells its last vote."""

    acceptor: str
    ballot: int
    voted: int
    value: str | None


class TwoA(Message):
    """A value is proposed in a ballot."""

    ballot: int
    value: str


class TwoB(Message):
    """An acceptor votes."""

    acceptor: str
    ballot: int
    value: str


class Board(State):
    """The variables."""

    promised: Map[str, int]
    voted: Map[str, int]
    value: Map[str, str | None]
    sent: frozenset[Message] = frozenset()


class Paxos(Spec[Board]):
    """Its actions are phases 1a to 2b."""

    acceptors: tuple[str, ...]
    values: tuple[str, ...]
    ballots: int

    def start(self) -> Board:
        nothing = Map(dict.fromkeys(self.acceptors, -1))
        return Board(nothing, nothing, Map(dict.fromkeys(self.acceptors)))

    def acceptor(self) -> Iterable[str]:
        return self.acceptors

    def ballot(self) -> Iterable[int]:
        return range(self.ballots)

    def chosen_value(self) -> Iterable[str]:
        return self.values

    @action(over=ballot)
    def phase1a(self, s: Board, ballot: int) -> Board:
        return replace(s, sent=s.sent | {OneA(ballot)})

    @action(over=acceptor)
    def phase1b(self, s: Board, acceptor: str) -> Steps[Board]:
        for msg in s.sent:
            if isinstance(msg, OneA) and msg.ballot > s.promised[acceptor]:
                answer = OneB(acceptor, msg.ballot, s.voted[acceptor], s.value[acceptor])
                promised = s.promised.put(acceptor, msg.ballot)
                yield Step(replace(s, promised=promised, sent=s.sent | {answer}))

    @action(over=(ballot, chosen_value))
    def phase2a(self, s: Board, ballot: int, chosen_value: str) -> Board:
        guard(not [m for m in s.sent if isinstance(m, TwoA) and m.ballot == ballot], "proposed")
        told = [m for m in s.sent if isinstance(m, OneB) and m.ballot == ballot]
        quorums = combinations(self.acceptors, len(self.acceptors) // 2 + 1)
        guard(any(self.shows(told, quorum, chosen_value) for quorum in quorums), "not safe")
        return replace(s, sent=s.sent | {TwoA(ballot, chosen_value)})

    def shows(self, told: Iterable[OneB], quorum: tuple[str, ...], value: str) -> bool:
        theirs = [m for m in told if m.acceptor in quorum]
        if {m.acceptor for m in theirs} != set(quorum):
            return False
        votes = [m for m in theirs if m.voted >= 0]
        highest = max((m.voted for m in votes), default=-1)
        return not votes or any(m.value == value and m.voted == highest for m in votes)

    @action(over=acceptor)
    def phase2b(self, s: Board, acceptor: str) -> Steps[Board]:
        for msg in s.sent:
            if isinstance(msg, TwoA) and msg.ballot >= s.promised[acceptor]:
                yield Step(
                    Board(
                        s.promised.put(acceptor, msg.ballot),
                        s.voted.put(acceptor, msg.ballot),
                        s.value.put(acceptor, msg.value),
                        s.sent | {TwoB(acceptor, msg.ballot, msg.value)},
                    )
                )


def one_chosen(s: Board) -> bool:
    votes = [m for m in s.sent if isinstance(m, TwoB)]
    polls: dict[tuple[int, str], int] = {}
    for m in votes:
        polls[m.ballot, m.value] = polls.get((m.ballot, m.value), 0) + 1
    return len({value for (_, value), n in polls.items() if 2 * n > len(s.promised)}) <= 1


def model(acceptors: int = 3, values: int = 2, ballots: int = 3) -> Model:
    """Paxos over a set of messages."""
    names = tuple(f"a{i + 1}" for i in range(acceptors))
    return Model(
        Paxos(names, tuple(f"v{i + 1}" for i in range(values)), ballots),
        properties=[always("one value is chosen", holds(Board, one_chosen))],
    )
