"""L. Lamport, A Fast Mutual Exclusion Algorithm, 1987: label by label as PlusCal has it."""

from __future__ import annotations

from collections.abc import Iterable

from elcheck import Map, Model, Spec, State, action, always, guard, holds, replace


class Shop(State):
    """The variables; those of a process by its number."""

    pc: Map[int, str]
    b: Map[int, bool]
    j: Map[int, int]
    failed: Map[int, bool]
    x: int | None = None
    y: int = 0


class FastMutex(Spec[Shop]):
    """An action for each label."""

    size: int

    def start(self) -> Shop:
        every = tuple(self.process())
        no = Map(dict.fromkeys(every, False))
        return Shop(Map(dict.fromkeys(every, "start")), no, Map(dict.fromkeys(every, 0)), no)

    def process(self) -> Iterable[int]:
        return range(1, self.size + 1)

    def at(self, s: Shop, p: int, label: str) -> None:
        guard(s.pc[p] == label, "elsewhere")

    @action(over=process)
    def begin(self, s: Shop, p: int) -> Shop:
        self.at(s, p, "start")
        return replace(s, pc=s.pc.put(p, "raise"))

    @action(over=process)
    def raise_flag(self, s: Shop, p: int) -> Shop:
        self.at(s, p, "raise")
        return replace(s, b=s.b.put(p, True), pc=s.pc.put(p, "set x"))

    @action(over=process)
    def set_x(self, s: Shop, p: int) -> Shop:
        self.at(s, p, "set x")
        return replace(s, x=p, pc=s.pc.put(p, "see y"))

    @action(over=process)
    def see_y(self, s: Shop, p: int) -> Shop:
        self.at(s, p, "see y")
        return replace(s, pc=s.pc.put(p, "set y" if s.y == 0 else "give way"))

    @action(over=process)
    def give_way(self, s: Shop, p: int) -> Shop:
        self.at(s, p, "give way")
        return replace(s, b=s.b.put(p, False), pc=s.pc.put(p, "await y"))

    @action(over=process)
    def await_y(self, s: Shop, p: int) -> Shop:
        self.at(s, p, "await y")
        guard(s.y == 0, "another goes first")
        return replace(s, pc=s.pc.put(p, "start"))

    @action(over=process)
    def set_y(self, s: Shop, p: int) -> Shop:
        self.at(s, p, "set y")
        return replace(s, y=p, pc=s.pc.put(p, "see x"))

    @action(over=process)
    def see_x(self, s: Shop, p: int) -> Shop:
        self.at(s, p, "see x")
        return replace(s, pc=s.pc.put(p, "cs" if s.x == p else "slow"))

    @action(over=process)
    def slow(self, s: Shop, p: int) -> Shop:
        self.at(s, p, "slow")
        return replace(s, b=s.b.put(p, False), j=s.j.put(p, 1), pc=s.pc.put(p, "await flags"))

    @action(over=process)
    def await_flags(self, s: Shop, p: int) -> Shop:
        self.at(s, p, "await flags")
        if s.j[p] > self.size:
            return replace(s, pc=s.pc.put(p, "see y again"))
        guard(not s.b[s.j[p]], "a flag is up")
        return replace(s, j=s.j.put(p, s.j[p] + 1))

    @action(over=process)
    def see_y_again(self, s: Shop, p: int) -> Shop:
        self.at(s, p, "see y again")
        guard(s.y in (p, 0), "another is there")
        return replace(s, failed=s.failed.put(p, s.failed[p] or s.y == 0), pc=s.pc.put(p, "cs"))

    @action(over=process)
    def cs(self, s: Shop, p: int) -> Shop:
        self.at(s, p, "cs")
        return replace(s, failed=s.failed.put(p, False), pc=s.pc.put(p, "start" if s.failed[p] else "free y"))

    @action(over=process)
    def free_y(self, s: Shop, p: int) -> Shop:
        self.at(s, p, "free y")
        return replace(s, y=0, pc=s.pc.put(p, "lower"))

    @action(over=process)
    def lower_flag(self, s: Shop, p: int) -> Shop:
        self.at(s, p, "lower")
        return replace(s, b=s.b.put(p, False), pc=s.pc.put(p, "start"))


def exclusive(s: Shop) -> bool:
    return sum(s.pc[p] == "cs" and not s.failed[p] for p in s.pc) <= 1


def model(processes: int = 2) -> Model:
    """The fast mutual exclusion."""
    return Model(FastMutex(processes), properties=[always("mutual exclusion", holds(Shop, exclusive))])
