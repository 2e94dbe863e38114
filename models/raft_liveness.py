"""Raft's election as a matter of liveness: heartbeats, and delays that have a bound in the end.

The election is that of models/raft_election.py. A leader's heartbeats keep the others from timing out;
that, and timeouts that are true from some time on, is what lets an election come to an end. No term is the
last one: there are finitely many, since there are finitely many timeouts.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import (
    Bound,
    Environment,
    Message,
    Model,
    NodeId,
    Outcome,
    Step,
    Term,
    action,
    guard,
    node_ids,
    receive,
    replace,
    strong,
    unfair,
    weak,
)
from elcheck.models.raft_election import Election, Role, Server
from elcheck.specs import election


class Heartbeat(Message):
    """The leader of a term is there."""

    term: Term


class Lively(Election):
    """The election with heartbeats. Nothing crashes, so nothing has to be durable."""

    @action
    def heartbeat(self, s: Server) -> Step[Server]:
        """While somebody leads, a heartbeat is under way, and no timeout is true."""
        guard(s.leads, "only a leader sends heartbeats")
        return Step(s, self.broadcast(Heartbeat(s.term)))

    @receive
    def heard(self, s: Server, src: NodeId, msg: Heartbeat) -> Server:
        """Follow the leader of this term, or of a higher one."""
        s = self.caught_up(s, msg.term)
        beaten = s.role is Role.CANDIDATE and msg.term == s.term
        return replace(s, role=Role.FOLLOWER, votes=frozenset()) if beaten else s


# -- Mistakes ----------------------------------------------------------------------------------------------


class CandidateWaits(Lively):
    """A candidate never times out; a split vote leaves all of them waiting for ever."""

    def election_timeout(self, s: Server) -> Outcome[Server]:
        guard(s.role is not Role.CANDIDATE, "it has asked already")
        return super().election_timeout(s)


class NoTimers(Lively):
    """Nothing makes a timeout fire, so nobody need ever stand: a mistake in what is assumed."""


# -- The model ---------------------------------------------------------------------------------------------


def model(
    nodes: Annotated[int, "servers"] = 3,
    early: Annotated[int, "timeouts that may fire at any moment, before delays have a bound"] = 2,
    spread: Annotated[int | None, "how far apart the nodes' terms may be, for any number of terms"] = None,
    bug: Annotated[type[Lively], "a mistake to put in"] = Lively,
) -> Model:
    """Raft's election ends: after some split votes a leader is elected, and stays.

    Paper: D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014,
        sections 5.2 and 5.6, without logs.
    Assumes: no crash; messages arrive; after the early ones, timeouts are true (--timing eventual(k)).
    Liveness: from some time on there is a leader for ever. Proved, for so many early timeouts.
    """
    if bug is CandidateWaits:
        early = max(early, nodes)  # all of them stand, and vote for themselves
    return Model(
        bug(),
        nodes=node_ids(nodes),
        environment=Environment(network="set", timing=f"eventual({early})"),
        bounds=[] if spread is None else [Bound("spread", spread)],
        properties=[
            election.one_leader_per_term(Server),
            election.leader_elected(Server),
            election.leader_stays(Server),
        ],
        fairness=[weak("receive", "action"), (unfair if bug is NoTimers else strong)("election_timeout")],
    )
