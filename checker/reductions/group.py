"""Which nodes may change places: blocks of them, as far as nothing has shown otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import factorial, prod
from typing import TypeAlias

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.swap import Swap

Block: TypeAlias = tuple[int, ...]
"""Nodes that may change places, by their indices, in order."""


class Group:
    """All exchanges of nodes within the same block."""

    def __init__(self, nodes: tuple[NodeId, ...], blocks: Iterable[Block]) -> None:
        self.nodes = nodes
        self.blocks = tuple(blocks)

    @property
    def size(self) -> int:
        """How many ways there are to exchange nodes, that of leaving all where they are included."""
        return prod(factorial(len(block)) for block in self.blocks)

    def adjacent(self) -> dict[int, Swap]:
        """The exchanges of a node with the next one of its block, which generate all others."""
        pairs = (pair for block in self.blocks for pair in pairwise(block))
        return {a: Swap(self.nodes[a], self.nodes[b]) for a, b in pairs}

    def __str__(self) -> str:
        blocks = [", ".join(str(self.nodes[i]) for i in block) for block in self.blocks if len(block) > 1]
        return "; ".join(blocks)


def group_of(model: Model, apart: Iterable[Swap]) -> Group:
    """The nodes that run programs of one class, without exchanging those that were shown to be ``apart``."""
    kept_apart = {(swap.first, swap.second) for swap in apart}
    blocks: list[list[NodeId]] = []
    for node, program in model.programs.items():
        for block in blocks:
            alike = type(program) is type(model.programs[block[0]])
            if alike and not any((other, node) in kept_apart for other in block):
                block.append(node)
                break
        else:
            blocks.append([node])
    return Group(tuple(model.programs), [tuple([node.index for node in block]) for block in blocks])
