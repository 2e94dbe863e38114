"""The state graph for Graphviz, by pydot: networkx's own way to DOT trips over colons in labels."""

from __future__ import annotations

import pydot

from elcheck.checker.export.graph import small
from elcheck.checker.export.subject import Exported


def render(subject: Exported) -> str:
    """The graph, its initial states filled. Raises UsageError for one that is too large to draw."""
    graph = small(subject.report)
    drawing = pydot.Dot("states", graph_type="digraph")
    for index, data in graph.nodes(data=True):
        style = "filled" if data["initial"] else "solid"
        drawing.add_node(pydot.Node(str(index), label=_quoted(data["label"]), shape="box", style=style))
    for a, b, data in graph.edges(data=True):
        drawing.add_edge(pydot.Edge(str(a), str(b), label=_quoted(data["label"])))
    return str(drawing.to_string())


def _quoted(label: str) -> str:
    return '"' + label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\l") + '\\l"'
