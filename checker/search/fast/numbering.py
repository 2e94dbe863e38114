"""The numbers of local states and messages in compiled code, and states as rows of fields.

The packed system numbers them for each node, compiled code for the whole system. Observations, monitors'
states and environments have the same numbers in both.
"""

from __future__ import annotations

from collections.abc import Sequence

from elcheck.checker.model.record import Disconnected
from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.calls import id_of, intern, is_tight
from elcheck.checker.search.fast.memory import Memory
from elcheck.checker.system.mailboxes import Mailbox
from elcheck.checker.system.moves import MASK
from elcheck.checker.system.node_table import NodeTable
from elcheck.checker.system.packed import NodeSystem


class Numbering:
    """The local states and the messages that compiled code has numbers for."""

    def __init__(self, system: NodeSystem, memory: Memory) -> None:
        self._system = system
        self._memory = memory
        self._locals: dict[tuple[int, int], int] = {}
        self._local_of: list[tuple[int, int]] = []
        self._messages: dict[tuple[int, int], int] = {}
        self._message_of: list[tuple[int, int]] = []
        self._placed: dict[int, int] = {}
        empty = self._intern([])
        assert empty == L.EMPTY

    def local(self, node: int, number: int) -> int:
        """Compiled code's number of a node's local state."""
        known = self._locals.get((node, number))
        if known is None:
            states = self._system.tables[node].local_states
            known = self._locals[node, number] = len(self._local_of)
            self._local_of.append((node, number))
            state = states[number]
            self._memory.append(L.LOCALS, node, state.up, state.drops, states.observation[number], -1)
        return known

    def local_of(self, local: int) -> tuple[int, int]:
        """The node of a local state, and the packed system's number."""
        return self._local_of[local]

    def message(self, table: NodeTable, number: int) -> int:
        """Compiled code's number of a node's message."""
        known = self._messages.get((table.index, number))
        if known is None:
            known = self._messages[table.index, number] = len(self._message_of)
            self._message_of.append((table.index, number))
            src, msg, notice = table.messages.known[number]
            kind = L.NOTICE if notice else L.MESSAGE
            kind = L.BREAK_NOTICE if notice and isinstance(msg, Disconnected) else kind
            self._memory.append(L.MESSAGES, src.index, kind)
        return known

    def message_of(self, message: int) -> int:
        """The packed system's number of a message, among those of the node that it is sent to."""
        return self._message_of[message][1]

    # -- states ----------------------------------------------------------------------------------------

    def row(self, code: int) -> list[int]:
        """A code of the packed system as a row of fields."""
        memory, fields = self._memory, []
        for table in self._system.tables:
            number, box = table.ids.values[(code >> table.shift) & MASK]
            local, mailbox = self.local(table.index, number), self._mailbox(table, box)
            fields.append(id_of(memory.h, memory.w, memory.q, local, mailbox))
        fields += self._system.history.numbers(code)
        return [*fields, code >> self._system.environments.shift]

    def _mailbox(self, table: NodeTable, box: Mailbox) -> int:
        messages = [self.message(table, message) for message in table.mailboxes.content(box)]
        if not table.is_fifo:
            messages.sort()
        return self._intern(messages)

    def _intern(self, messages: Sequence[int]) -> int:
        memory = self._memory
        while is_tight(memory.h, len(messages)):
            memory.make_room()
        memory.words(L.BUFFER)[: len(messages)] = messages
        return intern(memory.h, memory.w, memory.q, len(messages))

    def code(self, index: int) -> int:
        """A stored state as a code of the packed system."""
        nodes, history = len(self._system.tables), self._system.history
        row: list[int] = self._memory.rows[index].tolist()
        code = row[-1] << self._system.environments.shift
        for id_ in row[:nodes]:
            code += self._placed.get(id_) or self._place(id_)
        for i, number in enumerate(row[nodes:-1]):
            code += number << history.shift(i)
        return code

    def _place(self, id_: int) -> int:
        """An id as the field of a code that stands for the same."""
        memory = self._memory
        record = memory.used(L.IDS)[id_].tolist()
        node, local = self._local_of[record[L.LOCAL]]
        table = self._system.tables[node]
        start, length = memory.used(L.MAILBOXES)[record[L.MAILBOX]].tolist()
        content = memory.used(L.CONTENTS)[start : start + length].tolist()
        messages = [self.message_of(message) for message in content]
        self._placed[id_] = table.place(local, self._box(table, messages))
        return self._placed[id_]

    def _box(self, table: NodeTable, messages: Sequence[int]) -> Mailbox:
        if not table.is_fifo:
            return tuple(sorted(messages))
        queues: list[tuple[int, ...]] = [()] * len(self._system.tables)
        for message in messages:
            src = table.messages.src(message).index
            queues[src] = (*queues[src], message)
        return tuple(queues)
