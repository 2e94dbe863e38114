"""The numbers of local states and messages in compiled code, and states as rows of fields.

The packed system numbers them for each node, compiled code for the whole system. Observations, monitors'
states and environments have the same numbers in both.
"""

from __future__ import annotations

from collections.abc import Sequence

from elcheck.checker.model.record import Disconnected
from elcheck.checker.reductions.quotient import Quotient
from elcheck.checker.reductions.swapped import Swapped
from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.calls import id_of, intern, is_tight
from elcheck.checker.search.fast.memory import Memory
from elcheck.checker.system.mailboxes import Mailbox
from elcheck.checker.system.moves import MASK
from elcheck.checker.system.node_table import NodeTable
from elcheck.checker.system.packed import NodeSystem
from elcheck.checker.system.spread import NONE, least_and_most

_TABLES = {
    L.LOCALS: (L.LOCAL_FACES, L.LOCALS_EXCHANGED),
    L.MESSAGES: (L.MESSAGE_FACES, L.MESSAGES_EXCHANGED),
}
"""Beside the tables of local states and messages: their faces, and what exchanges make of them."""


class Numbering:
    """The local states and the messages that compiled code has numbers for."""

    def __init__(self, system: NodeSystem, memory: Memory, quotient: Quotient | None = None) -> None:
        self._system = system
        self._memory = memory
        self._quotient = quotient
        self._waiting: list[tuple[int, int]] = []
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
            terms = least_and_most(state.state) if self._system.spread is not None else (NONE, -1)
            seen = states.observation[number]
            up = L.PAUSED if state.paused else L.ACTIVE if state.up else L.DOWN
            self._memory.append(L.LOCALS, node, up, state.drops, seen, -1, *terms)
            if self._quotient is not None:
                self._add_exchanged(self._quotient, L.LOCALS, known)
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
            src, msg, notice, _ = table.messages.known[number]
            kind = L.NOTICE if notice else L.MESSAGE
            kind = L.BREAK_NOTICE if notice and isinstance(msg, Disconnected) else kind
            term = least_and_most(msg)[0] if self._system.spread is not None else NONE
            self._memory.append(L.MESSAGES, src.index, kind, term, known, known)
            if self._quotient is not None:
                self._add_exchanged(self._quotient, L.MESSAGES, known)
            self._add_ages(table, number, known)
        return known

    def _add_ages(self, table: NodeTable, number: int, known: int) -> None:
        """Tell what a message is a tick later, and what it was when it was sent."""
        messages = table.messages
        sent = messages.known[number]
        if sent.age:
            new = self.message(table, messages.number(sent.new))
            self._memory.write(L.MESSAGES, known, L.MESSAGE_NEW, new)
        older = self.message(table, messages.older(number))
        self._memory.write(L.MESSAGES, known, L.MESSAGE_OLDER, older)

    def message_of(self, message: int) -> int:
        """The packed system's number of a message, among those of the node that it is sent to."""
        return self._message_of[message][1]

    def receiver_of(self, message: int) -> int:
        """The node that a message is sent to."""
        return self._message_of[message][0]

    # -- what exchanges of nodes make of them ------------------------------------------------------------

    def _add_exchanged(self, quotient: Quotient, table: int, number: int) -> None:
        """Tell the faces of a local state or a message, and what each exchange makes of it; and of what that
        is, until nothing is new.
        """
        faces, exchanged = _TABLES[table]
        self._memory.append(faces, *self._faces(quotient, table, number))
        self._memory.append(exchanged, *[0] * len(quotient.exchanges))
        self._waiting.append((table, number))
        if len(self._waiting) > 1:  # a call further up goes on with it
            return
        for table, number in self._waiting:
            made = [self._exchanged(table, number, each) for each in quotient.exchanges]
            self._memory.set(_TABLES[table][1], number, *made)
        self._waiting.clear()

    def _faces(self, quotient: Quotient, table: int, number: int) -> list[int]:
        invariants = quotient.canonical.invariants
        node, own = (self._local_of if table == L.LOCALS else self._message_of)[number]
        of = invariants.local if table == L.LOCALS else invariants.message
        return [of(node, own, towards) for towards in range(len(self._system.tables))]

    def _exchanged(self, table: int, number: int, by: Swapped) -> int:
        """The number of what an exchange makes of a local state or a message."""
        if table == L.LOCALS:
            node, own = self._local_of[number]
            return self.local(by.to[node].index, by.locals[node][own])
        node, own = self._message_of[number]
        return self.message(by.to[node], by.messages[node][own])

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
            code += self.placed(id_)
        for i, number in enumerate(row[nodes:-1]):
            code += number << history.shift(i)
        return code

    def placed(self, id_: int) -> int:
        """An id as the field of a code that stands for the same."""
        return self._placed.get(id_) or self._place(id_)

    def _place(self, id_: int) -> int:
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
