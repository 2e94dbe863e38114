"""The exchange of two nodes, in every value in which they are named."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import ClassVar, Protocol, TypeVar

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.not_granted import NotGranted
from elcheck.checker.model.replaced import replaced
from elcheck.checker.model.state import Event, NodeView
from elcheck.checker.model.values import SortKey, order

T = TypeVar("T")


class Asymmetry(NotGranted):
    """Two nodes are not interchangeable."""

    def __init__(self, swap: Swap, why: str) -> None:
        super().__init__((swap.first.name, swap.second.name), why)
        self.swap = swap

    def __reduce__(self) -> tuple[type[Asymmetry], tuple[object, ...]]:
        return type(self), (self.swap, str(self))


@dataclass(frozen=True)
class Swap:
    """Two nodes that change places."""

    first: NodeId
    second: NodeId
    generates: ClassVar[bool] = True
    """Whether what a value becomes is to be looked at in turn."""

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"

    def refuted(self, why: str) -> Asymmetry:
        """What is raised if something tells the two apart."""
        return Asymmetry(self, why)

    def watched(self, call: Callable[[], T]) -> T:
        """What a function answers."""
        return call()

    def node(self, node: NodeId) -> NodeId:
        """The node that takes a node's place."""
        if node == self.first:
            return self.second
        return self.first if node == self.second else node

    def index(self, index: int) -> int:
        """The same of the index of a node."""
        if index == self.first.index:
            return self.second.index
        return self.first.index if index == self.second.index else index

    def value(self, value: object) -> object:
        """A value in which the two are exchanged wherever they are named.

        What is no value of the language (a class of the model's own that is no dataclass) stays as it is.
        """
        return replaced(value, NodeId, self.node)

    def event(self, event: Event) -> Event:
        """An event as it is of the node in the other's place."""
        args = tuple([(name, self.value(value)) for name, value in event.args])
        node = None if event.node is None else self.node(event.node)
        return dataclasses.replace(event, node=node, args=args, choice=())

    def seen(self, seen: object) -> object:
        """What a check is asked about: tuples of nodes stay in the order of their ids."""
        swapped = self.value(seen)
        if isinstance(swapped, tuple) and swapped and all(isinstance(view, NodeView) for view in swapped):
            return tuple(sorted(swapped, key=_node_of))
        return swapped


def _node_of(view: NodeView[object]) -> NodeId:
    return view.node


class Naming(Protocol):
    """What stands for a node in a key."""

    def __call__(self, node: NodeId) -> int:
        """The number that stands for it."""


def key_of(value: object, names: Naming) -> SortKey:
    """A key of a value in which other numbers stand for the nodes: equal for values that differ only in
    nodes for which the same number stands. What a set holds is counted, not merged.
    """
    if isinstance(value, NodeId):
        return (5, names(value))
    if isinstance(value, tuple):
        return (6, *[key_of(part, names) for part in value])
    if isinstance(value, frozenset):
        return (7, *sorted([key_of(part, names) for part in value]))
    if isinstance(value, Mapping):
        items = [(key_of(key, names), key_of(part, names)) for key, part in value.items()]
        return (8, type(value).__qualname__, *sorted(items))
    if dataclasses.is_dataclass(value) and not isinstance(value, type | Enum):
        parts = [key_of(getattr(value, f.name), names) for f in fields(value)]
        return (9, type(value).__qualname__, *parts)
    return order(value)
