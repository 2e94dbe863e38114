"""The state graph with what its states and steps say, as a graph of networkx."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from elcheck.checker.check.report import CheckReport
from elcheck.checker.export.subject import describe
from elcheck.checker.model.errors import UsageError
from elcheck.checker.temporal.state_graph import graph_of

if TYPE_CHECKING:
    import networkx as nx

LARGEST = 5_000
"""States that a picture or a graph tool can still use."""


def state_graph(report: CheckReport) -> nx.MultiDiGraph[int]:
    """The states that were found, by their index in the order of finding, with an edge for each step.

    Nodes have ``label``, ``depth`` and ``initial``; edges ``label``. Steps to states that were not
    stored are left out.
    """
    import networkx as nx  # which takes its time

    require_all(report)
    search, system = report.search, report.system
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    depths = _depths(report)
    for index, code in enumerate(search.codes):
        label = describe(system.decode(code))
        graph.add_node(index, label=label, depth=depths[index], initial=depths[index] == 0)
    found = graph_of(report.exploration, exact=True)
    for index, (begin, end) in enumerate(pairwise(found.starts.tolist())):
        for target, label in zip(found.targets[begin:end], found.labels[begin:end], strict=True):
            event = found.events[label]
            where = f"{event.node}: " if event.node else ""
            graph.add_edge(index, int(target), label=f"{where}{event}")
    return graph


def require_all(report: CheckReport) -> None:
    """Raise UsageError if a report is of representatives: a state graph is of all states."""
    if report.exploration.system.full is not report.exploration.system:
        raise UsageError(
            "the search was of representatives, and a graph is of all states: check with symmetry=False and "
            'dead_messages="off"'
        )


def small(report: CheckReport) -> nx.MultiDiGraph[int]:
    """The same for a picture. Raises UsageError for more than LARGEST states."""
    if report.stats.distinct > LARGEST:
        raise UsageError(
            f"{report.stats.distinct:,} states are more than the {LARGEST:,} of a graph; "
            "use smaller parameters, or --depth"
        )
    return state_graph(report)


def _depths(report: CheckReport) -> list[int]:
    levels = [*report.search.levels, len(report.search.codes)]
    return [depth for depth, (begin, end) in enumerate(pairwise(levels)) for _ in range(begin, end)]
