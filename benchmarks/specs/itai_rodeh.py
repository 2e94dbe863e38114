"""Itai and Rodeh's election on an anonymous ring, as PRISM's case study of the asynchronous one has it.

A process draws 0 or 1, and tells its successor; one with 0 behind one with 1 only relays from then on. A
counter goes round for who is left. Messages are handed over: what is sent is received in the same step.
"""

from __future__ import annotations

from collections.abc import Iterable

from elcheck import Map, Model, Spec, State, Step, Steps, action, always, guard, holds, replace


class Process(State):
    """What it is, what it drew, and the count that it passes on; how much it sent and received: nothing, the
    draw, or the counter too.
    """

    role: str = "draw"
    drew: int = 0
    count: int = 0
    sent: int = 0
    got: int = 0


class Ring(State):
    """All processes."""

    at: Map[int, Process]


class ItaiRodeh(Spec[Ring]):
    """Drawing, and the two messages."""

    size: int

    def start(self) -> Ring:
        return Ring(Map(dict.fromkeys(self.process(), Process())))

    def process(self) -> Iterable[int]:
        return range(self.size)

    @action(over=process)
    def draw(self, s: Ring, p: int) -> Steps[Ring]:
        guard(s.at[p].role == "draw", "it has drawn")
        for drew in (0, 1):
            yield Step(Ring(s.at.put(p, replace(s.at[p], role="drawn", drew=drew))))

    @action(over=process)
    def tell(self, s: Ring, p: int) -> Ring:
        """A process tells its draw; once its own fate is known it forgets it."""
        me, to = s.at[p], (p + 1) % self.size
        guard(me.sent == 0 and me.role in ("drawn", "active", "relay"), "it has nothing to tell")
        guard(me.role != "relay" or me.got > 0, "it knows nothing to relay")
        other = s.at[to]
        guard(other.got == 0 and other.role in ("drawn", "relay"), "its successor can't take it")
        if other.role == "relay":
            other = replace(other, drew=me.drew, got=1)
        else:
            beaten = other.drew == 0 and me.drew == 1
            other = replace(other, role="relay" if beaten else "active", got=1)
        me = replace(me, sent=1) if me.role == "drawn" else replace(me, sent=1, drew=0)
        return Ring(s.at.put(p, me).put(to, other))

    @action(over=process)
    def pass_counter(self, s: Ring, p: int) -> Ring:
        """The counter goes on: an active process begins a new one, or draws again if one has come already."""
        me, to = s.at[p], (p + 1) % self.size
        guard(me.sent == 1 and me.role in ("active", "relay"), "its draw comes first")
        guard(me.got == 2 or (me.role == "active" and me.got == 1), "it has no counter")
        other = s.at[to]
        guard(other.got == 1 and other.role in ("active", "relay"), "its successor can't take it")
        if other.role == "relay":
            guard(me.count < self.size - 1, "it has been round")
            other = replace(other, count=me.count + 1, got=2)
        elif other.sent < 2:
            other = replace(other, got=2)
        else:
            other = Process("leader" if me.count == self.size - 1 else "draw")
        passed = Process("relay") if me.role == "relay" else replace(me, sent=2) if me.got == 1 else Process()
        return Ring(s.at.put(p, passed).put(to, other))


def one_leader(s: Ring) -> bool:
    return sum(process.role == "leader" for process in s.at.values()) <= 1


def model(processes: int = 5) -> Model:
    """Itai and Rodeh's asynchronous election."""
    return Model(ItaiRodeh(processes), properties=[always("one leader", holds(Ring, one_leader))])
