"""The claims that take the whole graph of a search to decide: of possibility, and of liveness."""

from __future__ import annotations

from elcheck.checker.model.call import CheckError, HandlerError
from elcheck.checker.process.watch import Ended, current, look
from elcheck.checker.search.search import Exploration
from elcheck.checker.temporal.graph_finding import GraphFinding
from elcheck.checker.temporal.liveness import Liveness
from elcheck.checker.temporal.possibility import judge_possibility
from elcheck.checker.temporal.state_graph import graph_of
from elcheck.checker.temporal.truth import where

GATHERED = 1_000_000
"""States of several workers that are fetched into one process for these claims, at most."""


def judge_graph(exploration: Exploration) -> dict[int, GraphFinding]:
    """The answers to these claims, by their number, over a search that is over."""
    claims = {
        n: claim for n, claim in enumerate(exploration.judge.claims) if claim.kind in ("possible", "liveness")
    }
    states = len(exploration.search.codes)
    if exploration.search.workers and states > GATHERED:
        why = f"the graph of {states:,} states is in several processes: one decides it (--workers 1)"
        return dict.fromkeys(claims, GraphFinding(unsure=why))
    answers: dict[int, GraphFinding] = {}
    ended_by = "an error came"
    try:
        with current().refusing():
            graph = graph_of(exploration)
            liveness = Liveness(graph, exploration)
            for number, claim in claims.items():
                look()
                if claim.formula is not None:
                    answers[number] = liveness.judge(claim.formula)
                else:
                    answers[number] = judge_possibility(where(number, exploration), graph, exploration)
    except Ended as ended:
        ended_by = str(ended.notice())
    except MemoryError:
        ended_by = str(current().out_of_memory)
    except HandlerError as error:  # of a check, whose state is noted already, or of a step beyond a bound
        exploration.search.failure = exploration.search.failure or (None, str(error))
        ended_by = "a check raised" if isinstance(error, CheckError) else "a handler raised"
    return dict.fromkeys(claims, GraphFinding(unsure=f"{ended_by} before this could be told")) | answers
