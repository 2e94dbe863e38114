"""The fast engine: the search of checker/search/plain.py in compiled code, over the same learned tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import cache
from typing import overload

import numpy as np

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.formula import Taken, atoms_of
from elcheck.checker.model.state import Event
from elcheck.checker.search.fast import arrays as a
from elcheck.checker.search.fast.arrays import COUNT, GROW, Ints, Words, Words2
from elcheck.checker.search.fast.calls import begin
from elcheck.checker.search.fast.checkpoint import Checkpoint
from elcheck.checker.search.fast.edges import Graph
from elcheck.checker.search.fast.expand import AFTER_STEP
from elcheck.checker.search.fast.files import DiskFull
from elcheck.checker.search.fast.keeper import Keeper, Notes
from elcheck.checker.search.fast.teacher import Teacher, Unsupported
from elcheck.checker.search.fast.threads import One, Two
from elcheck.checker.search.judge import Finding, Judge
from elcheck.checker.search.plain import (
    LimitCheck,
    Limits,
    OnProgress,
    RecordedEdges,
    Search,
    between_levels,
    search_plain,
)
from elcheck.checker.search.resources import Resources
from elcheck.checker.system import System
from elcheck.checker.system.moves import Move
from elcheck.checker.system.packed import NodeSystem

MISHAPS = {
    a.JOINT: Event("tick", "tick"),
    a.LOSES: Event("lose", "lose"),
    a.DOUBLES: Event("duplicate", "duplicate"),
    a.DISCONNECTS: Event("disconnect", "disconnect"),
    a.FALLS_TO: Event("partition", "partition"),
}
"""The events of labels that are no outcomes. Partitions and their heals have one label."""
VIEW, STUCK = -1, -2
"""Questions for the judge that are not of a step, in place of the state after it."""


def search_fast(
    system: System,
    judge: Judge,
    limits: Limits,
    progress: OnProgress = lambda _: None,
    resources: Resources = Resources(),
) -> Search:
    """Search every reachable state, or as far as the limits and the bounds go, as :func:`explore` does.

    What compiled code does not do (a Spec, crashes between split sends) is left to that; or refused, with a
    UsageError, if the states are to be kept in files. So is a resume that can't be.
    """
    why = "a Spec"
    if isinstance(system, NodeSystem):
        try:
            edges = resources.spill is None and _tells(system, judge)
            engine = Engine(system, judge, limits, progress, resources, edges=edges)
            engine.run()
            return engine.search
        except Unsupported as reason:
            why = str(reason)
            judge.forget()
    if resources.spill is not None:
        raise UsageError(f"--spill: {why} is left to the plain engine, which keeps its states in memory")
    return search_plain(system, judge, limits, progress)


def _tells(system: NodeSystem, judge: Judge) -> bool:
    """Whether the edges are wanted, and what compiled code can tell of them is enough: of a mishap to a
    message or a link it does not say which.
    """
    model = system.model
    named = {name for rule in (*model.environment.fairness, *model.fairness) for name in rule.names}
    formulas = [*model.assume, *(claim.formula for claim in model.properties if claim.formula)]
    steps = [atom for formula in formulas for atom in atoms_of(formula) if isinstance(atom, Taken)]
    budgets = {"lose": "loss", "duplicate": "dup", "disconnect": "disconnect"}
    vague = {kind for kind, budget in budgets.items() if getattr(model.environment, budget) != 0}
    parted = {"partition", "heal"} if model.environment.partition != 0 else set()
    told = {step.name for step in steps if step.node is not None or step.name in parted}
    return judge.asks_graph and not (vague | parted) & (named | told)


class Codes(Sequence[int]):
    """The codes of the states that were found, each made when it is asked for."""

    def __init__(self, teacher: Teacher) -> None:
        self._teacher = teacher

    def __len__(self) -> int:
        return int(self._teacher.memory.h[a.STATES])

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._teacher.code(index)


class Engine:
    """One breadth-first search, as :class:`Explorer` does it."""

    def __init__(
        self,
        system: NodeSystem,
        judge: Judge,
        limits: Limits,
        progress: OnProgress,
        resources: Resources = Resources(),
        *,
        edges: bool = False,
    ) -> None:
        self._system = system
        self._teacher = Teacher(system, edges=edges)
        self._memory = self._teacher.memory
        self.search = Search(Codes(self._teacher), engine="fast", observations=cache(self._views))
        if edges:
            self.search.edges = self._written
        self._judge = judge
        self._limits = limits
        self._limit_check = LimitCheck(limits, progress)
        self._at: int | None = None
        self._begun = False
        self._notes = Notes()
        self._workers = resources.workers
        self._threads: One | Two = One(self._memory)
        self._keeper: Keeper | None = None
        if resources.spill is not None:
            self._keeper = Keeper(resources.spill, self._teacher, self.search, judge, self._notes)

    def run(self) -> None:
        """Search level by level until nothing is new, everything is decided, or a limit is met."""
        search = self.search
        with self._keeper or nullcontext():
            try:
                self._search()
                self._save()
            except DiskFull as full:
                search.stopped = str(full)
                self._save()
            except MemoryError:
                search.stopped = "memory ran out"
            except HandlerError as error:
                search.failure = (self._at, str(error))
                search.stopped = "an error ended it"
            except KeyboardInterrupt:
                search.stopped = "it was interrupted"
        self._finish()

    def _search(self) -> None:
        search, notes = self.search, self._notes
        if self._keeper is not None:
            self._memory.keep_in(self._keeper.files)
        if self._keeper is not None and self._keeper.resumed is not None:
            self._go_on(self._keeper, self._keeper.resumed)
        else:
            self._begin()
            search.stopped = search.stopped or self._save()
        while search.stopped is None and notes.probed is None and search.levels[-1] < len(search.codes):
            start, end = search.levels[-1], len(search.codes)
            if self._limits.depth == len(search.levels) - 1:
                notes.probed = self._limits.depth
            else:
                search.levels.append(end)
            self._memory.h[a.NEXT] = start
            self._level(end)

    def _save(self) -> str | None:
        """Write a checkpoint, where there are any and the search has begun. Answers why it can't be."""
        if self._keeper is None or not self._begun:
            return None
        why = self._keeper.save()
        if why is not None and self.search.stopped not in (None, why):
            self.search.stopped += f"; {why}"
        return why

    def _go_on(self, keeper: Keeper, saved: Checkpoint) -> None:
        """Take up a search, and finish the level in whose midst it was left."""
        keeper.take_up(saved, self._limits)
        self._begun = True
        self._employ()
        self._examine(*saved.questions.reshape(-1, 2).T)
        for claim, index, succ, said in saved.found:
            self._decide(claim, index, succ, said)
        self._judge.evaluations = saved.evaluations
        self._count()
        self._level(self.search.levels[-1] if saved.probed is None else len(self.search.codes))

    def _begin(self) -> None:
        found, memory, cap = self.search, self._memory, self._limits.max_states or 1 << 62
        for number, code in enumerate(self._system.initial()):
            if number % 256 == 0:
                memory.grow()
                found.stopped = self._limit_check.exceeded(found)
                if found.stopped is not None:
                    break
            if len(found.codes) >= cap:
                found.stopped, found.capped = f"--max-states {cap} was reached", True
                break
            row = self._teacher.row(code)
            memory.set(a.ROW, AFTER_STEP, *row)
            begin(memory.h, memory.w, memory.q, memory.rows, memory.parents, memory.table)
        self._employ()
        self._begun = found.stopped is None
        found.levels.append(0)
        self._examine(np.arange(len(found.codes)), VIEW)
        if found.stopped is None and self._limits.first:
            between_levels(found, self._judge, self._limits)

    def _employ(self) -> None:
        """Begin with as many threads as are wanted, in memory that is what it will be."""
        self._threads = Two(self._memory) if self._workers > 1 else One(self._memory)

    def _level(self, end: int) -> None:
        """Expand the states of one depth, from the one that comes next."""
        found, h, keep = self.search, self._memory.h, self._notes.probed is None
        h[a.KEEP], h[a.CAP] = keep, self._limits.max_states or 1 << 62
        self._up_to(end)
        if found.stopped is None and keep and (len(found.levels) > 1 or self._limits.first):
            between_levels(found, self._judge, self._limits)

    def _up_to(self, end: int) -> None:
        """Expand the states up to one, as far as no limit is met."""
        memory, found, h = self._memory, self.search, self._memory.h
        stretch = self._threads.stretch if self._limit_check.every > 1 else 256
        while h[a.NEXT] < end and found.stopped is None:
            self._flags()
            status = self._threads.search(min(end, int(h[a.NEXT]) + stretch))
            self._ask()
            self._count()
            if h[COUNT + a.MISSED]:
                self._at = int(h[a.NEXT])
                self._teacher.teach()
            if status == GROW:
                memory.more()
            if status == a.CAPPED:
                found.stopped, found.capped = f"--max-states {self._limits.max_states} was reached", True
                return
            found.stopped = self._limit_check.exceeded(found) or (
                self._keeper.look() if self._keeper else None
            )

    def graph(self) -> Graph:
        """The edges, if they were wanted."""
        h = self._memory.h
        return self._memory.edges.graph(int(h[a.STATES]), int(h[a.NEXT]), int(h[a.EDGE_COUNT]))

    def event(self, label: int) -> Event:
        """What happens in an edge with the number of an outcome for a label."""
        return self._teacher.observed[label][0]

    def _written(self) -> RecordedEdges:
        """The edges with the numbers of their events; of a mishap the event says no more than its kind."""
        graph, observed = self.graph(), self._teacher.observed
        numbers: dict[Event, int] = {}
        of_label = [numbers.setdefault(event, len(numbers)) for event, *_ in observed]
        of_label += [numbers.setdefault(MISHAPS[label], len(numbers)) for label in sorted(MISHAPS)]
        of_label.append(0)  # there is no label -1; those of mishaps, -6 to -2, count from the end
        labels = np.array(of_label, np.int32)[graph.labels]
        return RecordedEdges(graph.starts, graph.targets, labels, graph.cut.astype(np.bool_), tuple(numbers))

    def _flags(self) -> None:
        """Tell compiled code what is asked for."""
        judge, h = self._judge, self._memory.h
        h[a.WATCH_ALL] = 2 if judge.asks_whole else int(judge.every_state)
        h[a.STEP_CLAIMS] = 0 if not judge.asks_steps else 1 if judge.local_steps else 2
        h[a.DEADLOCK] = judge.asks_deadlock
        h[a.SKIPPING] = bool(h[a.KEEP] and not h[a.EDGES] and h[a.STEP_CLAIMS] < 2 and h[a.NODES] < 255)

    def _ask(self) -> None:
        """Ask the judge what compiled code has put aside."""
        memory = self._memory
        self._examine(memory.used(a.JUDGED), VIEW)
        self._examine(*memory.used(a.STEP).T)
        self._examine(memory.used(a.STUCK), STUCK)
        for table in (a.JUDGED, a.STEP, a.STUCK):
            memory.h[COUNT + table] = 0

    def _examine(self, states: Words | Ints, after: Words | Ints | int) -> None:
        """Ask the judge of states (VIEW), of such without a next step (STUCK), or of steps to others."""
        if not len(states):
            return
        succs = np.broadcast_to(after, states.shape)
        views, afters = self._seen(states), iter(self._seen(succs[succs >= 0]))
        for index, succ, view in zip(states.tolist(), succs.tolist(), views, strict=True):
            self._at = index
            if self._keeper is not None:
                self._notes.questions.extend((index, succ))
            if succ == VIEW:
                self._judge_state(index, view)
            elif succ == STUCK:
                if self._judge.asks_deadlock:
                    self._judge.no_next_step(index, self.search.codes[index])
            else:
                for claim, complaint in self._judge.complaints(view, next(afters)):
                    self._decide(claim, index, succ, complaint)

    def _judge_state(self, index: int, view: tuple[int, ...]) -> None:
        self._judge.observed(index, view)
        if self._judge.asks_whole:
            self._judge.whole(index, self.search.codes[index])

    def _decide(self, claim: int, index: int, succ: int, said: str) -> None:
        """Note where a claim is decided; its step is found again at the end, since that asks handlers, and
        numbers that are given meanwhile would not be given when the lessons are repeated.
        """
        if claim not in self._judge.findings:
            self._judge.found(claim, Finding(index, None, said))
            if succ >= 0:
                self._notes.steps[claim] = (index, succ)

    def _seen(self, states: Words | Ints) -> list[tuple[int, ...]]:
        """What properties see of each of these states."""
        columns = self._columns(self._memory.rows[states])
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def _columns(self, rows: Words2) -> list[Words]:
        """What properties see of some states: of each node, then of each monitor."""
        memory, nodes = self._memory, len(self._system.tables)
        locals_ = (memory.column(a.ID, rows[:, node], a.LOCAL) for node in range(nodes))
        columns = [memory.column(a.LOC, numbers, a.PROFILE) for numbers in locals_]
        return columns + [rows[:, place] for place in range(nodes, memory.fields - 1)]

    def _views(self) -> tuple[Ints, list[tuple[int, ...]]]:
        """For each state the number of what properties see of it, and what that is by its number."""
        rows = self._memory.rows[: len(self.search.codes)]
        key, span = np.zeros(len(rows), np.int64), 1
        for column in self._columns(rows):
            values = int(column.max(initial=0)) + 1
            if span * values >= 1 << 62:
                _, key = np.unique(key, return_inverse=True)
                span = int(key.max(initial=0)) + 1
            key, span = key * values + column, span * values
        _, first, numbers = np.unique(key, return_index=True, return_inverse=True)
        return numbers, self._seen(first)

    def _step(self, index: int, succ: int) -> tuple[int, Move]:
        code, after = self.search.codes[index], self.search.codes[succ]
        found, _ = self._system.successors(code)
        return next((there, move) for there, move in found if there == after and move.visible)

    def _count(self) -> None:
        """Bring the numbers of the search up to date."""
        h, found = self._memory.h, self.search
        found.transitions = int(h[a.TRANSITIONS])
        found.expanded = int(h[a.NEXT])
        cuts = h[a.CUTS : a.CUTS + 64].tolist()
        counted = {name: cuts[bit] for bit, name in enumerate(self._teacher.bounds)}
        counted[f"depth {self._limits.depth}"] = cuts[63]
        found.cuts = Counter({name: count for name, count in counted.items() if count})

    def _finish(self) -> None:
        self._count()
        for claim, (index, succ) in self._notes.steps.items():
            found = self._judge.findings[claim]
            self._judge.findings[claim] = replace(found, step=self._step(index, succ))
        self.search.held = self._memory.held()
        self.search.parents = self._memory.parents[: len(self.search.codes)].data
