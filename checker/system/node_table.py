"""One node's field of the code: an id stands for the node's local state together with its mailbox.

Here is learned, per id, which moves the node has and what being sent to does to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from elcheck.checker.model.environment import Partition
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.record import Crashed, Disconnected
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event
from elcheck.checker.model.step import Close, Send, Sends
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.locals import Locals, Outcome
from elcheck.checker.system.mail import MAILBOXES, Fifo, Letters, Mail
from elcheck.checker.system.moves import NOTHING, WIDTH, Compiled, Cut, Effect, Move, Moves, Posts, Ready
from elcheck.checker.system.views import Profiles

Crasher = Callable[["Draft", Outcome, Mail], None]
_INTACT: frozenset[int] = frozenset()


class NodeTable:
    """What is known of one node: its local states, its letters, its ids, and the moves they have.

    ``tables`` are those of all nodes, this one included.
    """

    def __init__(self, node: NodeId, runner: Runner, profiles: Profiles, tables: Sequence[NodeTable]) -> None:
        self.node = node
        self.index = node.index
        self.shift = node.index * WIDTH
        self.runner = runner
        self._tables = tables
        self.locals = Locals(node, runner, profiles)
        self.ids: Interner[tuple[int, Mail]] = Interner()
        self.letters = Letters()
        network = runner.model.environment.network
        self.mailboxes = MAILBOXES[network](self.letters, len(runner.nodes))
        self.is_fifo = isinstance(self.mailboxes, Fifo)
        self.told_of_crashes = runner.receiver(node, Crashed) is not None
        self.told_of_breaks = runner.receiver(node, Disconnected) is not None
        self.blocked: dict[int, str] = {}
        self.taken: set[int] = set()
        wanted = {"bag": "copies", "fifo": "link"}.get(network)
        limits = {b.name: b.holds for b in runner.model.bounds if isinstance(b.holds, int)}
        self._limit = (wanted, limits[wanted]) if wanted in limits else ("", 0)
        self._deliveries: dict[int, Event | None] = {}
        self._effects: dict[object, Effect] = {}
        self._moves: dict[object, Move] = {}

    # -- ids ---------------------------------------------------------------------------------------

    def place(self, local: int, mail: Mail) -> int:
        """The id of a local state with a mailbox, shifted into the node's field."""
        return self.ids.number((local, mail)) << self.shift

    def profile(self, own: int) -> int:
        """What the properties see of an id."""
        return self.locals.profile[self.ids.values[own][0]]

    def is_up(self, own: int) -> bool:
        """Whether the node is up in an id."""
        return self.locals[self.ids.values[own][0]].up

    # -- moves of a node that is up ----------------------------------------------------------------

    def handler_moves(
        self,
        events: Sequence[tuple[int, Event]],
        *,
        mail: bool,
        partition: Partition | None = None,
        midway: Crasher | None = None,
    ) -> Moves:
        """The table of the moves by some numbered events, and by deliveries if ``mail``, under a partition.

        With ``midway`` it holds, instead of each move with split sends, those that crash the node on the way.
        """

        def learn(own: int) -> Ready:
            local, box = self.ids.values[own]
            if not self.locals[local].up:
                return NOTHING
            draft = Draft(self, own)
            for number, event in events:
                draft.offer(self.locals.outcomes(local, number, event), box, midway)
            for letter, rest in self.mailboxes.deliverable(box) if mail else ():
                if partition is None or not self._held_up(letter, partition):
                    draft.offer(self.receipts(local, letter), rest, midway)
            return draft.ready()

        return Moves(learn)

    def _held_up(self, letter: int, partition: Partition) -> bool:
        src, _, notice = self.letters.known[letter]
        return not notice and partition.parts(src, self.node)

    def receipts(self, local: int, letter: int) -> tuple[Outcome, ...]:
        """What a delivery comes to; what can't be taken is noted."""
        if letter not in self._deliveries:
            src, msg, _ = self.letters.known[letter]
            self._deliveries[letter] = self.runner.delivery(self.node, src, msg)
        event = self._deliveries[letter]
        found = () if event is None else self.locals.outcomes(local, letter, event)
        if found:
            self.taken.add(letter)
        elif self.is_fifo and letter not in self.blocked:
            why = "no handler" if event is None else self.locals.why_blocked(local, event)
            self.blocked[letter] = why
        return found

    def compiled(self, outcome: Outcome, broken: frozenset[int]) -> Compiled:
        """An outcome as a move, when what is sent on the links ``broken`` is lost."""
        known = outcome.compiled.get(broken)
        if known is None:
            known = outcome.compiled[broken] = self.compile(outcome, outcome.sends, broken)
        return known

    def compile(self, outcome: Outcome, sends: Sends, broken: frozenset[int]) -> Compiled:
        """An outcome with some of its sends as a move."""
        closes: list[int] = []
        to_self: list[int] = []
        posts: list[tuple[int, Effect]] = []
        for effect in sends:
            other = self._tables[effect.dst.index]
            if isinstance(effect, Close):
                if other is not self:
                    closes.append(other.index)
                    posts.append((other.shift, other.disconnected(self.node)))
            elif other is self:
                to_self.append(self.letters.of(self.node, effect.msg))
            elif other.index not in broken or other.index in closes:
                assert isinstance(effect, Send)
                posts.append((other.shift, other.delivered(self.node, effect.msg)))
        move = self.move(outcome.event, outcome.before, outcome.after, tuple(posts))
        return Compiled(tuple(closes), tuple(to_self), move)

    def move(self, event: Event, before: int, after: int, posts: Posts) -> Move:
        """A new move of this node."""
        watch = self.locals.profile[before] != self.locals.profile[after]
        return Move(event, ((self.index, before, after),), posts, watch)

    def fault_move(
        self, key: tuple[object, ...], event: Callable[[], Event], before: int, after: int, posts: Posts = ()
    ) -> Move:
        """The move of a fault, made once for each key and pair of local states."""
        whole = (*key, before, after)
        found = self._moves.get(whole)
        if found is None:
            found = self._moves[whole] = self.move(event(), before, after, posts)
        return found

    # -- what other nodes do to this one -----------------------------------------------------------

    def delivered(self, src: NodeId, msg: object, *, notice: bool = False) -> Effect:
        """The effect on this node of being sent a message."""
        letter = self.letters.of(src, msg, notice=notice)
        return self._effect(("push", letter), lambda own: self._pushed(own, letter))

    def _pushed(self, own: int, letter: int) -> int | None:
        local, box = self.ids.values[own]
        known = self.locals[local]
        if known.deaf or (self.letters.is_notice(letter) and not known.up):
            return 0
        box = self.mailboxes.push(box, letter)
        return None if self.overfull(box, letter) else self._changed(own, local, box)

    def overfull(self, box: Mail, letter: int) -> str:
        """The bound on the network that a mailbox crosses with this letter, empty if none."""
        name, limit = self._limit
        crossed = name and not self.letters.is_notice(letter) and self.mailboxes.crowded(box, letter, limit)
        return name if crossed else ""

    def disconnected(self, src: NodeId) -> Effect:
        """The effect on this node of its link from ``src`` breaking: cleared, and told of it first."""
        return self._effect(("break", src), lambda own: self._broken(own, src))

    def _broken(self, own: int, src: NodeId) -> int:
        local, box = self.ids.values[own]
        if not self.locals[local].up:
            return 0
        box = self.fifo.reset(box, src.index, self.break_notice(src) if self.told_of_breaks else None)
        return self._changed(own, local, box)

    def deafened(self) -> Effect:
        """The effect on this node, if it is down, of no longer keeping what is sent to it."""
        return self._effect("deafen", self._deafened)

    def _deafened(self, own: int) -> int:
        known = self.locals[self.ids.values[own][0]]
        if known.up or known.deaf:
            return 0
        deaf = self.locals.number(known.state, up=False, deaf=True)
        return self._changed(own, deaf, self.mailboxes.empty)

    def _effect(self, key: object, learn: Callable[[int], int | None]) -> Effect:
        effect = self._effects.get(key)
        if effect is None:
            effect = self._effects[key] = Effect(learn, self._limit[0])
        return effect

    def _changed(self, own: int, local: int, box: Mail) -> int:
        return (self.ids.number((local, box)) - own) << self.shift

    # -- fifo links --------------------------------------------------------------------------------

    @property
    def fifo(self) -> Fifo:
        """The mailboxes as those of a fifo network."""
        assert isinstance(self.mailboxes, Fifo)
        return self.mailboxes

    def break_notice(self, src: NodeId) -> int:
        """The letter that tells of a broken link."""
        return self.letters.of(src, Disconnected(src), notice=True)

    def broken_links(self, box: Mail) -> frozenset[int]:
        """The peers to whom sends are lost, since the notice that the link broke is not taken yet."""
        if not self.is_fifo:
            return _INTACT
        heads = self.fifo.heads(box)
        notices = (n for n in heads if isinstance(self.letters.msg(n), Disconnected))
        return frozenset(self.letters.src(n).index for n in notices)


