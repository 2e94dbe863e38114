"""Raft's election core for minicheck: the problem of models/raft_election.py.

    python raft_election_minicheck.py idiomatic|packed NODES TERMS

Prints its verdict, count and seconds as JSON. The first is how one would write it; in the second a state is
one integer, its fields and message sets are bits of it, and its steps are shifts and masks. Nothing is
removed from the messages. A step that would change nothing is not enabled.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from itertools import combinations
from typing import Any, TypeAlias

from minicheck import Protocol, check_safety  # type: ignore[import-not-found, import-untyped, unused-ignore]

FOLLOWER, CANDIDATE, LEADER = range(3)
NOBODY = -1

Server: TypeAlias = tuple[int, int, int, frozenset[int]]
"""Role, term, voted for, votes."""

Message: TypeAlias = tuple[str, int, int, int]
"""Kind, term, source, destination."""

State: TypeAlias = tuple[tuple[Server, ...], frozenset[Message]]


def idiomatic(n: int, terms: int) -> Any:
    """States are tuples and frozen sets."""

    def transitions(state: State) -> list[tuple[str, State]]:
        servers, sent = state
        found: list[tuple[str, State]] = []

        def step(label: str, i: int, server: Server, messages: frozenset[Message]) -> None:
            found.append((label, ((*servers[:i], server, *servers[i + 1 :]), messages)))

        for i, (role, term, voted, votes) in enumerate(servers):
            if role != LEADER and term < terms:
                asks = {("request", term + 1, i, j) for j in range(n) if j != i}
                step("timeout", i, (CANDIDATE, term + 1, i, frozenset([i])), sent | asks)
            if role == CANDIDATE and 2 * len(votes) > n:
                step("lead", i, (LEADER, term, voted, votes), sent)
        for kind, t, src, i in sent:
            role, term, voted, votes = servers[i]
            if kind == "request":
                if t > term or (t == term and role == FOLLOWER and voted == NOBODY):
                    vote = ("vote", t, i, src)
                    step("request", i, (FOLLOWER, t, src, frozenset()), sent | {vote})
            elif t == term and role == CANDIDATE and src not in votes:
                step("vote", i, (role, term, voted, votes | {src}), sent)
        return found

    def one_leader(state: dict[str, Any]) -> bool:
        leaders = [term for role, term, _, _ in state["servers"] if role == LEADER]
        return len(leaders) == len(set(leaders))

    start: Server = (FOLLOWER, 0, NOBODY, frozenset())
    return Protocol(
        name="raft election",
        candidate=False,
        fields=("servers", "sent"),
        initial=((start,) * n, frozenset()),
        transitions=transitions,
        invariants={"one leader": one_leader},
    )


def packed(n: int, terms: int) -> Any:
    """A state is one integer (in a tuple, as minicheck has it).

    A server takes ``width`` bits: role 2, term, voted for (0: nobody), votes. The messages are above them:
    for each term who has asked (which is of all others at once), and for each term and candidate who has
    voted for it.
    """
    term_at, voted_at = 2, 2 + terms.bit_length()
    votes_at = voted_at + n.bit_length()
    width = votes_at + n
    full = (1 << width) - 1
    term_mask, voted_mask = (1 << terms.bit_length()) - 1, (1 << n.bit_length()) - 1
    few = [2 * votes.bit_count() <= n for votes in range(1 << n)]

    def asked(t: int, i: int) -> int:
        return 1 << (n * width + (t - 1) * n + i)

    def granted(t: int, i: int, j: int) -> int:
        return 1 << (n * width + (terms + (t - 1) * n + i) * n + j)

    def follower(t: int, i: int) -> int:
        return FOLLOWER | t << term_at | (i + 1) << voted_at

    def candidate(t: int, i: int) -> int:
        return CANDIDATE | t << term_at | (i + 1) << voted_at | 1 << (votes_at + i)

    timeouts = [[(candidate(t, i) << i * width, asked(t, i)) for t in range(1, terms + 1)] for i in range(n)]
    requests = [
        (asked(t, i), t, j * width, follower(t, i) << j * width, granted(t, i, j))
        for t in range(1, terms + 1)
        for i in range(n)
        for j in range(n)
        if i != j
    ]
    votes_of = [
        [[(granted(t, i, j), 1 << (i * width + votes_at + j)) for j in range(n) if i != j] for i in range(n)]
        for t in range(1, terms + 1)
    ]

    def transitions(state: tuple[int]) -> list[tuple[str, tuple[int]]]:
        (code,) = state
        found = []
        for i in range(n):
            at = i * width
            server = code >> at & full
            role, term = server & 3, server >> term_at & term_mask
            if role != LEADER and term < terms:
                server_new, ask = timeouts[i][term]
                found.append(("timeout", (code & ~(full << at) | server_new | ask,)))
            if role == CANDIDATE:
                if not few[server >> votes_at]:
                    found.append(("lead", (code + ((LEADER - CANDIDATE) << at),)))
                for vote, bit in votes_of[term - 1][i]:
                    if code & vote and not code & bit:
                        found.append(("vote", (code | bit,)))
        for ask, t, at, server_new, vote in requests:
            if code & ask:
                server = code >> at & full
                term = server >> term_at & term_mask
                free = server & 3 == FOLLOWER and not server >> voted_at & voted_mask
                if t > term or (t == term and free):
                    found.append(("request", (code & ~(full << at) | server_new | vote,)))
        return found

    pairs = list(combinations([i * width for i in range(n)], 2))
    leaders = sum(LEADER << i * width for i in range(n))

    def one_leader(state: dict[str, int]) -> bool:
        code = state["code"]
        lead = code & leaders
        if not lead & (lead - 1):  # not more than one at all
            return True
        return not any(
            code >> a & 3 == code >> b & 3 == LEADER
            and code >> a + term_at & term_mask == code >> b + term_at & term_mask
            for a, b in pairs
        )

    return Protocol(
        name="raft election, packed",
        candidate=False,
        fields=("code",),
        initial=(0,),
        transitions=transitions,
        invariants={"one leader": one_leader},
    )


MODELS: dict[str, Callable[[int, int], Any]] = {"idiomatic": idiomatic, "packed": packed}


def main(model: str, nodes: str, terms: str) -> None:
    """Check one of them."""
    began = time.perf_counter()
    result = check_safety(MODELS[model](int(nodes), int(terms)), max_states=1 << 40)
    seconds = time.perf_counter() - began
    proved = result["exhaustive"] and all(found["holds"] is True for found in result["properties"].values())
    print(json.dumps({"distinct": result["reachable_states"], "proved": proved, "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
