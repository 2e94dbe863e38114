"""Raft where a thread of its own takes heartbeats, while the main thread writes a client's command.

A heartbeat must not wait for a disk. So a leader's main thread looks whether it leads and writes the entry in
two steps, and between them a heartbeat of a later term may make a follower of it. All else waits for the main
thread. The rest is models/raft.py, whose heartbeats bring an entry again; those of this model bring none.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import (
    WEAK,
    Bound,
    Environment,
    Message,
    Model,
    NodeId,
    Step,
    action,
    guard,
    node_ids,
    receive,
    replace,
    require,
)
from elcheck.models.raft import Raft, RequestVote, Server
from elcheck.specs import log


class Beat(Message):
    """There is a leader, in this term."""

    term: int


class Serving(Server):
    """The state of a server, and what its main thread is about to write."""

    request: int | None = None


class TwoThreads(Raft):
    """The main thread looks again whether it leads, before it writes."""

    def start(self) -> Serving:
        """An empty log."""
        return Serving()

    # -- The main thread -----------------------------------------------------------------------------------

    def caught_up(self, s: Server, term: int) -> Server:
        """All messages but heartbeats are the main thread's."""
        self.wait_for_main_thread(s)
        return super().caught_up(s, term)

    def stand(self, s: Server, ask: type[RequestVote] = RequestVote) -> Step[Server]:
        """So are timeouts."""
        self.wait_for_main_thread(s)
        return super().stand(s, ask)

    def wait_for_main_thread(self, s: Server) -> None:
        """Not before it has written what it is about to write."""
        assert isinstance(s, Serving)
        guard(s.request is None, "its main thread is about to write")

    def client_request(self, s: Server, command: int) -> Step[Server]:
        """The first half: it leads, so it will write."""
        assert isinstance(s, Serving)
        guard(s.leads, "only a leader takes requests")
        self.wait_for_main_thread(s)
        return Step(replace(s, request=command))

    @action(fair=WEAK)
    def write(self, s: Server) -> Server | Step[Server]:
        """The second half: the entry is of the term that it is in by now."""
        assert isinstance(s, Serving)
        command = require(s.request, "there is nothing to write")
        s = replace(s, request=None)
        return self.with_entry(s, command) if self.may_write(s) else s

    def may_write(self, s: Server) -> bool:
        """It may have been made a follower since it looked."""
        return s.leads

    # -- The thread of heartbeats --------------------------------------------------------------------------

    @action(fair=WEAK)
    def send_beat(self, s: Server) -> Step[Server]:
        """Tell the others that there is a leader."""
        guard(s.leads, "only a leader sends heartbeats")
        return Step(s, self.broadcast(Beat(s.current_term)))

    @receive(fair=WEAK)
    def beat(self, s: Server, src: NodeId, msg: Beat) -> Server:
        """Follow, whatever the main thread does."""
        return self.following(super().caught_up(s, msg.term)) if msg.term >= s.current_term else s


class LooksOnce(TwoThreads):
    """Who has led when it looked writes, with the term of a leader that it has heard of since (hashicorp/raft
    issue 695).
    """

    def may_write(self, s: Server) -> bool:
        return True


def model(
    nodes: Annotated[int, "servers in the cluster"] = 3,
    max_log: Annotated[int, "bound on the length of logs"] = 2,
    bug: Annotated[type[TwoThreads], "a mistake to put in"] = TwoThreads,
) -> Model:
    """Raft where heartbeats come between a leader's look at its role and its write.

    Paper: D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014;
        hashicorp/raft issue 695.
    Assumes: messages may be late, lost, repeated and out of order. Nobody crashes.
    """
    return Model(
        bug(candidates=2, commands=1),
        nodes=node_ids(nodes),
        environment=Environment(network="sent-set"),
        bounds=[
            Bound("max_term", Server, lambda s: s.current_term <= 2),
            Bound("max_log", Server, lambda s: len(s.log) <= max_log),
        ],
        properties=log.figure_3(Server),
    )
