"""Lamport's bakery with atomic reads and writes, label by label as PlusCal has it; numbers up to a bound."""

from __future__ import annotations

from collections.abc import Iterable

from elcheck import Bound, Map, Model, Spec, State, Step, Steps, action, always, guard, holds, replace


class Shop(State):
    """The variables; those of a process by its number."""

    num: Map[int, int]
    flag: Map[int, bool]
    pc: Map[int, str]
    unread: Map[int, frozenset[int]]
    max: Map[int, int]
    nxt: Map[int, int]


class Bakery(Spec[Shop]):
    """An action for each label."""

    size: int

    def start(self) -> Shop:
        def each(value: object) -> Map:  # type: ignore[type-arg]
            return Map(dict.fromkeys(self.process(), value))

        everyone = frozenset(self.process())
        return Shop(each(0), each(False), each("p1"), each(everyone), each(0), Map({p: p for p in everyone}))

    def process(self) -> Iterable[int]:
        return range(1, self.size + 1)

    def others(self, p: int) -> frozenset[int]:
        return frozenset(self.process()) - {p}

    @action(over=process)
    def p1(self, s: Shop, p: int) -> Shop:
        guard(s.pc[p] == "p1", "elsewhere")
        return replace(
            s,
            unread=s.unread.put(p, self.others(p)),
            max=s.max.put(p, 0),
            flag=s.flag.put(p, True),
            pc=s.pc.put(p, "p2"),
        )

    @action(over=process)
    def p2(self, s: Shop, p: int) -> Steps[Shop]:
        guard(s.pc[p] == "p2", "elsewhere")
        if not s.unread[p]:
            yield Step(replace(s, pc=s.pc.put(p, "p3")))
        for i in sorted(s.unread[p]):
            unread = s.unread.put(p, s.unread[p] - {i})
            if s.num[i] > s.max[p]:
                yield Step(replace(s, unread=unread, max=s.max.put(p, s.num[i])))
            else:
                yield Step(replace(s, unread=unread))

    @action(over=process)
    def p3(self, s: Shop, p: int) -> Shop:
        guard(s.pc[p] == "p3", "elsewhere")
        return replace(s, num=s.num.put(p, s.max[p] + 1), pc=s.pc.put(p, "p4"))

    @action(over=process)
    def p4(self, s: Shop, p: int) -> Shop:
        guard(s.pc[p] == "p4", "elsewhere")
        return replace(
            s, flag=s.flag.put(p, False), unread=s.unread.put(p, self.others(p)), pc=s.pc.put(p, "p5")
        )

    @action(over=process)
    def p5(self, s: Shop, p: int) -> Steps[Shop]:
        guard(s.pc[p] == "p5", "elsewhere")
        if not s.unread[p]:
            yield Step(replace(s, pc=s.pc.put(p, "cs")))
        for i in sorted(s.unread[p]):
            if not s.flag[i]:
                yield Step(replace(s, nxt=s.nxt.put(p, i), pc=s.pc.put(p, "p6")))

    @action(over=process)
    def p6(self, s: Shop, p: int) -> Shop:
        guard(s.pc[p] == "p6", "elsewhere")
        other = s.nxt[p]
        guard(s.num[other] == 0 or (s.num[p], p) < (s.num[other], other), "the other comes first")
        return replace(s, unread=s.unread.put(p, s.unread[p] - {other}), pc=s.pc.put(p, "p5"))

    @action(over=process)
    def cs(self, s: Shop, p: int) -> Shop:
        guard(s.pc[p] == "cs", "elsewhere")
        return replace(s, pc=s.pc.put(p, "p7"))

    @action(over=process)
    def p7(self, s: Shop, p: int) -> Shop:
        guard(s.pc[p] == "p7", "elsewhere")
        return replace(s, num=s.num.put(p, 0), pc=s.pc.put(p, "p1"))


def exclusive(s: Shop) -> bool:
    return sum(at == "cs" for at in s.pc.values()) <= 1


def model(processes: int = 3, numbers: int = 3) -> Model:
    """Lamport's bakery."""
    return Model(
        Bakery(processes),
        bounds=[Bound("numbers", Shop, lambda s: all(n <= numbers for n in s.num.values()))],
        properties=[always("mutual exclusion", holds(Shop, exclusive))],
    )
