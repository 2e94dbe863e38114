"""The joint step in which time passes for all nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from checker.model.node import survivor
from checker.model.state import Event
from checker.system.moves import MASK, Move, Moves, Ready
from checker.system.node_table import Draft, NodeTable
from checker.system.system import Found


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

    def take(self, code: int, found: Found, cuts: set[str]) -> None:
        """Add the joint ticks of a state."""
        offers = []
        for table, moves in self._tables:
            own = (code >> table.shift) & MASK
            ready = moves[own]
            change = -(own << table.shift)
            offers.append([(p + change, m) for p, m in zip(ready.placed, ready.moves, strict=True)])
            if not ready.moves and not ready.cuts:
                return
        cut = {name for table, moves in self._tables for name in moves[(code >> table.shift) & MASK].cuts}
        cuts.update(cut)
        for combination in product(*offers):
            succ = code + sum(change for change, _ in combination)
            move = self._together(tuple(move for _, move in combination))
            crossed = self._post(succ, move)
            if isinstance(crossed, str):
                cuts.add(crossed)
            elif crossed != code:
                found.append((crossed, move))

    def _together(self, moves: tuple[Move, ...]) -> Move:
        joint = self._joint.get(moves)
        if joint is None:
            changes = tuple(change for move in moves for change in move.changes)
            posts = tuple(post for move in moves for post in move.posts)
            watch = any(move.watch for move in moves)
            joint = self._joint[moves] = Move(Event("tick", "tick"), changes, posts, watch)
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
        known = table.locals.values[local]
        draft = Draft(table)
        if known.up:
            for outcome in table.outcomes(local, event):
                if outcome.crosses:
                    draft.cuts += outcome.crosses
                else:
                    draft.add(event, local, outcome.after, box, outcome.sends)
        else:
            for remains in _down_ticks(table, event, known.state):
                crossed = table.crossed(remains)
                if crossed:
                    draft.cuts += crossed
                else:
                    after = table.local(remains, up=False, deaf=known.deaf)
                    draft.put(event, local, after, box, ())
        return draft.ready()

    return learn


def _down_ticks(table: NodeTable, event: Event, state: object) -> list[object]:
    """What the tick of a node that is down may make of its durable state."""
    steps = table.runner.take(event, state).steps
    return list(dict.fromkeys(survivor(step.state) for step in steps))
