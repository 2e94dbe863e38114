"""The memory of a search: the tables in their two arrays, the states, and how all of that grows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from random import Random

import numpy as np

from elcheck.checker.process.watch import current
from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.calls import put_all, rehash_entries, rehash_pairs
from elcheck.checker.search.fast.edges import EdgeArrays
from elcheck.checker.search.fast.files import StateFiles
from elcheck.checker.search.fast.hashing import FACTOR_SEED
from elcheck.checker.search.fast.layout import CAPACITY, COUNT, Bytes, Ints, Words, Words2
from elcheck.checker.search.fast.pages import longer, release, reserve

SMALL = 1 << 12
"""Records for which most tables have room at first."""
LARGE = 1 << 20
"""Words of a table from which on it is asked whether there may be more."""
QUEUE = 1 << 14
"""Questions that may wait for Python."""
EXCHANGED = (L.LOCALS_EXCHANGED, L.MESSAGES_EXCHANGED, L.IDS_EXCHANGED, L.ENVIRONMENTS_EXCHANGED)
OF_IDS = (L.ID_FACES, L.IDS_EXCHANGED, L.ALIVE, L.LEAST_TERMS)
"""Tables with a record for each id."""
IN_PLACES = (L.BLOCK_SPANS, L.BLOCK_NODES, L.EXCHANGE_OF, L.CELLS, L.LABELS, L.DIRECTIONS, L.PLACE_KEYS)
"""Tables with a record for each node at most."""
SIZES = {
    **dict.fromkeys((L.MISSES, L.STATES_TO_JUDGE, L.STUCK, L.STEPS_TO_JUDGE), QUEUE),
    **dict.fromkeys((L.PARTED, L.FAULT_STEPS, L.PARTITION_STEPS, L.RANKED_CLASSES, L.ENVIRONMENTS), 64),
    **dict.fromkeys((L.EVENT_KEYS, L.BUFFER, L.SENDING, L.BATCH), 256),
    **dict.fromkeys((L.PENDING, L.HASHES), 2048),
    **dict.fromkeys((*L.PENDING_SPARES, *L.HASH_SPARES, *L.BATCH_SPARES), 1),
    L.CLASSES: 8,
    L.ROWS: 16,
    **dict.fromkeys((L.LIST_OF, L.FACTORS), 0),
    **dict.fromkeys((L.EXCHANGED_ROW, L.LEAST_ROW), 1),
    **dict.fromkeys(IN_PLACES, 0),
    L.FREE_SPANS: 64,
}
"""Records for which tables have room at first that Python fills, or whose size follows from others."""
PENDING, HASHES = (L.PENDING, *L.PENDING_SPARES), (L.HASHES, *L.HASH_SPARES)
BATCHES = (L.BATCH, *L.BATCH_SPARES)
"""The tables of what is pending, each with its spares, whose steps another thread stores."""
_TURNING = np.array(
    [
        [part + table for table in tables]
        for tables in (PENDING, HASHES, BATCHES)
        for part in (0, CAPACITY, COUNT)
    ]
)
_TURNED = np.roll(_TURNING, -1, axis=1)
INDEXED = {
    L.ID_INDEX: L.IDS,
    L.OUTCOME_INDEX: L.OUTCOME_SPANS,
    L.MAILBOX_INDEX: L.MAILBOXES,
    L.OBSERVATION_INDEX: L.OBSERVATIONS,
}
"""The hash tables of the records of another table, by whose count they grow."""


class Memory:
    """The header ``h``, the arrays ``w`` and ``q``, and the states: ``rows``, ``parents``, a hash table."""

    def __init__(self, nodes: int, fields: int, *, edges: bool = False, exchanges: int = 0) -> None:
        self.fields = fields
        self._widths = {
            **L.WIDTHS,
            L.OBSERVATIONS: max(1, fields - 1),
            L.ROWS: fields,
            **dict.fromkeys(PENDING, fields + L.STEP_HEAD),
            **dict.fromkeys((L.LOCAL_FACES, L.MESSAGE_FACES, L.ID_FACES), nodes),
            **dict.fromkeys(EXCHANGED, max(1, exchanges)),
            **dict.fromkeys((L.EXCHANGED_ROW, L.LEAST_ROW), fields),
        }
        self.h: Ints = np.zeros(L.HEADER, np.int64)
        self.w: Words = reserve(np.int32)
        self.q: Ints = reserve(np.int64)
        self._ends = [0, 0]
        self.written: set[int] = set()
        """The tables that Python has written records to."""
        self._added: defaultdict[int, list[tuple[int, ...]]] = defaultdict(list)
        self._paired: list[tuple[int, int, int, int]] = []
        self.files: StateFiles | None = None
        self.rows: Words2 = reserve(np.int32, fields).reshape(-1, fields)
        self.parents: Words = reserve(np.int32)[: len(self.rows)]
        self.actors: Bytes = reserve(np.uint8)
        self.table: Ints = np.zeros(2 * SMALL, np.int64)
        self.edges = EdgeArrays(wanted=edges)
        self.h[L.KEEPS_EDGES] = edges
        self._tell_sizes()
        self._place_tables(nodes)

    def _place_tables(self, nodes: int) -> None:
        """Give each table its first room, and fill those that are full from the beginning."""
        sizes = {
            **SIZES,
            **dict.fromkeys((L.BREAK_NOTICES, L.CRASH_NOTICES), nodes * nodes),
            L.CLASS_EVENTS: 8 * nodes,
            **dict.fromkeys((L.TICKERS, L.ODOMETER), nodes),
            L.FACTORS: self.fields,
            **dict.fromkeys(IN_PLACES, nodes),
        }
        for table in range(L.TABLES):
            self._place(table, sizes.get(table, SMALL))
        self._place(L.LIST_OF, int(self.h[CAPACITY + L.CLASSES] * self.h[CAPACITY + L.IDS]))
        drawn = Random(FACTOR_SEED)  # numpy's generator takes its time to be imported
        factors = [2 * drawn.randrange(-1 << 62, 1 << 62) + 1 for _ in range(self.fields)]
        self.q[self.h[L.FACTORS] : self.h[L.FACTORS] + self.fields] = factors
        for table in (L.BREAK_NOTICES, L.CRASH_NOTICES):
            self.words(table)[:] = -1
        for table in (L.FREE_SPANS, L.FACTORS):
            self.h[COUNT + table] = self.h[CAPACITY + table]

    def keep_in(self, files: StateFiles) -> None:
        """Keep the states, of which there are none yet, in files."""
        self.files = files
        self.grow()

    # -- records ---------------------------------------------------------------------------------------

    def words(self, table: int) -> Words:
        """A table of 32-bit words, all of its room."""
        start = self.h[table]
        return self.w[start : start + self.h[CAPACITY + table] * self._width(table)]

    def used(self, table: int) -> Words:
        """The records in use of a table of 32-bit words, a row each where they have columns."""
        width = self._width(table)
        found = self.words(table)[: self.h[COUNT + table] * width]
        return found.reshape(-1, width) if width > 1 else found

    def set(self, table: int, record: int, *values: int) -> None:
        """Write the first columns of a record."""
        assert len(values) <= self._width(table)
        start = self.h[table] + record * self._width(table)
        self.w[start : start + len(values)] = values

    def write(self, table: int, record: int, column: int, value: int) -> None:
        """Write one column of a record."""
        self.w[self.h[table] + record * self._width(table) + column] = value

    def read(self, table: int, record: int, column: int) -> int:
        """One column of a record."""
        return int(self.w[self.h[table] + record * self._width(table) + column])

    def append(self, table: int, *values: int) -> int:
        """Write a record behind those in use; its number."""
        self.written.add(table)
        record = int(self.h[COUNT + table])
        while record + 1 > self.h[CAPACITY + table]:
            self._enlarge(table)
        self.set(table, record, *values)
        self.h[COUNT + table] = record + 1
        return record

    def add(self, table: int, *values: int) -> int:
        """Let a record be written behind those in use, together with others (:meth:`write_added`), which is
        several times faster; its number.
        """
        record = self.next(table)
        self._added[table].append(values)
        return record

    def next(self, table: int) -> int:
        """The number of the record that is added next."""
        return int(self.h[COUNT + table]) + len(self._added[table])

    def pair(self, table: int, first: int, second: int, value: int) -> None:
        """Let a pair of numbers, which has none, get a value in a hash table, together with others."""
        self._paired.append((table, first, second, value))

    def write_added(self) -> None:
        """Write what was added, and what was paired."""
        for table, rows in self._added.items():
            self.written.add(table)
            begin, width = int(self.h[COUNT + table]), self._width(table)
            end = begin + len(rows)
            while end > self.h[CAPACITY + table]:
                self._enlarge(table)
            self.words(table)[begin * width : end * width] = np.array(rows, np.int32).ravel()
            self.h[COUNT + table] = end
        self._added.clear()
        for table, count in Counter(table for table, *_ in self._paired).items():
            self.written.add(table)
            if table not in INDEXED:
                self.h[COUNT + table] += count
            while 2 * self.h[COUNT + INDEXED.get(table, table)] + 64 > self.h[CAPACITY + table]:
                self._enlarge(table)  # at most half of it is in use
        put_all(self.h, self.q, np.array(self._paired, np.int64).ravel(), len(self._paired))
        self._paired.clear()

    def append_all(self, table: int, values: Sequence[int]) -> int:
        """Write numbers behind those in use, of a table of one column; where they start."""
        start = int(self.h[COUNT + table])
        for value in values:
            self.append(table, value)
        return start

    def drop_first(self, table: int, count: int) -> None:
        """Drop the first of the records in use of a table of 32-bit words."""
        rest = self.used(table)[count:].copy()
        self.h[COUNT + table] = len(rest)
        self.used(table)[:] = rest

    def column(self, table: int, records: Words, column: int) -> Words:
        """A column of some records."""
        found: Words = self.words(table).reshape(-1, self._width(table))[records, column]
        return found

    # -- room ------------------------------------------------------------------------------------------

    def make_room(self) -> None:
        """Give more room, after compiled code found none; if nothing is full, to what it works in."""
        if not self.grow():
            for table in (L.BUFFER, L.SENDING, *PENDING, *HASHES):
                self._enlarge(table)
            self._keep_margins()

    def use_spares(self, steps: int, states: int) -> None:
        """Give room to so many pending steps, of so many states, in each spare table too."""
        for tables, room in ((PENDING, steps), (HASHES, steps), (BATCHES, states)):
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
        for table in range(L.TABLES):
            while table not in SIZES and self._is_full(table):
                self._enlarge(table)
        self._grow_states()
        pending = int(self.h[CAPACITY + L.PENDING])
        self.edges.grow(2 * (int(self.h[L.STATES]) + pending), 2 * (int(self.h[L.EDGE_COUNT]) + pending))
        self._tell_sizes()
        self._keep_margins()
        return before != (self._ends, *self._lengths())

    def _grow_states(self) -> None:
        """Give more room to states, parents, actors, and the hash table of states. Raises DiskFull."""
        if self.files is not None:
            self.files.room(int(self.h[L.STATES] + self.h[CAPACITY + L.PENDING]) + 512)
            self.rows, self.parents = self.files.rows, self.files.parents
        elif 2 * self.h[L.STATES] + 64 > len(self.parents):
            room = 2 * len(self.parents)
            self.rows = longer(self.rows, room)
            self.parents = longer(self.parents, room)
        if len(self.actors) < len(self.parents):
            self.actors = longer(self.actors, len(self.parents))
        while 4 * (self.h[L.STATES] + self.h[CAPACITY + L.PENDING]) > 3 * len(self.table):
            current().need(2 * self.table.nbytes)
            larger = np.zeros(2 * len(self.table), np.int64)
            rehash_entries(self.table, 0, len(self.table), larger, 0, len(larger))
            self.table = larger

    def _is_full(self, table: int) -> bool:
        room = int(self.h[CAPACITY + table])
        if table == L.ID_INDEX:
            return bool(8 * self.h[COUNT + L.IDS] + 64 > 5 * room)
        observed = table in (L.OBSERVATIONS, L.OBSERVATION_INDEX, L.PAIR_INDEX)
        soon = 2 * self.h[CAPACITY + L.PENDING] if observed else 0
        return bool(3 * self.h[COUNT + INDEXED.get(table, table)] + soon + 64 > room)

    def _tell_sizes(self) -> None:
        """Tell compiled code how much room there is for states."""
        self.h[L.STATE_ROOM], self.h[L.STATE_SLOTS], self.h[L.EDGE_ROOM] = self._lengths()

    def _lengths(self) -> tuple[int, int, int]:
        room = min(len(self.parents), len(self.actors), self.edges.states)
        return room, len(self.table), len(self.edges.targets)

    def _keep_margins(self) -> None:
        """Leave room for what is put together in the buffers."""
        for table, free in (
            (L.MOVE_LISTS, 20 * self.h[CAPACITY + L.SENDING]),
            (L.CONTENTS, 8 * self.h[CAPACITY + L.BUFFER]),
        ):
            while self.h[CAPACITY + table] - self.h[COUNT + table] < free:
                self._enlarge(table)
        boxes, room = self.h[COUNT + L.MAILBOXES], 4 * self.h[CAPACITY + L.BUFFER]
        for table in (L.MAILBOXES, L.MAILBOX_INDEX):
            while self.h[CAPACITY + table] - 2 * boxes < room:
                self._enlarge(table)

    # -- checkpoints -----------------------------------------------------------------------------------

    def room(self, table: int) -> Words | Ints:
        """All of a table's room, as the words that it consists of."""
        start, size = int(self.h[table]), int(self.h[CAPACITY + table]) * self._width(table)
        return self.q[start : start + size] if table >= L.WIDE else self.w[start : start + size]

    def content(self) -> list[Words | Ints]:
        """Each table's room up to the last word that is not zero."""
        return [_trimmed(self.room(table)) for table in range(L.TABLES)]

    def restore(self, header: Ints, tables: Sequence[Words | Ints]) -> None:
        """Put back the header and the content of the tables, each where it was."""
        self.h[:] = header
        self._ends = [0, 0]
        for table in range(L.TABLES):
            size = int(self.h[CAPACITY + table]) * self._width(table)
            wide = int(table >= L.WIDE)
            self._ends[wide] = max(self._ends[wide], int(self.h[table]) + size)
        self.w, self.q = reserve(np.int32), reserve(np.int64)
        self._lengthen_arrays()
        for table, content in enumerate(tables):
            self.room(table)[: len(content)] = content

    def held(self) -> int:
        """Bytes in use: of the states, parents and actors, and of all tables, hash tables with free slots."""
        learned = 0
        for table in range(L.TABLES):
            used = int(self.h[COUNT + table]) if table < L.HASHES else int(self.h[CAPACITY + table])
            learned += used * self._width(table) * (8 if table >= L.WIDE else 4)
        per_id = self.h[COUNT + L.CLASSES] + sum(map(self._width, OF_IDS)) * self.stands_for_others
        learned += 4 * int(per_id * self.h[COUNT + L.IDS])  # of LIST_OF and the others that have no count
        return int(self.h[L.STATES]) * (4 * (self.fields + 1) + 1) + self.table.nbytes + learned

    @property
    def stands_for_others(self) -> bool:
        """Whether states are representatives, of which a step may lead to another state."""
        return bool(self.h[L.EXCHANGES] or self.h[L.TAKES_OUT_DEAD] or self.h[L.COUNTS_TERMS])

    # -- places ----------------------------------------------------------------------------------------

    def _width(self, table: int) -> int:
        return self._widths.get(table, 1)

    def _lengthen_arrays(self) -> None:
        """Let the arrays reach to the ends of their tables. Arrays that were reserved do already."""
        while self._ends[0] > len(self.w):
            self.w = longer(self.w, 2 * len(self.w))
        while self._ends[1] > len(self.q):
            self.q = longer(self.q, 2 * len(self.q))

    def _place(self, table: int, capacity: int) -> int:
        """Give a table new room at the end of its array, without its content; where it was."""
        old = int(self.h[table])
        wide = int(table >= L.WIDE)
        start = self._ends[wide]
        self._ends[wide] = start + capacity * self._width(table)
        self._lengthen_arrays()
        self.h[table], self.h[CAPACITY + table] = start, capacity
        return old

    def _enlarge(self, table: int) -> None:
        """Give a table twice the room; or more, where room costs nothing until it is used."""
        capacity = int(self.h[CAPACITY + table])
        size = capacity * self._width(table)
        if size > LARGE:
            current().need((16 if table >= L.WIDE else 4) * size)
        old = self._place(table, (2 if table in SIZES or table >= L.WIDE else 8) * capacity)
        new = int(self.h[table])
        if table == L.OUTCOMES:
            self._enlarge(L.JUDGED_OUTCOMES)  # a word for each outcome
        if table == L.IDS:
            for other in OF_IDS:
                self._enlarge(other)
        if table in (L.IDS, L.CLASSES):
            self._move_list_of(int(self.h[CAPACITY + L.IDS]) if table == L.CLASSES else capacity)
        if table in L.PAIRS:
            rehash_pairs(self.q, old, capacity, new)
        elif table > L.FACTORS:
            rehash_entries(self.q, old, capacity, self.q, new, 2 * capacity)
        elif table < L.WIDE:  # the others hold nothing that lasts
            used = _trimmed(self.w[old : old + size])
            self.w[new : new + len(used)] = used
        if table >= L.WIDE:
            release(self.q, old, size)
        else:
            release(self.w, old, size)

    def _move_list_of(self, ids: int) -> None:
        """Give LIST_OF, so far with a row of so many ids for each class, as much room as these have now."""
        room, classes = int(self.h[CAPACITY + L.IDS]), int(self.h[CAPACITY + L.CLASSES])
        rows = int(self.h[CAPACITY + L.LIST_OF]) // ids
        old = self._place(L.LIST_OF, classes * room)
        for row in range(rows):
            start = int(self.h[L.LIST_OF]) + row * room
            used = _trimmed(self.w[old + row * ids : old + (row + 1) * ids])
            self.w[start : start + len(used)] = used
        release(self.w, old, rows * ids)


def _trimmed(words: Words | Ints) -> Words | Ints:
    """Words without the zeros at their end: a copy of zeros would take memory that is not needed yet."""
    end = len(words)
    while end and not words[max(0, end - 4096) : end].any():
        end = max(0, end - 4096)
    return words[:end]
