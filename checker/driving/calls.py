"""The distinct handler calls of a search: what each node does in each of its local states.

A handler's outcome depends on the local state and the event alone, so a model of millions of states makes a
few thousand different calls. Whoever has seen a program make each of them has seen all that the model does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from elcheck.checker.model.partition import Separation
from elcheck.checker.model.state import Event
from elcheck.checker.system import NodeSystem
from elcheck.checker.system.environment_table import EnvironmentEntry
from elcheck.checker.system.local_states import LocalOutcome
from elcheck.checker.system.mailboxes import Mailbox
from elcheck.checker.system.moves import MASK
from elcheck.checker.system.node_table import NodeTable

DrivenCall: TypeAlias = tuple[int, int, Event]
"""A handler's call: the node's index, the number of its local state, and the event. Crashes and restarts call
``at_crash`` and ``recover``.
"""
Key: TypeAlias = tuple[int, int, object]
"""A node, its id, and what of the environment decides about its calls."""


class HandlerCalls:
    """Which calls the states of a system make, those without effect included: an ignored message is handled.

    Calls whose outcomes all cross a bound are left out.
    """

    def __init__(self, system: NodeSystem) -> None:
        self.system = system
        self._top = system.environments.shift
        self._of_id: dict[Key, tuple[DrivenCall, ...]] = {}
        self._network_bounds = any(bound.name in ("copies", "link") for bound in system.model.bounds)

    @property
    def depend_on_all_nodes(self) -> bool:
        """Whether the calls of a state are more, or fewer, than those of its nodes one by one."""
        return self.system.asks_all_nodes or self._network_bounds

    def at(self, code: int) -> list[DrivenCall]:
        """The calls of a state."""
        found = [call for key in self.keys(code) for call in self.of_key(key, code)]
        if self.system.asks_all_nodes:
            found += self._of_all_nodes(code)
        if self._network_bounds:
            cut = set(self.system.successors(code)[1].events)
            found = [call for call in found if call[2] not in cut]
        return found

    def keys(self, code: int) -> list[Key]:
        """What decides about the calls of a state, node by node. States with equal keys have the same ones,
        but for those that depend on all nodes.
        """
        environment = self._environment(code)
        around = (environment.state.standing, environment.state.early_timeouts != 0)
        return [
            (
                table.index,
                (code >> table.shift) & MASK,
                (*around, *(kind for kind in environment.spend if environment.allows(kind, table.index))),
            )
            for table in self.system.tables
        ]

    def of_key(self, key: Key, code: int) -> tuple[DrivenCall, ...]:
        """The calls of one node, in a state that has this key."""
        found = self._of_id.get(key)
        if found is None:
            table = self.system.tables[key[0]]
            found = self._of_id[key] = tuple(self._of_node(table, key[1], self._environment(code)))
        return found

    def _environment(self, code: int) -> EnvironmentEntry:
        return self.system.environments.at(code >> self._top)

    def _of_node(self, table: NodeTable, id_: int, environment: EnvironmentEntry) -> Iterator[DrivenCall]:
        local, box = table.ids.values[id_]
        states = table.local_states
        if not states[local].up:
            if environment.allows("restart", table.index) and states.recoveries(local):
                yield table.index, local, Event("restart", "restart", table.node)
            return
        if states[local].paused:
            return
        events = list(self.system.actions[table.index])
        if environment.state.early_timeouts != 0:
            events += [(number, event) for number, _, event in self.system.timers[table.index]]
        for number, event in events:
            yield from _of_outcomes(table, local, states.outcomes(local, number, event))
        for number, handler, event in self.system.own_faults[table.index]:
            if environment.allows(handler.budget, table.index):
                yield from _of_outcomes(table, local, states.outcomes(local, number, event))
        for message in _deliverable(table, box, environment.partition):
            yield from _of_outcomes(table, local, table.receipts(local, message))
        if environment.allows("crash", table.index) and states.remains(
            local, drops=not environment.keeps_mail
        ):
            yield table.index, local, Event("crash", "crash", table.node)

    def _of_all_nodes(self, code: int) -> Iterator[DrivenCall]:
        """The calls of held timeouts, and of the joint tick."""
        held = self._environment(code).synchronous
        for _, move in self.system.successors(code)[0]:
            if move.event.kind == "tick" or (held and move.event.kind == "timeout"):
                for node, before, _ in move.changes:
                    yield node, before, move.event


def _of_outcomes(table: NodeTable, local: int, outcomes: tuple[LocalOutcome, ...]) -> Iterator[DrivenCall]:
    for event in dict.fromkeys(outcome.event for outcome in outcomes if not outcome.crosses):
        yield table.index, local, event


def _deliverable(table: NodeTable, box: Mailbox, partition: Separation | None) -> Iterator[int]:
    for message, _ in table.mailboxes.deliverable(box):
        sent = table.messages.known[message]
        if sent.notice or partition is None or not partition.parts(sent.src, table.node):
            yield message
