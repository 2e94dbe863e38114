"""Dijkstra's self-stabilizing ring (EWD426) from every state: counters modulo ``values``."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from elcheck import (
    WEAK,
    Model,
    Spec,
    State,
    Step,
    Steps,
    action,
    always,
    eventually_always,
    guard,
    holds,
    replace,
)


class Ring(State):
    """The counters."""

    c: tuple[int, ...]


class Stabilizing(Spec[Ring]):
    """A machine moves if it has a privilege."""

    size: int
    values: int

    def start(self) -> Steps[Ring]:
        for c in product(range(self.values), repeat=self.size):
            yield Step(Ring(c))

    def machine(self) -> Iterable[int]:
        return range(1, self.size)

    @action(fair=WEAK)
    def bottom(self, s: Ring) -> Ring:
        guard(s.c[0] == s.c[self.size - 1], "no privilege")
        return replace(s, c=((s.c[0] + 1) % self.values, *s.c[1:]))

    @action(over=machine, fair=WEAK)
    def other(self, s: Ring, machine: int) -> Ring:
        guard(s.c[machine] != s.c[machine - 1], "no privilege")
        return replace(s, c=(*s.c[:machine], s.c[machine - 1], *s.c[machine + 1 :]))


def privileges(s: Ring) -> int:
    return (s.c[0] == s.c[-1]) + sum(s.c[i] != s.c[i - 1] for i in range(1, len(s.c)))


def model(size: int = 6, values: int = 6, stability: bool = True) -> Model:
    """EWD426."""
    claims = [always("some machine has a privilege", holds(Ring, lambda s: privileges(s) > 0))]
    if stability:
        claims.append(eventually_always("one privilege", holds(Ring, lambda s: privileges(s) == 1)))
    return Model(Stabilizing(size, values), properties=claims)
