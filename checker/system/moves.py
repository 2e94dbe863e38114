"""Moves: what a step does to a packed code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from elcheck.checker.model.state import Event

WIDTH = 30
"""Bits of a field: one digit of a Python integer, and more ids than fit in memory."""
MASK = (1 << WIDTH) - 1


class RemoteEffect(dict[int, "int | None"]):
    """What a step does to another node: the change of the code, by that node's id.

    An entry is learned on first use. The entry None cuts the step: it crosses the bound named ``bound``.
    """

    def __init__(self, learn: Callable[[int], int | None], bound: str = "") -> None:
        super().__init__()
        self._learn = learn
        self.bound = bound

    def __missing__(self, id_: int) -> int | None:
        change = self[id_] = self._learn(id_)
        return change


RemoteEffects: TypeAlias = tuple[tuple[int, RemoteEffect], ...]
"""Effects on other nodes, each with the shift of the node's field."""


@dataclass(eq=False, slots=True)
class Move:
    """A step without the mailbox of the node that takes it: one outcome of an event in a local state.

    ``changes`` holds (node, local state before, local state after), as numbers, for each node that steps.
    ``sends`` are the step's effects on other nodes. ``visible`` says whether a property may see a difference.
    """

    event: Event
    changes: tuple[tuple[int, int, int], ...] = ()
    sends: RemoteEffects = ()
    visible: bool = False


@dataclass(frozen=True, slots=True)
class CompiledOutcome:
    """An outcome ready for use: the links it closes, the messages it sends to its own node, and the move."""

    closes: tuple[int, ...]
    to_self: tuple[int, ...]
    move: Move


CutStep: TypeAlias = tuple[str, Event]
"""A step that a bound cuts: the bound's name, and what would happen."""
MoveList: TypeAlias = tuple[tuple[tuple[int, Move], ...], tuple[tuple[int, Move], ...], tuple[CutStep, ...]]
"""The moves of a node with one id: (change of the code, move) of those without sends, then of those with
sends; and the steps that bounds cut.
"""

NO_MOVES: MoveList = ((), (), ())


class MoveTable(dict[int, MoveList]):
    """The moves of one node by its id. An entry is learned on first use."""

    def __init__(self, learn: Callable[[int], MoveList]) -> None:
        super().__init__()
        self._learn = learn

    def __missing__(self, id_: int) -> MoveList:
        moves = self[id_] = self._learn(id_)
        return moves


MoveTables: TypeAlias = tuple[tuple[int, MoveTable], ...]
"""A table for each node, with the shift of the node's field."""
