"""Faults as moves: what the environment may do to nodes, links and messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from elcheck.checker.model.budget import FaultKind
from elcheck.checker.model.record import Crashed
from elcheck.checker.model.state import Event, EventKind, damage
from elcheck.checker.model.step import Effect, Send, Sends
from elcheck.checker.system.environment_table import (
    RESUME,
    EnvironmentEntry,
    EnvironmentTable,
    Price,
    Prices,
)
from elcheck.checker.system.local_states import LocalOutcome
from elcheck.checker.system.mailboxes import Mailbox
from elcheck.checker.system.moves import (
    MASK,
    CutStep,
    Move,
    MoveList,
    MoveTable,
    MoveTables,
    RemoteEffect,
    RemoteEffects,
)
from elcheck.checker.system.node_table import Crasher, MoveBuilder, NodeTable
from elcheck.checker.system.system import Found

Take = Callable[[int, MoveTables, int, Found, list[CutStep]], None]
Learn = Callable[[NodeTable, MoveBuilder, int, Mailbox], None]
"""Adds what one fault may do to a node in a local state with a mailbox."""


class Faults:
    """The faults of a system of nodes. ``own`` has the moves of those that programs have themselves, by their
    budgets. ``perfect``: crashes are told to the nodes that receive Crashed.
    """

    def __init__(
        self,
        tables: Sequence[NodeTable],
        environments: EnvironmentTable,
        own: Mapping[FaultKind, MoveTables],
        *,
        perfect: bool,
    ) -> None:
        self._tables = tables
        self._environments = environments
        self._top = environments.shift
        self._perfect = perfect
        self._news = [self._news_of_crash(table) for table in tables]
        self._losses = self._each(self._lost)
        self._duplications = self._each(self._duplicated)
        self._crashes = {kept: self._each(self._crashed(kept=kept)) for kept in (True, False)}
        self._restarts = self._each(self._restarted)
        self._pauses = self._each(self._paused(to=True))
        self._resumes = self._each(self._paused(to=False))
        self._damages = self._each(self._damaged)
        self._breaks = self._disconnections()
        self._own = own

    def take(
        self, code: int, environment: EnvironmentEntry, take: Take, found: Found, cuts: list[CutStep]
    ) -> None:
        """Add every fault that the environment still allows in a state."""
        spend = environment.spend
        for kind, tables in (("loss", self._losses), ("dup", self._duplications)):
            _take_all(code, tables, spend.get(kind, ()), take, found, cuts)
        crashes = self._crashes[environment.keeps_mail]
        _take_all(code, crashes, spend.get("crash", ()), take, found, cuts)
        for price in spend.get("restart", ()):
            self._restart(code, environment, price, take, found, cuts)
        for kind, tables in (("pause", self._pauses), (RESUME, self._resumes), ("disk", self._damages)):
            _take_all(code, tables, spend.get(kind, ()), take, found, cuts)
        for price in spend.get("disconnect", ()):
            self._disconnect(code, price, found)
        for kind, tables in self._own.items():
            _take_all(code, tables, spend.get(kind, ()), take, found, cuts)
        found += [(code + step, move) for step, move in environment.partition_steps]

    def _restart(
        self,
        code: int,
        environment: EnvironmentEntry,
        price: Price,
        take: Take,
        found: Found,
        cuts: list[CutStep],
    ) -> None:
        """Add the restarts of the nodes that they cost a price."""
        for table, restarts in zip(self._tables, self._restarts, strict=True):
            shift, moves = restarts
            if table.index in price.nodes and any(moves[code >> shift & MASK]):  # most nodes are up
                restarted: Found = []
                begun = self.mail_dropped(environment, code + price.change, but=table)
                take(begun, (restarts,), 0, restarted, cuts)
                found += [(self._told_of_the_down(succ, table), move) for succ, move in restarted]

    def mail_dropped(self, before: EnvironmentEntry, code: int, but: NodeTable | None = None) -> int:
        """The code without the mail of nodes that are down, if the environment, which was ``before``, keeps
        it no longer. The mail of the node ``but`` stays.
        """
        if not before.keeps_mail or self._environments.at(code >> self._top).keeps_mail:
            return code
        for table in self._tables:
            if table is not but:
                code += table.mail_dropped()[code >> table.shift & MASK] or 0
        return code

    def crasher(self, *, kept: bool) -> Crasher:
        """Adds the crashes of a node between the split sends of an outcome. ``kept``: its mail is kept."""

        def crash(builder: MoveBuilder, outcome: LocalOutcome, rest: Mailbox) -> None:
            split = [e for e in outcome.sends if isinstance(e, Send) and e.split]
            for count in range(len(split)):
                self._crash_after(builder, outcome, rest, count, kept=kept)

        return crash

    def _crash_after(
        self, builder: MoveBuilder, outcome: LocalOutcome, rest: Mailbox, count: int, *, kept: bool
    ) -> None:
        """Add the crashes of a node after ``count`` of an outcome's split sends."""
        table = builder.table
        made = sends_before_crash(outcome.sends, count)
        compiled = table.compile(outcome, made, table.broken_links(rest))
        box = builder.sent(compiled, rest)
        if box is None:
            return
        args = (("during", outcome.event.name), ("after sends", count))
        event = Event("crash", "crash", table.node, args)
        sends = compiled.move.sends + self._news[table.index]
        box = table.mailboxes.after_crash(box, kept=kept)
        for down in table.local_states.remains(outcome.after, drops=not kept):
            builder.put(table.move(event, outcome.before, down, sends), down, box)

    # -- one table for each fault and node -------------------------------------------------------------

    def _each(self, learn: Learn) -> MoveTables:
        return tuple((table.shift, MoveTable(_learner(learn, table))) for table in self._tables)

    def _lost(self, table: NodeTable, builder: MoveBuilder, local: int, box: Mailbox) -> None:
        for message, which, rest in table.mailboxes.lost(box):
            event = partial(_of_message, "lose", table, message, which)
            builder.put(table.fault_move(("lose", message, which), event, local, local), local, rest)

    def _duplicated(self, table: NodeTable, builder: MoveBuilder, local: int, box: Mailbox) -> None:
        for message, more in table.mailboxes.duplicated(box):
            event = partial(_of_message, "duplicate", table, message, "")
            crossed = table.overfull(more, message)
            if crossed:
                builder.cut((crossed,), event())
            else:
                builder.put(table.fault_move(("duplicate", message), event, local, local), local, more)

    def _crashed(self, *, kept: bool) -> Learn:
        def crashed(table: NodeTable, builder: MoveBuilder, local: int, box: Mailbox) -> None:
            if table.local_states[local].active:
                event = partial(Event, "crash", "crash", table.node)
                left = table.mailboxes.after_crash(box, kept=kept)
                for down in table.local_states.remains(local, drops=not kept):
                    move = table.fault_move(("crash",), event, local, down, self._news[table.index])
                    builder.put(move, down, left)

        return crashed

    def _paused(self, *, to: bool) -> Learn:
        """Adds the pause of a node that takes steps, or its end."""
        kind: EventKind = "pause" if to else "resume"

        def paused(table: NodeTable, builder: MoveBuilder, local: int, box: Mailbox) -> None:
            states = table.local_states
            if states[local].up and states[local].paused is not to:
                after = states.same_but(local, paused=to)
                event = partial(Event, kind, kind, table.node)
                builder.put(table.fault_move((kind,), event, local, after), after, box)

        return paused

    def _damaged(self, table: NodeTable, builder: MoveBuilder, local: int, box: Mailbox) -> None:
        if not table.local_states[local].up:
            for field, after in table.local_states.damages(local):
                event = partial(damage, table.node, field)
                builder.put(table.fault_move(("damage", field), event, local, after), after, box)

    def _news_of_crash(self, table: NodeTable) -> RemoteEffects:
        """What a crash does to the other nodes: their links to it break, and a detector tells them."""
        effects: list[tuple[int, RemoteEffect]] = []
        for other in self._tables:
            if other is not table:
                if table.is_fifo:
                    effects.append((other.shift, other.disconnected(table.node)))
                if self._perfect and other.told_of_crashes:
                    notice = other.delivered(table.node, Crashed(table.node), notice=True)
                    effects.append((other.shift, notice))
        return tuple(effects)

    def _restarted(self, table: NodeTable, builder: MoveBuilder, local: int, box: Mailbox) -> None:
        if not table.local_states[local].up:
            builder.offer(table.local_states.recoveries(local), box)

    def _told_of_the_down(self, code: int, table: NodeTable) -> int:
        """The code after a perfect detector told a restarted node of the nodes that are down."""
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

    def _disconnect(self, code: int, price: Price, found: Found) -> None:
        for a, b, move in self._breaks:
            if a.index not in price.nodes or b.index not in price.nodes:
                continue
            id_a, id_b = (code >> a.shift) & MASK, (code >> b.shift) & MASK
            if a.is_up(id_a) and b.is_up(id_b):
                change = (a.disconnected(b.node)[id_a] or 0) + (b.disconnected(a.node)[id_b] or 0)
                if change:
                    found.append((code + price.change + change, move))


