"""Small models that several tests use."""

from __future__ import annotations

from elcheck import Message, Model, Node, Outcome, Property, State, Step, Steps, action, guard, node_ids


class Counter(State):
    """A number."""

    value: int = 0


class Told(Message):
    """Something that is sent."""


class Counting(Node[Counter]):
    """One node that counts to a limit; ``jump`` adds a step from 2 to 4, ``wraps`` one back to the start."""

    limit: int = 3
    start_at: int = 0
    jump: bool = False
    wraps: bool = False
    divides_at: int | None = None

    def start(self) -> Outcome[Counter]:
        return Counter(self.start_at)

    @action
    def increment(self, s: Counter) -> Steps[Counter]:
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
        return Model(self, properties, nodes=node_ids(1))
