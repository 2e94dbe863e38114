"""One node's field of the code: an id stands for the node's local state together with its mailbox.

A handler is pure in (local state, event), so its outcomes are kept per local state; what they do to the code
depends on the mailbox too, and is kept per id. Both are learned when the search first meets them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from checker.model.environment import Partition
from checker.model.handlers import HandlerError, said
from checker.model.ids import NodeId
from checker.model.model import Bound
from checker.model.node import Crashed, Disconnected
from checker.model.runner import Runner
from checker.model.state import Event, NodeView
from checker.model.step import Close, Send, Sends
from checker.system.interning import Interner
from checker.system.mail import MAILBOXES, Fifo, Letters, Mail
from checker.system.moves import WIDTH, Effect, Move, Moves, Ready
from checker.system.views import Profiles


@dataclass(frozen=True)
class Local:
    """A local state; of a node that is down, what it left. A deaf node loses what is sent to it."""

    state: object
    up: bool = True
    deaf: bool = False


@dataclass(frozen=True)
class Outcome:
    """An outcome as numbers: the local state that follows, what is sent, the bounds it crosses."""

    after: int
    sends: Sends
    crosses: tuple[str, ...]


class NodeTable:
    """What is known of one node: its local states, its letters, its ids, and the moves they have."""

    def __init__(self, node: NodeId, runner: Runner, bounds: Sequence[Bound], profiles: Profiles) -> None:
        self.node = node
        self.index = node.index
        self.shift = node.index * WIDTH
        self.runner = runner
        self.locals: Interner[Local] = Interner()
        self.ids: Interner[tuple[int, Mail]] = Interner()
        self.letters = Letters()
        self.mailboxes = MAILBOXES[runner.model.environment.network](self.letters, len(runner.nodes))
        self.told_of_crashes = runner.receiver(node, Crashed) is not None
        self.told_of_breaks = runner.receiver(node, Disconnected) is not None
        self.blocked: dict[int, str] = {}
        self.taken: set[int] = set()
        self.table_of: Callable[[NodeId], NodeTable] = lambda _: self
        self._bounds = [bound for bound in bounds if not isinstance(bound.holds, int)]
        self._limits = {bound.name: bound.holds for bound in bounds if isinstance(bound.holds, int)}
        self._profiles = profiles
        self._profile: list[int] = []
        self._outcomes: dict[tuple[int, Event], tuple[Outcome, ...]] = {}
        self._deliveries: dict[int, Event | None] = {}
        self._effects: dict[object, Effect] = {}
        self._moves: dict[object, Move] = {}

    # -- local states ------------------------------------------------------------------------------

    def local(self, state: object, *, up: bool = True, deaf: bool = False) -> int:
        """The number of a local state, with its profile known from then on."""
        number = self.locals.number(Local(state, up, deaf))
        if number == len(self._profile):
            self._profile.append(self._profiles.of(self.node, state, up=up))
        return number

    def place(self, local: int, mail: Mail) -> int:
        """The id of a local state with a mailbox, shifted into the node's field."""
        return self.ids.number((local, mail)) << self.shift

    def profile(self, own: int) -> int:
        """What the properties see of an id."""
        return self._profile[self.ids.values[own][0]]

    def is_up(self, own: int) -> bool:
        """Whether the node is up in an id."""
        return self.locals.values[self.ids.values[own][0]].up

    def view(self, local: int) -> NodeView[object]:
        """A local state as people see it."""
        known = self.locals.values[local]
        return NodeView(self.node, known.up, known.state)

    def outcomes(self, local: int, event: Event) -> tuple[Outcome, ...]:
        """What a handler makes of an event, run once per pair. Raises HandlerError."""
        key = (local, event)
        found = self._outcomes.get(key)
        if found is None:
            known = self.locals.values[local]
            steps = self.runner.take(event, known.state).steps
            found = tuple(
                Outcome(self.local(s.state), s.sends, self.crossed(s.state)) for s in steps
            )
            self._outcomes[key] = found
        return found

    def crossed(self, state: object) -> tuple[str, ...]:
        """The bounds that a local state is beyond."""
        return tuple(b.name for b in self._bounds if isinstance(state, b.of) and not _holds(b, state))

    # -- moves of a node that is up ----------------------------------------------------------------

    def handler_moves(
        self,
        events: Sequence[Event],
        *,
        mail: bool,
        partition: Partition | None = None,
        midway: NodeTable.Crasher | None = None,
    ) -> Moves:
        """The table of the moves by some events, and by deliveries if ``mail``, under a partition.

        With ``midway`` it holds, instead of each move with split sends, those that crash the node on the way.
        """

        def learn(own: int) -> Ready:
            local, box = self.ids.values[own]
            if not self.locals.values[local].up:
                return Ready()
            draft = Draft(self)
            for event, rest in self._offers(local, box, events, mail, partition):
                for outcome in self.outcomes(local, event):
                    if outcome.crosses:
                        draft.cuts += outcome.crosses if midway is None else ()
                    elif midway is None:
                        draft.add(event, local, outcome.after, rest, outcome.sends)
                    else:
                        midway(draft, local, outcome, rest)
            return draft.ready()

        return Moves(learn)

    Crasher = Callable[["Draft", int, Outcome, Mail], None]

    def _offers(
        self, local: int, box: Mail, events: Sequence[Event], mail: bool, partition: Partition | None
    ) -> Iterator[tuple[Event, Mail]]:
        for event in events:
            yield event, box
        for letter, rest in self.mailboxes.deliverable(box) if mail else ():
            notice = self.letters.is_notice(letter)
            if partition and not notice and partition.parts(self.letters.src(letter), self.node):
                continue
            delivery = self._delivery(letter)
            if delivery is not None and self.outcomes(local, delivery):
                self.taken.add(letter)
                yield delivery, rest
            elif isinstance(self.mailboxes, Fifo):
                self.blocked.setdefault(letter, self._why_blocked(local, delivery))

    def _delivery(self, letter: int) -> Event | None:
        if letter not in self._deliveries:
            src, msg, _ = self.letters.known[letter]
            self._deliveries[letter] = self.runner.delivery(self.node, src, msg)
        return self._deliveries[letter]

    def _why_blocked(self, local: int, delivery: Event | None) -> str:
        if delivery is None:
            return "no handler"
        return self.runner.take(delivery, self.locals.values[local].state).blocked or "no outcome"

    # -- what other nodes do to this one -----------------------------------------------------------

    def delivered(self, src: NodeId, msg: object, *, notice: bool = False) -> Effect:
        """The effect on this node of being sent a message."""
        letter = self.letters.of(src, msg, notice=notice)
        return self._effect(("push", letter), lambda own: self._pushed(own, letter), self._limit_name())

    def _pushed(self, own: int, letter: int) -> int | None:
        local, box = self.ids.values[own]
        known = self.locals.values[local]
        if known.deaf or (self.letters.is_notice(letter) and not known.up):
            return 0
        box = self.mailboxes.push(box, letter)
        return None if self.overfull(box, letter) else self._shifted(own, self.ids.number((local, box)))

    def _limit_name(self) -> str:
        wanted = {"bag": "copies", "fifo": "link"}.get(self.runner.model.environment.network)
        return wanted if wanted in self._limits else ""

    def overfull(self, box: Mail, letter: int) -> str:
        """The bound on the network that a mailbox crosses with this letter, empty if none."""
        name = self._limit_name()
        if name and not self.letters.is_notice(letter):
            if self.mailboxes.crowded(box, letter, self._limits[name]):
                return name
        return ""

    def disconnected(self, src: NodeId) -> Effect:
        """The effect on this node of its link from ``src`` breaking: cleared, and told of it first."""
        return self._effect(("break", src), lambda own: self._broken(own, src))

    def _broken(self, own: int, src: NodeId) -> int:
        local, box = self.ids.values[own]
        if not self.locals.values[local].up:
            return 0
        box = self.fifo.reset(box, src.index, self.break_notice(src) if self.told_of_breaks else None)
        return self._shifted(own, self.ids.number((local, box)))

    def deafened(self) -> Effect:
        """The effect on this node, if it is down, of no longer keeping what is sent to it."""
        return self._effect("deafen", self._deafened)

    def _deafened(self, own: int) -> int:
        local, _ = self.ids.values[own]
        known = self.locals.values[local]
        if known.up or known.deaf:
            return 0
        deaf = self.local(known.state, up=False, deaf=True)
        return self._shifted(own, self.ids.number((deaf, self.mailboxes.empty)))

    def _effect(self, key: object, learn: Callable[[int], int | None], bound: str = "") -> Effect:
        return self._effects.setdefault(key, Effect(learn, bound))

    def _shifted(self, own: int, becomes: int) -> int:
        return (becomes - own) << self.shift

    # -- fifo links --------------------------------------------------------------------------------

    @property
    def is_fifo(self) -> bool:
        """Whether the network has links."""
        return isinstance(self.mailboxes, Fifo)

    @property
    def fifo(self) -> Fifo:
        """The mailboxes as those of a fifo network."""
        assert isinstance(self.mailboxes, Fifo)
        return self.mailboxes

    def break_notice(self, src: NodeId) -> int:
        """The letter that tells of a broken link."""
        return self.letters.of(src, Disconnected(src), notice=True)

    def broken_links(self, box: Mail) -> set[int]:
        """The peers to whom sends are lost, since the notice that the link broke is not taken yet."""
        if not isinstance(self.mailboxes, Fifo):
            return set()
        heads = (queue[0] for queue in box if isinstance(queue, tuple) and queue)
        notices = (n for n in heads if isinstance(self.letters.msg(n), Disconnected))
        return {self.letters.src(n).index for n in notices if self.letters.is_notice(n)}

    def move(self, event: Event, before: int, after: int, posts: tuple[tuple[int, Effect], ...]) -> Move:
        """The move with these parts, made once."""
        key = (event, before, after, tuple(map(id, (effect for _, effect in posts))))
        found = self._moves.get(key)
        if found is None:
            watch = self._profile[before] != self._profile[after]
            changes = ((self.index, before, after),)
            found = self._moves[key] = Move(event, changes, posts, watch)
        return found


