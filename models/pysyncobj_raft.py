"""PySyncObj's Raft, message by message, as its one file syncobj.py has it; what it gets wrong are mistakes.

Versions 0.3.11, 0.3.14 and 0.3.17 (github.com/bakwc/PySyncObj, on PyPI); the names are the code's. Left
out: changes of the membership, snapshots, commands that a follower passes on, the transfer of the leadership,
and a leader that steps down since nobody answers. docs/real/pysyncobj.md tells what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Annotated, Literal, NamedTuple

from elcheck import (
    Bound,
    Envelope,
    Environment,
    Map,
    Message,
    Model,
    Node,
    NodeId,
    Prepared,
    Sends,
    State,
    Step,
    action,
    durable,
    guard,
    node_ids,
    receive,
    replace,
    timeout,
)
from elcheck.specs import election, log


class Role(Enum):
    """The states of a node."""

    FOLLOWER = 0
    CANDIDATE = 1
    LEADER = 2


Entry = tuple[int, int | None]
"""The term in which a leader made it, and the command. None: the NO_OP that opens a leader's term."""

FIRST: Entry = (0, None)
"""The entry that every log begins with; its index is 1."""


class Part(Enum):
    """An entry that is larger than a batch goes out in pieces."""

    WHOLE = 0
    START = 1
    FINISH = 2


class Server(State):
    """The state of a node. A crash spares what the journal has."""

    current_term: int = durable(0)
    voted_for: NodeId | None = durable(None)
    log: tuple[Entry, ...] = durable((FIRST,))
    commit_index: int = durable(1)
    role: Role = Role.FOLLOWER
    votes_count: int = 0
    """Of a candidate."""
    next_index: Map[NodeId, int] = Map()
    """Of a leader: with which entry it goes on. It counts on what it has sent to arrive."""
    match_index: Map[NodeId, int] = Map()
    """Of a leader: up to where a follower's log is known to be its own."""

    @property
    def term(self) -> int:
        """The term that it is in, as specs/election.py calls it."""
        return self.current_term

    @property
    def leads(self) -> bool:
        """True if it leads its term."""
        return self.role is Role.LEADER

    @property
    def commit(self) -> int:
        """How many entries it knows to be committed, as specs/log.py calls it."""
        return self.commit_index

    @property
    def last_term(self) -> int:
        """The term of its last entry."""
        return self.log[-1][0]

    def follower(self) -> Server:
        """The node as a follower."""
        return Server(self.current_term, self.voted_for, self.log, self.commit_index)


class RequestVote(Message):
    """A candidate asks for a vote."""

    term: int
    last_log_index: int
    last_log_term: int


class ResponseVote(Message):
    """A vote, granted. There are no refusals."""

    term: int


class AppendEntries(Message):
    """The leader's entries after ``prev_log_index``, as many as go into a batch; without any, a heartbeat."""

    term: int
    commit_index: int
    prev_log_index: int
    prev_log_term: int
    entries: tuple[Entry, ...]
    part: Part = Part.WHOLE


class NextNodeIdx(Message):
    """Which entry a follower takes next. ``success``: up to there its log is the leader's; ``reset``: go back
    to there. ``term`` is None where the message does not have it, as in all releases.
    """

    next_node_idx: int
    reset: bool
    success: bool
    term: int | None = None


