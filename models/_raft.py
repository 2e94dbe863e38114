"""What Raft's servers keep and what they say to each other, shared by the models of Raft.

D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014, figure 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from elcheck import Message, NodeId, Prepared, State, durable


class Role(Enum):
    """What a server takes itself for. The last two are of the options in models/raft_options.py."""

    FOLLOWER = 0
    CANDIDATE = 1
    LEADER = 2
    PRE_CANDIDATE = 3
    """It asks whether it would be elected, and stays in its term meanwhile."""
    FOLLOWING = 4
    """A follower that has heard from the leader of its term lately."""


Config = tuple[frozenset[NodeId], ...]
"""The members of the cluster; the old and the new ones while both have to agree."""
Command = NodeId | int | Config
"""A client's is a number; that of the entry with which a leader opens its term (a no-op) is its name."""
Entry = tuple[int, Command]
"""The term in which a leader made it, and the command."""
Log = tuple[Entry, ...]
"""The oldest entry first. Indexes count from 1, as in the paper: 0 stands before the first entry."""


class RequestVote(Message):
    """A candidate asks for a vote in its term, and says how far its log goes."""

    term: int
    last_term: int
    last_index: int


class Vote(Message):
    """A vote, granted."""

    term: int


class AppendEntries(Message):
    """The leader's entry after ``prev_index``, where its log has one of ``prev_term``, and how far it has
    committed. The paper's may hold more entries than one, or none.
    """

    term: int
    prev_index: int
    prev_term: int
    entry: Entry
    commit: int


class Appended(Message):
    """The log agrees with the leader's of that term up to ``index``."""

    term: int
    index: int


class Refused(Message):
    """The answer to a request of an old term: there is a higher one. (What is turned down for another reason
    tells its sender nothing that the model needs, so no message is spent on it.)
    """

    term: int


class Server(State):
    """The local state of a server (figure 2 of the paper)."""

    term: int = durable(0)
    voted_for: NodeId | None = durable(None)
    log: Log = durable(())
    commit: int = durable(0)
    """The highest index known to be committed. Figure 2 keeps it in memory; on disk (as in etcd) it also
    remembers for the properties what has been promised.
    """
    role: Role = Role.FOLLOWER
    votes: frozenset[NodeId] = frozenset()
    """A candidate's: who has voted for it."""
    match: frozenset[tuple[NodeId, int]] = frozenset()
    """A leader's: up to where a follower's log agrees with its own, of those who go beyond ``commit``."""

    @property
    def leads(self) -> bool:
        """Whether it leads its term."""
        return self.role is Role.LEADER

    @property
    def last_term(self) -> int:
        """The term of its last entry, 0 without any."""
        return self.term_at(len(self.log))

    def term_at(self, index: int) -> int:
        """The term of the entry at an index, 0 where there is none."""
        return self.log[index - 1][0] if 0 < index <= len(self.log) else 0

    def append(self, index: int) -> AppendEntries:
        """A leader's entry at an index, as it sends it."""
        prev = index - 1
        return AppendEntries(self.term, prev, self.term_at(prev), self.log[prev], self.commit)

    def as_follower(self) -> Server:
        """The server as a follower in its term."""
        return replace(self, role=Role.FOLLOWER, votes=frozenset(), match=frozenset())


def before_figure_8(nodes: Sequence[NodeId]) -> Prepared:
    """n1 has led term 1 and n2 term 2, and the opening entry of neither has reached anybody: (b) of figure 8
    of the paper, with n1 and n2 for its S1 and S5.
    """
    one, two, *_ = nodes
    voters: dict[NodeId, object] = dict.fromkeys(nodes, Server(term=2, voted_for=two))
    led_once = Server(term=2, log=((1, one),))
    return Prepared({**voters, one: led_once, two: Server(2, two, log=((2, two),))})