class Draft:
    """The moves of one id while they are being put together."""

    def __init__(self, table: NodeTable) -> None:
        self.table = table
        self.placed: list[int] = []
        self.moves: list[Move] = []
        self.cuts: tuple[str, ...] = ()

    def add(self, event: Event, before: int, after: int, box: Mail, sends: Sends) -> None:
        """One outcome of an event: the local state after it, the mailbox it leaves, what it sends."""
        sent = self.send(box, sends)
        if sent is not None:
            box, posts = sent
            self.put(event, before, after, box, posts)

    def put(
        self, event: Event, before: int, after: int, box: Mail, posts: tuple[tuple[int, Effect], ...]
    ) -> None:
        """A move that ends in a local state with a mailbox, and has these effects elsewhere."""
        self.placed.append(self.table.place(after, box))
        self.moves.append(self.table.move(event, before, after, posts))

    def send(self, box: Mail, sends: Sends) -> tuple[Mail, tuple[tuple[int, Effect], ...]] | None:
        """The sender's mailbox and the effects elsewhere of some sends; None (and a cut) when a message to
        itself crosses a bound."""
        table = self.table
        posts: list[tuple[int, Effect]] = []
        broken = table.broken_links(box)
        for effect in sends:
            other = table.table_of(effect.dst)
            if isinstance(effect, Close):
                if effect.dst != table.node:
                    box = table.fifo.closed(box, effect.dst.index, table.break_notice(effect.dst))
                    broken.discard(effect.dst.index)
                    posts.append((other.shift, other.disconnected(table.node)))
            elif effect.dst == table.node:
                letter = table.letters.of(table.node, effect.msg)
                box = table.mailboxes.push(box, letter)
                crossed = table.overfull(box, letter)
                if crossed:
                    self.cuts += (crossed,)
                    return None
            elif effect.dst.index not in broken:
                assert isinstance(effect, Send)
                posts.append((other.shift, other.delivered(table.node, effect.msg)))
        return box, tuple(posts)

    def ready(self) -> Ready:
        """The moves as the search uses them."""
        return Ready(tuple(self.placed), tuple(self.moves), tuple(dict.fromkeys(self.cuts)))


def _holds(bound: Bound, state: object) -> bool:
    assert not isinstance(bound.holds, int)
    try:
        return bool(bound.holds(state))
    except Exception as error:
        raise HandlerError(f"the bound {bound.name} raises {said(error)}, on {state!r}") from error