class PySyncObj(Node[Server]):
    """The protocol, corrected: no release does all of it."""

    candidates: tuple[NodeId, ...]
    commands: int
    large: bool
    journal: bool

    # -- Elections -----------------------------------------------------------------------------------------

    @timeout
    def election_timeout(self, s: Server) -> Step[Server]:
        """Nothing heard of a leader: stand for the next term."""
        guard(self.me in self.candidates, "it never stands")
        guard(not s.leads, "a leader does not time out")
        s = replace(
            s.follower(),
            current_term=s.current_term + 1,
            voted_for=self.me,
            role=Role.CANDIDATE,
            votes_count=1,
        )
        return Step(s, self.broadcast(RequestVote(s.current_term, len(s.log), s.last_term)))

    @receive
    def request_vote(self, s: Server, src: NodeId, msg: RequestVote) -> Server | Step[Server]:
        """Vote for the first of a term that asks, if its log is at least as up to date."""
        if msg.term > s.current_term:
            s = replace(s.follower(), current_term=msg.term, voted_for=None)
        behind = (msg.last_log_term, msg.last_log_index) < (s.last_term, len(s.log))
        if s.leads or msg.term < s.current_term or behind or s.voted_for is not None:
            return s
        return Step(replace(s, voted_for=src), self.send(src, ResponseVote(msg.term)))

    @receive
    def response_vote(self, s: Server, src: NodeId, msg: ResponseVote) -> Server | Step[Server]:
        """Count a vote of this term; lead with a majority."""
        if s.role is not Role.CANDIDATE or msg.term != s.current_term:
            return s
        s = replace(s, votes_count=s.votes_count + 1)
        return self.become_leader(s) if 2 * s.votes_count > len(self.nodes) else s

    def become_leader(self, s: Server) -> Step[Server]:
        """Open the term with an entry of its own, and send it at once."""
        s = replace(
            s.follower(),
            role=Role.LEADER,
            log=(*s.log, (s.current_term, None)),
            next_index=Map(dict.fromkeys(self.peers, len(s.log) + 1)),
            match_index=Map(dict.fromkeys(self.peers, 0)),
        )
        return self.send_append_entries(s)

    # -- The leader ----------------------------------------------------------------------------------------

    @action
    def heartbeat(self, s: Server) -> Step[Server]:
        """A tick of the leader: commit what can be, send what is new, or that there is nothing new."""
        guard(s.leads, "only a leader sends heartbeats")
        return self.send_append_entries(self.with_commit(s))

    @action
    def commit(self, s: Server) -> Server:
        """A tick of the leader before the next heartbeat is due: commit what can be."""
        guard(s.leads, "only a leader commits")
        return self.with_commit(s)

    def requests(self) -> Iterable[int]:
        """What clients ask for."""
        return range(self.commands)

    @action(over=requests)
    def client_request(self, s: Server, command: int) -> Server:
        """A client's command goes into the leader's log, and out with the next heartbeat."""
        guard(s.leads, "only a leader takes requests")
        guard(all(command != known for _, known in s.log), "it has that command")
        return replace(s, log=(*s.log, (s.current_term, command)))

    def with_commit(self, s: Server) -> Server:
        """Commit what a majority holds, up to an entry of the leader's own term."""
        commit = s.commit_index
        for index in range(commit + 1, len(s.log) + 1):
            count = 1 + sum(match >= index for match in s.match_index.values())
            if 2 * count <= len(self.nodes):
                break
            if self.may_commit(s, index):
                commit = index
        return replace(s, commit_index=commit)

    def may_commit(self, s: Server, index: int) -> bool:
        """An entry of an older term may be replaced even where a majority holds it: not counted."""
        return s.log[index - 1][0] == s.current_term

    def send_append_entries(self, s: Server) -> Step[Server]:
        """To each follower all that it was not sent yet, a batch a message; at least one message."""
        sends: Sends = ()
        following = s.next_index
        for node in self.peers:
            index = s.next_index[node]
            while True:
                entries = self.batch(s.log[index - 1 :])
                sends += self.in_parts(node, s, index - 1, entries)
                index += len(entries)
                if index > len(s.log):
                    break
            following = following.put(node, index)
        return Step(replace(s, next_index=following), sends)

    def batch(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """As many entries as go into one message: a large one is the last."""
        large = (at for at, (_, command) in enumerate(entries) if self.large and command is not None)
        return entries[: next(large, len(entries)) + 1]

    def in_parts(self, node: NodeId, s: Server, prev: int, entries: tuple[Entry, ...]) -> Sends:
        """A message, or the two of a single entry that is larger than a batch."""
        whole = AppendEntries(s.current_term, s.commit_index, prev, s.log[prev - 1][0], entries)
        if not (self.large and len(entries) == 1 and entries[0][1] is not None):
            return self.send(node, whole)
        start, finish = replace(whole, entries=(), part=Part.START), replace(whole, part=Part.FINISH)
        return self.send(node, start) + self.send(node, finish)

    @receive
    def next_node_idx(self, s: Server, src: NodeId, msg: NextNodeIdx) -> Server:
        """Learn how far a follower's log is its own, or from where to send it again."""
        if not s.leads or not self.is_of_its_term(s, msg):
            return s
        if msg.reset:
            s = replace(s, next_index=s.next_index.put(src, msg.next_node_idx))
        return self.matched(s, src, msg.next_node_idx) if msg.success else s

    def matched(self, s: Server, node: NodeId, index: int) -> Server:
        """A follower has all entries of the leader's before an index. It knows that for good."""
        if s.match_index[node] >= index - 1:
            return s
        match, following = s.match_index.put(node, index - 1), s.next_index.put(node, index)
        return replace(s, match_index=match, next_index=following)

    def is_of_its_term(self, s: Server, msg: NextNodeIdx) -> bool:
        """A late answer is to what it sent in an earlier term."""
        return msg.term == s.current_term

    # -- The follower --------------------------------------------------------------------------------------

    @receive
    def append_entries(self, s: Server, src: NodeId, msg: AppendEntries) -> Server | Step[Server]:
        """Follow the leader of this term; take its entries if they fit, in place of others."""
        if msg.term < s.current_term:
            return s
        voted_for = s.voted_for if msg.term == s.current_term else None
        s = replace(s.follower(), current_term=msg.term, voted_for=voted_for)
        prev = msg.prev_log_index
        if msg.part is Part.START:
            return self.answer(s, src, len(s.log) + 1)
        if prev > len(s.log):
            return self.answer(s, src, len(s.log) + 1, reset=True)
        if s.log[prev - 1][0] != msg.prev_log_term:
            return self.answer(s, src, prev, reset=True)
        s = replace(s, log=self.taken(s.log, prev, msg.entries))
        answer = self.answer(s, src, self.acknowledged(prev, msg.entries), success=True)
        return Step(replace(s, commit_index=self.committed(s, msg.commit_index)), answer.sends)

    def taken(self, mine: tuple[Entry, ...], prev: int, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """The log with a leader's entries after an index: from the first that conflicts with its own on."""
        for at, entry in enumerate(entries, start=prev):
            if mine[at : at + 1] != (entry,):
                return (*mine[:at], *entries[at - prev :])
        return mine

    def acknowledged(self, prev: int, entries: tuple[Entry, ...]) -> int:
        """What comes after what it has of the leader's."""
        return prev + len(entries) + 1

    def committed(self, s: Server, of_leader: int) -> int:
        """What is committed: as much as the leader says, and not less than before, of what it has."""
        return min(max(s.commit_index, of_leader), len(s.log))

    def answer(
        self, s: Server, leader: NodeId, index: int, *, reset: bool = False, success: bool = False
    ) -> Step[Server]:
        """Tell the leader how far it has come."""
        return Step(s, self.send(leader, NextNodeIdx(index, reset, success, self.term_of_answer(s))))

    def term_of_answer(self, s: Server) -> int | None:
        """The term that is answered."""
        return s.current_term

    # -- Crashes -------------------------------------------------------------------------------------------

    def at_crash(self, before: Server) -> Server:
        """Without journalFile, which is the default, nothing is on the disk."""
        return before if self.journal else Server()


# -- Mistakes ----------------------------------------------------------------------------------------------


class AckWithoutTerm(PySyncObj):
    """An acknowledgement has no term: one of an earlier leadership counts in a later one (0.3.17)."""

    def is_of_its_term(self, s: Server, msg: NextNodeIdx) -> bool:
        return True

    def term_of_answer(self, s: Server) -> int | None:
        return None


class TruncateMatching(PySyncObj):
    """What follows prevLogIdx goes, even if it matches (0.3.17)."""

    def taken(self, mine: tuple[Entry, ...], prev: int, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        return (*mine[:prev], *entries)


class ForgetTermAndVote(PySyncObj):
    """The journal has neither term nor vote (issues 84 and 201; up to 0.3.15)."""

    def at_crash(self, before: Server) -> Server:
        return super().at_crash(replace(before, current_term=0, voted_for=None))


class Figure8(PySyncObj):
    """Entries of older terms are committed by counting (issue 169; up to 0.3.11)."""

    def may_commit(self, s: Server, index: int) -> bool:
        return True


class Release0317(AckWithoutTerm, TruncateMatching):
    """All that 0.3.17 does (from 0.3.16 on)."""


class Release0314(Release0317, ForgetTermAndVote):
    """All that 0.3.14 does."""

    def committed(self, s: Server, of_leader: int) -> int:
        return max(s.commit_index, min(of_leader, len(s.log)))


class Release0311(Release0314, Figure8):
    """All that 0.3.11 does. A message's last entry is acknowledged with the next message only."""

    def acknowledged(self, prev: int, entries: tuple[Entry, ...]) -> int:
        return prev + max(len(entries), 1)

    def matched(self, s: Server, node: NodeId, index: int) -> Server:
        return replace(s, match_index=s.match_index.put(node, index - 1))

    def committed(self, s: Server, of_leader: int) -> int:
        return min(of_leader, len(s.log))


# -- Prepared starts ---------------------------------------------------------------------------------------


def before_a_gap(program: PySyncObj, nodes: Sequence[NodeId]) -> Prepared:
    """n1 leads term 1, and its three entries have reached nobody: a connection broke, and is up again."""
    first, *others = nodes
    entries = (FIRST, (1, None), (1, 0), (1, 1))
    leads = replace(
        Server(1, first, entries),
        role=Role.LEADER,
        next_index=Map(dict.fromkeys(others, len(entries) + 1)),
        match_index=Map(dict.fromkeys(others, 0)),
    )
    return Prepared({first: leads, **dict.fromkeys(others, Server(1, first))})


def before_a_late_acknowledgement(program: PySyncObj, nodes: Sequence[NodeId]) -> Prepared:
    """n1 has led term 1, and n2's acknowledgement of its second entry is still under way. Since then n3 has
    led, and crashed; all have its log, in which that entry is not.
    """
    n1, n2, *others = nodes
    follows = Server(2, None, (FIRST, (2, None)))
    voters = dict.fromkeys(others, replace(follows, voted_for=others[0]))
    late = NextNodeIdx(4, reset=False, success=True, term=program.term_of_answer(Server(1)))
    return Prepared({n1: follows, n2: follows, **voters}, [Envelope(n2, n1, late)])


def before_figure_8(program: PySyncObj, nodes: Sequence[NodeId]) -> Prepared:
    """n1 has led term 1 and n2 term 2, their entries have reached nobody: (b) of figure 8 of the paper."""
    n1, n2, *_ = nodes
    states: dict[NodeId, object] = dict.fromkeys(nodes, Server(2, n2))
    first = Server(2, None, (FIRST, (1, None), (1, 0)))
    return Prepared({**states, n1: first, n2: Server(2, n2, (FIRST, (2, None)))})


# -- The model ---------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where a search begins, and how far it goes: terms, entries of a log, messages under way on a link."""

    prepared: Callable[[PySyncObj, Sequence[NodeId]], Prepared] | None
    nodes: int
    stand: tuple[int, ...]
    terms: int
    entries: int
    messages: int


Start = Literal["empty", "gap", "late-acknowledgement", "figure-8"]
PLACES: dict[Start, Place] = {
    "empty": Place(None, 3, (0, 1), 2, 3, 1),
    "gap": Place(before_a_gap, 3, (0, 1), 2, 5, 4),
    "late-acknowledgement": Place(before_a_late_acknowledgement, 5, (0, 2), 4, 3, 2),
    "figure-8": Place(before_figure_8, 3, (0, 1), 4, 4, 2),
}
STARTS: dict[type[PySyncObj], Start] = {
    AckWithoutTerm: "late-acknowledgement",
    TruncateMatching: "gap",
    Release0317: "gap",
    Figure8: "figure-8",
    Release0311: "figure-8",
}
"""Where what a mistake breaks is near."""


def model(
    start: Annotated[Start | None, "empty logs, or where a mistake is near (as it is by default)"] = None,
    more_terms: Annotated[int, "terms beyond those that are needed from there"] = 0,
    more_entries: Annotated[int, "entries of a log beyond them"] = 0,
    more_messages: Annotated[int, "messages on a link beyond them"] = 0,
    commands: Annotated[int, "different commands that clients ask for"] = 0,
    journal: Annotated[bool, "a node has a journal; without one, the default, a crash takes all"] = True,
    bug: Annotated[type[PySyncObj], "a mistake to put in, or a release: all of its own"] = PySyncObj,
) -> Model:
    """PySyncObj's elections and log replication over TCP, a node a process.

    Paper: D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014,
        section 5, as github.com/bakwc/PySyncObj has it.
    Assumes: links keep the order, and lose messages with a crash only. The journal has term, vote, log and
        how much is committed.
    Liveness: not claimed.
    """
    begin = start or STARTS.get(bug, "empty")
    place = PLACES[begin]
    nodes = node_ids(place.nodes)
    program = bug(tuple(nodes[at] for at in place.stand), commands, large=True, journal=journal)
    crashes = int(place.prepared is None)
    terms, entries = place.terms + more_terms, place.entries + more_entries
    return Model(
        program,
        nodes=nodes,
        environment=Environment(network="fifo", crash=crashes, restart=crashes),
        bounds=[
            Bound("max_term", Server, lambda s: s.current_term <= terms),
            Bound("max_log", Server, lambda s: len(s.log) <= entries),
            Bound("link", place.messages + more_messages),
        ],
        properties=[
            election.one_leader_per_term(Server),
            election.terms_only_grow(Server),
            log.log_matching(Server),
            log.leader_append_only(Server),
            log.leader_completeness(Server),
            log.state_machine_safety(Server),
            log.committed_for_good(Server),
            election.leader_elected(Server),
            log.later_leader_commits(Server),
        ],
        initial=[place.prepared(program, nodes)] if place.prepared else [],
    )
