"""Strongly connected components. Numba compiles this where it is installed; elsewhere, and for small graphs,
Python runs it as it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints: TypeAlias = npt.NDArray[np.int64] | memoryview[int] | list[int]
    Words: TypeAlias = npt.NDArray[np.int32] | memoryview[int] | list[int]


def components(
    starts: Ints, targets: Words, size: int, of: Words, path: Words, edges: Ints, born: Words
) -> int:
    """Give each node of a graph the number of its component in ``of``, and return how many these are: the
    numbers are from ``size`` downwards. The edges of node i lead to ``targets[starts[i]:starts[i + 1]]``.

    This is Tarjan's algorithm (1972) without recursion, in as few words as Pearce's (2016). Before a node has
    its component, ``of`` has the lowest place of a node that it is known to lead to, where places are by the
    order of visits; all of these are below the numbers of components. ``of`` has to be 0 everywhere, the rest
    is room to work in, one word for each node: the nodes that are being visited are at the beginning of
    ``path``, with the edge that each has come to and its place; those that wait for their component to be
    complete are at its end.
    """
    visited = 0
    number = size
    waiting = size
    for root in range(size):
        if of[root] != 0:
            continue
        depth = 0
        visited += 1
        path[0], edges[0], born[0], of[root] = root, starts[root], visited, visited
        while depth >= 0:
            node, edge = path[depth], edges[depth]
            end, lowest = starts[node + 1], of[node]
            while edge < end:
                found = of[targets[edge]]
                if found == 0:
                    break
                if found < lowest:
                    lowest = found
                edge += 1
            of[node] = lowest
            if edge < end:  # this one leads to a new node; it is looked at again when that one is done
                edges[depth] = edge
                depth += 1
                visited += 1
                node = targets[edge]
                path[depth], edges[depth], born[depth], of[node] = node, starts[node], visited, visited
                continue
            if lowest < born[depth]:
                waiting -= 1
                path[waiting] = node
            else:
                of[node] = number
                visited -= 1
                while waiting < size and of[path[waiting]] >= lowest:
                    of[path[waiting]] = number
                    waiting += 1
                    visited -= 1
                number -= 1
            depth -= 1
    return size - number
