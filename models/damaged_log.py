"""Raft on disks that may lose the end of a log.

What a server has acknowledged, it has to keep. A record that can't be read any more is told from the end of
the log, since the file goes on behind it; a server whose log ends too early waits for a leader to send what
is missing, and has no say until then.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import Bound, Environment, Model, NodeId, Step, Steps, durable, guard, node_ids, replace
from elcheck.models.raft import Raft, RequestVote, Server
from elcheck.specs import log


class Kept(Server):
    """The state of a server, and how far the file goes in which its log is."""

    written: int = durable(0)
    """The length of the log when the server went down: the file's, whatever can be read of it."""

    @property
    def whole(self) -> bool:
        """Whether its log goes as far as the file did."""
        return len(self.log) >= self.written


class WholeLog(Raft):
    """A server without the end of its log neither votes nor stands."""

    def start(self) -> Kept:
        """An empty log."""
        return Kept()

    def at_crash(self, before: Server) -> Steps[Server]:
        """The file is as long as the log was."""
        assert isinstance(before, Kept)
        yield Step(replace(before, written=len(before.log)))

    def may_vote(self, s: Server, candidate: NodeId) -> bool:
        """A vote says that the candidate has what the voter has acknowledged: that has to be there."""
        assert isinstance(s, Kept)
        return s.whole and super().may_vote(s, candidate)

    def stand(self, s: Server, ask: type[RequestVote] = RequestVote) -> Step[Server]:
        """A candidate's vote for itself is one, too."""
        assert isinstance(s, Kept)
        guard(s.whole, "its log is not whole")
        return super().stand(s, ask)


class EndsEarly(WholeLog):
    """The first record that can't be read is taken for the end (camunda issue 6098, NuRaft issue 185)."""

    def recover(self, durable: Server) -> Server:
        assert isinstance(durable, Kept)
        return replace(durable, written=0)


def model(
    nodes: Annotated[int, "servers in the cluster"] = 3,
    bug: Annotated[type[WholeLog], "a mistake to put in"] = WholeLog,
) -> Model:
    """Raft on disks that may be damaged once.

    Paper: D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014;
        camunda issue 6098.
    Assumes: a damage shows, by checksums for instance. Messages may be late, lost, repeated and out of order.
    """
    return Model(
        bug(candidates=2),
        nodes=node_ids(nodes),
        environment=Environment(network="sent-set", crash=1, restart=1, disk=1),
        bounds=[
            Bound("max_term", Server, lambda s: s.current_term <= 2),
            Bound("max_log", Server, lambda s: len(s.log) <= 2),
        ],
        properties=log.figure_3(Server),
    )
