"""Fairness names a fault of which there are none."""

from elcheck import WEAK, Environment, Model, Node, State, action, each, eventually, guard, node_ids, weak


class Counter(State):
    n: int = 0


class Counting(Node[Counter]):
    @action(fair=WEAK)
    def go(self, s: Counter) -> Counter:
        guard(s.n < 3, "done")
        return Counter(s.n + 1)


def model(fault: str = "lose") -> Model:
    """Two counters; the fault is fair, and never happens."""
    return Model(
        Counting(),
        nodes=node_ids(2),
        properties=[eventually("ends", each(Counter, lambda s: s.n == 3))],
        environment=Environment(network="bag"),
        fairness=[weak(fault)],
    )
