"""The state graph with what its states and steps say, as a graph of networkx."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx

from elcheck.checker.check.check import Report
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.values import text
from elcheck.checker.temporal.state_graph import graph_of

LARGEST = 5_000
"""States that a picture or a graph tool can still use."""


def state_graph(report: Report) -> nx.MultiDiGraph[int]:
    """The states that were found, by their index in the order of finding, with an edge for each step.

    Nodes have ``label``, ``depth`` and ``initial``; edges ``label``. Steps to states that were not
    stored are left out.
    """
    search, system = report.search, report.system
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    depths = _depths(report)
    for index, code in enumerate(search.codes):
        label = describe(system.decode(code))
        graph.add_node(index, label=label, depth=depths[index], initial=depths[index] == 0)
    found = graph_of(search, system, exact=True)
    for index, (begin, end) in enumerate(pairwise(found.starts.tolist())):
        for target, label in zip(found.targets[begin:end], found.labels[begin:end], strict=True):
            event = found.events[label]
            where = f"{event.node}: " if event.node else ""
            graph.add_edge(index, int(target), label=f"{where}{event}")
    return graph


def small(report: Report) -> nx.MultiDiGraph[int]:
    """The same for a picture. Raises UsageError for more than LARGEST states."""
    if report.stats.distinct > LARGEST:
        raise UsageError(
            f"{report.stats.distinct:,} states are more than the {LARGEST:,} of a graph; "
            "use smaller parameters, or --depth"
        )
    return state_graph(report)


def _depths(report: Report) -> list[int]:
    levels = [*report.search.levels, len(report.search.codes)]
    return [depth for depth, (begin, end) in enumerate(pairwise(levels)) for _ in range(begin, end)]


def describe(state: GlobalState) -> str:
    """A state in a few lines: a node each, then what is under way."""
    if state.shared is not None:
        return text(state.shared)
    lines = [f"{v.node}{'' if v.up else ' (down)'}: {text(v.state)}" for v in state.nodes]
    return "\n".join(lines + [f"{e.src} -> {e.dst}: {text(e.msg)}" for e in state.network])
