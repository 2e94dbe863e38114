"""What an id is, whatever the nodes are called: numbers to tell the nodes of a state apart by."""

from __future__ import annotations

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.swap import key_of
from elcheck.checker.model.values import SortKey
from elcheck.checker.reductions.swapped import Learned
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.packed import NodeSystem

ME, OTHER, REST = 0, 1, 2
"""What stands for the node itself, for one other node, and (from here on) for those of each block."""


class Invariants:
    """Numbers of ids, in which only the blocks of the other nodes count.

    ``of(i, id)`` is equal for two nodes of a block whose ids differ only by an exchange of nodes.
    ``towards(i, id, j)`` is the same, with the node j told from all others.
    """

    def __init__(self, system: NodeSystem, block_of: list[int]) -> None:
        self._system = system
        self._block_of = block_of
        self._keys: Interner[SortKey] = Interner()
        nodes = range(len(system.tables))
        self._locals = [[self._of_local(i, j) for j in nodes] for i in nodes]
        self._messages = [[self._of_message(i, j) for j in nodes] for i in nodes]
        self._ids = [[self._of_id(i, j) for j in nodes] for i in nodes]

    def of(self, i: int, id_: int) -> int:
        """The number of an id of the node i."""
        return self._ids[i][i][id_]

    def towards(self, i: int, id_: int, j: int) -> int:
        """The number of an id of the node i in which the node j is told from the others."""
        return self._ids[i][j][id_]

    def local(self, i: int, number: int, j: int) -> int:
        """The same of a local state."""
        return self._locals[i][j][number]

    def message(self, i: int, number: int, j: int) -> int:
        """The same of a message to the node i."""
        return self._messages[i][j][number]

    def _names(self, i: int, j: int, node: NodeId) -> int:
        if node.index == i:
            return ME
        return OTHER if node.index == j else REST + self._block_of[node.index]

    def _of_local(self, i: int, j: int) -> Learned:
        states = self._system.tables[i].local_states

        def learn(number: int) -> int:
            known = states[number]
            key = key_of(known.state, lambda node: self._names(i, j, node))
            return self._keys.number((0, known.up, known.drops, known.paused, key))

        return Learned(learn)

    def _of_message(self, i: int, j: int) -> Learned:
        messages = self._system.tables[i].messages

        def learn(number: int) -> int:
            sent = messages.known[number]
            key = key_of(sent.msg, lambda node: self._names(i, j, node))
            return self._keys.number((1, sent.notice, sent.age, self._names(i, j, sent.src), key))

        return Learned(learn)

    def _of_id(self, i: int, j: int) -> Learned:
        table, locals_, messages = self._system.tables[i], self._locals[i][j], self._messages[i][j]

        def learn(number: int) -> int:
            local, box = table.ids.values[number]
            queues = [[messages[m] for m in queue] for queue in table.mailboxes.queues(box)]
            key = sorted([tuple(queue if table.is_fifo else sorted(queue)) for queue in queues])
            return self._keys.number((2, locals_[local], *key))

        return Learned(learn)
