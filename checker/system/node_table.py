"""One node's field of the code: an id stands for the node's local state together with its mailbox.

A node table learns, id by id, which moves the node has and what a message to it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.partition import Separation
from elcheck.checker.model.record import Crashed, Disconnected
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event
from elcheck.checker.model.step import Close, Send, Sends
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.local_states import LocalOutcome, LocalStates
from elcheck.checker.system.mailboxes import MAILBOXES, FifoMailboxes, Mailbox, MessageIds
from elcheck.checker.system.moves import (
    NO_MOVES,
    WIDTH,
    CompiledOutcome,
    CutStep,
    Move,
    MoveList,
    MoveTable,
    RemoteEffect,
    RemoteEffects,
)
from elcheck.checker.system.views import Observations

Crasher = Callable[["MoveBuilder", LocalOutcome, Mailbox], None]
"""Adds the crashes of a node between the split sends of an outcome."""
_INTACT: frozenset[int] = frozenset()


class NodeTable:
    """What is known of one node: its local states, its messages, its ids, and the moves they have.

    ``tables`` are those of all nodes, this one included.
    """

    def __init__(
        self, node: NodeId, runner: Runner, observations: Observations, tables: Sequence[NodeTable]
    ) -> None:
        self.node = node
        self.index = node.index
        self.shift = node.index * WIDTH
        self.runner = runner
        self._tables = tables
        self.local_states = LocalStates(node, runner, observations)
        self.ids: Interner[tuple[int, Mailbox]] = Interner()
        environment = runner.model.environment
        self.messages, network = MessageIds(environment.delay or 0), environment.network
        self.mailboxes = MAILBOXES[network](self.messages, len(runner.nodes))
        self.is_fifo = isinstance(self.mailboxes, FifoMailboxes)
        self.told_of_crashes = runner.receiver(node, Crashed) is not None
        self.told_of_breaks = runner.receiver(node, Disconnected) is not None
        self.blocked: dict[int, str] = {}
        self.taken: set[int] = set()
        self._all_visible = any(s.kind == "changes" and s.monitor is not None for s in runner.model.scopes)
        wanted = {"bag": "copies", "fifo": "link"}.get(network)
        limits = {b.name: b.holds for b in runner.model.bounds if isinstance(b.holds, int)}
        self._limit = (wanted, limits[wanted]) if wanted in limits else ("", 0)
        self._deliveries: dict[int, Event | None] = {}
        self._effects: dict[object, RemoteEffect] = {}
        self._fault_moves: dict[object, Move] = {}

    # -- ids ---------------------------------------------------------------------------------------

    def place(self, local: int, box: Mailbox) -> int:
        """The id of a local state with a mailbox, shifted into the node's field."""
        return self.ids.number((local, box)) << self.shift

    def observation(self, id_: int) -> int:
        """What the properties see of an id."""
        return self.local_states.observation[self.ids.values[id_][0]]

    def is_up(self, id_: int) -> bool:
        """Whether the node is up in an id."""
        return self.local_states[self.ids.values[id_][0]].up

    # -- moves of a node that is up ----------------------------------------------------------------

    def handler_moves(
        self,
        events: Sequence[tuple[int, Event]],
        *,
        deliveries: bool,
        partition: Separation | None = None,
        crasher: Crasher | None = None,
    ) -> MoveTable:
        """The moves by some numbered events, and by ``deliveries`` under a partition.

        With a ``crasher`` the table holds the crashes between split sends in the place of the moves.
        """

        def learn(id_: int) -> MoveList:
            local, box = self.ids.values[id_]
            if not self.local_states[local].active:
                return NO_MOVES
            builder = MoveBuilder(self, id_)
            for number, event in events:
                builder.offer(self.local_states.outcomes(local, number, event), box, crasher)
            for message, rest in self.mailboxes.deliverable(box) if deliveries else ():
                if partition is None or not self._held_up(message, partition):
                    builder.offer(self.receipts(local, message), rest, crasher)
            return builder.built()

        return MoveTable(learn)

    def late_moves(self, timers: Sequence[tuple[int, Event]], partition: Separation | None) -> MoveTable:
        """The moves that time waits for: of due timeouts, and of the deliveries of messages that are as old
        as they may become.
        """

        def learn(id_: int) -> MoveList:
            local, box = self.ids.values[id_]
            if not self.local_states[local].active:
                return NO_MOVES
            builder = MoveBuilder(self, id_)
            for number, event in timers:
                outcomes = self.local_states.outcomes(local, number, event)
                builder.offer([outcome for outcome in outcomes if outcome.due], box)
            for message, rest in self.mailboxes.deliverable(box):
                held_up = partition is not None and self._held_up(message, partition)
                if self.messages.is_late(message) and not held_up:
                    builder.offer(self.receipts(local, message), rest)
            return builder.built()

        return MoveTable(learn)

    def _held_up(self, message: int, partition: Separation) -> bool:
        sent = self.messages.known[message]
        return not sent.notice and partition.parts(sent.src, self.node)

    def receipts(self, local: int, message: int) -> tuple[LocalOutcome, ...]:
        """The outcomes of a delivery. A message that the node does not take is noted in ``blocked``."""
        if message not in self._deliveries:
            sent = self.messages.known[message]
            self._deliveries[message] = self.runner.delivery(self.node, sent.src, sent.msg)
        event = self._deliveries[message]
        found = () if event is None else self.local_states.outcomes(local, message, event)
        if found:
            self.taken.add(message)
        elif self.is_fifo and message not in self.blocked:
            why = "no handler" if event is None else self.local_states.why_blocked(local, event)
            self.blocked[message] = why
        return found

    def compiled(self, outcome: LocalOutcome, broken: frozenset[int]) -> CompiledOutcome:
        """An outcome as a move that loses what is sent on the links ``broken``."""
        known = outcome.compiled.get(broken)
        if known is None:
            known = outcome.compiled[broken] = self.compile(outcome, outcome.sends, broken)
        return known

    def compile(self, outcome: LocalOutcome, sends: Sends, broken: frozenset[int]) -> CompiledOutcome:
        """An outcome with some of its sends as a move."""
        closes: list[int] = []
        to_self: list[int] = []
        effects: list[tuple[int, RemoteEffect]] = []
        for effect in sends:
            other = self._tables[effect.dst.index]
            if isinstance(effect, Close):
                if other is not self:
                    closes.append(other.index)
                    effects.append((other.shift, other.disconnected(self.node)))
            elif other is self:
                to_self.append(self.messages.of(self.node, effect.msg))
            elif other.index not in broken or other.index in closes:
                assert isinstance(effect, Send)
                effects.append((other.shift, other.delivered(self.node, effect.msg)))
        move = self.move(outcome.event, outcome.before, outcome.after, tuple(effects))
        return CompiledOutcome(tuple(closes), tuple(to_self), move)

    def move(self, event: Event, before: int, after: int, sends: RemoteEffects) -> Move:
        """A new move of this node."""
        return Move(event, ((self.index, before, after),), sends, self.is_visible(before, after))

    def is_visible(self, before: int, after: int) -> bool:
        """Whether a property may see a difference between two local states, or of monitors."""
        observation = self.local_states.observation
        return self._all_visible or observation[before] != observation[after]

    def fault_move(
        self,
        key: tuple[object, ...],
        event: Callable[[], Event],
        before: int,
        after: int,
        sends: RemoteEffects = (),
    ) -> Move:
        """The move of a fault, made once for each key and pair of local states."""
        whole = (*key, before, after)
        found = self._fault_moves.get(whole)
        if found is None:
            found = self._fault_moves[whole] = self.move(event(), before, after, sends)
        return found

    # -- what other nodes do to this one -----------------------------------------------------------

    def delivered(self, src: NodeId, msg: object, *, notice: bool = False) -> RemoteEffect:
        """The effect on this node of a message that is sent to it."""
        message = self.messages.of(src, msg, notice=notice)
        return self._effect(("push", message), lambda id_: self._pushed(id_, message))

    def _pushed(self, id_: int, message: int) -> int | None:
        local, box = self.ids.values[id_]
        known = self.local_states[local]
        if known.drops or (self.messages.is_notice(message) and not known.up):
            return 0
        box = self.mailboxes.push(box, message)
        return None if self.overfull(box, message) else self._changed(id_, local, box)

    def overfull(self, box: Mailbox, message: int) -> str:
        """The bound on the network that a mailbox crosses with this message, empty if none."""
        name, limit = self._limit
        bounded = name and not self.messages.is_notice(message)
        return name if bounded and self.mailboxes.crowded(box, message, limit) else ""

    def disconnected(self, src: NodeId) -> RemoteEffect:
        """The effect on this node of a break of its link from ``src``: the link is cleared, and a notice
        tells of the break before anything else.
        """
        return self._effect(("break", src), lambda id_: self._broken(id_, src))

    def _broken(self, id_: int, src: NodeId) -> int:
        local, box = self.ids.values[id_]
        if not self.local_states[local].up:
            return 0
        box = self.fifo.reset(box, src.index, self.break_notice(src) if self.told_of_breaks else None)
        return self._changed(id_, local, box)

    def mail_dropped(self) -> RemoteEffect:
        """The effect on this node, if it is down, of the network's no longer keeping its mail."""
        return self._effect("drop mail", self._mail_dropped)

    def _mail_dropped(self, id_: int) -> int:
        known = self.local_states[self.ids.values[id_][0]]
        if known.up or known.drops:
            return 0
        dropping = self.local_states.number(known.state, up=False, drops=True)
        return self._changed(id_, dropping, self.mailboxes.empty)

    def _effect(self, key: object, learn: Callable[[int], int | None]) -> RemoteEffect:
        effect = self._effects.get(key)
        if effect is None:
            effect = self._effects[key] = RemoteEffect(learn, self._limit[0])
        return effect

    def _changed(self, id_: int, local: int, box: Mailbox) -> int:
        """The change of the code from an id to that of a local state with a mailbox."""
        return (self.ids.number((local, box)) - id_) << self.shift

    # -- fifo links --------------------------------------------------------------------------------

    @property
    def fifo(self) -> FifoMailboxes:
        """The mailboxes as those of a fifo network."""
        assert isinstance(self.mailboxes, FifoMailboxes)
        return self.mailboxes

    def break_notice(self, src: NodeId) -> int:
        """The message that tells of a broken link."""
        return self.messages.of(src, Disconnected(src), notice=True)

    def broken_links(self, box: Mailbox) -> frozenset[int]:
        """The peers to whom sends are lost, since the notice that their link broke still waits."""
        if not self.is_fifo:
            return _INTACT
        heads = self.fifo.heads(box)
        notices = (n for n in heads if isinstance(self.messages.msg(n), Disconnected))
        return frozenset(self.messages.src(n).index for n in notices)


