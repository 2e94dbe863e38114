"""The conditions of fairness of a graph, by the numbers of its events."""

from __future__ import annotations

import numpy as np

from elcheck.checker.model.replaced import parts_of
from elcheck.checker.model.terms import Term
from elcheck.checker.process.watch import undivided
from elcheck.checker.search.search import Exploration
from elcheck.checker.system.interning import Interner
from elcheck.checker.temporal.assumptions import Assumption, Assumptions
from elcheck.checker.temporal.fairness import Condition, FairnessConditions
from elcheck.checker.temporal.state_graph import Graph


def conditions_of(graph: Graph, exploration: Exploration) -> FairnessConditions:
    """The conditions that the model's steps belong to; of what bounds disabled, learned when asked."""
    system, search = exploration.system, exploration.search
    assumptions = Assumptions(system.model)
    known: Interner[Assumption] = Interner()
    conditions: list[Condition] = []

    def number(assumption: Assumption) -> int:
        found = known.number(assumption)
        if found == len(conditions):
            passes = bool(parts_of(assumption.key, Term))
            conditions.append(Condition(str(assumption), assumption.strong, passes))
        return found

    def hidden(state: int) -> list[int]:
        with undivided():
            found, cuts = system.successors(search.codes[state])
        events = dict.fromkeys([*(move.event for _, move in found), *cuts.events])
        return [number(a) for a in dict.fromkeys(filter(None, map(assumptions.of, events)))]

    of_label = [assumptions.of(event) for event in graph.events]
    counts = [int(assumption is not None) for assumption in of_label]
    return FairnessConditions(
        graph,
        conditions,
        np.cumsum([0, *counts], dtype=np.int64),
        np.array([number(a) for a in of_label if a is not None], np.int32),
        hidden,
    )
