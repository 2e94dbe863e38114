"""Paxos refines Voting: each step of an acceptor is a promise or a vote there, and the rest are none.

L. Lamport, Byzantizing Paxos by Refinement, DISC 2011. The programs are those of models/paxos.py; what an
acceptor has forgotten, its earlier votes, is kept by a monitor.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import Environment, Model, history, node_ids, refines, sometimes
from elcheck.models import paxos
from elcheck.models.paxos import Accepting, Acceptor, Proposing
from elcheck.specs.abstractions import Chosen, Consensus, Voting, ballots_seen


class IgnorePromise(paxos.IgnorePromise):
    """An acceptor votes in a ballot lower than the one that it has promised."""


class IgnoreVotes(paxos.IgnoreVotes):
    """A proposer proposes itself whatever the promises tell of."""


def model(
    proposers: Annotated[int, "proposers, who are the candidates"] = 2,
    acceptors: Annotated[int, "acceptors"] = 3,
    ballots: Annotated[int, "ballots, which belong to the proposers in turn"] = 2,
    crashes: Annotated[int, "how often a node may crash, and restart"] = 0,
    bug: Annotated[type[Accepting] | type[Proposing] | None, "a mistake to put in"] = None,
) -> Model:
    """Single-decree Paxos as a refinement of votes in ballots, and of consensus.

    Paper: L. Lamport, Byzantizing Paxos by Refinement, DISC 2011; Paxos Made Simple, 2001.
    Assumes: as models/paxos.py.
    """
    names = [f"p{n + 1}" for n in range(proposers)], [f"a{n + 1}" for n in range(acceptors)]
    nodes = node_ids(*names[0], *names[1])
    candidates, voters = nodes[:proposers], nodes[proposers:]
    proposing = bug if bug and issubclass(bug, Proposing) else Proposing
    accepting = bug if bug and issubclass(bug, Accepting) else Accepting
    seen = ballots_seen(Acceptor)
    return Model(
        {
            **dict.fromkeys(candidates, proposing(voters, acceptors // 2 + 1, proposers, ballots)),
            **dict.fromkeys(voters, accepting(())),
        },
        environment=Environment(network="sent-set", crash=crashes, restart=crashes),
        properties=[
            refines("Paxos is voting", Voting(voters, candidates, ballots), history(seen, lambda s: s)),
            refines("Paxos is consensus", Consensus(candidates), history(seen, lambda s: Chosen(s.chosen()))),
            sometimes("a value is chosen", history(seen, lambda s: bool(s.chosen()))),
        ],
    )
