"""Raft's election as a matter of liveness: heartbeats, and delays that have a bound in the end.

The election is that of models/raft_election.py. A leader's heartbeats keep the others from timing out;
that, and timeouts that are true from some time on, is what lets an election come to an end. No term is the
last one: there are finitely many, since there are finitely many timeouts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from elcheck import (
    WEAK,
    Environment,
    Message,
    Model,
    NodeId,
    State,
    Step,
    Steps,
    action,
    always,
    guard,
    node_ids,
    node_views,
    pair,
    receive,
    timeout,
    unfair,
    weak,
)
from elcheck.models.raft_election import Election, RequestVote, Role, Server, leadership, not_both_lead
from elcheck.specs import election

Bug = Literal["candidate-waits", "no-timers"]


class Heartbeat(Message):
    """The leader of a term is there."""

    term: int


@dataclass(frozen=True)
class Lively(Election):
    """The election with heartbeats. Nothing crashes, so nothing has to be durable."""

    bug: Bug | None = None

    @timeout
    def election_timeout(self, me: NodeId, s: Server) -> Steps[Server]:
        """Stand for the next term; a candidate that was not elected too."""
        guard(not s.leads, "a leader does not time out")
        guard(s.role is not Role.CANDIDATE or self.bug != "candidate-waits", "it has asked already")
        candidate = Server(Role.CANDIDATE, s.term + 1, me, frozenset({me}))
        yield Step(candidate, self.broadcast(me, RequestVote(candidate.term)))

    @action(fair=WEAK)
    def heartbeat(self, me: NodeId, s: Server) -> Steps[Server]:
        """While somebody leads, a heartbeat is under way, and no timeout is true."""
        guard(s.leads, "only a leader sends heartbeats")
        yield Step(s, self.broadcast(me, Heartbeat(s.term)))

    @receive(fair=WEAK)
    def heard(self, me: NodeId, s: Server, src: NodeId, msg: Heartbeat) -> Steps[Server]:
        """Follow the leader of this term, or of a higher one."""
        if msg.term > s.term:
            yield Step(Server(term=msg.term))
        elif msg.term == s.term and s.role is Role.CANDIDATE:
            yield Step(replace(s, role=Role.FOLLOWER, votes=frozenset()))
        else:
            yield Step(s)


def model(
    nodes: Annotated[int, "servers"] = 3,
    early: Annotated[int, "timeouts that may fire at any moment, before delays have a bound"] = 2,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
) -> Model:
    """Raft's election ends: after some split votes a leader is elected, and stays.

    Paper: D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014,
        sections 5.2 and 5.6, without logs.
    Assumes: no crash; messages arrive; after the early ones, timeouts are true (--timing eventual(k)).
    Liveness: from some time on there is a leader for ever. Proved, for so many early timeouts.
    Bugs:
        candidate-waits: a candidate never times out; a split vote leaves all of them waiting for ever.
        no-timers: nothing makes a timeout fire, so nobody need ever stand.
    """
    if bug == "candidate-waits":
        early = max(early, nodes)  # all of them stand, and vote for themselves
    return Model(
        Lively(node_ids(nodes), 0, bug),
        environment=Environment(network="set", timing=f"eventual({early})"),
        properties=[
            always("at most one leader per term", pair(node_views(State, leadership), not_both_lead)),
            election.leader_elected(of=Server),
            election.leader_stays(of=Server),
        ],
        fairness=[weak("receive", "action"), *([unfair("election_timeout")] if bug == "no-timers" else [])],
    )
