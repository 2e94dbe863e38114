"""The memory of a search: the arenas, the states, and how they grow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from elcheck.checker.search.fast import arrays as a
from elcheck.checker.search.fast.arrays import CAPACITY, COUNT, Bytes, Ints, Words, Words2
from elcheck.checker.search.fast.calls import rehash_entries, rehash_pairs
from elcheck.checker.search.fast.edges import Edges
from elcheck.checker.search.fast.files import Files
from elcheck.checker.search.fast.pages import longer, release, reserve

SMALL = 1 << 12
QUEUE = 1 << 14
"""Questions that may wait to be asked of Python."""
SIZES = {
    **dict.fromkeys((a.MISSED, a.JUDGED, a.STUCK, a.STEP), QUEUE),
    **dict.fromkeys((a.PARTED, a.FALL, a.RANK, a.WEATHER), 64),
    **dict.fromkeys((a.EVENT_KEY, a.BUFFER, a.SENDING, a.BATCH), 256),
    **dict.fromkeys((a.PENDING, a.HASHED), 2048),
    **dict.fromkeys((*a.PENDING_SPARE, *a.HASHED_SPARE, *a.BATCH_SPARE), 1),
    a.FAM: 8,
    a.ROW: 16,
    **dict.fromkeys((a.LIST_OF, a.FACTOR), 0),
    a.FREED: 64,
}
"""Tables that Python fills, or that have their size from others: how large they begin."""
PAIRS = (a.RANGE_TABLE, a.MONITOR_TABLE, a.PAIR_TABLE)
"""Hash tables of pairs, two words a slot."""
PENDING, HASHED = (a.PENDING, *a.PENDING_SPARE), (a.HASHED, *a.HASHED_SPARE)
BATCHES = (a.BATCH, *a.BATCH_SPARE)
"""What is pending, and what another thread stores meanwhile."""
_TURNING = np.array(
    [
        [part + table for table in tables]
        for tables in (PENDING, HASHED, BATCHES)
        for part in (0, CAPACITY, COUNT)
    ]
)
_TURNED = np.roll(_TURNING, -1, axis=1)
INDEXED = {a.ID_TABLE: a.ID, a.RANGE_TABLE: a.RANGE, a.MAIL_TABLE: a.MAIL, a.VIEW_TABLE: a.VIEW}
"""Hash tables of the entries of another table, by whose count they grow."""


class Memory:
    """The header, the two arenas, and the states: ``rows``, ``parents`` and their hash table."""

    def __init__(self, nodes: int, fields: int, *, edges: bool = False) -> None:
        self.fields = fields
        self._widths = {
            **a.WIDTHS,
            a.WEATHER: a.COLUMNS,
            a.VIEW: max(1, fields - 1),
            a.ROW: fields,
            a.PENDING: fields + a.STEP_HEAD,
            **dict.fromkeys(a.PENDING_SPARE, fields + a.STEP_HEAD),
        }
        self.h: Ints = np.zeros(a.HEADER, np.int64)
        self.w: Words = reserve(np.int32)
        self.q: Ints = reserve(np.int64)
        self._ends = [0, 0]
        self.taught: set[int] = set()
        """Tables that Python has written to."""
        self.files: Files | None = None
        self.rows: Words2 = reserve(np.int32, fields).reshape(-1, fields)
        self.parents: Words = reserve(np.int32)[: len(self.rows)]
        self.actors: Bytes = reserve(np.uint8)
        self.table: Ints = np.zeros(2 * SMALL, np.int64)
        self.edges = Edges(wanted=edges)
        self.h[a.EDGES] = edges
        self._sizes()
        sizes = {
            **SIZES,
            a.BROKEN: nodes * nodes,
            a.FALLEN: nodes * nodes,
            a.FAM_EVENT: 8 * nodes,
            a.TICKER: nodes,
            a.DIAL: nodes,
            a.FACTOR: fields,
        }
        for table in range(a.TABLES):
            self._place(table, sizes.get(table, SMALL))
        self._place(a.LIST_OF, int(self.h[CAPACITY + a.FAM] * self.h[CAPACITY + a.ID]))
        factors = np.random.default_rng(1).integers(1 << 63, size=fields)
        self.q[self.h[a.FACTOR] : self.h[a.FACTOR] + fields] = 2 * factors + 1
        for table in (a.BROKEN, a.FALLEN):
            self.words(table)[:] = -1
        for table in (a.FREED, a.FACTOR):
            self.h[COUNT + table] = self.h[CAPACITY + table]  # all of it is in use

    def keep_in(self, files: Files) -> None:
        """Keep the states, of which there are none yet, in files."""
        self.files = files
        self.grow()

    def words(self, table: int) -> Words:
        """A table of 32-bit words, all of its room."""
        start = self.h[table]
        return self.w[start : start + self.h[CAPACITY + table] * self._width(table)]

    def used(self, table: int) -> Words:
        """The entries in use of a table of 32-bit words, a row each where they have columns."""
        width = self._width(table)
        found = self.words(table)[: self.h[COUNT + table] * width]
        return found.reshape(-1, width) if width > 1 else found

    def set(self, table: int, entry: int, *values: int) -> None:
        """Write the first columns of an entry."""
        start = self.h[table] + entry * self._width(table)
        self.w[start : start + len(values)] = values

    def append(self, table: int, *values: int) -> int:
        """Write an entry behind those in use; its number."""
        self.taught.add(table)
        entry = int(self.h[COUNT + table])
        while entry + 1 > self.h[CAPACITY + table]:
            self._enlarge(table)
        self.set(table, entry, *values)
        self.h[COUNT + table] = entry + 1
        return entry

    def column(self, table: int, entries: Words, column: int) -> Words:
        """A column of some entries."""
        found: Words = self.words(table).reshape(-1, self._width(table))[entries, column]
        return found

    def grow_table(self, table: int) -> None:
        """Keep a hash table that Python fills at most half full."""
        source = INDEXED.get(table, table)
        while 2 * self.h[COUNT + source] + 64 > self.h[CAPACITY + table]:
            self._enlarge(table)

    def more(self) -> None:
        """Give more room, when something found no room: if nothing is full, to what is worked in."""
        if not self.grow():
            for table in (a.BUFFER, a.SENDING, *PENDING, *HASHED):
                self._enlarge(table)
            self._margins()

    def use_spares(self, steps: int, states: int) -> None:
        """Give room to so many steps that wait, of so many states, and to as many in each spare table."""
        for tables, room in ((PENDING, steps), (HASHED, steps), (BATCHES, states)):
            for table in tables:
                while self.h[CAPACITY + table] < room:
                    self._enlarge(table)
        self.grow()

    def turn(self) -> None:
        """Let the first spare tables take the place of what is pending, which goes to the last."""
        self.h[_TURNING] = self.h[_TURNED]

    def grow(self) -> bool:
        """Give more room to what is more than a third full. Answers whether anything was.

        Raises DiskFull.
        """
        before = (self._ends[:], *self._lengths())
        for table in range(a.TABLES):
            while table not in SIZES and self._is_full(table):
                self._enlarge(table)
        if self.files is not None:
            self.files.room(int(self.h[a.STATES] + self.h[CAPACITY + a.PENDING]) + 512)
            self.rows, self.parents = self.files.rows, self.files.parents
        elif 2 * self.h[a.STATES] + 64 > len(self.parents):
            room = 2 * len(self.parents)
            self.rows = longer(self.rows, room)
            self.parents = longer(self.parents, room)
        if len(self.actors) < len(self.parents):
            self.actors = longer(self.actors, len(self.parents))
        while 4 * (self.h[a.STATES] + self.h[CAPACITY + a.PENDING]) > 3 * len(self.table):
            larger = np.zeros(2 * len(self.table), np.int64)
            rehash_entries(self.table, 0, len(self.table), larger, 0, len(larger))
            self.table = larger
        pending = int(self.h[CAPACITY + a.PENDING])
        self.edges.grow(2 * (int(self.h[a.STATES]) + pending), 2 * (int(self.h[a.EDGE_COUNT]) + pending))
        self._sizes()
        self._margins()
        return before != (self._ends, *self._lengths())

    def _is_full(self, table: int) -> bool:
        full = int(self.h[CAPACITY + table])
        if table == a.ID_TABLE:
            return bool(8 * self.h[COUNT + a.ID] + 64 > 5 * full)
        soon = 2 * self.h[CAPACITY + a.PENDING] if table in (a.VIEW, a.VIEW_TABLE, a.PAIR_TABLE) else 0
        return bool(3 * self.h[COUNT + INDEXED.get(table, table)] + soon + 64 > full)

    def _sizes(self) -> None:
        """Tell compiled code how much room there is for states."""
        self.h[a.ROOM], self.h[a.SLOTS], self.h[a.EDGE_ROOM] = self._lengths()

    def _lengths(self) -> tuple[int, int, int]:
        room = min(len(self.parents), len(self.actors), self.edges.states)
        return room, len(self.table), len(self.edges.targets)

    def room(self, table: int) -> Words | Ints:
        """All of a table's room, as the words that it consists of."""
        start, size = int(self.h[table]), int(self.h[CAPACITY + table]) * self._width(table)
        return self.q[start : start + size] if table >= a.WIDE else self.w[start : start + size]

    def content(self) -> list[Words | Ints]:
        """Each table's room up to the last word that is not zero."""
        return [_trimmed(self.room(table)) for table in range(a.TABLES)]

    def restore(self, header: Ints, tables: Sequence[Words | Ints]) -> None:
        """Put back the header and the content of the tables, each where it was."""
        self.h[:] = header
        self._ends = [0, 0]
        for table in range(a.TABLES):
            size = int(self.h[CAPACITY + table]) * self._width(table)
            which = int(table >= a.WIDE)
            self._ends[which] = max(self._ends[which], int(self.h[table]) + size)
        self.w, self.q = reserve(np.int32), reserve(np.int64)
        while self._ends[0] > len(self.w):
            self.w = longer(self.w, 2 * len(self.w))
        while self._ends[1] > len(self.q):
            self.q = longer(self.q, 2 * len(self.q))
        for table, content in enumerate(tables):
            self.room(table)[: len(content)] = content

    def held(self) -> int:
        """Bytes in use: of the states, parents and actors, and of all tables, hash tables with free slots."""
        learned = 0
        for table in range(a.TABLES):
            used = int(self.h[COUNT + table]) if table < a.HASHED else int(self.h[CAPACITY + table])
            learned += used * self._width(table) * (8 if table >= a.WIDE else 4)
        learned += 4 * int(self.h[COUNT + a.FAM] * self.h[COUNT + a.ID])  # LIST_OF, which has no count
        return int(self.h[a.STATES]) * (4 * (self.fields + 1) + 1) + self.table.nbytes + learned

    def _margins(self) -> None:
        """Leave room for what is put together in the buffers."""
        for table, free in (
            (a.REC, 20 * self.h[CAPACITY + a.SENDING]),
            (a.POOL, 8 * self.h[CAPACITY + a.BUFFER]),
        ):
            while self.h[CAPACITY + table] - self.h[COUNT + table] < free:
                self._enlarge(table)
        mails, room = self.h[COUNT + a.MAIL], 4 * self.h[CAPACITY + a.BUFFER]
        for table in (a.MAIL, a.MAIL_TABLE):
            while self.h[CAPACITY + table] - 2 * mails < room:
                self._enlarge(table)

    def _width(self, table: int) -> int:
        return self._widths.get(table, 2 if table in PAIRS else 1)

    def _place(self, table: int, capacity: int) -> int:
        """Give a table new room at the end of its arena, without its content; where it was."""
        old = int(self.h[table])
        which = int(table >= a.WIDE)
        size = capacity * self._width(table)
        start = self._ends[which]
        if which:
            while start + size > len(self.q):
                self.q = longer(self.q, 2 * len(self.q))
        else:
            while start + size > len(self.w):
                self.w = longer(self.w, 2 * len(self.w))
        self._ends[which] = start + size
        self.h[table], self.h[CAPACITY + table] = start, capacity
        return old

    def _enlarge(self, table: int) -> None:
        """Give a table twice the room; or more, where room costs nothing until it is used."""
        capacity = int(self.h[CAPACITY + table])
        size = capacity * self._width(table)
        old = self._place(table, (2 if table in SIZES or table >= a.WIDE else 8) * capacity)
        new = int(self.h[table])
        if table == a.OUT:
            self._enlarge(a.ASKED)  # a word for each outcome
        if table == a.ID or table == a.FAM:
            self._relist(int(self.h[CAPACITY + a.ID]) if table == a.FAM else capacity)
        if table in PAIRS:
            rehash_pairs(self.q, old, capacity, new)
        elif table > a.FACTOR:
            rehash_entries(self.q, old, capacity, self.q, new, 2 * capacity)
        elif table < a.WIDE:  # the others hold nothing that lasts
            used = _trimmed(self.w[old : old + size])
            self.w[new : new + len(used)] = used
        if table >= a.WIDE:
            release(self.q, old, size)
        else:
            release(self.w, old, size)

    def _relist(self, ids: int) -> None:
        """Give the table of lists, a row of ids for each family, the room that ids and families have now."""
        room, families = int(self.h[CAPACITY + a.ID]), int(self.h[CAPACITY + a.FAM])
        rows = int(self.h[CAPACITY + a.LIST_OF]) // ids
        old = self._place(a.LIST_OF, families * room)
        for row in range(rows):
            start = int(self.h[a.LIST_OF]) + row * room
            used = _trimmed(self.w[old + row * ids : old + (row + 1) * ids])
            self.w[start : start + len(used)] = used
        release(self.w, old, rows * ids)


def _trimmed(words: Words | Ints) -> Words | Ints:
    """Words without the zeros at their end, which need not be written to new memory: that would take it."""
    end = len(words)
    while end and not words[max(0, end - 4096) : end].any():
        end = max(0, end - 4096)
    return words[:end]