class Draft:
    """The moves of one id while they are being put together.

    A move that does nothing at all is left out, unless ``idle``: most deliveries of a sent-set are so.
    """

    def __init__(self, table: NodeTable, own: int, *, idle: bool = False) -> None:
        self.table = table
        self._idle = idle
        self._placed = own << table.shift
        self._plain: list[tuple[int, Move]] = []
        self._posting: list[tuple[int, Move]] = []
        self._cuts: list[Cut] = []

    def offer(self, outcomes: Iterable[Outcome], box: Mail, midway: Crasher | None = None) -> None:
        """The outcomes of an event that leaves a mailbox; with ``midway``, the crashes on their way."""
        for outcome in outcomes:
            if midway is not None:
                if not outcome.crosses:
                    midway(self, outcome, box)
            elif outcome.crosses:
                self.cut(outcome.crosses, outcome.event)
            else:
                self.add(self.table.compiled(outcome, self.table.broken_links(box)), outcome.after, box)

    def add(self, compiled: Compiled, after: int, box: Mail) -> None:
        """A move that ends in a local state, from the mailbox that the event leaves."""
        sent = self.sent(compiled, box)
        if sent is not None:
            self.put(compiled.move, after, sent)

    def sent(self, compiled: Compiled, box: Mail) -> Mail | None:
        """The node's own mailbox after a move; None (and a cut) when a letter to itself crosses a bound."""
        table = self.table
        for src in compiled.closes:
            box = table.fifo.closed(box, src, table.break_notice(table.runner.nodes[src]))
        for letter in compiled.to_self:
            box = table.mailboxes.push(box, letter)
            crossed = table.overfull(box, letter)
            if crossed:
                self.cut((crossed,), compiled.move.event)
                return None
        return box

    def put(self, move: Move, after: int, box: Mail) -> None:
        """A move that ends in a local state and a mailbox."""
        change = self.table.place(after, box) - self._placed
        if move.posts:
            self._posting.append((change, move))
        elif change or self._idle:
            self._plain.append((change, move))

    def cut(self, bounds: Iterable[str], event: Event) -> None:
        """A step that crosses bounds."""
        self._cuts += [(bound, event) for bound in bounds]

    def ready(self) -> Ready:
        """The moves as the search uses them."""
        if not (self._plain or self._posting or self._cuts):
            return NOTHING
        return tuple(self._plain), tuple(self._posting), tuple(dict.fromkeys(self._cuts))
