"""Raft's election refines a register for each term, which is written once.

The program is that of models/raft_election.py. A leader that steps down is remembered by a monitor.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import Environment, Model, NodeId, Outcome, Term, history, node_ids, refines, replace
from elcheck.models.raft_election import Election, RequestVote, Server
from elcheck.specs import election
from elcheck.specs.abstractions import LeaderPerTerm, leaders_seen


class VoteTwice(Election):
    """A server votes for all that ask it in its term."""

    def request_vote(self, s: Server, src: NodeId, msg: RequestVote) -> Outcome[Server]:
        return super().request_vote(s if s.leads else replace(s, voted_for=None), src, msg)


def model(
    nodes: Annotated[int, "servers"] = 3,
    terms: Annotated[int, "the highest term"] = 2,
    bug: Annotated[type[Election], "a mistake to put in"] = Election,
) -> Model:
    """Raft's election, as a refinement of one leader for each term.

    Paper: D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014,
        Election Safety in figure 3.
    Assumes: no crash; messages may be late, lost or repeated.
    """
    servers = node_ids(nodes)
    return Model(
        bug(Term(terms)),
        nodes=servers,
        environment=Environment(network="sent-set"),
        properties=[
            refines(
                "one leader per term",
                LeaderPerTerm(servers, tuple(map(Term, range(1, terms + 1)))),
                history(leaders_seen(Server), lambda s: s),
            ),
            election.leader_elected(Server),
        ],
    )
