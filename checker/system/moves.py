"""Moves: what a step does to a packed code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from elcheck.checker.model.state import Event

WIDTH = 30
"""Bits of a field: one digit of a Python integer, and more ids than fit in memory."""
MASK = (1 << WIDTH) - 1


class Effect(dict[int, "int | None"]):
    """What a step does to another node: the change of the code, by that node's id.

    Learned on first use. None stands for a bound crossed, that of the name ``bound``: the step is cut.
    """

    def __init__(self, learn: Callable[[int], int | None], bound: str = "") -> None:
        super().__init__()
        self._learn = learn
        self.bound = bound

    def __missing__(self, own: int) -> int | None:
        change = self[own] = self._learn(own)
        return change


Posts: TypeAlias = tuple[tuple[int, Effect], ...]
"""Effects on other nodes, each with the shift of the node's field."""


@dataclass(eq=False, slots=True)
class Move:
    """A step but for the mailbox of the node that takes it: one outcome of an event in a local state.

    ``changes`` holds (node, local before, local after), as numbers, for each node that steps; ``watch`` says
    whether a property may see a difference.
    """

    event: Event
    changes: tuple[tuple[int, int, int], ...] = ()
    posts: Posts = ()
    watch: bool = False


@dataclass(frozen=True, slots=True)
class Compiled:
    """An outcome ready for use: the links it closes, the letters it sends to its own node, and the move."""

    closes: tuple[int, ...]
    to_self: tuple[int, ...]
    move: Move


Cut: TypeAlias = tuple[str, Event]
"""A step that a bound cuts: the bound's name, and what would happen."""
Ready: TypeAlias = tuple[tuple[tuple[int, Move], ...], tuple[tuple[int, Move], ...], tuple[Cut, ...]]
"""The moves of a node with one id: (change of the code, move) of those without posts, of those with, and
those that bounds cut."""

NOTHING: Ready = ((), (), ())


class Moves(dict[int, Ready]):
    """The moves of one node by its id, learned on first use."""

    def __init__(self, learn: Callable[[int], Ready]) -> None:
        super().__init__()
        self._learn = learn

    def __missing__(self, own: int) -> Ready:
        ready = self[own] = self._learn(own)
        return ready
