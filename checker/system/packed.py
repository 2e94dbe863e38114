"""The packed system of node programs.

A global state is one integer, ``[ environment | monitors | node n-1 | ... | node 0 ]``. The lowest field is
the id of the first node, which stands for its local state and its mailbox; the environment's number is at
the top. A step replaces the id of the node that steps, and changes the ids of the nodes that it sends to by
learned effects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, product
from typing import NamedTuple

from elcheck.checker.model.budget import FaultKind
from elcheck.checker.model.environment import EnvironmentState, initial_state
from elcheck.checker.model.handlers import Handler
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.partition import Separation
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Envelope, Event, GlobalState, NodeView
from elcheck.checker.model.step import Effect, Send
from elcheck.checker.model.values import order, text
from elcheck.checker.system.environment_table import EnvironmentEntry, EnvironmentTable
from elcheck.checker.system.faults import Faults
from elcheck.checker.system.history import History
from elcheck.checker.system.mailboxes import Mailbox
from elcheck.checker.system.moves import MASK, WIDTH, CutStep, MoveTable, MoveTables
from elcheck.checker.system.node_table import NodeTable
from elcheck.checker.system.spread import SPREAD, Spread, least_and_most
from elcheck.checker.system.system import UNCUT, Cuts, Found, Observation, System
from elcheck.checker.system.ticks import TICK, Ticks
from elcheck.checker.system.views import Observations


@dataclass(eq=False, slots=True)
class StepPlan:
    """How the steps of a state are found, by its environment: the moves that need not wait, and whether
    there may be ``more``.
    """

    environment: EnvironmentEntry
    eager: MoveTables
    more: bool


class NodesStart(NamedTuple):
    """The nodes at the start, their mailboxes, and what they are in."""

    nodes: tuple[NodeView[object], ...]
    boxes: tuple[Mailbox, ...]
    environment: EnvironmentState


class NodeSystem(System):
    """Node programs as packed codes with learned tables."""

    def __init__(self, model: Model, runner: Runner) -> None:
        super().__init__(model, runner)
        environment = model.environment
        self.observations = Observations(self.claims)
        self.tables: list[NodeTable] = []
        for node in runner.nodes:
            self.tables.append(NodeTable(node, runner, self.observations, self.tables))
        self.history = History(model.monitors, self.tables, runner.repeats)
        self._top = WIDTH * (len(self.tables) + len(model.monitors))
        start = initial_state(environment, runner.nodes)
        self.environments = EnvironmentTable(
            start,
            environment.network,
            runner.partitions(),
            runner.nodes,
            self._top,
            pauses=model.pauses,
        )
        self.actions, self.timers, self.own_faults = _numbered(runner)
        perfect = environment.detector == "perfect"
        self._faults = Faults(self.tables, self.environments, self._moves_of_faults(), perfect=perfect)
        self._ticks = Ticks(self.tables)
        self.ranks = sorted({h.mark.rank for timers in self.timers for _, h, _ in timers})
        self._monitored = bool(model.monitors)
        self.spread = None if model.spread is None else Spread(self.tables, model.spread)
        self._move_classes: dict[object, MoveTables] = {}
        self._plans: dict[int, StepPlan] = {}
        self._monitor_of = [
            None if c.scope.monitor is None else model.place_of(c.scope.monitor) for c in self.claims
        ]
        self._observed = tuple((table.shift, _ObservationOf(table)) for table in self.tables)

    @property
    def fast(self) -> bool:
        return True

    @property
    def asks_all_nodes(self) -> bool:
        """Whether some steps depend on all nodes: the joint tick, or timeouts that have to wait."""
        return self._ticks.exist or self.model.environment.early_timeouts is not None

    # -- states --------------------------------------------------------------------------------------

    def initial(self) -> Iterator[int]:
        found = ((at, self._beyond(at)) for at in self._starts())
        return (self.history.begin(self._code(at)) for at in self._within_bounds(found))

    def free_starts(self) -> list[list[int]] | None:
        """For each node the fields that it starts with, if the initial states are all combinations of these;
        None if messages, monitors, bounds or prepared states tie nodes together.
        """
        if self.model.initial or self.model.monitors or self.spread is not None:
            return None
        found = []
        for table, node in zip(self.tables, self.runner.nodes, strict=True):
            steps = self.runner.starts(node)
            if any(step.sends or self.runner.crossed(step.state) for step in steps):
                return None
            empty, number = table.mailboxes.empty, table.local_states.number
            found.append([table.place(number(step.state), empty) for step in steps])
        return found

    def _starts(self) -> Iterator[NodesStart]:
        """The nodes as they start."""
        for prepared in self.model.initial:
            boxes = [table.mailboxes.empty for table in self.tables]
            views = [prepared.view(node) for node in self.runner.nodes]
            environment = prepared.environment(self.model.environment, self.runner.nodes)
            for envelope in prepared.network:
                if views[envelope.dst.index].up or self.environments.keeps_mail(environment):
                    self._send(boxes, envelope.src, Send(envelope.dst, envelope.msg))
            yield NodesStart(tuple(views), tuple(boxes), environment)
        if self.model.initial:
            return
        for steps in product(*map(self.runner.starts, self.runner.nodes)):
            boxes = [table.mailboxes.empty for table in self.tables]
            for node, step in zip(self.runner.nodes, steps, strict=True):
                for effect in step.sends:
                    self._send(boxes, node, effect)
            whole = self.environments.state(self.environments.start)
            views = [NodeView(n, True, s.state) for n, s in zip(self.runner.nodes, steps, strict=True)]
            yield NodesStart(tuple(views), tuple(boxes), whole)

    def _send(self, boxes: list[Mailbox], src: NodeId, effect: Effect) -> None:
        """Change the mailboxes by one effect of a node's start."""
        here, there = self.tables[src.index], self.tables[effect.dst.index]
        if isinstance(effect, Send):
            if there.index not in here.broken_links(boxes[here.index]):
                message = there.messages.of(src, effect.msg)
                boxes[there.index] = there.mailboxes.push(boxes[there.index], message)
        elif there is not here:
            notice = here.break_notice(there.node)
            boxes[here.index] = here.fifo.closed(boxes[here.index], there.index, notice)
            told = there.break_notice(src) if there.told_of_breaks else None
            boxes[there.index] = there.fifo.reset(boxes[there.index], here.index, told)

    def _beyond(self, start: NodesStart) -> list[str]:
        """The bounds that a start is beyond."""
        crossed: list[str] = []
        for table, view, box in zip(self.tables, start.nodes, start.boxes, strict=True):
            crossed += self.runner.crossed(view.state)
            crossed += filter(None, (table.overfull(box, n) for n in table.mailboxes.content(box)))
        if self.spread is not None and self.spread.is_exceeded(
            *least_and_most(*(view.state for view in start.nodes))
        ):
            crossed.append(SPREAD)
        return crossed

    def _code(self, start: NodesStart) -> int:
        """The code of a start, without monitors."""
        drops = not self.environments.keeps_mail(start.environment)
        return (self.environments.number(start.environment) << self._top) + sum(
            table.place(table.local_states.number_of(view, drops=drops), box)
            for table, view, box in zip(self.tables, start.nodes, start.boxes, strict=True)
        )

    def decode(self, code: int) -> GlobalState:
        views, network = [], []
        for table in self.tables:
            local, box = table.ids.values[(code >> table.shift) & MASK]
            views.append(table.local_states.view(local))
            for message in table.mailboxes.content(box):
                sent = table.messages.known[message]
                network.append(Envelope(sent.src, table.node, sent.msg, sent.age))
        if self.model.environment.network == "fifo":
            network.sort(key=lambda e: (e.src, e.dst))
        else:
            network.sort(key=lambda e: (e.src, e.dst, order(e.msg), e.age))
        environment = self.environments.state(code >> self._top)
        return GlobalState(tuple(views), tuple(network), environment, self.history.decode(code))

    def observation(self, code: int) -> Observation:
        of_nodes = tuple(observed[(code >> shift) & MASK] for shift, observed in self._observed)
        return of_nodes + self.history.numbers(code)

    def view_key(self, observation: Observation, claim: int) -> tuple[int, ...]:
        monitor = self._monitor_of[claim]
        if monitor is not None:
            return (observation[len(self.tables) + monitor],)
        keys = self.observations.keys
        return tuple([keys[number][claim] for number in observation[: len(self.tables)]])

    def views(self, observation: Observation, claim: int) -> tuple[object, ...]:
        at = self._monitor_of[claim]
        if at is not None:
            return (self.history.state(at, observation[len(self.tables) + at]),)
        of_nodes = (self.observations.views[number][claim] for number in observation[: len(self.tables)])
        return tuple(view for view in of_nodes if view is not None)

    def blocked_heads(self) -> list[str]:
        found = []
        for table in self.tables:
            for message in sorted(set(table.blocked) - table.taken):
                sent = table.messages.known[message]
                found.append(f"{sent.src} -> {table.node}: {text(sent.msg)}, {table.blocked[message]}")
        return found

    # -- steps ---------------------------------------------------------------------------------------

    def successors(self, code: int) -> tuple[Found, Cuts]:
        number = code >> self._top
        plan = self._plans.get(number) or self._plan(number)
        found: Found = []
        cuts: list[CutStep] = []
        self._take(code, plan.eager, 0, found, cuts)
        fault_cuts = self._further(code, plan.environment, found, cuts) if plan.more else []
        if self.spread is not None:
            found = self.spread.within(found, lambda cut: (fault_cuts if cut[1].fault else cuts).append(cut))
        if self._monitored:
            found = [(self.history.after(succ, move), move) for succ, move in found]
        return found, Cuts(cuts, fault_cuts) if cuts or fault_cuts else UNCUT

    def _plan(self, number: int) -> StepPlan:
        environment = self.environments.at(number)
        held = environment.state.early_timeouts is not None
        more = bool(held or self._ticks.exist or environment.spend or environment.partition_steps)
        plan = self._plans[number] = StepPlan(environment, self._move_class(environment, None), more)
        return plan

    def _further(
        self, code: int, environment: EnvironmentEntry, found: Found, cuts: list[CutStep]
    ) -> list[CutStep]:
        """Add what is not just a handler's step at any time: held timeouts, ticks, crashes between sends,
        faults. Returns the faults that bounds cut.
        """
        fault_cuts: list[CutStep] = []
        quiet = not found and not cuts
        faults: Found = []
        self._crash_midway(code, environment, None, faults, fault_cuts)
        if environment.state.early_timeouts is not None and not environment.synchronous:
            self._counted_timeouts(code, environment, found, cuts, fault_cuts)
        elif environment.synchronous and quiet:
            self._held_timeouts(code, environment, found, cuts, faults, fault_cuts)
        may_tick = self._ticks.exist and (quiet or not environment.synchronous)
        if may_tick and not self._is_late(code, environment):
            self._ticks.take(code, found, cuts)
        self._faults.take(code, environment, self._take, faults, fault_cuts)
        found += faults
        return fault_cuts

    def _is_late(self, code: int, environment: EnvironmentEntry) -> bool:
        """Whether time has to wait for something that may happen, or that a bound cuts."""
        if not self.runner.timed:
            return False
        late: Found = []
        cuts: list[CutStep] = []
        self._take(code, self._late_moves(environment.partition), 0, late, cuts)
        return bool(late or cuts)

    def _late_moves(self, partition: Separation | None) -> MoveTables:
        """The moves of all nodes that time waits for, under a partition."""
        key = ("late", partition)
        if key not in self._move_classes:
            timers = [[(n, e) for n, _, e in of_node] for of_node in self.timers]
            self._move_classes[key] = tuple(
                (table.shift, table.late_moves(timers[table.index], partition)) for table in self.tables
            )
        return self._move_classes[key]

    def _take(self, code: int, tables: MoveTables, spent: int, found: Found, cuts: list[CutStep]) -> None:
        """Add every move of some tables in a state. ``spent`` is the change of the environment.

        This is the innermost loop of the search.
        """
        still = code + spent
        for shift, table in tables:
            silent, sending, crossed = table[code >> shift & MASK]
            for change, move in silent:
                found.append((still + change, move))
            for change, move in sending:
                succ = still + change
                for there, effect in move.sends:
                    change_there = effect[succ >> there & MASK]
                    if change_there is None:
                        cuts.append((effect.bound, move.event))
                        break
                    succ += change_there
                else:
                    if succ != still:
                        found.append((succ, move))
            if crossed:
                cuts += crossed

    def _held_timeouts(
        self,
        code: int,
        environment: EnvironmentEntry,
        found: Found,
        cuts: list[CutStep],
        faults: Found,
        fault_cuts: list[CutStep],
    ) -> None:
        """Add the timeouts of ``sync`` in a quiet state: those of the lowest rank that has any."""
        for rank in self.ranks:
            self._take(code, self._move_class(environment, rank), 0, found, cuts)
            if found or cuts:
                self._crash_midway(code, environment, rank, faults, fault_cuts)
                return

    def _counted_timeouts(
        self,
        code: int,
        environment: EnvironmentEntry,
        found: Found,
        cuts: list[CutStep],
        fault_cuts: list[CutStep],
    ) -> None:
        """Add the timeouts of the asynchronous part of ``eventual(k)``. The network keeps no mail for nodes
        that are down from the last of them on: what that timeout sends is not kept either.
        """
        begun = self._faults.mail_dropped(environment, code + environment.after_timeout)
        for rank in self.ranks:
            self._take(begun, self._move_class(environment, rank), 0, found, cuts)
            for price in environment.crash_after_timeout if self.runner.splits else ():
                doomed = self._faults.mail_dropped(environment, code + price.change)
                kept = self.environments.at(doomed >> self._top).keeps_mail
                moves = self._move_class(environment, rank, crash_kept=kept)
                self._take(doomed, price.of(moves), 0, found, fault_cuts)

    def _crash_midway(
        self,
        code: int,
        environment: EnvironmentEntry,
        rank: int | None,
        faults: Found,
        fault_cuts: list[CutStep],
    ) -> None:
        """Add the crashes in the middle of a step with split sends."""
        for price in environment.spend.get("crash", ()) if self.runner.splits else ():
            moves = self._move_class(environment, rank, crash_kept=environment.keeps_mail)
            self._take(code, price.of(moves), price.change, faults, fault_cuts)

    # -- tables --------------------------------------------------------------------------------------

    def _move_class(
        self, environment: EnvironmentEntry, rank: int | None, *, crash_kept: bool | None = None
    ) -> MoveTables:
        """The move tables of all nodes: of the timeouts of one rank, or (None) of what need not wait.

        With ``crash_kept`` they hold the crashes between split sends, with the node's mail kept or not.
        """
        eager = environment.state.early_timeouts is None
        key = (environment.partition, rank, crash_kept, eager)
        tables = self._move_classes.get(key)
        if tables is None:
            tables = self._move_classes[key] = tuple(
                (table.shift, self._moves(table, environment, rank, eager=eager, crash_kept=crash_kept))
                for table in self.tables
            )
        return tables

    def _moves_of_faults(self) -> dict[FaultKind, MoveTables]:
        """The moves of the faults that programs have themselves, by the budgets that they spend."""

        def moves(table: NodeTable, kind: FaultKind) -> MoveTable:
            of_kind = [(n, e) for n, h, e in self.own_faults[table.index] if h.budget == kind]
            return table.handler_moves(of_kind, deliveries=False)

        kinds = self.model.environment.faults
        return {kind: tuple((table.shift, moves(table, kind)) for table in self.tables) for kind in kinds}

    def _moves(
        self,
        table: NodeTable,
        environment: EnvironmentEntry,
        rank: int | None,
        *,
        eager: bool,
        crash_kept: bool | None,
    ) -> MoveTable:
        timers = [(n, e) for n, h, e in self.timers[table.index] if eager or h.mark.rank == rank]
        actions = self.actions[table.index] + (timers if eager else [])
        return table.handler_moves(
            actions if rank is None else timers,
            deliveries=rank is None,
            partition=environment.partition,
            crasher=None if crash_kept is None else self._faults.crasher(kept=crash_kept),
        )


class _ObservationOf(dict[int, int]):
    """The observation of each id of a node."""

    def __init__(self, table: NodeTable) -> None:
        super().__init__()
        self._table = table

    def __missing__(self, id_: int) -> int:
        observation = self[id_] = self._table.observation(id_)
        return observation


NumberedEvents = list[list[tuple[int, Event]]]
"""The events of each node, with their numbers."""
NumberedHandlers = list[list[tuple[int, Handler, Event]]]
"""The same with their handlers."""


def _numbered(runner: Runner) -> tuple[NumberedEvents, NumberedHandlers, NumberedHandlers]:
    """The actions, the timeouts and the faults of each node, numbered downwards: messages take the numbers
    from 0 up.
    """
    actions, timers, faults = [], [], []
    for node in runner.nodes:
        numbers = count(TICK - 1, -1)
        actions.append([(next(numbers), e) for _, e in runner.events(node, "action")])
        timers.append([(next(numbers), h, e) for h, e in runner.events(node, "timeout")])
        faults.append([(next(numbers), h, e) for h, e in runner.events(node, "fault")])
    return actions, timers, faults
