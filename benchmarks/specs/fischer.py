"""Fischer's mutual exclusion by time: who writes does so within some ticks, and waits longer than that."""

from __future__ import annotations

from collections.abc import Iterable

from elcheck import Map, Model, Spec, State, action, always, guard, holds, replace


class Door(State):
    """Where processes are, their timers, which most of the time do not run, and the number on the door."""

    pc: Map[int, str]
    timer: Map[int, int | None]
    x: int = 0


class Fischer(Spec[Door]):
    """An action for each label, and the tick of all timers."""

    size: int
    write: int
    wait: int

    def start(self) -> Door:
        return Door(Map(dict.fromkeys(self.process(), "out")), Map(dict.fromkeys(self.process())))

    def process(self) -> Iterable[int]:
        return range(1, self.size + 1)

    @action
    def tick(self, s: Door) -> Door:
        guard(0 not in s.timer.values(), "something is due")
        return replace(s, timer=Map({p: left and left - 1 for p, left in s.timer.items()}))

    @action(over=process)
    def ask(self, s: Door, p: int) -> Door:
        guard(s.pc[p] == "out", "elsewhere")
        return replace(s, pc=s.pc.put(p, "look"))

    @action(over=process)
    def look(self, s: Door, p: int) -> Door:
        guard(s.pc[p] == "look", "elsewhere")
        return replace(s, pc=s.pc.put(p, "cs" if s.x == p else "free?"))

    @action(over=process)
    def free(self, s: Door, p: int) -> Door:
        guard(s.pc[p] == "free?" and s.x == 0, "elsewhere, or another's number is there")
        return replace(s, timer=s.timer.put(p, self.write), pc=s.pc.put(p, "write"))

    @action(over=process)
    def number(self, s: Door, p: int) -> Door:
        guard(s.pc[p] == "write", "elsewhere")
        return replace(s, x=p, timer=s.timer.put(p, self.wait), pc=s.pc.put(p, "wait"))

    @action(over=process)
    def waited(self, s: Door, p: int) -> Door:
        guard(s.pc[p] == "wait" and s.timer[p] == 0, "elsewhere, or too early")
        return replace(s, timer=s.timer.put(p, None), pc=s.pc.put(p, "look"))

    @action(over=process)
    def cs(self, s: Door, p: int) -> Door:
        guard(s.pc[p] == "cs", "elsewhere")
        return replace(s, pc=s.pc.put(p, "leave"))

    @action(over=process)
    def leave(self, s: Door, p: int) -> Door:
        guard(s.pc[p] == "leave", "elsewhere")
        return replace(s, x=0, pc=s.pc.put(p, "out"))


def exclusive(s: Door) -> bool:
    return sum(at == "cs" for at in s.pc.values()) <= 1


def model(processes: int = 3, write: int = 2, wait: int = 3) -> Model:
    """Fischer's mutual exclusion."""
    return Model(
        Fischer(processes, write, wait), properties=[always("mutual exclusion", holds(Door, exclusive))]
    )
