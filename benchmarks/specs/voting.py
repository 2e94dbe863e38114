"""Voting (L. Lamport, Byzantizing Paxos by Refinement, DISC 2011), as the zoo has it."""

from __future__ import annotations

from elcheck import Model, holds, node_ids, refines
from elcheck.specs.abstractions import Ballots, Chosen, Consensus, Voting


def model(ballots: int = 3) -> Model:
    """Votes in ballots refine consensus."""
    values = ("v1", "v2")
    chosen = holds(Ballots, lambda s: Chosen(s.chosen()))
    return Model(
        Voting(node_ids("a1", "a2", "a3"), values, ballots),
        properties=[refines("votes choose one value", Consensus(values), chosen)],
    )
