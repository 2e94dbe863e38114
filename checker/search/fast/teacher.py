"""What compiled code can't know by itself: the outcomes of handlers, learned when they are missed."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.environment import Partition
from elcheck.checker.model.record import Crashed, Disconnected
from elcheck.checker.model.state import Event
from elcheck.checker.model.step import Close, Sends
from elcheck.checker.search.fast import arrays as a
from elcheck.checker.search.fast.arrays import COUNT
from elcheck.checker.search.fast.calls import find, id_of, intern, put, tight
from elcheck.checker.search.fast.hashing import ABSENT
from elcheck.checker.search.fast.memory import Memory
from elcheck.checker.system.history import MONITORED
from elcheck.checker.system.local_states import LocalOutcome
from elcheck.checker.system.mailboxes import Mailbox
from elcheck.checker.system.moves import MASK
from elcheck.checker.system.node_table import NodeTable
from elcheck.checker.system.packed import NodeSystem
from elcheck.checker.system.ticks import TICK

NETWORKS = {"sent-set": a.SENT_SET, "set": a.SET, "bag": a.BAG, "fifo": a.FIFO}


BITS = 30
"""Nodes, and bounds, of which sets are kept in a word."""


class Unsupported(Exception):
    """What compiled code does not do: the plain engine has to."""


class Teacher:
    """Fills the tables of compiled code from a packed system.

    Numbers of local states and letters are those of the whole system here, and those of one node there;
    profiles, monitors' states and environments have the same numbers in both.
    """

    def __init__(self, system: NodeSystem, *, edges: bool = False) -> None:
        self.system = system
        self.nodes = len(system.tables)
        if self.nodes > BITS or len(system.model.bounds) > BITS:
            raise Unsupported("more nodes or bounds than a word has bits")
        self.monitors = len(system.model.monitors)
        self.memory = Memory(self.nodes, self.nodes + self.monitors + 1, edges=edges)
        self.lessons = array("i")  # what learn() was asked, three numbers each, in order
        self.observed: list[tuple[Event, int, int, int]] = []
        self._locals: dict[tuple[int, int], int] = {}
        self._local_of: list[tuple[int, int]] = []
        self._letters: dict[tuple[int, int], int] = {}
        self._letter_of: list[tuple[int, int]] = []
        self._placed: dict[int, int] = {}
        self._families: dict[object, int] = {}
        self._events: list[dict[int, tuple[int, Event]]] = []
        environment = system.model.environment
        self.bounds = list(dict.fromkeys(bound.name for bound in system.model.bounds))
        fixed = self.memory.h
        fixed[a.NETWORK] = NETWORKS[environment.network]
        fixed[a.NODES], fixed[a.FIELDS] = self.nodes, self.memory.fields
        wanted = {"bag": "copies", "fifo": "link"}.get(environment.network)
        for bound in system.model.bounds:
            if isinstance(bound.holds, int) and bound.name == wanted:
                fixed[a.LIMIT], fixed[a.LIMIT_BIT] = bound.holds, 1 << self.bounds.index(bound.name)
        empty = self._intern([])
        assert empty == a.EMPTY
        for table in system.tables:
            numbers = [(n, e) for n, e in system.actions[table.index]]
            numbers += [(n, e) for n, _, e in system.timers[table.index]]
            self._events.append({a.EVENT - n: (n, e) for n, e in numbers})
        self._fixed_families()
        self._ticks = {
            node.index: event
            for node in system.runner.nodes
            for _, event in system.runner.events(node, "tick")
        }
        self._run(a.TICKER, list(self._ticks))
        self._notices(perfect=environment.detector == "perfect")

    def _fixed_families(self) -> None:
        for kind in (a.LOSS, a.DUPLICATION, a.RESTARTS, a.CRASHES, a.CRASHES_KEPT, a.TICKS):
            self._family(kind, kind, None, [])

    def _notices(self, *, perfect: bool) -> None:
        """The letters that the environment sends."""
        self.memory.h[a.TOLD] = perfect
        for table in self.system.tables:
            for other in self.system.tables:
                at = table.index * self.nodes + other.index
                if table.told_of_breaks:
                    letter = table.break_notice(other.node)
                    self.memory.set(a.BROKEN, at, self.letter(table, letter))
                if perfect and table.told_of_crashes:
                    letter = table.messages.of(other.node, Crashed(other.node), notice=True)
                    self.memory.set(a.FALLEN, at, self.letter(table, letter))

    # -- numbers ---------------------------------------------------------------------------------------

    def local(self, node: int, number: int) -> int:
        """The number of a node's local state here."""
        known = self._locals.get((node, number))
        if known is None:
            table = self.system.tables[node]
            known = self._locals[node, number] = len(self._local_of)
            self._local_of.append((node, number))
            state = table.local_states[number]
            self.memory.append(a.LOC, node, state.up, state.drops, table.local_states.observation[number], -1)
        return known

    def letter(self, table: NodeTable, number: int) -> int:
        """The number of a node's letter here."""
        known = self._letters.get((table.index, number))
        if known is None:
            known = self._letters[table.index, number] = len(self._letter_of)
            self._letter_of.append((table.index, number))
            src, msg, notice = table.messages.known[number]
            kind = 2 if notice and isinstance(msg, Disconnected) else int(notice)
            self.memory.append(a.LET, src.index, kind)
        return known

    # -- states ----------------------------------------------------------------------------------------

    def row(self, code: int) -> list[int]:
        """A code of the packed system as a row of fields."""
        fields = []
        for table in self.system.tables:
            local, mail = table.ids.values[(code >> table.shift) & MASK]
            fields.append(self._id(self.local(table.index, local), self._mail(table, mail)))
        fields += self.system.history.numbers(code)
        return [*fields, code >> self.system.environments.shift]

    def _mail(self, table: NodeTable, mail: Mailbox) -> int:
        letters = [self.letter(table, letter) for letter in table.mailboxes.content(mail)]
        if not table.is_fifo:
            letters.sort()
        return self._intern(letters)

    def _intern(self, letters: Sequence[int]) -> int:
        memory = self.memory
        while tight(memory.h, len(letters)):
            memory.more()
        memory.words(a.BUFFER)[: len(letters)] = letters
        return intern(memory.h, memory.w, memory.q, len(letters))

    def _id(self, local: int, mail: int) -> int:
        return id_of(self.memory.h, self.memory.w, self.memory.q, local, mail)

    def code(self, index: int) -> int:
        """A stored state as a code of the packed system."""
        row: list[int] = self.memory.rows[index].tolist()
        code = row[-1] << self.system.environments.shift
        for own in row[: self.nodes]:
            code += self._placed.get(own) or self._place(own)
        for i, number in enumerate(row[self.nodes : -1]):
            code += number << self.system.history.shift(i)
        return code

    def _place(self, own: int) -> int:
        """An id as the field of a code that stands for the same."""
        memory = self.memory
        here, mail, *_ = memory.used(a.ID)[own].tolist()
        node, local = self._local_of[here]
        table = self.system.tables[node]
        start, length = memory.used(a.MAIL)[mail].tolist()
        pool = memory.used(a.POOL)[start : start + length].tolist()
        letters = [self._letter_of[letter][1] for letter in pool]
        self._placed[own] = table.place(local, self._box(table, letters))
        return self._placed[own]

    def _box(self, table: NodeTable, letters: Sequence[int]) -> Mailbox:
        if not table.is_fifo:
            return tuple(sorted(letters))
        queues: list[tuple[int, ...]] = [()] * self.nodes
        for letter in letters:
            src = table.messages.src(letter).index
            queues[src] = (*queues[src], letter)
        return tuple(queues)

    # -- lessons ---------------------------------------------------------------------------------------

    def teach(self) -> None:
        """Learn everything that was missed. Raises HandlerError when a handler does in the state that comes
        next; of later ones, that is found when their turn comes.
        """
        h = self.memory.h
        misses, at_once = self.memory.used(a.MISSED).tolist(), int(h[a.AT_ONCE])
        h[COUNT + a.MISSED] = 0
        for number, miss in enumerate(misses):
            try:
                self.learn(*miss)
            except HandlerError:
                if number < at_once:
                    raise

    def learn(self, first: int, second: int, kind: int) -> None:
        """Learn one thing, unless it is known by now."""
        memory = self.memory
        if kind == a.WEATHER_OF:
            known = memory.used(a.WEATHER)
            if first >= len(known) or not known[first, a.KNOWN]:
                self.lessons.extend((first, second, kind))
                self._weather(first)
        elif kind == a.MONITOR_AFTER:
            if find(memory.h, memory.q, a.MONITOR_TABLE, first, second) == ABSENT:
                self.lessons.extend((first, second, kind))
                self._monitor(first, second)
        elif find(memory.h, memory.q, a.RANGE_TABLE, first, second) == ABSENT:
            self.lessons.extend((first, second, kind))
            self._outcomes(first, second)

    def _outcomes(self, local: int, key: int) -> None:
        node, number = self._local_of[local]
        table = self.system.tables[node]
        if key == a.TWIN_OF:
            twin = table.local_states.number(table.local_states[number].state, up=False, drops=True)
            self._twin(local, self.local(node, twin))
        elif key in (a.CRASH_LOST, a.CRASH_KEPT):
            event = Event("crash", "crash", table.node)
            left = table.local_states.remains(number, drops=key == a.CRASH_LOST)
            news = self._news(table)
            self._range(local, key, [(event, number, after, 0, [], news) for after in left])
        else:
            if key == a.RESTART:
                found = table.local_states.recoveries(number)
            elif key == a.TICK_OF:
                take = (
                    table.local_states.outcomes
                    if table.local_states[number].up
                    else table.local_states.down_ticks
                )
                found = take(number, TICK, self._ticks[node])
            elif key < a.EVENT:
                found = table.receipts(number, self._letter_of[key][1])
            else:
                found = table.local_states.outcomes(number, *self._events[node][key])
            if self.system.runner.splits and self.system.model.environment.crash != 0:
                raise Unsupported("crashes between split sends")
            self._range(local, key, [self._compiled(table, outcome) for outcome in found])

    def _twin(self, local: int, twin: int) -> None:
        node, up, deaf, profile, _ = self.memory.used(a.LOC)[local].tolist()
        self.memory.set(a.LOC, local, node, up, deaf, profile, twin)

    def _news(self, table: NodeTable) -> list[tuple[int, int]]:
        """What a crash does to other nodes: their links to it break, and a detector tells them."""
        posts = []
        for other in self.system.tables:
            if other is not table:
                if other.is_fifo:
                    posts.append((other.index, a.BREAK + table.index))
                letter = int(self.memory.words(a.FALLEN)[other.index * self.nodes + table.index])
                if letter >= 0:
                    posts.append((other.index, letter))
        return posts

    def _compiled(self, table: NodeTable, outcome: LocalOutcome) -> _Lesson:
        crossed = sum(1 << self.bounds.index(name) for name in outcome.crosses)
        own, posts = self._effects(table, outcome.sends) if not crossed else ([], [])
        event = outcome.event if outcome.event.kind != "tick" else Event("tick", "tick")  # it is everybody's
        return event, outcome.before, outcome.after, crossed, own, posts

    def _effects(self, table: NodeTable, sends: Sends) -> tuple[list[int], list[tuple[int, int]]]:
        """What is sent: effects on the node itself, and (node, effect) on others."""
        own, posts = [], []
        for effect in sends:
            other = self.system.tables[effect.dst.index]
            if isinstance(effect, Close):
                if other is not table:
                    own.append(a.BREAK + other.index)
                    posts.append((other.index, a.BREAK + table.index))
            else:
                letter = self.letter(other, other.messages.of(table.node, effect.msg))
                if other is table:
                    own.append(letter)
                else:
                    posts.append((other.index, letter))
        closes = [code for code in own if code >= a.BREAK]
        return closes + [code for code in own if code < a.BREAK], posts

    def _range(self, local: int, key: int, lessons: list[_Lesson]) -> None:
        memory = self.memory
        node, _ = self._local_of[local]
        profile = self.system.tables[node].local_states.observation
        start = int(memory.h[COUNT + a.OUT])
        for event, before, after, crossed, own, posts in lessons:
            flags = a.WATCHED * (profile[before] != profile[after]) | a.OBSERVED * (event.kind in MONITORED)
            sends, effects = self._stretch(posts), self._stretch([(node, code) for code in own])
            memory.append(a.OUT, self.local(node, after), flags, *sends, *effects, crossed)
            self.observed.append((event, node, before, after))
        number = memory.append(a.RANGE, start, len(lessons))
        self._put(a.RANGE_TABLE, local, key, number)

    def _put(self, table: int, first: int, second: int, value: int) -> None:
        self.memory.taught.add(table)
        put(self.memory.h, self.memory.q, table, first, second, value)
        if table == a.MONITOR_TABLE:
            self.memory.h[COUNT + table] += 1
        self.memory.grow_table(table)

    def _stretch(self, posts: Sequence[tuple[int, int]]) -> tuple[int, int]:
        start = int(self.memory.h[COUNT + a.POST])
        for node, code in posts:
            self.memory.append(a.POST, node, code)
        return start, len(posts)

    def _monitor(self, seen: int, out: int) -> None:
        now, at = divmod(seen, self.monitors)
        event, node, before, after = self.observed[out]
        result = self.system.history.step(at, (now, event, node, before, after))
        self._put(a.MONITOR_TABLE, seen, out, result)

    # -- the environment -------------------------------------------------------------------------------

    def _weather(self, number: int) -> None:
        memory, shift = self.memory, self.system.environments.shift
        known = self.system.environments.at(number)

        def to(step: int | None) -> int:
            return -1 if step is None else number + (step >> shift)

        row = [0] * a.COLUMNS
        early = known.state.early_timeouts
        row[a.KNOWN], row[a.KEPT] = 1, known.keeps_mail
        row[a.TIMING] = a.FREE if early is None else a.HELD if early == 0 else a.COUNTED
        row[a.EAGER] = self._handlers(known.partition, None, free=early is None)
        row[a.AFTER_TIMEOUT] = to(known.after_timeout)
        kinds = {a.SPENT_LOSS: "loss", a.SPENT_DUP: "dup", a.SPENT_CRASH: "crash", a.SPENT_RESTART: "restart"}
        for column, kind in [*kinds.items(), (a.SPENT_DISCONNECT, "disconnect")]:
            row[column] = next((to(step) for name, step in known.spend.items() if name == kind), -1)
        row[a.CRASHING] = self._families[a.CRASHES_KEPT if known.keeps_mail else a.CRASHES]
        if early is not None:
            ranks = [self._handlers(known.partition, rank, free=False) for rank in self.system.ranks]
            row[a.RANKS], row[a.RANK_COUNT] = self._run(a.RANK, ranks), len(ranks)
        falls = [to(step) for step, _ in known.partition_steps]
        row[a.FALLS], row[a.FALL_COUNT] = self._run(a.FALL, falls), len(falls)
        while number >= memory.h[COUNT + a.WEATHER]:
            memory.append(a.WEATHER, *[0] * a.COLUMNS)
        memory.set(a.WEATHER, number, *row)

    def _run(self, table: int, values: Sequence[int]) -> int:
        """Append values to a table of single numbers; where they start."""
        start = int(self.memory.h[COUNT + table])
        for value in values:
            self.memory.append(table, value)
        return start

    def _handlers(self, partition: Partition | None, rank: int | None, *, free: bool) -> int:
        """The family of what needs not wait, or of the timeouts of a rana."""
        key = (partition, rank, free)
        if key not in self._families:
            events = []
            for table in self.system.tables:
                timers = [n for n, h, _ in self.system.timers[table.index] if free or h.mark.rank == rank]
                actions = [n for n, _ in self.system.actions[table.index]] + (timers if free else [])
                events.append([a.EVENT - n for n in (actions if rank is None else timers)])
            self._family(key, a.HANDLERS_AND_MAIL if rank is None else a.HANDLERS, partition, events)
        return self._families[key]

    def _family(
        self, key: object, kind: int, partition: Partition | None, events: Sequence[Sequence[int]]
    ) -> None:
        memory = self.memory
        number = -1 if partition is None else self._partition(partition)
        self._families[key] = memory.append(a.FAM, number, kind)
        for keys in events or [()] * self.nodes:
            memory.append(a.FAM_EVENT, self._run(a.EVENT_KEY, keys), len(keys))

    def _partition(self, partition: Partition) -> int:
        nodes = self.system.runner.nodes
        start = self._run(a.PARTED, [partition.parts(x, y) for x in nodes for y in nodes])
        return int(start // (self.nodes * self.nodes))


_Lesson = tuple[Event, int, int, int, list[int], list[tuple[int, int]]]