def _take_all(
    code: int, tables: MoveTables, prices: Prices, take: Take, found: Found, cuts: list[CutStep]
) -> None:
    """Add the moves of the nodes that they cost these prices."""
    for price in prices:
        take(code, price.of(tables), price.change, found, cuts)


def _learner(learn: Learn, table: NodeTable) -> Callable[[int], MoveList]:
    def moves(id_: int) -> MoveList:
        builder = MoveBuilder(table, id_)
        learn(table, builder, *table.ids.values[id_])
        return builder.built()

    return moves


def sends_before_crash(sends: Sends, count: int) -> Sends:
    """What a node has sent that crashes after ``count`` of a step's split sends: those, and all others that
    are not split.
    """
    made: list[Effect] = []
    left = count
    for effect in sends:
        split = isinstance(effect, Send) and effect.split
        left -= split
        if not split or left >= 0:
            made.append(effect)
    return tuple(made)


def _of_message(kind: str, table: NodeTable, message: int, which: str) -> Event:
    """The loss or the duplication of a message as an event."""
    sent = table.messages.known[message]
    args: tuple[tuple[str, object], ...] = (("src", sent.src), ("msg", sent.msg))
    args += (("which", which),) if which else ()
    return Event("lose" if kind == "lose" else "duplicate", kind, table.node, args)
