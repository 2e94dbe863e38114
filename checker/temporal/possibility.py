"""Possibility: from every reachable state some behaviour leads to one in which a check holds.

This is AG EF p of branching time (Clarke, Emerson and Sistla 1986). It needs no fairness and asks for none:
what stays possible for ever need never happen. Where a bound has cut steps, a state from which p is not met
again but something that was cut may lead on is no counterexample, and the claim is undetermined.
"""

from __future__ import annotations

import numpy as np

from elcheck.checker.model.values import counted
from elcheck.checker.search.search import Exploration
from elcheck.checker.temporal.graph_finding import GraphFinding
from elcheck.checker.temporal.state_graph import Graph, Mask, reaching


def judge_possibility(goals: Mask, graph: Graph, exploration: Exploration) -> GraphFinding:
    """Whether a state of a set can be reached from every state of a graph. It is refuted by the first state
    from which none can.
    """
    lost = ~reaching(graph, goals)
    dead = np.flatnonzero(lost & ~reaching(graph, graph.leaves))
    if len(dead):
        search = exploration.search
        path = exploration.path_to(int(dead[0]))
        nearest = dead[dead < search.level(search.depth_of(int(dead[0]))).stop].tolist()
        return GraphFinding(path, detail="from here on it is not possible any more", ends=tuple(nearest))
    if lost.any():
        count = counted(int(lost.sum()), "state")
        return GraphFinding(unsure=f"within bounds not possible from {count}")
    return GraphFinding()