class MoveBuilder:
    """Puts the moves of one id together.

    A move that does nothing at all is left out, unless ``idle``: most deliveries of a sent-set do nothing.
    """

    def __init__(self, table: NodeTable, id_: int, *, idle: bool = False) -> None:
        self.table = table
        self._idle = idle
        self._placed = id_ << table.shift
        self._silent: list[tuple[int, Move]] = []
        self._sending: list[tuple[int, Move]] = []
        self._cuts: list[CutStep] = []

    def offer(self, outcomes: Iterable[LocalOutcome], box: Mailbox, crasher: Crasher | None = None) -> None:
        """Add the outcomes of an event that leaves a mailbox; with a crasher, the crashes between sends."""
        for outcome in outcomes:
            if crasher is not None:
                if not outcome.crosses:
                    crasher(self, outcome, box)
            elif outcome.crosses:
                self.cut(outcome.crosses, outcome.event)
            else:
                self.add(self.table.compiled(outcome, self.table.broken_links(box)), outcome.after, box)

    def add(self, compiled: CompiledOutcome, after: int, box: Mailbox) -> None:
        """Add a move that ends in a local state, from the mailbox that the event leaves."""
        sent = self.sent(compiled, box)
        if sent is not None:
            self.put(compiled.move, after, sent)

    def sent(self, compiled: CompiledOutcome, box: Mailbox) -> Mailbox | None:
        """The node's own mailbox after a move; None, and a cut, if a message to itself crosses a bound."""
        table = self.table
        for src in compiled.closes:
            box = table.fifo.closed(box, src, table.break_notice(table.runner.nodes[src]))
        for message in compiled.to_self:
            box = table.mailboxes.push(box, message)
            crossed = table.overfull(box, message)
            if crossed:
                self.cut((crossed,), compiled.move.event)
                return None
        return box

    def put(self, move: Move, after: int, box: Mailbox) -> None:
        """Add a move that ends in a local state and a mailbox."""
        change = self.table.place(after, box) - self._placed
        if move.sends:
            self._sending.append((change, move))
        elif change or self._idle:
            self._silent.append((change, move))

    def cut(self, bounds: Iterable[str], event: Event) -> None:
        """Add a step that crosses bounds."""
        self._cuts += [(bound, event) for bound in bounds]

    def built(self) -> MoveList:
        """The moves as the search uses them."""
        if not (self._silent or self._sending or self._cuts):
            return NO_MOVES
        return tuple(self._silent), tuple(self._sending), tuple(dict.fromkeys(self._cuts))
