"""The joint step in which time passes for all nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from elcheck.checker.model.state import Event
from elcheck.checker.system.moves import MASK, Cut, Move, Moves, Ready
from elcheck.checker.system.node_table import Draft, NodeTable
from elcheck.checker.system.system import Found

TICK = -1
"""The number of the tick among a node's events."""
_TICKED = Event("tick", "tick")


class Ticks:
    """The tick handlers of all nodes, as one step: the product of what each of them offers."""

    def __init__(self, tables: Sequence[NodeTable]) -> None:
        self._tables: list[tuple[NodeTable, Moves]] = []
        for table in tables:
            events = [event for _, event in table.runner.events(table.node, "tick")]
            if events:
                self._tables.append((table, Moves(_learner(table, events[0]))))
        self._joint: dict[tuple[Move, ...], Move] = {}

    @property
    def exist(self) -> bool:
        """Whether any program has a tick handler."""
        return bool(self._tables)

    def take(self, code: int, found: Found, cuts: list[Cut]) -> None:
        """Add the joint ticks of a state."""
        offers = []
        cut: set[str] = set()
        for table, moves in self._tables:
            plain, posting, crossed = moves[(code >> table.shift) & MASK]
            if not plain and not posting and not crossed:
                return
            cut.update(bound for bound, _ in crossed)
            offers.append(plain + posting)
        cuts += [(bound, _TICKED) for bound in cut]
        for combination in product(*offers):
            succ = code + sum(change for change, _ in combination)
            move = self._together(tuple(move for _, move in combination))
            posted = self._post(succ, move)
            if isinstance(posted, str):
                cuts.append((posted, _TICKED))
            elif posted != code:
                found.append((posted, move))

    def _together(self, moves: tuple[Move, ...]) -> Move:
        joint = self._joint.get(moves)
        if joint is None:
            changes = tuple(change for move in moves for change in move.changes)
            posts = tuple(post for move in moves for post in move.posts)
            watch = any(move.watch for move in moves)
            joint = self._joint[moves] = Move(_TICKED, changes, posts, watch)
        return joint

    def _post(self, succ: int, move: Move) -> int | str:
        for shift, effect in move.posts:
            change = effect[(succ >> shift) & MASK]
            if change is None:
                return effect.bound
            succ += change
        return succ


def _learner(table: NodeTable, event: Event) -> Callable[[int], Ready]:
    def learn(own: int) -> Ready:
        local, box = table.ids.values[own]
        draft = Draft(table, own, idle=True)
        if table.locals[local].up:
            draft.offer(table.locals.outcomes(local, TICK, event), box)
        else:
            draft.offer(table.locals.down_ticks(local, TICK, event), box)
        return draft.ready()

    return learn
