"""Deciding a claim of liveness over the graph of a search."""

from __future__ import annotations

from elcheck.checker.model.formula import TRUE, Formula
from elcheck.checker.model.state import Event
from elcheck.checker.model.values import counted
from elcheck.checker.process.watch import endable
from elcheck.checker.search.search import Exploration, Path
from elcheck.checker.temporal.automaton import automaton_of
from elcheck.checker.temporal.conditions import conditions_of
from elcheck.checker.temporal.graph_finding import GraphFinding
from elcheck.checker.temporal.lasso import Lasso, lasso_of
from elcheck.checker.temporal.product import product_of
from elcheck.checker.temporal.state_graph import Graph
from elcheck.checker.temporal.truth import truth_of_events, truth_of_states


class Liveness:
    """The fair behaviours of a graph that satisfy what a model assumes.

    Over a graph in which steps are missing, a behaviour that breaks a claim is one all the same, since what
    bounds disabled counts as enabled; but that there is none says nothing.
    """

    def __init__(self, graph: Graph, exploration: Exploration) -> None:
        self._graph = graph
        self._exploration = exploration
        self._conditions = conditions_of(graph, exploration)
        self._assumed: Formula = TRUE
        for formula in exploration.system.model.assume:
            self._assumed = formula if self._assumed == TRUE else self._assumed & formula
        self._satisfiable: bool | None = True if self._assumed == TRUE else None

    def judge(self, claim: Formula) -> GraphFinding:
        """Whether every fair behaviour satisfies a formula. Raises HandlerError when a check does.

        Where nothing is assumed but fairness of steps, some fair behaviour goes on from every state: such
        assumptions never exclude a finite prefix (Abadi and Lamport 1991, machine closure).
        """
        lasso = self._behaviour(self._assumed & ~claim)
        if lasso is not None:
            path, loop = self._path(lasso)
            return GraphFinding(path, loop, (lasso.loop[0][0],), _said(path, loop))
        if self._exploration.search.stopped is not None or self._graph.leaves.any():
            return GraphFinding(unsure="no behaviour within what was searched breaks it")
        if self._satisfiable is None:
            self._satisfiable = self._behaviour(self._assumed) is not None
        return GraphFinding(vacuous=not self._satisfiable)

    def _behaviour(self, formula: Formula) -> Lasso | None:
        """A fair behaviour that satisfies a formula."""
        states = truth_of_states(formula, self._exploration)
        events = truth_of_events(formula, self._graph)
        with endable:
            product = product_of(self._graph, automaton_of(formula), states, events)
            return lasso_of(product, self._conditions)

    def _path(self, lasso: Lasso) -> tuple[Path, int]:
        """A lasso as a path with its moves, and the number of steps after which its loop begins."""
        graph, codes = self._graph, self._exploration.search.codes
        steps = [(state, edge) for state, edge in (*lasso.stem, *lasso.loop) if edge >= 0]
        path: Path = [(codes[(*lasso.stem, *lasso.loop)[0][0]], None)]
        for state, edge in steps:
            succ, event = codes[graph.targets[edge]], graph.events[graph.labels[edge]]
            found, _ = self._exploration.system.successors(codes[state])
            path.append((succ, next(move for s, move in found if s == succ and _fits(move.event, event))))
        return path, sum(edge >= 0 for _, edge in lasso.stem)


def _fits(event: Event, written: Event) -> bool:
    """Whether an event may be the one that was written down, of a network fault perhaps by its kind only."""
    falls = ("partition", "heal")
    alike = event.kind == written.kind or (event.kind in falls and written.kind in falls)
    return event == written or (alike and written.fault and written.node is None and not written.args)


def _said(path: Path, loop: int) -> str:
    after = f"after step {loop}" if loop else "from the start"
    steps = len(path) - 1 - loop
    if steps == 0:
        return f"{after} nothing has to happen any more"
    return f"{after} it can go round for ever, in {counted(steps, 'step')}"
