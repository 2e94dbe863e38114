"""Dijkstra's self-stabilizing ring (EWD426), where a machine sees its privilege first, and moves later."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from elcheck import Map, Model, Spec, State, Step, Steps, action, always, guard, holds, replace


class Ring(State):
    """The counters, and which machines are about to move."""

    c: Map[int, int]
    moving: Map[int, bool]


class Stabilizing(Spec[Ring]):
    """A machine that has seen a privilege moves, whatever has become of that."""

    size: int
    values: int

    def start(self) -> Steps[Ring]:
        still = Map(dict.fromkeys(self.machine(), False))
        for c in product(range(self.values), repeat=self.size):
            yield Step(Ring(Map(dict(enumerate(c))), still))

    def machine(self) -> Iterable[int]:
        return range(self.size)

    @action(over=machine)
    def see(self, s: Ring, machine: int) -> Ring:
        guard(not s.moving[machine], "it is about to move")
        same = s.c[machine] == s.c[(machine - 1) % self.size]
        guard(same == (machine == 0), "no privilege")
        return replace(s, moving=s.moving.put(machine, True))

    @action(over=machine)
    def move(self, s: Ring, machine: int) -> Ring:
        guard(s.moving[machine], "it has seen no privilege")
        now = s.c[machine - 1] if machine else (s.c[0] + 1) % self.values
        return replace(s, c=s.c.put(machine, now), moving=s.moving.put(machine, False))


def privileges(s: Ring) -> int:
    last = len(s.c) - 1
    return (s.c[0] == s.c[last]) + sum(s.c[i] != s.c[i - 1] for i in range(1, len(s.c)))


def model(size: int = 4, values: int = 5) -> Model:
    """EWD426 in two steps."""
    claim = always("some machine has a privilege", holds(Ring, lambda s: privileges(s) > 0))
    return Model(Stabilizing(size, values), properties=[claim])
