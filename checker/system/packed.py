"""The packed system of node programs.

A global state is one integer, ``[ environment | monitors | node n-1 | ... | node 0 ]``: the lowest field is
the id of the first node, which stands for its local state and its mailbox; the environment's number is at
the top.
A step replaces the id of the node that steps and changes, through learned effects, the ids of the nodes
that it sends to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, product

from elcheck.checker.model.environment import initial_state, symmetric_splits
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.handlers import Handler
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Envelope, Event, GlobalState
from elcheck.checker.model.step import Effect, Send
from elcheck.checker.model.values import order, text
from elcheck.checker.system.environment_table import Weather, Weathers
from elcheck.checker.system.faults import Faults
from elcheck.checker.system.history import History
from elcheck.checker.system.mail import Mail
from elcheck.checker.system.moves import MASK, WIDTH, Cut, Moves
from elcheck.checker.system.node_table import NodeTable
from elcheck.checker.system.system import UNCUT, Cuts, Found, System
from elcheck.checker.system.ticks import TICK, Ticks
from elcheck.checker.system.views import Profiles

Tables = tuple[tuple[int, Moves], ...]


@dataclass(eq=False, slots=True)
class Plan:
    """How the steps of a state are found, by its environment: the moves that need not wait, and whether
    there may be more.
    """

    weather: Weather
    eager: Tables
    more: bool


class NodeSystem(System):
    """Node programs as packed codes with learned tables."""

    def __init__(self, model: Model, runner: Runner) -> None:
        super().__init__(model, runner)
        environment = model.environment
        self.profiles = Profiles(self.claims)
        self.tables: list[NodeTable] = []
        for node in runner.nodes:
            self.tables.append(NodeTable(node, runner, self.profiles, self.tables))
        self.history = History(model.monitors, self.tables)
        self._top = WIDTH * (len(self.tables) + len(model.monitors))
        partitions = tuple(model.partitions) or symmetric_splits(runner.nodes)
        self.weathers = Weathers(initial_state(environment), environment.network, partitions, self._top)
        self._faults = Faults(self.tables, self.weathers, perfect=environment.detector == "perfect")
        self._ticks = Ticks(self.tables)
        self.actions, self.timers = _numbered(runner)
        self.ranks = sorted({h.mark.rank for timers in self.timers for _, h, _ in timers})
        self._monitored = bool(model.monitors)
        self._families: dict[object, Tables] = {}
        self._plans: dict[int, Plan] = {}
        self._monitor_of = [
            model.place_of(c.scope.monitor) if c.scope.kind == "history" else None for c in self.claims
        ]
        self._fields = tuple((table.shift, _Profiled(table)) for table in self.tables)

    @property
    def fast(self) -> bool:
        return True

    # -- states --------------------------------------------------------------------------------------

    def initial(self) -> Iterator[int]:
        start = self.weathers.start << self._top
        return (self.history.begin(code) + start for code in self._starts())

    def _starts(self) -> Iterator[int]:
        """The codes of the nodes as they start, without monitors and environment."""
        for prepared in self.model.initial:
            boxes = [table.mailboxes.empty for table in self.tables]
            for envelope in prepared.network:
                self._send(boxes, envelope.src, Send(envelope.dst, envelope.msg))
            yield self._placed([prepared.nodes[node] for node in self.runner.nodes], boxes)
        if self.model.initial:
            return
        for steps in product(*map(self.runner.starts, self.runner.nodes)):
            boxes = [table.mailboxes.empty for table in self.tables]
            for node, step in zip(self.runner.nodes, steps, strict=True):
                for effect in step.sends:
                    self._send(boxes, node, effect)
            yield self._placed([step.state for step in steps], boxes)

    def _send(self, boxes: list[Mail], src: NodeId, effect: Effect) -> None:
        """What one effect of a node's start does to the mailboxes."""
        here, there = self.tables[src.index], self.tables[effect.dst.index]
        if isinstance(effect, Send):
            if there.index not in here.broken_links(boxes[here.index]):
                letter = there.letters.of(src, effect.msg)
                boxes[there.index] = there.mailboxes.push(boxes[there.index], letter)
        elif there is not here:
            notice = here.break_notice(there.node)
            boxes[here.index] = here.fifo.closed(boxes[here.index], there.index, notice)
            told = there.break_notice(src) if there.told_of_breaks else None
            boxes[there.index] = there.fifo.reset(boxes[there.index], here.index, told)

    def _placed(self, states: Sequence[object], boxes: Sequence[Mail]) -> int:
        """The code of nodes in these states with this under way. Raises DefinitionError beyond a bound."""
        code = 0
        for table, state, box in zip(self.tables, states, boxes, strict=True):
            crossed = [*self.runner.crossed(state)]
            crossed += filter(None, (table.overfull(box, n) for n in table.mailboxes.content(box)))
            if crossed:
                raise DefinitionError(f"{table.node} starts beyond the bound {crossed[0]}: {text(state)}")
            code += table.place(table.locals.number(state), box)
        return code

    def decode(self, code: int) -> GlobalState:
        views, network = [], []
        for table in self.tables:
            local, mail = table.ids.values[(code >> table.shift) & MASK]
            views.append(table.locals.view(local))
            for letter in table.mailboxes.content(mail):
                src, msg, _ = table.letters.known[letter]
                network.append(Envelope(src, table.node, msg))
        if self.model.environment.network == "fifo":
            network.sort(key=lambda e: (e.src, e.dst))
        else:
            network.sort(key=lambda e: (e.src, e.dst, order(e.msg)))
        setting = self.weathers.setting(code >> self._top)
        return GlobalState(tuple(views), tuple(network), setting, self.history.decode(code))

    def profile(self, code: int) -> tuple[int, ...]:
        seen = tuple(table[(code >> shift) & MASK] for shift, table in self._fields)
        return seen + self.history.numbers(code)

    def sight(self, profile: tuple[int, ...], claim: int) -> tuple[int, ...]:
        monitor = self._monitor_of[claim]
        if monitor is not None:
            return (profile[len(self.tables) + monitor],)
        sights = self.profiles.sights
        return tuple([sights[number][claim] for number in profile[: len(self.tables)]])

    def seen(self, profile: tuple[int, ...], claim: int) -> tuple[object, ...]:
        at = self._monitor_of[claim]
        if at is not None:
            return (self.history.state(at, profile[len(self.tables) + at]),)
        views = (self.profiles.seen[number][claim] for number in profile[: len(self.tables)])
        return tuple(view for view in views if view is not None)

    def blocked_heads(self) -> list[str]:
        found = []
        for table in self.tables:
            for letter in sorted(set(table.blocked) - table.taken):
                src, msg, _ = table.letters.known[letter]
                found.append(f"{src} -> {table.node}: {text(msg)}, {table.blocked[letter]}")
        return found

    # -- steps ---------------------------------------------------------------------------------------

    def successors(self, code: int) -> tuple[Found, Cuts]:
        number = code >> self._top
        plan = self._plans.get(number) or self._plan(number)
        found: Found = []
        cuts: list[Cut] = []
        self._take(code, plan.eager, 0, found, cuts)
        fault_cuts = self._further(code, plan.weather, found, cuts) if plan.more else ()
        if self._monitored:
            found = [(self.history.after(succ, move), move) for succ, move in found]
        return found, Cuts(cuts, fault_cuts) if cuts or fault_cuts else UNCUT

    def _plan(self, number: int) -> Plan:
        weather = self.weathers.at(number)
        held = weather.setting.early_timeouts is not None
        more = bool(held or self._ticks.exist or weather.spend or weather.falls)
        plan = self._plans[number] = Plan(weather, self._family(weather, None), more)
        return plan

    def _further(self, code: int, weather: Weather, found: Found, cuts: list[Cut]) -> list[Cut]:
        """What is not just a handler's step at any time: held timeouts, ticks, crashes midway, faults.

        Returns the faults that bounds cut.
        """
        fault_cuts: list[Cut] = []
        quiet = not found and not cuts
        faults: Found = []
        self._midway(code, weather, None, faults, fault_cuts)
        if weather.setting.early_timeouts is not None and not weather.synchronous:
            self._counted_timeouts(code, weather, found, cuts, fault_cuts)
        elif weather.synchronous and quiet:
            self._held_timeouts(code, weather, found, cuts, faults, fault_cuts)
        if self._ticks.exist and (quiet or not weather.synchronous):
            self._ticks.take(code, found, cuts)
        self._faults.take(code, weather, self._take, faults, fault_cuts)
        found += faults
        return fault_cuts

    def _take(self, code: int, tables: Tables, spent: int, found: Found, cuts: list[Cut]) -> None:
        """Every move of some tables from a state, with ``spent`` as the change of the environment.

        The innermost loop of the search.
        """
        still = code + spent
        for shift, table in tables:
            plain, posting, crossed = table[code >> shift & MASK]
            for change, move in plain:
                found.append((still + change, move))
            for change, move in posting:
                succ = still + change
                for post_shift, effect in move.posts:
                    change_there = effect[succ >> post_shift & MASK]
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
        weather: Weather,
        found: Found,
        cuts: list[Cut],
        faults: Found,
        fault_cuts: list[Cut],
    ) -> None:
        """The timeouts of ``sync`` in a quiet state: those of the lowest rank that has any."""
        for rank in self.ranks:
            self._take(code, self._family(weather, rank), 0, found, cuts)
            if found or cuts:
                self._midway(code, weather, rank, faults, fault_cuts)
                return

    def _counted_timeouts(
        self, code: int, weather: Weather, found: Found, cuts: list[Cut], fault_cuts: list[Cut]
    ) -> None:
        """The timeouts of the asynchronous part of ``eventual(k)``. The last of them ends the keeping of mail
        for the down, and its own sends fall under that.
        """
        begun = self._faults.deafened(weather, code + weather.after_timeout)
        crashing = weather.crash_after_timeout
        for rank in self.ranks:
            self._take(begun, self._family(weather, rank), 0, found, cuts)
            if crashing is not None and self.runner.splits:
                doomed = self._faults.deafened(weather, code + crashing)
                kept = self.weathers.at(doomed >> self._top).kept
                self._take(doomed, self._family(weather, rank, midway=kept), 0, found, fault_cuts)

    def _midway(
        self, code: int, weather: Weather, rank: int | None, faults: Found, fault_cuts: list[Cut]
    ) -> None:
        """The crashes in the middle of a step with split sends."""
        spent = weather.spend.get("crash")
        if spent is not None and self.runner.splits:
            family = self._family(weather, rank, midway=weather.kept)
            self._take(code, family, spent, faults, fault_cuts)

    # -- tables --------------------------------------------------------------------------------------

    def _family(self, weather: Weather, rank: int | None, *, midway: bool | None = None) -> Tables:
        """The move tables of all nodes: of the timeouts of one rank, or (None) of what needs not wait.

        With ``midway`` those of the crashes on their way, mail to the node being kept or not.
        """
        eager = weather.setting.early_timeouts is None
        key = (weather.partition, rank, midway, eager)
        family = self._families.get(key)
        if family is None:
            family = self._families[key] = tuple(
                (table.shift, self._moves(table, weather, rank, eager=eager, midway=midway))
                for table in self.tables
            )
        return family

    def _moves(
        self, table: NodeTable, weather: Weather, rank: int | None, *, eager: bool, midway: bool | None
    ) -> Moves:
        timers = [(n, e) for n, h, e in self.timers[table.index] if eager or h.mark.rank == rank]
        actions = self.actions[table.index] + (timers if eager else [])
        events = actions if rank is None else timers
        crasher = None if midway is None else self._faults.midway(kept=midway)
        return table.handler_moves(events, mail=rank is None, partition=weather.partition, midway=crasher)


class _Profiled(dict[int, int]):
    """The profile of each id of a node."""

    def __init__(self, table: NodeTable) -> None:
        super().__init__()
        self._table = table

    def __missing__(self, own: int) -> int:
        profile = self[own] = self._table.profile(own)
        return profile


def _numbered(
    runner: Runner,
) -> tuple[list[list[tuple[int, Event]]], list[list[tuple[int, Handler, Event]]]]:
    """The actions and the timeouts of each node, numbered downwards: letters take the numbers from 0 up."""
    actions, timers = [], []
    for node in runner.nodes:
        numbers = count(TICK - 1, -1)
        actions.append([(next(numbers), e) for _, e in runner.events(node, "action")])
        timers.append([(next(numbers), h, e) for h, e in runner.events(node, "timeout")])
    return actions, timers
