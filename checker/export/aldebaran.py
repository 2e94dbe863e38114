"""The state graph as an Aldebaran file (.aut), which mCRL2, CADP and LTSmin read."""

from __future__ import annotations

from itertools import pairwise

from elcheck.checker.export.graph import require_all
from elcheck.checker.export.subject import Exported
from elcheck.checker.temporal.state_graph import graph_of


def render(subject: Exported) -> str:
    """The graph: a state's number is its place in the order of finding, 0 the initial one. Where there are
    several of those, 0 is a state before them, and the numbers of all others are one higher.
    """
    report = subject.report
    require_all(report)
    graph = graph_of(report.exploration, exact=True)
    labels = [_quoted(f"{event.node}: {event}" if event.node else str(event)) for event in graph.events]
    shift = int(graph.initial > 1)
    lines = [f"(0, {_quoted('start')}, {index + 1})" for index in range(graph.initial * shift)]
    for index, (begin, end) in enumerate(pairwise(graph.starts.tolist())):
        for target, label in zip(graph.targets[begin:end], graph.labels[begin:end], strict=True):
            lines.append(f"({index + shift}, {labels[label]}, {target + shift})")
    return "\n".join([f"des (0, {len(lines)}, {graph.size + shift})", *lines]) + "\n"


def _quoted(label: str) -> str:
    """A label in quotes: the format knows no escapes, and ends a label at the next quote."""
    return '"' + label.replace('"', "'").replace("\n", " ") + '"'
