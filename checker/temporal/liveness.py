"""Deciding a claim of liveness over the graph of a search."""

from __future__ import annotations

from elcheck.checker.model.formula import TRUE, Formula
from elcheck.checker.model.selector import StepNames
from elcheck.checker.model.state import Event
from elcheck.checker.model.values import counted
from elcheck.checker.process.watch import endable
from elcheck.checker.search.search import Exploration
from elcheck.checker.system.system import Path
from elcheck.checker.temporal.automaton import automaton_of
from elcheck.checker.temporal.conditions import conditions_of
from elcheck.checker.temporal.graph_finding import GraphFinding
from elcheck.checker.temporal.lasso import Lasso, Walk, beginning_of, lasso_of
from elcheck.checker.temporal.product import Product, product_of
from elcheck.checker.temporal.state_graph import Graph
from elcheck.checker.temporal.truth import truth_of_states, truth_of_steps
from elcheck.checker.temporal.vacuity import never_met, without_effects


class Liveness:
    """The fair behaviours of a graph that satisfy what a model assumes.

    Over a graph in which steps are missing, a behaviour that breaks a claim is one all the same, since what
    bounds disabled counts as enabled; but that there is none says nothing.
    """

    def __init__(self, graph: Graph, exploration: Exploration) -> None:
        self._graph = graph
        self._exploration = exploration
        self._system = exploration.system
        self._conditions = conditions_of(graph, exploration)
        self._names = StepNames(exploration.system.model)
        self._assumed: Formula = TRUE
        for formula in exploration.system.model.assume:
            self._assumed = formula if self._assumed == TRUE else self._assumed & formula
        self._terms_apart = exploration.terms_apart
        closed = self._assumed == TRUE and self._terms_apart is None
        self._satisfiable: bool | None = True if closed else None

    def judge(self, claim: Formula) -> GraphFinding:
        """Whether every fair behaviour satisfies a formula. Raises HandlerError when a check does.

        Where nothing is assumed but fairness of steps, some fair behaviour goes on from every state: such
        assumptions never exclude a finite prefix (Abadi and Lamport 1991, machine closure). Where terms have
        to stay near they may: a step that would go too far is enabled, and never taken.
        """
        product = self._product(self._assumed & ~claim)
        lasso = self._lasso(product)
        if lasso is not None:
            walk, begins = self._path(lasso.stem, lasso.loop)
            path, loop = self._system.unfolded(walk, begins)
            assert loop is not None
            ends = (lasso.loop[0][0],) if self._system.full is self._system else ()
            return GraphFinding(path, loop, ends, _said(path, loop))
        if self._exploration.search.stopped is not None or self._graph.leaves.any():
            broken = self._broken_by_then(product)
            if broken.path is not None or self._terms_apart is None:
                return broken
        return GraphFinding(vacuous=self._vacuous(claim))

    def _broken_by_then(self, product: Product) -> GraphFinding:
        """A beginning that breaks the claim however it goes on, across bounds as well: some fair behaviour
        goes on from it, if nothing is assumed but fairness of steps.
        """
        walk = beginning_of(product) if self._assumed == TRUE else None
        if walk is None:
            return GraphFinding(unsure="no behaviour within what was searched breaks it")
        path, _ = self._system.unfolded(self._path(walk, [])[0], None)
        after = f"after step {len(path) - 1}" if len(path) > 1 else "in the first state"
        ends = (walk[-1][0],) if self._system.full is self._system else ()
        return GraphFinding(path, None, ends, f"it is broken {after}, however it goes on")

    def _vacuous(self, claim: Formula) -> str:
        """Why a claim that holds says nothing; empty if it says something."""
        if self._satisfiable is None:
            self._satisfiable = self._behaviour(self._assumed) is not None
        if not self._satisfiable:
            near = f", nodes at most {self._terms_apart} apart" if self._terms_apart is not None else ""
            return f"no fair behaviour satisfies what the model assumes{near}"
        for stronger, cause in without_effects(claim):
            if self._behaviour(self._assumed & ~stronger) is None:
                return never_met(cause)
        return ""

    def _behaviour(self, formula: Formula) -> Lasso | None:
        """A fair behaviour that satisfies a formula."""
        return self._lasso(self._product(formula))

    def _lasso(self, product: Product) -> Lasso | None:
        with endable:
            return lasso_of(product, self._conditions)

    def _product(self, formula: Formula) -> Product:
        """The behaviours, read by the automaton of a formula."""
        states = truth_of_states(formula, self._exploration)
        events = truth_of_steps(formula, self._graph, self._names, self._exploration)
        with endable:
            return product_of(self._graph, automaton_of(formula), states, events)

    def _path(self, stem: Walk, loop: Walk) -> tuple[Path, int]:
        """A way and a loop as a path with its moves, and the number of steps after which its loop begins."""
        graph, codes = self._graph, self._exploration.search.codes
        steps = [(state, edge) for state, edge in (*stem, *loop) if edge >= 0]
        path: Path = [(codes[(*stem, *loop)[0][0]], None)]
        for state, edge in steps:
            succ, event = codes[graph.targets[edge]], graph.events[graph.labels[edge]]
            found, _ = self._exploration.system.successors(codes[state])
            path.append((succ, next(move for s, move in found if s == succ and _fits(move.event, event))))
        return path, sum(edge >= 0 for _, edge in stem)


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
