"""Fair cycles of a product: sets of nodes that a fair behaviour can go round for ever.

Strongly connected components are taken apart until what is left of them is fair as a whole (Emerson and Lei
1987; for strong fairness, which is Streett's condition, Henzinger and Telle 1996). A component goes if it
lacks an acceptance set, or if a weak condition is enabled in all its nodes and never taken inside. The nodes
in which a strong condition is enabled that is never taken inside go, and what is left is decomposed again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from elcheck.checker.temporal.components import components
from elcheck.checker.temporal.fairness import FairnessConditions
from elcheck.checker.temporal.product import STUTTER, Product
from elcheck.checker.temporal.state_graph import Indices, Mask


@dataclass(frozen=True, eq=False)
class Components:
    """Some nodes of a product with some edges between them, in strongly connected components.

    nodes: ascending. sources, targets: of each of ``edges``, places in ``nodes``. of: for each node the
    number of its component, of ``count``.
    """

    nodes: Indices
    edges: Indices
    sources: Indices
    targets: Indices
    of: Indices
    count: int

    def kept(self, components: Mask, nodes: Mask) -> tuple[Indices, Indices]:
        """The nodes and edges that are left of some components, if only some nodes are."""
        left = nodes & components[self.of]
        return self.nodes[left], self.edges[left[self.sources] & left[self.targets]]


def fair_components(product: Product, fairness: FairnessConditions) -> Indices:
    """For each node the number of its fair component, -1 where it is in none.

    A fair component, gone round again and again on all the edges between its nodes, is a fair behaviour.
    """
    found = np.full(len(product.states), -1, np.int32)
    nodes = np.flatnonzero(product.recurrent).astype(np.int32)
    inner = np.repeat(product.recurrent, np.diff(product.starts)) & product.recurrent[product.targets]
    edges = np.flatnonzero(inner).astype(np.int32)
    busy = fairness.busy()
    count = 0
    while len(edges):
        part = _decomposed(product, nodes, edges)
        good = _promising(product, part, busy)
        part = _decomposed(product, *part.kept(good, np.ones(len(part.nodes), np.bool_)))
        dead, damaged, starving = _unfair(product, part, fairness)
        done = (~dead & ~damaged)[part.of]
        found[part.nodes[done]] = count + part.of[done]
        count += part.count
        nodes, edges = part.kept(damaged & ~dead, ~starving)
    return found


def _decomposed(product: Product, nodes: Indices, edges: Indices) -> Components:
    """The components of a part, and the edges inside them."""
    if not len(edges):
        none = np.zeros(0, np.int32)
        return Components(none, edges, none, none, none, 0)
    place = np.zeros(len(product.states), np.int32)
    place[nodes] = np.arange(len(nodes), dtype=np.int32)
    sources = place[np.searchsorted(product.starts, edges, "right") - 1]
    targets = place[product.targets[edges]]
    count, of = components(np.searchsorted(sources, np.arange(len(nodes) + 1)), targets)
    inner = of[sources] == of[targets]
    return Components(nodes, edges[inner], sources[inner], targets[inner], of, count)


def _promising(product: Product, part: Components, busy: Mask) -> Mask:
    """The components with an edge, and with one of each acceptance set; but of those that can only rest, none
    in a state where something fair can be done. Most components are of this kind, and told at little cost.
    """

    def have(edges: Mask) -> Mask:
        found = np.zeros(part.count, np.bool_)
        found[part.of[part.sources[edges]]] = True
        return found

    good = have(np.ones(len(part.edges), np.bool_))
    for number in range(product.sets):
        good &= have((product.marks[part.edges] >> number & 1).astype(np.bool_))
    restless = np.zeros(part.count, np.bool_)
    restless[part.of[busy[product.states[part.nodes]]]] = True
    return good & (have(product.edges[part.edges] != STUTTER) | ~restless)


def _unfair(product: Product, part: Components, fairness: FairnessConditions) -> tuple[Mask, Mask, Mask]:
    """The components that nothing goes round fairly, those of which some nodes have to go, these nodes."""
    dead, damaged = np.zeros(part.count, np.bool_), np.zeros(part.count, np.bool_)
    starving = np.zeros(len(part.nodes), np.bool_)
    moving = product.edges[part.edges] != STUTTER
    rising = _rising(product, part, fairness)
    steps, rows = product.edges[part.edges[moving]], part.of[part.sources[moving]].astype(np.int64)
    for ask in (False, True):  # what takes asking takes long: it is done for what passes without
        taken = fairness.taken(rows, steps)
        open_ = np.flatnonzero(~(dead | damaged)[part.of])
        enabled = fairness.enabled(open_, product.states[part.nodes[open_]], ask=ask)
        width = max(1, len(fairness.conditions))
        keys = part.of[enabled.rows].astype(np.int64) * width + enabled.conditions
        missed = ~np.isin(keys, taken.rows * width + taken.conditions)
        if len(keys):
            missed &= ~(rising[part.of[enabled.rows]] & fairness.passing[enabled.conditions])
        strong = fairness.strong[enabled.conditions] if len(keys) else np.zeros(0, np.bool_)
        starved = enabled.rows[missed & strong]
        starving[starved] = True
        damaged[part.of[starved]] = True
        pairs, counts = np.unique(keys[missed & ~strong], return_counts=True)
        sizes = np.bincount(part.of, minlength=part.count)
        dead[pairs[counts == sizes[pairs // width]] // width] = True
        if not _leaves(fairness, product, part):
            break
    return dead, damaged, starving


def _rising(product: Product, part: Components, fairness: FairnessConditions) -> Mask:
    """The components in which terms rise, if they are gone round."""
    found, rises = np.zeros(part.count, np.bool_), fairness.graph.rises
    if rises is not None:
        edges = product.edges[part.edges]
        moving = np.flatnonzero(edges != STUTTER)
        found[part.of[part.sources[moving[rises[edges[moving]] > 0]]]] = True
    return found


def _leaves(fairness: FairnessConditions, product: Product, part: Components) -> bool:
    """Whether some state of a part has steps that are no edges."""
    return bool(fairness.graph.leaves[product.states[part.nodes]].any())
