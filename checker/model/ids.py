"""The names of nodes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class NodeId:
    """A node of the model: its place in the order of all nodes, and the name people use for it.

    Two ids are equal, and compare, by ``index`` (0 for the first node); the name only prints.
    """

    index: int
    name: str = field(compare=False)

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


MOST = 1000
"""Nodes of a model, far more than can be searched."""


def node_ids(*groups: int | str) -> tuple[NodeId, ...]:
    """The ids of a model's nodes, in order.

    ``node_ids(3)`` is n1, n2, n3; ``node_ids("p1 p2 a1 a2 a3")`` takes names. Several arguments are
    put one after the other.

    Raises ValueError when there would be no node, two of one name, or more than any search could bear.
    """
    names: list[str] = []
    for group in groups:
        if isinstance(group, int) and group > MOST:
            raise ValueError(f"{group:,} nodes are more than the {MOST:,} that a model may have")
        names += group.split() if isinstance(group, str) else [f"n{i + 1}" for i in range(group)]
    if not names:
        asked = ", ".join(map(repr, groups))
        raise ValueError(f"a model needs at least one node, not {asked or 'none'}")
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two nodes are called {name}")
    return tuple(NodeId(i, name) for i, name in enumerate(names))
