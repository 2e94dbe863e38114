"""A register on Paxos ballots, with reads: what lightweight transactions of a database are built of.

A read asks a majority what it has accepted, in a ballot of its own. What it finds it writes again before it
answers; and it has to write when it finds nothing, too, or a write that it has not seen takes effect later.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Annotated

from elcheck import (
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    action,
    change,
    durable,
    each,
    guard,
    node_ids,
    receive,
    replace,
    sometimes,
    step,
)
from elcheck.specs.operations import Operation, Register, linearizable, no_value_without_a_write

Accepted = tuple[int, Hashable]
"""A ballot, and the value that was accepted in it; None is a value."""


class Acceptor(State):
    """The state of an acceptor, on disk before it answers."""

    promised: int = durable(0)
    accepted: Accepted | None = durable(None)


class Proposer(State):
    """The state of a client, which is its own proposer."""

    left: tuple[Operation, ...]
    """What it will invoke."""
    under_way: Operation | None = None
    returned: Hashable = None
    ballot: int = 0
    promises: frozenset[tuple[NodeId, Accepted | None]] | None = None
    """Of acceptors in this ballot; None if it awaits none."""
    proposed: Hashable = None
    accepting: frozenset[NodeId] = frozenset()


class Prepare(Message):
    """Phase 1a: a proposer begins a ballot."""

    ballot: int


class Promise(Message):
    """Phase 1b: an acceptor promises, and tells what it has accepted."""

    ballot: int
    accepted: Accepted | None


class Accept(Message):
    """Phase 2a: a proposer asks acceptors to accept a value."""

    ballot: int
    value: Hashable


class Done(Message):
    """Phase 2b: an acceptor has accepted."""

    ballot: int


class Accepting(Node[Acceptor]):
    """An acceptor."""

    @receive
    def prepare(self, s: Acceptor, src: NodeId, msg: Prepare) -> Acceptor | Step[Acceptor]:
        """Promise to accept nothing in lower ballots."""
        if msg.ballot <= s.promised:
            return s
        return Step(replace(s, promised=msg.ballot), self.send(src, Promise(msg.ballot, s.accepted)))

    @receive
    def accept(self, s: Acceptor, src: NodeId, msg: Accept) -> Acceptor | Step[Acceptor]:
        """Accept, unless a higher ballot is promised."""
        if msg.ballot < s.promised:
            return s
        return Step(Acceptor(msg.ballot, (msg.ballot, msg.value)), self.send(src, Done(msg.ballot)))


class Proposing(Node[Proposer]):
    """A client with its operations; the ballots of each are its own."""

    acceptors: tuple[NodeId, ...]
    operations: tuple[Operation, ...]
    ballots: tuple[int, ...]

    def start(self) -> Proposer:
        return Proposer(self.operations)

    @property
    def quorum(self) -> int:
        """A majority of the acceptors."""
        return len(self.acceptors) // 2 + 1

    @action
    def invoke(self, s: Proposer) -> Step[Proposer]:
        """Begin the next operation, in a new ballot."""
        guard(s.under_way is None, "an operation is under way")
        guard(bool(s.left), "it has invoked all")
        ballot = self.ballots[len(self.operations) - len(s.left)]
        now = Proposer(s.left[1:], s.left[0], s.returned, ballot, frozenset())
        return Step(now, self.send(self.acceptors, Prepare(ballot)))

    @receive
    def promise(self, s: Proposer, src: NodeId, msg: Promise) -> Proposer | Step[Proposer]:
        """With a majority of promises: propose, or answer."""
        if s.promises is None or msg.ballot != s.ballot or s.under_way is None:
            return s
        promises = s.promises | {(src, msg.accepted)}
        if len(promises) < self.quorum:
            return replace(s, promises=promises)
        highest = max((a for _, a in promises if a is not None), key=lambda a: a[0], default=None)
        found = None if highest is None else highest[1]
        if s.under_way.name == "read" and highest is None and not self.writes_nothing():
            return self.over(s, None)
        value = found if s.under_way.name == "read" else s.under_way.argument
        now = replace(s, promises=None, proposed=value)
        return Step(now, self.send(self.acceptors, Accept(s.ballot, value)))

    def writes_nothing(self) -> bool:
        """A read that finds nothing writes that there is nothing."""
        return True

    @receive
    def done(self, s: Proposer, src: NodeId, msg: Done) -> Proposer:
        """With a majority that has accepted: answer."""
        if s.under_way is None or s.promises is not None or msg.ballot != s.ballot:
            return s
        accepting = s.accepting | {src}
        if len(accepting) < self.quorum:
            return replace(s, accepting=accepting)
        return self.over(s, s.proposed if s.under_way.name == "read" else None)

    def over(self, s: Proposer, result: Hashable) -> Proposer:
        """The operation returns."""
        return Proposer(s.left, None, result, s.ballot)


class ReadNothing(Proposing):
    """A read that finds nothing accepted answers so, and writes nothing: a write that was accepted by the one
    acceptor that it has not asked is found by a later read (CASSANDRA-12126; ScyllaDB issue 6299).
    """

    def writes_nothing(self) -> bool:
        return False


def keeps_its_promise(before: Acceptor, after: Acceptor) -> bool:
    """It accepts nothing in a ballot lower than it has promised, and does not go back to a lower one."""
    fresh = after.accepted if after.accepted != before.accepted else None
    return after.promised >= before.promised and (fresh is None or fresh[0] >= before.promised)


def model(
    reads: Annotated[int, "how often the reader reads"] = 2,
    acceptors: Annotated[int, "acceptors"] = 3,
    bug: Annotated[type[Proposing], "a mistake to put in"] = Proposing,
) -> Model:
    """A register on Paxos ballots: one client writes once, another reads.

    Paper: L. Lamport, Paxos Made Simple, 2001, for each operation a ballot.
    Assumes: each ballot belongs to one operation; the writer's is the lowest. Nobody tries again.
    """
    writer, reader, *others = node_ids("w r", " ".join(f"a{n + 1}" for n in range(acceptors)))
    voters = tuple(others)
    look = Operation("read")
    return Model(
        {
            writer: bug(voters, (Operation("write", "x"),), (1,)),
            reader: bug(voters, (look,) * reads, tuple(range(2, reads + 2))),
            **dict.fromkeys(voters, Accepting()),
        },
        environment=Environment(network="sent-set"),
        properties=[
            linearizable(Proposer, Register()),
            no_value_without_a_write(Proposer),
            step("promises are kept", change(Acceptor, keeps_its_promise)),
            sometimes("the value is read", each(Proposer, lambda s: s.returned == "x")),
        ],
    )
