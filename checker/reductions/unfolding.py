"""Lassos of states that stand for others, as lassos of the whole system."""

from __future__ import annotations

from typing import Protocol

from elcheck.checker.model.state import Event
from elcheck.checker.reductions.dead_mail import DeadMail
from elcheck.checker.system.moves import Move
from elcheck.checker.system.packed import NodeSystem
from elcheck.checker.system.system import Path

ROUNDS = 100
"""Rounds of a loop after which its messages have to be what they were: each round may add some."""


class Representing(Protocol):
    """A system of states that stand for others, the nodes where they are."""

    dead: DeadMail | None

    @property
    def full(self) -> NodeSystem:
        """The system of all states."""

    def settled(self, code: int) -> int:
        """The state that stands for a state of the full system."""

    def relative(self, event: Event, code: int) -> Event:
        """An event of a state of the full system as it is of the state that stands for that."""

    def rise(self, code: int) -> int:
        """By how many terms a state of the full system is later than the one that stands for it."""


def unfolded(quotient: Representing, path: Path, loop: int | None) -> tuple[Path, int | None]:
    """A path, or lasso, as one of the full system. Dead messages are delivered where the loop begins and
    ends, since deliveries may be fair; rounds go on until a state comes again, or one that is later.
    """
    first = path[0][0]
    start = next(code for code in quotient.full.initial() if quotient.settled(code) == first)
    real: Path = [(start, None)]
    _follow(quotient, real, path[1:] if loop is None else path[1 : loop + 1])
    if loop is None:
        return real, None
    _deliver_dead(quotient, real)
    for _ in range(ROUNDS):
        began = len(real) - 1
        _follow(quotient, real, path[loop + 1 :])
        _deliver_dead(quotient, real)
        start, end = real[began][0], real[-1][0]
        if start == end or quotient.rise(end) > quotient.rise(start):
            return real, began
    raise AssertionError("a loop of representatives does not come back to a state")


def _follow(quotient: Representing, real: Path, steps: Path) -> None:
    """Take steps of representatives in the full system."""
    for after, move in steps:
        assert move is not None
        code = real[-1][0]
        found, _ = quotient.full.successors(code)
        real.append(
            next(
                (succ, taken)
                for succ, taken in found
                if quotient.settled(succ) == after and quotient.relative(taken.event, code) == move.event
            )
        )


def _deliver_dead(quotient: Representing, real: Path) -> None:
    """Deliver the dead messages that can be delivered."""
    step = _dead_delivery(quotient, real[-1][0])
    while step is not None:
        real.append(step)
        step = _dead_delivery(quotient, real[-1][0])


def _dead_delivery(quotient: Representing, code: int) -> tuple[int, Move] | None:
    """The delivery of a dead message, None if there is none to deliver."""
    dead = quotient.dead
    if dead is None or dead.of(code) == code:
        return None
    found, _ = quotient.full.successors(code)
    alive = dead.of(code)
    receipts = ((succ, move) for succ, move in found if move.event.kind == "receive")
    return next(((succ, move) for succ, move in receipts if dead.of(succ) == alive and not move.sends), None)
