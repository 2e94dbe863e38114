"""Moves: what a step does to a packed code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from checker.model.state import Event

WIDTH = 30
"""Bits of a field: one digit of a Python integer, and more ids than fit in memory."""
MASK = (1 << WIDTH) - 1


class Effect(dict[int, "int | None"]):
    """What a step does to another node: the change of the code, by that node's id.

    Learned on first use. None stands for a bound crossed: the step is cut.
    """

    def __init__(self, learn: Callable[[int], int | None], bound: str = "") -> None:
        super().__init__()
        self._learn = learn
        self.bound = bound

    def __missing__(self, own: int) -> int | None:
        change = self[own] = self._learn(own)
        return change


@dataclass(eq=False, slots=True)
class Move:
    """A step up to the id that its node ends in: one outcome of an event in a local state.

    ``changes`` holds (node, local before, local after), as numbers, for each node that steps; ``posts`` the
    effects on other nodes, with the shift of their field; ``watch`` whether a property may see a difference.
    """

    event: Event
    changes: tuple[tuple[int, int, int], ...] = ()
    posts: tuple[tuple[int, Effect], ...] = ()
    watch: bool = False


@dataclass(eq=False, slots=True)
class Ready:
    """The moves of one node with one id: ``placed[k]`` is the id that ``moves[k]`` ends in, shifted into place,
    ``cuts`` the bounds that further steps would cross."""

    placed: tuple[int, ...] = ()
    moves: tuple[Move, ...] = ()
    cuts: tuple[str, ...] = ()


class Moves(dict[int, Ready]):
    """The moves of one node by its id, learned on first use."""

    def __init__(self, learn: Callable[[int], Ready]) -> None:
        super().__init__()
        self._learn = learn

    def __missing__(self, own: int) -> Ready:
        ready = self[own] = self._learn(own)
        return ready
