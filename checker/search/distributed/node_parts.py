"""The states of node programs as rows of ids: one for each node, each monitor, and the environment.

Whole lists of states at once, in numpy. Of a node's id its local state and the messages in its mailbox are
sent as values, each once; the id itself is numbers of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from elcheck.checker.model.environment import EnvironmentState
from elcheck.checker.reductions.quotient import Quotient
from elcheck.checker.search.distributed.digest import BITS, Digests, in_order, mixed
from elcheck.checker.search.distributed.parts import Parts
from elcheck.checker.search.distributed.wire import packed, unpacked
from elcheck.checker.system.local_states import LocalState
from elcheck.checker.system.mailboxes import Mailbox, SentMessage
from elcheck.checker.system.moves import MASK, WIDTH
from elcheck.checker.system.node_table import NodeTable
from elcheck.checker.system.packed import NodeSystem
from elcheck.checker.system.system import System

Rows: TypeAlias = "npt.NDArray[np.int64]"
"""A row for each state, a column for each field."""
SPREAD_BYTES = 5
"""Bytes over which the bits of a field may be spread."""


class NewParts(NamedTuple):
    """What some new ids of one field stand for: of a node local states, messages and ids, each with its
    number first; of any other field its values.
    """

    local_states: list[tuple[int, LocalState]]
    messages: list[tuple[int, SentMessage]]
    ids: list[tuple[int, int, Mailbox]]
    values: list[tuple[int, object]]


class _Numbers:
    """Numbers of this worker by those of another: an array that grows."""

    def __init__(self) -> None:
        self.array = np.full(64, -1, np.int64)

    def set(self, number: int, own: int) -> None:
        """Note the own number for another's."""
        if number >= len(self.array):
            grown = np.full(max(number + 1, 2 * len(self.array)), -1, np.int64)
            grown[: len(self.array)] = self.array
            self.array = grown
        self.array[number] = own


class _Sent:
    """Which numbers of a field another worker has been sent."""

    def __init__(self) -> None:
        self.ids = np.zeros(64, np.bool_)
        self.local_states: set[int] = set()
        self.messages: set[int] = set()

    def new(self, column: Rows) -> list[int]:
        """Those of some ids that were not sent; from now on they are."""
        largest = int(column.max(initial=0))
        if largest >= len(self.ids):
            grown = np.zeros(max(largest + 1, 2 * len(self.ids)), np.bool_)
            grown[: len(self.ids)] = self.ids
            self.ids = grown
        fresh = np.sort(column[~self.ids[column]])
        if not len(fresh):
            return []
        self.ids[fresh] = True
        found: list[int] = fresh[np.concatenate(([True], fresh[1:] != fresh[:-1]))].tolist()
        return found


