"""The joint step in which time passes for all nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from elcheck.checker.model.state import Event
from elcheck.checker.system.moves import MASK, NO_MOVES, CutStep, Move, MoveList, MoveTable
from elcheck.checker.system.node_table import MoveBuilder, NodeTable
from elcheck.checker.system.system import Found

TICK = -1
"""The number of the tick among a node's events."""
_TICKED = Event("tick", "tick")


class Ticks:
    """The tick handlers of all nodes as one step, whose outcomes combine those of the nodes."""

    def __init__(self, tables: Sequence[NodeTable]) -> None:
        self._tables: list[tuple[NodeTable, MoveTable]] = []
        for table in tables:
            events = [event for _, event in table.runner.events(table.node, "tick")]
            if events:
                self._tables.append((table, MoveTable(_learner(table, events[0]))))
        self._joint: dict[tuple[Move, ...], Move] = {}

    @property
    def exist(self) -> bool:
        """Whether any program has a tick handler."""
        return bool(self._tables)

    def take(self, code: int, found: Found, cuts: list[CutStep]) -> None:
        """Add the joint ticks of a state."""
        lists = [moves[(code >> table.shift) & MASK] for table, moves in self._tables]  # all are asked
        if NO_MOVES in lists:
            return
        cut = {bound for _, _, crossed in lists for bound, _ in crossed}
        offers = [silent + sending for silent, sending, _ in lists]
        cuts += [(bound, _TICKED) for bound in cut]
        for combination in product(*offers):
            stepped = code + sum(change for change, _ in combination)
            move = self._together(tuple(move for _, move in combination))
            sent = self._sent(stepped, move)
            if isinstance(sent, str):
                cuts.append((sent, _TICKED))
            elif sent != code:
                found.append((sent, move))

    def _together(self, moves: tuple[Move, ...]) -> Move:
        """The joint move of one move of each node, made once."""
        joint = self._joint.get(moves)
        if joint is None:
            changes = tuple(change for move in moves for change in move.changes)
            sends = tuple(send for move in moves for send in move.sends)
            visible = any(move.visible for move in moves)
            joint = self._joint[moves] = Move(_TICKED, changes, sends, visible)
        return joint

    def _sent(self, code: int, move: Move) -> int | str:
        """The code after a move's sends, or the bound that they cross."""
        for shift, effect in move.sends:
            change = effect[(code >> shift) & MASK]
            if change is None:
                return effect.bound
            code += change
        return code


def _learner(table: NodeTable, event: Event) -> Callable[[int], MoveList]:
    def learn(id_: int) -> MoveList:
        local, box = table.ids.values[id_]
        box = table.mailboxes.older(box) if table.messages.oldest else box
        builder = MoveBuilder(table, id_, idle=True)
        if table.local_states[local].active:
            builder.offer(table.local_states.outcomes(local, TICK, event), box)
        else:
            builder.offer(table.local_states.idle_ticks(local, TICK, event), box)
        return builder.built()

    return learn
