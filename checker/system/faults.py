"""Faults as moves: what the environment may do to nodes, links and messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from elcheck.checker.model.record import Crashed
from elcheck.checker.model.state import Event
from elcheck.checker.model.step import Send
from elcheck.checker.system.environment_table import Weather, Weathers
from elcheck.checker.system.locals import Outcome
from elcheck.checker.system.mail import Mail
from elcheck.checker.system.moves import MASK, Cut, Effect, Move, Moves, Posts, Ready
from elcheck.checker.system.node_table import Crasher, Draft, NodeTable
from elcheck.checker.system.system import Found

Tables = tuple[tuple[int, Moves], ...]
Take = Callable[[int, Tables, int, Found, list[Cut]], None]


class Faults:
    """The faults of a system of nodes. ``perfect``: crashes are told to the nodes that listen."""

    def __init__(self, tables: Sequence[NodeTable], weathers: Weathers, *, perfect: bool) -> None:
        self._tables = tables
        self._weathers = weathers
        self._top = weathers.shift
        self._perfect = perfect
        self._news = [self._news_of_crash(table) for table in tables]
        self._losses = self._each(self._lost)
        self._duplications = self._each(self._duplicated)
        self._crashes = {kept: self._each(self._crasher(kept=kept)) for kept in (True, False)}
        self._restarts = self._each(self._restarted)
        self._breaks = self._disconnections()

    def take(self, code: int, weather: Weather, take: Take, found: Found, cuts: list[Cut]) -> None:
        """Add every fault that the environment still allows in a state."""
        spend = weather.spend
        if "loss" in spend:
            take(code, self._losses, spend["loss"], found, cuts)
        if "dup" in spend:
            take(code, self._duplications, spend["dup"], found, cuts)
        if "crash" in spend:
            take(code, self._crashes[weather.kept], spend["crash"], found, cuts)
        if "restart" in spend:
            for table, restarts in zip(self._tables, self._restarts, strict=True):
                fresh: Found = []
                begun = self.deafened(weather, code + spend["restart"], but=table)
                take(begun, (restarts,), 0, fresh, cuts)
                found += [(self._told_of_the_down(succ, table), move) for succ, move in fresh]
        if "disconnect" in spend:
            self._disconnect(code, spend["disconnect"], found)
        found += [(code + step, move) for step, move in weather.falls]

    def deafened(self, before: Weather, code: int, but: NodeTable | None = None) -> int:
        """The code with the mail of the down dropped (not that of the node ``but``), if the environment,
        which has changed from ``before``, keeps it no longer.
        """
        if not before.kept or self._weathers.at(code >> self._top).kept:
            return code
        for table in self._tables:
            if table is not but:
                code += table.deafened()[code >> table.shift & MASK] or 0
        return code

    def midway(self, *, kept: bool) -> Crasher:
        """Drafts the crashes of a node between the split sends of an outcome."""

        def crash(draft: Draft, outcome: Outcome, rest: Mail) -> None:
            split = [e for e in outcome.sends if isinstance(e, Send) and e.split]
            for count in range(len(split)):
                self._crash_after(draft, outcome, rest, count, kept=kept)

        return crash

    def _crash_after(self, draft: Draft, outcome: Outcome, rest: Mail, count: int, *, kept: bool) -> None:
        """The crashes of a node after ``count`` of an outcome's split sends."""
        table, made, left = draft.table, [], count
        for effect in outcome.sends:
            split = isinstance(effect, Send) and effect.split
            left -= split
            if not split or left >= 0:
                made.append(effect)
        compiled = table.compile(outcome, tuple(made), table.broken_links(rest))
        box = draft.sent(compiled, rest)
        if box is not None:
            args = (("during", outcome.event.name), ("after sends", count))
            event = Event("crash", "crash", table.node, args)
            posts = compiled.move.posts + self._news[table.index]
            box = table.mailboxes.after_crash(box, kept=kept)
            for down in table.locals.remains(outcome.after, deaf=not kept):
                draft.put(table.move(event, outcome.before, down, posts), down, box)

    # -- one table for each fault and node -------------------------------------------------------------

    def _each(self, learn: Callable[[NodeTable, Draft, int, Mail], None]) -> Tables:
        return tuple((table.shift, Moves(_learner(learn, table))) for table in self._tables)

    def _lost(self, table: NodeTable, draft: Draft, local: int, box: Mail) -> None:
        for letter, which, rest in table.mailboxes.lost(box):
            event = partial(_of_letter, "lose", table, letter, which)
            draft.put(table.fault_move(("lose", letter, which), event, local, local), local, rest)

    def _duplicated(self, table: NodeTable, draft: Draft, local: int, box: Mail) -> None:
        for letter, more in table.mailboxes.duplicated(box):
            event = partial(_of_letter, "duplicate", table, letter, "")
            crossed = table.overfull(more, letter)
            if crossed:
                draft.cut((crossed,), event())
            else:
                draft.put(table.fault_move(("duplicate", letter), event, local, local), local, more)

    def _crasher(self, *, kept: bool) -> Callable[[NodeTable, Draft, int, Mail], None]:
        def crashed(table: NodeTable, draft: Draft, local: int, box: Mail) -> None:
            if table.locals[local].up:
                event = partial(Event, "crash", "crash", table.node)
                left = table.mailboxes.after_crash(box, kept=kept)
                for down in table.locals.remains(local, deaf=not kept):
                    move = table.fault_move(("crash",), event, local, down, self._news[table.index])
                    draft.put(move, down, left)

        return crashed

    def _news_of_crash(self, table: NodeTable) -> Posts:
        """What a crash does to the other nodes: their links to it break, and a detector tells them."""
        posts: list[tuple[int, Effect]] = []
        for other in self._tables:
            if other is not table:
                if table.is_fifo:
                    posts.append((other.shift, other.disconnected(table.node)))
                if self._perfect and other.told_of_crashes:
                    notice = other.delivered(table.node, Crashed(table.node), notice=True)
                    posts.append((other.shift, notice))
        return tuple(posts)

    def _restarted(self, table: NodeTable, draft: Draft, local: int, box: Mail) -> None:
        if not table.locals[local].up:
            draft.offer(table.locals.recoveries(local), box)

    def _told_of_the_down(self, code: int, table: NodeTable) -> int:
        """The code after a restarted node was told, by a perfect detector, of the nodes that are down."""
        if self._perfect and table.told_of_crashes:
            for other in self._tables:
                if not other.is_up((code >> other.shift) & MASK):
                    notice = table.delivered(other.node, Crashed(other.node), notice=True)
                    code += notice[(code >> table.shift) & MASK] or 0
        return code

    # -- links -------------------------------------------------------------------------------------------

    def _disconnections(self) -> list[tuple[NodeTable, NodeTable, Move]]:
        return [
            (a, b, Move(Event("disconnect", "disconnect", None, (("a", a.node), ("b", b.node)))))
            for a in self._tables
            for b in self._tables
            if a.index < b.index
        ]

    def _disconnect(self, code: int, spent: int, found: Found) -> None:
        for a, b, move in self._breaks:
            own_a, own_b = (code >> a.shift) & MASK, (code >> b.shift) & MASK
            if a.is_up(own_a) and b.is_up(own_b):
                change = (a.disconnected(b.node)[own_a] or 0) + (b.disconnected(a.node)[own_b] or 0)
                if change:
                    found.append((code + spent + change, move))


def _learner(
    learn: Callable[[NodeTable, Draft, int, Mail], None], table: NodeTable
) -> Callable[[int], Ready]:
    def ready(own: int) -> Ready:
        draft = Draft(table, own)
        learn(table, draft, *table.ids.values[own])
        return draft.ready()

    return ready


def _of_letter(kind: str, table: NodeTable, letter: int, which: str) -> Event:
    src, msg, _ = table.letters.known[letter]
    args: tuple[tuple[str, object], ...] = (("src", src), ("msg", msg))
    args += (("which", which),) if which else ()
    return Event("lose" if kind == "lose" else "duplicate", kind, table.node, args)
