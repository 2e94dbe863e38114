"""Reads by read index: a leader asks a majority whether it still leads before it answers a read.

D. Ongaro, Consensus: Bridging Theory and Practice, 2014, section 6.4. After etcd issue 20418: who asked again
after a timeout did so under the same identifier, and acknowledgements of the first try were taken for those
of the second.
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
    each,
    guard,
    node_ids,
    receive,
    replace,
    sometimes,
    timeout,
)
from elcheck.specs.operations import UNKNOWN, Operation, Register, linearizable


class Caller(State):
    """A server whose client writes, or the reader."""

    under_way: Operation | None = None
    returned: Hashable = None


class Server(Caller):
    """The state of a server. An entry of the log is the term in which it was written."""

    term: int = 1
    leads: bool = False
    votes: frozenset[NodeId] = frozenset()
    log: tuple[int, ...] = ()
    committed: int = 0
    acknowledged: frozenset[NodeId] = frozenset()
    """Of a leader: who has all of its log."""
    reading: int | None = None
    """Of a leader: the identifier of the read that waits for a majority."""
    index: int = 0
    """What was committed when that was asked for."""
    confirmed: frozenset[NodeId] = frozenset()
    """Who has said since that it still leads."""


class Reader(Caller):
    """The state of a server that is behind, and asks a leader for each read."""

    tries: int = 0


class RequestVote(Message):
    """A candidate asks for a vote."""

    term: int
    log: tuple[int, ...]


class Vote(Message):
    """A vote, granted."""

    term: int


class Append(Message):
    """A leader's log."""

    term: int
    log: tuple[int, ...]


class Appended(Message):
    """So much of it is there."""

    term: int
    length: int


class ReadIndex(Message):
    """The reader asks up to where it has to read; ``attempt`` comes back with the answer."""

    read: int
    attempt: int


class Heartbeat(Message):
    """Does it still lead?"""

    term: int
    read: int


class HeartbeatAck(Message):
    """In that term it does."""

    term: int
    read: int


class Index(Message):
    """Read up to there; ``value`` is what one finds there."""

    attempt: int
    value: int


class Serving(Node[Server]):
    """Raft with a log that is sent as a whole."""

    voters: tuple[NodeId, ...]
    reader: NodeId
    terms: int

    def start(self) -> Server:
        """The first server leads the first term."""
        return Server(leads=self.me == self.voters[0])

    @property
    def others(self) -> tuple[NodeId, ...]:
        """The other voters."""
        return tuple(node for node in self.voters if node != self.me)

    def is_majority(self, nodes: frozenset[NodeId]) -> bool:
        """True if these and this server are one."""
        return 2 * len(nodes | {self.me}) > len(self.voters)

    def following(self, s: Server, term: int, log: tuple[int, ...]) -> Server:
        """As a follower of a term. What becomes of a write that is under way nobody knows."""
        returned = UNKNOWN if s.under_way else s.returned
        return Server(returned=returned, term=term, log=log, committed=s.committed)

    @timeout
    def stand(self, s: Server) -> Step[Server]:
        """Stand for the next term."""
        guard(not s.leads, "a leader does not stand")
        guard(s.term < self.terms, "the last term has come")
        now = Server(term=s.term + 1, votes=frozenset({self.me}), log=s.log, committed=s.committed)
        return Step(now, self.send(self.others, RequestVote(now.term, s.log)))

    @receive
    def request_vote(self, s: Server, src: NodeId, msg: RequestVote) -> Server | Step[Server]:
        """Vote in a higher term, for a log that is no older than one's own."""
        if msg.term <= s.term:
            return s
        now = self.following(s, msg.term, s.log)
        newer = (msg.log[-1:], len(msg.log)) >= (s.log[-1:], len(s.log))
        return Step(now, self.send(src, Vote(msg.term))) if newer else now

    @receive
    def vote(self, s: Server, src: NodeId, msg: Vote) -> Server:
        """With a majority: lead."""
        if msg.term != s.term or s.leads or not s.votes:
            return s
        votes = s.votes | {src}
        return (
            replace(s, votes=frozenset(), leads=True) if self.is_majority(votes) else replace(s, votes=votes)
        )

    @action
    def write(self, s: Server) -> Step[Server]:
        """A client writes, once in a term."""
        guard(s.leads, "only a leader takes writes")
        guard(s.term not in s.log, "it has taken one")
        log = (*s.log, s.term)
        now = replace(s, log=log, under_way=Operation("write", s.term), acknowledged=frozenset())
        return Step(now, self.send(self.others, Append(s.term, log)))

    @receive
    def append(self, s: Server, src: NodeId, msg: Append) -> Server | Step[Server]:
        """Take the leader's log."""
        if msg.term < s.term:
            return s
        now = self.following(s, msg.term, msg.log)
        return Step(now, self.send(src, Appended(msg.term, len(msg.log))))

    @receive
    def appended(self, s: Server, src: NodeId, msg: Appended) -> Server:
        """What a majority has is committed, and the write returns."""
        if not s.leads or msg.term != s.term or msg.length != len(s.log):
            return s
        acknowledged = s.acknowledged | {src}
        if not self.is_majority(acknowledged):
            return replace(s, acknowledged=acknowledged)
        return replace(s, committed=len(s.log), acknowledged=acknowledged, under_way=None, returned=None)

    @receive
    def read_index(self, s: Server, src: NodeId, msg: ReadIndex) -> Server | Step[Server]:
        """Note what is committed, and ask whether one still leads."""
        if not s.leads or (s.term > 1 and s.committed < len(s.log)):
            return s
        now = replace(s, reading=msg.attempt, index=s.committed, confirmed=frozenset())
        return Step(now, self.send(self.others, Heartbeat(s.term, msg.read)))

    @receive
    def heartbeat(self, s: Server, src: NodeId, msg: Heartbeat) -> Server | Step[Server]:
        """Say that nobody else leads."""
        if msg.term < s.term:
            return s
        now = self.following(s, msg.term, s.log) if msg.term > s.term else s
        return Step(now, self.send(src, HeartbeatAck(msg.term, msg.read)))

    @receive
    def heartbeat_ack(self, s: Server, src: NodeId, msg: HeartbeatAck) -> Server | Step[Server]:
        """With a majority the index is one to read from."""
        if s.reading is None or not s.leads or msg != HeartbeatAck(s.term, self.read_of(s.reading)):
            return s
        confirmed = s.confirmed | {src}
        if not self.is_majority(confirmed):
            return replace(s, confirmed=confirmed)
        value = s.log[s.index - 1] if s.index else 0
        now = replace(s, reading=None, confirmed=frozenset())
        return Step(now, self.send(self.reader, Index(s.reading, value)))

    def read_of(self, attempt: int) -> int:
        """The identifier of a try: that of its heartbeats."""
        return attempt


