"""Dead messages: those whose delivery changes nothing, now and whatever the node that gets them does next.

What a node may come to is read from the learned tables: local states, and the outcomes that lead from one to
another. That is more than any state of the search allows, so that a message that is called dead here is dead.
Of a search that was cut short the tables hold only what was met.
"""

from __future__ import annotations

from collections.abc import Iterator

from elcheck.checker.blame.columns import Column, NodeColumns, StateColumns, distinct_rows
from elcheck.checker.blame.parts import AnyColumns, all_columns
from elcheck.checker.model.call import HandlerError
from elcheck.checker.process.watch import look
from elcheck.checker.system.history import History
from elcheck.checker.system.local_states import LearnedCall, LocalOutcome
from elcheck.checker.system.node_table import NodeTable


def left_without_dead(columns: StateColumns, history: History) -> int:
    """How many states are left if dead messages are not told apart. Raises Ended."""
    found: AnyColumns = all_columns(StateColumns((), columns.monitors, columns.environment, columns.shared))
    for node in columns.nodes:
        found += [node.local, _live_mail(node, history)]
    return distinct_rows(found)


def _live_mail(node: NodeColumns, history: History) -> Column[object]:
    """What is under way to a node, but for messages that are dead in its local state."""
    dead = DeadMessages(node.table, history)
    boxes = len(node.mail.values)

    def live(pair: int) -> tuple[tuple[int, ...], ...]:
        local, box = node.known.values[pair // boxes], node.mail.values[pair % boxes]
        queues = node.table.mailboxes.queues(box)
        return tuple(tuple(m for m in queue if local not in dead.where(m)) for queue in queues)

    pairs = Column.of(node.known.numbers * boxes + node.mail.numbers, live)
    return pairs.merged(lambda queues: queues)


class DeadMessages:
    """The dead messages of one node."""

    def __init__(self, table: NodeTable, history: History) -> None:
        self._table = table
        self._history = history
        self._before = _steps_backwards(table)
        self._where: dict[int, frozenset[int]] = {}

    def where(self, message: int) -> frozenset[int]:
        """The local states, as numbers, in which a message is dead. Raises Ended."""
        known = self._where.get(message)
        if known is None:
            look()
            locals_ = range(len(self._before))
            alive = {local for local in locals_ if self._counts(local, message)}
            waiting = list(alive)
            while waiting:
                fresh = self._before[waiting.pop()] - alive
                alive |= fresh
                waiting += fresh
            known = self._where[message] = frozenset(locals_) - alive
        return known

    def _counts(self, local: int, message: int) -> bool:
        """Whether a delivery in a local state does more than to take the message."""
        table = self._table
        if not table.local_states[local].active:
            return False
        try:
            found = table.receipts(local, message)
            if not found:
                return table.is_fifo  # there it holds up what is behind it
            return any(o.after != local or o.sends or self._is_remembered(o, message) for o in found)
        except HandlerError:  # in a local state in which the message never arrives
            return True

    def _is_remembered(self, outcome: LocalOutcome, message: int) -> bool:
        """Whether a monitor may remember a delivery that changes nothing. It sees what takes a message."""
        table, history = self._table, self._history
        model = table.runner.model
        if model.environment.network == "sent-set" and not table.messages.is_notice(message):
            return False
        step = (outcome.event, table.index, outcome.before, outcome.after)
        states = ((at, now) for at in range(len(model.monitors)) for now in range(len(history.known(at))))
        return any(history.step(at, (now, *step)) != now for at, now in states)


def _steps_backwards(table: NodeTable) -> list[set[int]]:
    """For each local state those from which a step of the node, or a fault, leads to it."""
    states = table.local_states
    found: list[set[int]] = [set() for _ in states.known]
    for call in states.learned_since(0):
        for after in _leads_to(table, call):
            found[after].add(call.local)
    for number, state in enumerate(states.known):
        if state.up:  # a pause, or its end
            found[number] |= {
                n for n, s in enumerate(states.known) if s.paused != state.paused and s.state == state.state
            }
        elif state.drops:  # where the network stops to keep its mail
            found[number] |= {
                n for n, s in enumerate(states.known) if not s.up and not s.drops and s.state == state.state
            }
    return found


def _leads_to(table: NodeTable, call: LearnedCall) -> Iterator[int]:
    """The local states after a call that was learned, as far as bounds let it happen."""
    states = table.local_states
    if call.kind == "crash":
        yield from states.remains(call.local, drops=call.drops)
        return
    if call.kind == "damage":
        yield from (after for _, after in states.damages(call.local))
        return
    found = states.recoveries(call.local) if call.kind == "restart" else states.outcomes_of(call)
    yield from (outcome.after for outcome in found if not outcome.crosses)
