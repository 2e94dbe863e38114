"""What compiled code can't know by itself: Python answers its queries, from the packed system's tables.

So both engines run the same handlers on the same pairs of local state and event, and a guard, a bound or a
crash means the same in both.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.record import Crashed
from elcheck.checker.model.state import Event, EventKind, damage
from elcheck.checker.model.step import Close, Sends
from elcheck.checker.process.watch import Ended
from elcheck.checker.reductions.quotient import Quotient
from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.environments import Environments
from elcheck.checker.search.fast.layout import COUNT
from elcheck.checker.search.fast.memory import Memory
from elcheck.checker.search.fast.numbering import Numbering
from elcheck.checker.system.history import MONITORED
from elcheck.checker.system.local_states import LocalOutcome
from elcheck.checker.system.node_table import NodeTable
from elcheck.checker.system.packed import NodeSystem
from elcheck.checker.system.spread import SPREAD
from elcheck.checker.system.system import Observation, System
from elcheck.checker.system.ticks import TICK

NETWORKS = {"sent-set": L.SENT_SET, "set": L.SET, "bag": L.BAG, "fifo": L.FIFO}
_ANSWERS = {
    L.MONITOR_AFTER: L.MONITOR_INDEX,
    L.MONITOR_EXCHANGED: L.EXCHANGE_INDEX,
    L.DEAD_IN: L.DEAD_INDEX,
    L.LOCAL_LOWERED: L.LOWERED_LOCALS,
    L.MESSAGE_LOWERED: L.LOWERED_MESSAGES,
    L.MONITOR_LOWERED: L.LOWERED_MONITORS,
    L.TERM_OF_MONITOR: L.MONITOR_TERMS,
}
"""Where the answers to queries of monitors, dead messages and terms are kept."""
_PAUSES: dict[int, tuple[EventKind, str]] = {L.PAUSE: ("pause", "pause"), L.RESUME: ("resume", "resume")}
BITS = 30
"""Nodes, and bounds, of which sets are kept in a word."""


class Unsupported(Exception):
    """Compiled code does not do this: the plain engine has to. The message says what it is."""


class _Answer(NamedTuple):
    """An outcome for compiled code: the event, the local states before and after in the packed system's
    numbers, the bounds that it crosses as bits, its effects on its own node, and those on others; whether
    time waits for it.
    """

    event: Event
    before: int
    after: int
    crossed: int
    own: Sequence[int]
    sends: Sequence[_Effect]
    due: bool = False


class _Effect(NamedTuple):
    """What a step does to another node, by its code; and whether it closed the link to that node before."""

    node: int
    code: int
    reconnected: bool = False


class MissHandler:
    """Fills the tables of compiled code from a packed system, as it is queried.

    ``queries`` holds what it was asked, in order, three numbers each. ``observed`` holds, for each outcome,
    the event, the node and the local states before and after.
    """

    def __init__(self, system: System, *, edges: bool = False) -> None:
        assert isinstance(system.full, NodeSystem)
        self.system = system.full
        self.quotient = system if isinstance(system, Quotient) else None
        exchanges = self.quotient.exchanges if self.quotient is not None else ()
        self._nodes = len(self.system.tables)
        if self._nodes > BITS or len(system.model.bounds) > BITS:
            raise Unsupported("more nodes or bounds than a word has bits")
        self._monitors = len(system.model.monitors)
        self.memory = Memory(
            self._nodes, self._nodes + self._monitors + 1, edges=edges, exchanges=len(exchanges)
        )
        self.queries = array("i")
        self.observed: list[tuple[Event, int, int, int]] = []
        self.bounds = list(dict.fromkeys(bound.name for bound in system.model.bounds))
        self._tell_system()
        if exchanges and self.quotient is not None:
            self._tell_exchanges(self.quotient)
        self._tell_of_states()
        self.numbering = Numbering(self.system, self.memory, self.quotient if exchanges else None)
        self._events: list[dict[int, tuple[int, Event]]] = []
        for table in self.system.tables:
            numbers = [(n, e) for n, e in self.system.actions[table.index]]
            of_handlers = (*self.system.timers[table.index], *self.system.own_faults[table.index])
            numbers += [(n, e) for n, _, e in of_handlers]
            self._events.append({L.EVENT - n: (n, e) for n, e in numbers})
        self._environments = Environments(self.system, self.memory, self.quotient)
        self._ticks = {
            node.index: event
            for node in system.runner.nodes
            for _, event in system.runner.events(node, "tick")
        }
        self.memory.append_all(L.TICKERS, list(self._ticks))
        self._add_notices(perfect=system.model.environment.detector == "perfect")

    def _tell_system(self) -> None:
        """Write into the header what compiled code has to know of the system."""
        h, model = self.memory.h, self.system.model
        network = model.environment.network
        h[L.NETWORK], h[L.AGES] = NETWORKS[network], bool(model.environment.delay)
        h[L.NODES], h[L.FIELDS] = self._nodes, self.memory.fields
        wanted = {"bag": "copies", "fifo": "link"}.get(network)
        for bound in model.bounds:
            if isinstance(bound.holds, int) and bound.name == wanted:
                h[L.BOUND], h[L.BOUND_BIT] = bound.holds, 1 << self.bounds.index(bound.name)
        if model.spread is not None:
            h[L.SPREAD], h[L.SPREAD_BIT] = model.spread, 1 << self.bounds.index(SPREAD)

    def _tell_exchanges(self, quotient: Quotient) -> None:
        """Write which nodes may change places."""
        memory, group = self.memory, quotient.group
        if group.size >= 1 << 31:
            raise Unsupported("so many ways to exchange nodes")
        memory.h[L.EXCHANGES], memory.h[L.EXCHANGED_STATES] = len(quotient.exchanges), group.size
        numbers = {each.swap.first.index: number for number, each in enumerate(quotient.exchanges)}
        for block in group.blocks:
            memory.append(L.BLOCK_SPANS, memory.append_all(L.BLOCK_NODES, block), len(block))
        for node in range(self._nodes):
            memory.append(L.EXCHANGE_OF, numbers.get(node, -1))

    def _tell_of_states(self) -> None:
        """Write whether dead messages are taken out, and terms counted from the least."""
        dead, h = None if self.quotient is None else self.quotient.dead, self.memory.h
        h[L.COUNTS_TERMS] = self.quotient is not None and self.quotient.terms is not None
        if dead is not None:
            h[L.TAKES_OUT_DEAD] = 1
            h[L.LEAVES_OUT_IDLE] = (2 if dead.asks_of_idle else 1) if dead.is_sent_set else 0

    def _add_notices(self, *, perfect: bool) -> None:
        """Add the messages that the environment sends. ``perfect``: those of crashes too."""
        self.memory.h[L.TELLS_RESTARTED] = perfect
        for table in self.system.tables:
            for other in self.system.tables:
                at = table.index * self._nodes + other.index
                if table.told_of_breaks:
                    message = table.break_notice(other.node)
                    self.memory.set(L.BREAK_NOTICES, at, self.numbering.message(table, message))
                if perfect and table.told_of_crashes:
                    message = table.messages.of(other.node, Crashed(other.node), notice=True)
                    self.memory.set(L.CRASH_NOTICES, at, self.numbering.message(table, message))

    # -- queries ---------------------------------------------------------------------------------------

    def answer_all(self) -> None:
        """Answer every query that waits. Raises HandlerError when a handler does in the state that comes
        next; of later states, that is found when their turn comes.
        """
        h = self.memory.h
        queries = [tuple(query) for query in self.memory.used(L.MISSES).tolist()]
        urgent = set(queries[: int(h[L.URGENT_MISSES])])
        h[COUNT + L.MISSES] = 0
        with self.answering():
            for query in dict.fromkeys(queries):
                try:
                    self.answer(*query)
                except HandlerError:
                    if query in urgent:
                        raise

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Answers that are given meanwhile are written at the end, all at once."""
        try:
            yield
        finally:
            self.memory.write_added()

    def answer(self, first: int, second: int, kind: int) -> None:
        """Answer one query, unless its answer is known by now."""
        if self._is_answered(first, second, kind):
            return
        self.queries.extend((first, second, kind))
        try:
            if kind == L.ENVIRONMENT_OF:
                self._environments.tell(first)
            elif kind == L.MONITOR_AFTER:
                self._tell_monitor(first, second)
            elif kind == L.MONITOR_EXCHANGED:
                self._tell_exchanged_monitor(first, second)
            elif kind == L.DEAD_IN:
                self._tell_whether_dead(first, second)
            elif kind >= L.LOCAL_LOWERED:
                self._tell_of_terms(first, second, kind)
            elif kind == L.IDLE_STEP:
                self._tell_whether_idle(first, monitored=second != 0)
            else:
                self._tell_outcomes(first, second)
            if self.quotient is not None:
                self.quotient.verify()
        except Ended:  # it has no answer, and will be asked again
            del self.queries[-3:]
            raise

    def _is_answered(self, first: int, second: int, kind: int) -> bool:
        memory = self.memory
        if kind == L.ENVIRONMENT_OF:
            known = memory.used(L.ENVIRONMENTS)
            return bool(first < len(known) and known[first, L.KNOWN])
        if kind == L.IDLE_STEP:
            return second == 0 <= first and memory.read(L.OUTCOMES, first, L.FLAGS) & L.IDLE != 0
        return False

    def _tell_monitor(self, state: int, outcome: int) -> None:
        now, at = divmod(state, self._monitors)
        event, node, before, after = self.observed[outcome]
        result = self.system.history.step(at, (now, event, node, before, after))
        self.memory.pair(L.MONITOR_INDEX, state, outcome, result)

    def observed_after(self, observation: Observation, outcome: int) -> Observation:
        """What the properties see after an outcome of one node."""
        event, node, before, after = self.observed[outcome]
        found = list(observation)
        found[node] = self.system.tables[node].local_states.observation[after]
        for at in range(self._monitors) if event.kind in MONITORED else ():
            step = (observation[self._nodes + at], event, node, before, after)
            found[self._nodes + at] = self.system.history.step(at, step)
        return tuple(found)

    def _tell_exchanged_monitor(self, state: int, exchange: int) -> None:
        assert self.quotient is not None
        now, at = divmod(state, self._monitors)
        made = self.quotient.exchanges[exchange].monitors[at][now]
        self.memory.pair(L.EXCHANGE_INDEX, state, exchange, made)

    def _tell_whether_dead(self, local: int, message: int) -> None:
        assert self.quotient is not None
        assert self.quotient.dead is not None
        node, number = self.numbering.local_of(local)
        dead = self.quotient.dead.is_dead(node, number, self.numbering.message_of(message))
        self.memory.pair(L.DEAD_INDEX, local, message, dead)

    def _tell_of_terms(self, first: int, by: int, kind: int) -> None:
        assert self.quotient is not None
        terms = self.quotient.terms
        assert terms is not None
        now, at = divmod(first, max(1, self._monitors))
        if kind == L.LOCAL_LOWERED:
            node, number = self.numbering.local_of(first)
            made = self.numbering.local(node, terms.lower(by).locals[node][number])
        elif kind == L.MESSAGE_LOWERED:
            node, number = self.numbering.receiver_of(first), self.numbering.message_of(first)
            table = self.system.tables[node]
            made = self.numbering.message(table, terms.lower(by).messages[node][number])
        elif kind == L.MONITOR_LOWERED:
            made = terms.lower(by).monitors[at][now]
        else:
            made = terms.least_of_monitor(at, now)
        self.memory.pair(_ANSWERS[kind], first, by, made)

    def _tell_whether_idle(self, outcome: int, *, monitored: bool) -> None:
        """Let steps by an outcome be left out where they only send dead messages. Raises NotStale."""
        assert self.quotient is not None
        assert self.quotient.dead is not None
        event = Event("tick", "tick") if outcome < 0 else self.observed[outcome][0]
        self.quotient.dead.leave_out(event, monitored=monitored)
        self.memory.write_added()  # the outcome may be among what was
        flags = self.memory.read(L.OUTCOMES, outcome, L.FLAGS)
        self.memory.write(L.OUTCOMES, outcome, L.FLAGS, flags | L.IDLE)

    # -- outcomes --------------------------------------------------------------------------------------

    def _tell_outcomes(self, local: int, key: int) -> None:
        node, number = self.numbering.local_of(local)
        table = self.system.tables[node]
        if key == L.DROPPING_OF:
            dropping = table.local_states.number(table.local_states[number].state, up=False, drops=True)
            self.memory.write(L.LOCALS, local, L.DROPPING, self.numbering.local(node, dropping))
        elif key in (L.CRASH_DROPPED, L.CRASH_KEPT):
            event = Event("crash", "crash", table.node)
            left = table.local_states.remains(number, drops=key == L.CRASH_DROPPED)
            news = self._news_of_crash(table)
            self._add_span(local, key, [_Answer(event, number, after, 0, [], news) for after in left])
        elif key in (L.PAUSE, L.RESUME):
            event = Event(*_PAUSES[key], table.node)
            after = table.local_states.same_but(number, paused=key == L.PAUSE)
            self._add_span(local, key, [_Answer(event, number, after, 0, [], [])])
        elif key == L.DAMAGE:
            self._add_span(
                local, key, [_damage(table.node, number, *d) for d in table.local_states.damages(number)]
            )
        else:
            found = self._outcomes(table, number, key)
            if self.system.runner.splits and self.system.model.environment.crash != 0:
                raise Unsupported("crashes between split sends")
            self._add_span(local, key, [self._answer(table, outcome) for outcome in found])

    def _outcomes(self, table: NodeTable, number: int, key: int) -> Sequence[LocalOutcome]:
        """The outcomes of an event in a local state. Raises HandlerError when the handler does."""
        states = table.local_states
        if key == L.RESTART:
            return states.recoveries(number)
        if key == L.TICK:
            take = states.outcomes if states[number].active else states.idle_ticks
            return take(number, TICK, self._ticks[table.index])
        if key < L.EVENT:
            return table.receipts(number, self.numbering.message_of(key))
        return states.outcomes(number, *self._events[table.index][key])

    def _news_of_crash(self, table: NodeTable) -> list[_Effect]:
        """What a crash does to other nodes: their links to it break, and a detector tells them."""
        sends = []
        for other in self.system.tables:
            if other is not table:
                if other.is_fifo:
                    sends.append(_Effect(other.index, L.BREAK + table.index))
                message = int(self.memory.words(L.CRASH_NOTICES)[other.index * self._nodes + table.index])
                if message >= 0:
                    sends.append(_Effect(other.index, message))
        return sends

    def _answer(self, table: NodeTable, outcome: LocalOutcome) -> _Answer:
        crossed = sum(1 << self.bounds.index(name) for name in outcome.crosses)
        own, sends = self._effects(table, outcome.sends) if not crossed else ([], [])
        event = outcome.event if outcome.event.kind != "tick" else Event("tick", "tick")  # it is everybody's
        return _Answer(event, outcome.before, outcome.after, crossed, own, sends, outcome.due)

    def _effects(self, table: NodeTable, sends: Sends) -> tuple[list[int], list[_Effect]]:
        """What sends do: effects on the node itself, closed links first, and on others."""
        closed, own, others = [], [], []
        for effect in sends:
            other = self.system.tables[effect.dst.index]
            if isinstance(effect, Close):
                if other is not table:
                    closed.append(L.BREAK + other.index)
                    others.append(_Effect(other.index, L.BREAK + table.index))
                continue
            message = self.numbering.message(other, other.messages.of(table.node, effect.msg))
            if other is table:
                own.append(message)
            else:
                others.append(_Effect(other.index, message, L.BREAK + other.index in closed))
        return closed + own, others

    def _add_span(self, local: int, key: int, answers: Sequence[_Answer]) -> None:
        """Add the outcomes of an event in a local state."""
        memory = self.memory
        node, _ = self.numbering.local_of(local)
        is_visible = self.system.tables[node].is_visible
        start = memory.next(L.OUTCOMES)
        for event, before, after, crossed, own, sends, due in answers:
            flags = L.VISIBLE * is_visible(before, after) | L.DUE * due
            flags |= L.MONITORED * (event.kind in MONITORED)
            spans = (*self._add_sends(sends), *self._add_sends([_Effect(node, code) for code in own]))
            memory.add(L.OUTCOMES, self.numbering.local(node, after), flags, *spans, crossed)
            self.observed.append((event, node, before, after))
        number = memory.add(L.OUTCOME_SPANS, start, len(answers))
        memory.pair(L.OUTCOME_INDEX, local, key, number)

    def _add_sends(self, sends: Sequence[_Effect]) -> tuple[int, int]:
        """Add sends; where they start, and how many they are."""
        start = self.memory.next(L.SENDS)
        for effect in sends:
            self.memory.add(L.SENDS, *effect)
        return start, len(sends)


def _damage(node: NodeId, before: int, field: str, after: int) -> _Answer:
    """A damage of a field as an outcome."""
    return _Answer(damage(node, field), before, after, 0, [], [])