class NodeParts(Parts):
    """The fields of the codes of a system of node programs, or of its representatives."""

    def __init__(self, system: System, workers: int) -> None:
        full = cast(NodeSystem, system.full)
        self._representative: Callable[[int], int] | None = None
        nodes, monitors = len(full.tables), len(full.model.monitors)
        stands_for = list(range(nodes))
        if isinstance(system, Quotient):
            self._representative = system.representative
            for block in system.group.blocks:
                for index in block:
                    stands_for[index] = block[0]
        exchanged = len(set(stands_for)) < nodes
        digests = Digests(lambda node: stands_for[node.index])
        self._nodes = [
            _NodeField(table, digests, stands_for[i], workers) for i, table in enumerate(full.tables)
        ]
        others: list[_Field] = [_MonitorField(full, at, digests, workers) for at in range(monitors)]
        others.append(_EnvironmentField(full, digests, workers))
        self._fields: list[_Field] = [*self._nodes, *others]
        self._owning = self._nodes if exchanged else self._fields  # what has nodes in it changes with them
        self._width = (WIDTH * len(self._fields) + 7) // 8

    def digests(self, codes: Sequence[int]) -> Sequence[int]:
        rows = self._rows(codes)
        total = np.zeros(len(rows), np.uint64)
        for place, field in enumerate(self._owning):
            total += field.digests(int(rows[:, place].max(initial=0)))[rows[:, place]]
        total = (total ^ (total >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        total = (total ^ (total >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        found: list[int] = (total ^ (total >> np.uint64(31))).tolist()
        return found

    def _rows(self, codes: Sequence[int]) -> Rows:
        """Codes as rows."""
        width = self._width
        content = b"".join([code.to_bytes(width, "little") for code in codes])
        table = np.zeros((len(codes), width + SPREAD_BYTES), np.uint8)
        table[:, :width] = np.frombuffer(content, np.uint8).reshape(len(codes), width)
        rows = np.empty((len(codes), len(self._fields)), np.int64)
        for place in range(len(self._fields)):
            byte, bit = divmod(WIDTH * place, 8)
            bits = np.zeros(len(codes), np.int64)
            for further in range(SPREAD_BYTES):
                bits |= table[:, byte + further].astype(np.int64) << (8 * further)
            rows[:, place] = (bits >> bit) & MASK
        return rows

    def _codes(self, rows: Rows) -> list[int]:
        """Rows as codes."""
        width = self._width
        table = np.zeros((len(rows), width + 8), np.uint8)
        for place in range(len(self._fields)):
            byte, bit = divmod(WIDTH * place, 8)
            bits = np.ascontiguousarray(rows[:, place] << bit).view(np.uint8).reshape(len(rows), 8)
            table[:, byte : byte + SPREAD_BYTES] |= bits[:, :SPREAD_BYTES]
        content = table[:, :width].tobytes()
        return [int.from_bytes(content[at : at + width], "little") for at in range(0, len(content), width)]

    def written(self, to: int, codes: Sequence[int]) -> bytes:
        rows = self._rows(codes)
        new = [field.new(to, rows[:, place]) for place, field in enumerate(self._fields)]
        return packed((new, rows.astype(np.uint32).tobytes()))

    def read(self, source: int, data: bytes) -> list[int]:
        new: list[NewParts]
        content: bytes
        new, content = unpacked(data)  # type: ignore[misc]  # as another worker has written it
        rows = np.frombuffer(content, np.uint32).reshape(-1, len(self._fields)).astype(np.int64)
        for place, (field, parts) in enumerate(zip(self._fields, new, strict=True)):
            field.learn(source, parts)
            rows[:, place] = field.tables[source].array[rows[:, place]]
        codes = self._codes(rows)
        return codes if self._representative is None else list(map(self._representative, codes))


class _Field:
    """One field of the code: what its ids stand for, here and at other workers."""

    def __init__(self, place: int, workers: int) -> None:
        self._place = place
        self._known = np.zeros(64, np.uint64)
        self._count = 0
        self._sent = [_Sent() for _ in range(workers)]
        self.tables = [_Numbers() for _ in range(workers)]

    def digests(self, largest: int) -> npt.NDArray[np.uint64]:
        """The digests of the ids up to one."""
        if largest >= len(self._known):
            grown = np.zeros(max(largest + 1, 2 * len(self._known)), np.uint64)
            grown[: len(self._known)] = self._known
            self._known = grown
        for number in range(self._count, largest + 1):
            self._known[number] = in_order(self._place + 1, [self._digest(number)])
        self._count = max(self._count, largest + 1)
        return self._known

    def new(self, to: int, column: Rows) -> NewParts:
        """What a worker has to be told of some ids."""
        return NewParts([], [], [], [(id_, self._value(id_)) for id_ in self._sent[to].new(column)])

    def learn(self, source: int, parts: NewParts) -> None:
        """What a worker tells of its ids."""
        for id_, value in parts.values:
            self.tables[source].set(id_, self._number(value))

    def _digest(self, id_: int) -> int:
        raise NotImplementedError

    def _value(self, id_: int) -> object:
        raise NotImplementedError

    def _number(self, value: object) -> int:
        raise NotImplementedError


class _NodeField(_Field):
    """A node's local state with its mailbox."""

    def __init__(self, table: NodeTable, digests: Digests, place: int, workers: int) -> None:
        super().__init__(place, workers)
        self._table = table
        self._digests = digests
        self._of_local: dict[int, int] = {}
        self._of_message: dict[int, int] = {}
        self._local_states: list[dict[int, int]] = [{} for _ in range(workers)]
        self._messages: list[dict[int, int]] = [{} for _ in range(workers)]
        self._senders = range(table.mailboxes.senders)

    def _digest(self, id_: int) -> int:
        """The messages of a mailbox are numbered as they were met, and so lie in it in any order: they are
        added up. On fifo links those of a link are in order.
        """
        local, box = self._table.ids.values[id_]
        queues = self._table.mailboxes.queues(box)
        if self._table.is_fifo:
            mail = sum([in_order(3, list(map(self._message, queue))) for queue in queues if queue])
        else:
            mail = sum([mixed(self._message(message)) for queue in queues for message in queue])
        return in_order(2, [self._local(local), mail & BITS])

    def _local(self, local: int) -> int:
        known = self._of_local.get(local)
        if known is None:
            known = self._of_local[local] = self._digests.of(self._table.local_states[local])
        return known

    def _message(self, message: int) -> int:
        known = self._of_message.get(message)
        if known is None:
            sent = self._table.messages.known[message]
            parts = [*map(self._digests.of, (sent.src, sent.msg)), sent.notice, sent.age]
            known = self._of_message[message] = in_order(1, parts)
        return known

    def new(self, to: int, column: Rows) -> NewParts:
        sent, table = self._sent[to], self._table
        found = [(id_, *table.ids.values[id_]) for id_ in sent.new(column)]
        local_states = dict.fromkeys(local for _, local, _ in found if local not in sent.local_states)
        sent.local_states.update(local_states)
        of_boxes = (table.mailboxes.content(box) for _, _, box in found)
        messages = dict.fromkeys(m for content in of_boxes for m in content if m not in sent.messages)
        sent.messages.update(messages)
        return NewParts(
            [(local, table.local_states[local]) for local in local_states],
            [(message, table.messages.known[message]) for message in messages],
            found,
            [],
        )

    def learn(self, source: int, parts: NewParts) -> None:
        table, local_states, messages = self._table, self._local_states[source], self._messages[source]
        for local, state in parts.local_states:
            local_states[local] = table.local_states.number_as(state)
        for message, sent in parts.messages:
            messages[message] = table.messages.number(sent)
        for id_, local, box in parts.ids:
            own = table.mailboxes.renumbered(box, messages, self._senders)
            self.tables[source].set(id_, table.ids.number((local_states[local], own)))


class _MonitorField(_Field):
    """A monitor's state."""

    def __init__(self, system: NodeSystem, at: int, digests: Digests, workers: int) -> None:
        super().__init__(len(system.tables) + at, workers)
        self._history, self._at, self._digests = system.history, at, digests

    def _digest(self, id_: int) -> int:
        return self._digests.of(self._value(id_))

    def _value(self, id_: int) -> object:
        return self._history.state(self._at, id_)

    def _number(self, value: object) -> int:
        return self._history.number(self._at, value)


class _EnvironmentField(_Field):
    """The environment's state."""

    def __init__(self, system: NodeSystem, digests: Digests, workers: int) -> None:
        super().__init__(len(system.tables) + len(system.model.monitors), workers)
        self._environments, self._digests = system.environments, digests

    def _digest(self, id_: int) -> int:
        return self._digests.of(self._value(id_))

    def _value(self, id_: int) -> object:
        return self._environments.state(id_)

    def _number(self, value: object) -> int:
        assert isinstance(value, EnvironmentState)
        return self._environments.number(value)
