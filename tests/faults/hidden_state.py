"""Handlers whose answers depend on more than what they are given."""

import random
import time
from collections.abc import Iterator
from itertools import count

from elcheck import Model, Node, State, action, always, each, guard, node_ids

CALLS: Iterator[int] = count()


class Counter(State):
    n: int = 0
    seen: tuple[int, ...] = ()


class Counting(Node[Counter]):
    how: str

    @action
    def go(self, s: Counter) -> Counter:
        guard(s.n < 5, "far enough")
        return Counter(s.n + self.steps())

    def steps(self) -> int:
        match self.how:
            case "global":
                return 1 if next(CALLS) < 4 else 2
            case "random":
                return random.choice((1, 2))
            case "clock":
                return 1 + time.perf_counter_ns() // 1000 % 2
            case "own":
                object.__setattr__(self, "how", "own, a second time")
                return 1
        return 2


def model(how: str = "random") -> Model:
    """One or two at a time."""
    return Model(
        Counting(how), nodes=node_ids(2), properties=[always("small", each(Counter, lambda s: s.n < 7))]
    )
