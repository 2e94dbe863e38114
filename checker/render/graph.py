"""The state graph as a file: Graphviz DOT or GraphML, by way of networkx."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import networkx as nx
import pydot

from checker.check import Report
from checker.graph import graph_of
from checker.model.errors import UsageError
from checker.model.state import State
from checker.model.values import text

LARGEST = 5_000
"""States that a picture or a graph tool can still use."""
ENDINGS = (".dot", ".graphml")


def write(report: Report, path: Path) -> None:
    """Write the graph to a ``.dot`` or ``.graphml`` file.

    Raises UsageError for a graph above LARGEST states or another ending, OSError when it can't be written.
    """
    if path.suffix not in ENDINGS:
        raise UsageError(f"--graph {path}: the ending says the format, {' or '.join(ENDINGS)}")
    if report.stats.distinct > LARGEST:
        raise UsageError(
            f"--graph {path}: {report.stats.distinct:,} states are more than the {LARGEST:,} of a graph; "
            "use smaller parameters, or --depth"
        )
    graph = state_graph(report)
    if path.suffix == ".graphml":
        nx.write_graphml(graph, path, encoding="utf-8")
    else:
        path.write_text(_dot(graph), encoding="utf-8")


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
    found = graph_of(search, system)
    for index, (begin, end) in enumerate(pairwise(found.starts.tolist())):
        for target, label in zip(found.targets[begin:end], found.labels[begin:end], strict=True):
            event = found.events[label]
            where = f"{event.node}: " if event.node else ""
            graph.add_edge(index, int(target), label=f"{where}{event}")
    return graph


def _depths(report: Report) -> list[int]:
    levels = [*report.search.levels, len(report.search.codes)]
    return [depth for depth, (begin, end) in enumerate(pairwise(levels)) for _ in range(begin, end)]


def describe(state: State) -> str:
    """A state in a few lines: a node each, then what is under way."""
    if state.shared is not None:
        return text(state.shared)
    lines = [f"{v.node}{'' if v.up else ' (down)'}: {text(v.state)}" for v in state.nodes]
    return "\n".join(lines + [f"{e.src} -> {e.dst}: {text(e.msg)}" for e in state.network])


def _dot(graph: nx.MultiDiGraph[int]) -> str:
    """Written by pydot itself: networkx's own way to it trips over colons in labels."""
    drawing = pydot.Dot("states", graph_type="digraph")
    for index, data in graph.nodes(data=True):
        style = "filled" if data["initial"] else "solid"
        drawing.add_node(pydot.Node(str(index), label=_quoted(data["label"]), shape="box", style=style))
    for a, b, data in graph.edges(data=True):
        drawing.add_edge(pydot.Edge(str(a), str(b), label=_quoted(data["label"])))
    return str(drawing.to_string())


def _quoted(label: str) -> str:
    return '"' + label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\l") + '\\l"'