class SameIdentifier(Serving):
    """Who asks again after a timeout does so under the same identifier (etcd issue 20418)."""

    def read_of(self, attempt: int) -> int:
        return 1


class Reading(Node[Reader]):
    """It asks the server that led first, and knows of no other."""

    leader: NodeId
    attempts: int
    same: bool

    @action
    def read(self, s: Reader) -> Step[Reader]:
        """A client reads."""
        guard(s.under_way is None, "a read is under way")
        guard(s.tries < self.attempts, "it has read often enough")
        attempt = s.tries + 1
        now = Reader(Operation("read"), s.returned, attempt)
        return Step(now, self.send(self.leader, ReadIndex(1 if self.same else attempt, attempt)))

    @timeout
    def give_up(self, s: Reader) -> Reader:
        """No answer: the client is told that nobody knows."""
        guard(s.under_way is not None, "no read is under way")
        return replace(s, under_way=None, returned=UNKNOWN)

    @receive
    def index(self, s: Reader, src: NodeId, msg: Index) -> Reader:
        """Answer the read, if it is of this try."""
        if s.under_way is None or msg.attempt != s.tries:
            return s
        return replace(s, under_way=None, returned=msg.value)


def model(
    voters: Annotated[int, "servers that vote"] = 3,
    terms: Annotated[int, "the highest term"] = 2,
    tries: Annotated[int, "how often the reader asks"] = 2,
    bug: Annotated[type[Serving], "a mistake to put in"] = Serving,
) -> Model:
    """Raft's read index, and whether reads are linearizable.

    Paper: D. Ongaro, Consensus: Bridging Theory and Practice, 2014, section 6.4; etcd issue 20418.
    Assumes: no crash; messages may be late, lost or repeated. A leader's log is sent as a whole.
    """
    *servers, reader = node_ids(" ".join(f"s{n + 1}" for n in range(voters)), "r")
    voting = tuple(servers)
    return Model(
        {
            **dict.fromkeys(voting, bug(voting, reader, terms)),
            reader: Reading(voting[0], tries, bug is SameIdentifier),
        },
        environment=Environment(network="sent-set"),
        properties=[
            linearizable(Caller, Register(0)),
            sometimes(
                "a write is read", each(Reader, lambda s: isinstance(s.returned, int) and s.returned > 0)
            ),
        ],
    )
