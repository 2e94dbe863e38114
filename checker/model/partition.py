"""Partitions: which messages do not pass, from whom to whom, while one stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.values import text
from elcheck.checker.process.watch import look


@dataclass(frozen=True)
class Partition:
    """A way for the network to fall apart: two nodes can talk while some group holds both.

    Groups may overlap, which gives a chain or a bridge; a node in no group is alone. One that does not heal
    stays for ever. A subclass may override :meth:`parts`, for any relation between nodes.
    """

    name: str
    groups: tuple[frozenset[NodeId], ...] = ()
    heals: bool = field(default=True, kw_only=True)

    def parts(self, src: NodeId, dst: NodeId) -> bool:
        """Whether no message passes from a node to another."""
        return src != dst and not any(src in group and dst in group for group in self.groups)


@dataclass(frozen=True, init=False)
class Cut(Partition):
    """One way only: no message passes from some nodes to some others, and everything else does."""

    src: frozenset[NodeId] = frozenset()
    dst: frozenset[NodeId] = frozenset()

    def __init__(
        self,
        src: NodeId | Iterable[NodeId],
        dst: NodeId | Iterable[NodeId],
        *,
        name: str | None = None,
        heals: bool = True,
    ) -> None:
        ends = [frozenset((nodes,) if isinstance(nodes, NodeId) else nodes) for nodes in (src, dst)]
        said = " -/-> ".join(" ".join(map(str, sorted(nodes))) for nodes in ends)
        super().__init__(said if name is None else name, heals=heals)
        object.__setattr__(self, "src", ends[0])
        object.__setattr__(self, "dst", ends[1])

    def parts(self, src: NodeId, dst: NodeId) -> bool:
        """Whether no message passes from a node to another."""
        return src != dst and src in self.src and dst in self.dst


@dataclass(frozen=True)
class Separation:
    """What a partition comes to: the pairs (sender, receiver) that it parts. ``comes``: it is one of those
    that the network may fall into, not only one that stands at the start.
    """

    name: str
    pairs: frozenset[tuple[NodeId, NodeId]]
    heals: bool
    comes: bool

    def parts(self, src: NodeId, dst: NodeId) -> bool:
        """Whether no message passes from a node to another."""
        return (src, dst) in self.pairs


def separation(partition: Partition, nodes: Sequence[NodeId], *, comes: bool) -> Separation:
    """What a partition comes to. Raises DefinitionError if it raises, or answers something else than bool."""
    pairs = [(src, dst) for src in nodes for dst in nodes]
    try:
        said = [partition.parts(*pair) for pair in pairs]
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise DefinitionError(f"the partition {partition.name!r} can't say what it parts: {why}") from error
    for pair, answer in zip(pairs, said, strict=True):
        if not isinstance(answer, bool):
            raise DefinitionError(
                f"the partition {partition.name!r} answers {text(answer)} of {pair[0]} and {pair[1]}: "
                "whether it parts them is True or False"
            )
    parted = frozenset(pair for pair, answer in zip(pairs, said, strict=True) if answer)
    return Separation(partition.name, parted, partition.heals, comes)


def symmetric_splits(nodes: Sequence[NodeId], *, heals: bool = True) -> tuple[Partition, ...]:
    """Every way to split the nodes into two groups, the group of the first node named first."""
    first, *others = nodes
    found = []
    for size in range(len(others)):
        for friends in combinations(others, size):  # of many nodes more than there is time and memory for
            look()
            here = (first, *friends)
            there = [node for node in nodes if node not in here]
            name = " ".join(map(str, here)) + " | " + " ".join(map(str, there))
            found.append(Partition(name, (frozenset(here), frozenset(there)), heals=heals))
    return tuple(found)
