"""Voting: consensus by votes in ballots, without messages, leaders or crashes. What Paxos refines.

L. Lamport, Byzantizing Paxos by Refinement, DISC 2011, and the specifications Voting and Consensus that go
with it. models/paxos_refined.py has the step below.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Annotated

from elcheck import Model, holds, node_ids, refines, sometimes
from elcheck.specs.abstractions import Ballots, Chosen, Consensus, Voting


class AnyValue(Voting):
    """A value is voted for without a look at lower ballots."""

    def is_safe(self, s: Ballots, ballot: int, value: Hashable) -> bool:
        return True


def model(
    voters: Annotated[int, "voters"] = 3,
    ballots: Annotated[int, "ballots"] = 2,
    values: Annotated[int, "values"] = 2,
    bug: Annotated[type[Voting], "a mistake to put in"] = Voting,
) -> Model:
    """Votes in ballots refine consensus.

    Paper: L. Lamport, Byzantizing Paxos by Refinement, DISC 2011.
    Assumes: any two quorums have a voter in common.
    """
    names = tuple(f"v{n + 1}" for n in range(values))
    return Model(
        bug(node_ids(*(f"a{n + 1}" for n in range(voters))), names, ballots),
        properties=[
            refines("votes choose one value", Consensus(names), holds(Ballots, lambda s: Chosen(s.chosen()))),
            sometimes("a value is chosen", holds(Ballots, lambda s: bool(s.chosen()))),
        ],
    )
