"""The state graph as GraphML, by networkx."""

from __future__ import annotations

from io import BytesIO

import networkx as nx

from elcheck.checker.export.graph import small
from elcheck.checker.export.subject import Exported


def render(subject: Exported) -> str:
    """The graph. Raises UsageError for one that is too large for a graph tool."""
    written = BytesIO()
    nx.write_graphml(small(subject.report), written, encoding="utf-8")
    return written.getvalue().decode("utf-8")
