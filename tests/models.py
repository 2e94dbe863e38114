"""Small models that several tests use."""

from __future__ import annotations

from dataclasses import dataclass, field

from elcheck import (
    Model,
    Node,
    NodeId,
    Property,
    Step,
    Steps,
    action,
    guard,
    node_ids,
)


@dataclass(frozen=True)
class Counter:
    """A number."""

    value: int = 0


@dataclass(frozen=True)
class Counting(Node[Counter]):
    """One node that counts to a limit; ``jump`` adds a step from 2 to 4, ``wraps`` one back to the start."""

    nodes: tuple[NodeId, ...] = field(default=node_ids(1), init=False)
    limit: int = 3
    start_at: int = 0
    jump: bool = False
    wraps: bool = False
    divides_at: int | None = None

    def start(self, me: NodeId) -> Steps[Counter]:
        yield Step(Counter(self.start_at))

    @action
    def increment(self, me: NodeId, s: Counter) -> Steps[Counter]:
        guard(s.value < self.limit or self.wraps, "it has counted to its limit")
        if s.value == self.divides_at:
            s = Counter(s.value // (s.value - self.divides_at))
        if s.value == self.limit:
            yield Step(Counter(self.start_at))
        else:
            yield Step(Counter(s.value + 1))
        if self.jump and s.value == 2:
            yield Step(Counter(4))

    def model(self, *properties: Property) -> Model:
        """A model of this program alone."""
        return Model(self, properties)
