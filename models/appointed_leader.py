"""A leader whom the coordinator of a view appoints, by the logs that a majority tells it of.

Of five servers b, d and e have an entry that is committed, c an older one, the coordinator a neither. There
is one round: a asks all, and appoints somebody when a majority, itself included, has answered.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from elcheck import (
    Message,
    Model,
    Node,
    NodeId,
    Prepared,
    State,
    Step,
    action,
    always,
    always_possible,
    durable,
    each,
    guard,
    node_ids,
    receive,
    replace,
    sometimes,
)

Last: TypeAlias = tuple[int, int]
"""The term and the index of the last entry of a log. Of two logs the one with the greater is further."""

COMMITTED: Last = (2, 2)


class VoteRequest(Message):
    """The coordinator asks how far a log goes."""


class VoteResponse(Message):
    """How far it goes."""

    last: Last


class Appointed(Message):
    """The receiver leads."""


class Server(State):
    """The state of a server; all but the first and the last field are the coordinator's."""

    last: Last = durable((1, 1))
    answered: frozenset[NodeId] = frozenset()
    """Who has answered."""
    best: Last = (0, 0)
    candidate: NodeId | None = None
    """Whose log was taken for the best so far, and how far that goes."""
    leads: bool = False


class Appointing(Node[Server]):
    """The coordinator appoints the server with the best log of a majority."""

    @action
    def ask(self, s: Server) -> Step[Server]:
        """The coordinator, the oldest of the view, asks all others."""
        guard(self.me == self.nodes[0], "another is the coordinator")
        guard(not s.answered, "it has asked")
        s = replace(s, answered=frozenset({self.me}), best=s.last, candidate=self.me)
        return Step(s, self.broadcast(VoteRequest()))

    @receive
    def request(self, s: Server, src: NodeId, msg: VoteRequest) -> Step[Server]:
        """Answer."""
        return Step(s, self.send(src, VoteResponse(s.last)))

    @receive
    def response(self, s: Server, src: NodeId, msg: VoteResponse) -> Server | Step[Server]:
        """Compare logs; with a majority, appoint."""
        if self.is_majority(s.answered):
            return s
        if self.is_better(s, msg.last):
            s = replace(s, best=msg.last, candidate=src)
        s = replace(s, answered=s.answered | {src})
        if not self.is_majority(s.answered):
            return s
        if s.candidate in (None, self.me):
            return replace(s, leads=True)
        return Step(s, self.send(s.candidate, Appointed()))

    def is_majority(self, some: frozenset[NodeId]) -> bool:
        """Whether these are more than half of all."""
        return 2 * len(some) > len(self.nodes)

    def is_better(self, s: Server, last: Last) -> bool:
        """Whether a log goes further than the best so far."""
        return last > s.best

    @receive
    def appointed(self, s: Server, src: NodeId, msg: Appointed) -> Server:
        """Lead."""
        return replace(s, leads=True)


class AgainstOwnLog(Appointing):
    """Each log is compared with the coordinator's own, so the last that is better leads (jgroups-raft issue
    258).
    """

    def is_better(self, s: Server, last: Last) -> bool:
        return last > s.last


def has_what_is_committed(s: Server) -> bool | str:
    """It does not lead, or its log goes as far."""
    return (
        not s.leads or s.last >= COMMITTED or f"it leads with a log to {s.last}, and {COMMITTED} is committed"
    )


def model(
    bug: Annotated[type[Appointing], "a mistake to put in"] = Appointing,
) -> Model:
    """Whether the coordinator of a view appoints a leader that has what is committed.

    Paper: D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, 2014, section
    5.4.1 (Election Restriction), by the vote of one coordinator; jgroups-raft issue 258.
    Assumes: one view, messages may be late and out of order. Nobody crashes.
    """
    a, b, c, d, e = nodes = node_ids("a b c d e")
    has_it = Server(COMMITTED)
    start = Prepared({a: Server(), b: has_it, c: Server((1, 2)), d: has_it, e: has_it})
    return Model(
        bug(),
        nodes=nodes,
        initial=[start],
        properties=[
            always("leaders have what is committed", each(Server, has_what_is_committed)),
            always_possible("somebody can lead", each(Server, lambda s: s.leads)),
            sometimes("somebody leads", each(Server, lambda s: s.leads)),
        ],
    )
