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
from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.calls import store_initial
from elcheck.checker.search.fast.checkpoint import Checkpoint
from elcheck.checker.search.fast.checkpointer import Checkpointer, SearchNotes
from elcheck.checker.search.fast.edges import LabelledEdges
from elcheck.checker.search.fast.files import DiskFull
from elcheck.checker.search.fast.layout import COUNT, Ints, Words, Words2
from elcheck.checker.search.fast.misses import MissHandler, Unsupported
from elcheck.checker.search.fast.threads import OneThread, TwoThreads
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

NETWORK_FAULTS = {
    L.TICKED: Event("tick", "tick"),
    L.LOST: Event("lose", "lose"),
    L.DUPLICATED: Event("duplicate", "duplicate"),
    L.DISCONNECTED: Event("disconnect", "disconnect"),
    L.PARTITIONED: Event("partition", "partition"),
}
"""The events of labels that are not outcomes. Partitions and their heals have one label."""
STATE, STUCK = -1, -2
"""Questions for the judge that are not of a step, in place of the state after it."""
EVERY_STATE = 1 << 62
"""A limit on states that no search reaches."""


def search_fast(
    system: System,
    judge: Judge,
    limits: Limits,
    progress: OnProgress = lambda _: None,
    resources: Resources = Resources(),
) -> Search:
    """Search every reachable state, or as far as the limits and the bounds go, as :func:`search_plain` does.

    That does what compiled code does not: a Spec, crashes between split sends. Raises UsageError if it can't,
    since the states are to be kept in files; and for a checkpoint that can't be restored.
    """
    why = "a Spec"
    if isinstance(system, NodeSystem):
        try:
            edges = resources.spill is None and _tells_enough(system, judge)
            running = FastSearch(system, judge, limits, progress, resources, edges=edges)
            running.run()
            return running.search
        except Unsupported as reason:
            why = str(reason)
            judge.forget()
    if resources.spill is not None:
        raise UsageError(
            f"--spill: {why} is left to the plain engine, which keeps its states in memory; leave out --spill"
        )
    return search_plain(system, judge, limits, progress)


def _tells_enough(system: NodeSystem, judge: Judge) -> bool:
    """Whether the edges are wanted, and compiled code tells enough of them. Of a fault of the network it does
    not say which message or link it strikes.
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
    """The codes of the states that were found. Each is made when it is asked for."""

    def __init__(self, misses: MissHandler) -> None:
        self._misses = misses

    def __len__(self) -> int:
        return int(self._misses.memory.h[L.STATES])

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._misses.numbering.code(index)


class FastSearch:
    """One breadth-first search, as :class:`PlainSearch` does it."""

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
        self._misses = MissHandler(system, edges=edges)
        self._memory = self._misses.memory
        self.search = Search(Codes(self._misses), engine="fast", observations=cache(self._all_observations))
        if edges:
            self.search.edges = self._recorded_edges
        self._judge = judge
        self._limits = limits
        self._limit_check = LimitCheck(limits, progress)
        self._at: int | None = None
        self._begun = False
        self._notes = SearchNotes()
        self._workers = resources.workers
        self._threads: OneThread | TwoThreads = OneThread(self._memory)
        self._checkpointer: Checkpointer | None = None
        if resources.spill is not None:
            self._checkpointer = Checkpointer(resources.spill, self._misses, self.search, judge, self._notes)

    def run(self) -> None:
        """Search level by level until nothing is new, everything is decided, or a limit is met."""
        search = self.search
        with self._checkpointer or nullcontext():
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

    # -- the search ------------------------------------------------------------------------------------

    def _search(self) -> None:
        search, notes = self.search, self._notes
        if self._checkpointer is not None:
            self._memory.keep_in(self._checkpointer.files)
        if self._checkpointer is not None and self._checkpointer.resumed is not None:
            self._resume(self._checkpointer, self._checkpointer.resumed)
        else:
            self._begin()
            search.stopped = search.stopped or self._save()
        while search.stopped is None and notes.probed is None and search.levels[-1] < len(search.codes):
            start, end = search.levels[-1], len(search.codes)
            if self._limits.depth == len(search.levels) - 1:
                notes.probed = self._limits.depth
            else:
                search.levels.append(end)
            self._memory.h[L.NEXT] = start
            self._level(end)

    def _save(self) -> str | None:
        """Write a checkpoint, if they are kept and the search has begun. Answers why it can't be written."""
        if self._checkpointer is None or not self._begun:
            return None
        why = self._checkpointer.save()
        if why is not None and self.search.stopped not in (None, why):
            self.search.stopped += f"; {why}"
        return why

    def _resume(self, checkpointer: Checkpointer, saved: Checkpoint) -> None:
        """Restore a search, and finish the level in whose midst it was left."""
        checkpointer.restore(saved, self._limits)
        self._begun = True
        self._employ_threads()
        self._examine(*saved.questions.reshape(-1, 2).T)
        for claim, index, succ, said in saved.found:
            self._decide(claim, index, succ, said)
        self._judge.evaluations = saved.evaluations
        self._count()
        self._level(self.search.levels[-1] if saved.probed is None else len(self.search.codes))

    def _begin(self) -> None:
        """Store the initial states, and judge them."""
        found, memory, cap = self.search, self._memory, self._limits.max_states or EVERY_STATE
        for number, code in enumerate(self._system.initial()):
            if number % 256 == 0:
                memory.grow()
                found.stopped = self._limit_check.exceeded(found)
                if found.stopped is not None:
                    break
            if len(found.codes) >= cap:
                found.stopped, found.capped = f"--max-states {cap} was reached", True
                break
            row = self._misses.numbering.row(code)
            memory.set(L.ROWS, L.INITIAL, *row)
            store_initial(memory.h, memory.w, memory.q, memory.rows, memory.parents, memory.table)
        self._employ_threads()
        self._begun = found.stopped is None
        found.levels.append(0)
        self._examine(np.arange(len(found.codes)), STATE)
        if found.stopped is None and self._limits.first:
            between_levels(found, self._judge, self._limits)

    def _employ_threads(self) -> None:
        """Employ as many threads as are wanted. They need the memory to be where it will be."""
        self._threads = TwoThreads(self._memory) if self._workers > 1 else OneThread(self._memory)

    def _level(self, end: int) -> None:
        """Expand the states of one depth, from the one that comes next."""
        found, h, keep = self.search, self._memory.h, self._notes.probed is None
        h[L.KEEPS_NEW], h[L.MAX_STATES] = keep, self._limits.max_states or EVERY_STATE
        self._expand_up_to(end)
        if found.stopped is None and keep and (len(found.levels) > 1 or self._limits.first):
            between_levels(found, self._judge, self._limits)

    def _expand_up_to(self, end: int) -> None:
        """Expand the states up to one, as far as no limit is met."""
        memory, found, h = self._memory, self.search, self._memory.h
        at_once = self._threads.states_per_call if self._limit_check.every > 1 else 256
        while h[L.NEXT] < end and found.stopped is None:
            self._tell_wishes()
            status = self._threads.search(min(end, int(h[L.NEXT]) + at_once))
            self._ask_judge()
            self._count()
            if h[COUNT + L.MISSES]:
                self._at = int(h[L.NEXT])
                self._misses.answer_all()
            if status == L.GROW:
                memory.make_room()
            if status == L.CAPPED:
                found.stopped, found.capped = f"--max-states {self._limits.max_states} was reached", True
                return
            found.stopped = self._limit_check.exceeded(found)
            if found.stopped is None and self._checkpointer is not None:
                found.stopped = self._checkpointer.look()

    def _tell_wishes(self) -> None:
        """Tell compiled code what the judge asks for, and whether steps may be skipped."""
        judge, h = self._judge, self._memory.h
        h[L.JUDGES_STATES] = 2 if judge.asks_whole else int(judge.every_state)
        h[L.JUDGES_STEPS] = 0 if not judge.asks_steps else 1 if judge.local_steps else 2
        h[L.JUDGES_ENDS] = judge.asks_deadlock
        alike = h[L.JUDGES_STEPS] < 2 and h[L.NODES] < 255
        h[L.SKIPS] = bool(h[L.KEEPS_NEW] and not h[L.KEEPS_EDGES] and alike)

    def _count(self) -> None:
        """Bring the numbers of the search up to date."""
        h, found = self._memory.h, self.search
        found.transitions = int(h[L.TRANSITIONS])
        found.expanded = int(h[L.NEXT])
        cuts = h[L.CUTS : L.CUTS + L.BOUNDS].tolist()
        counted = {name: cuts[bit] for bit, name in enumerate(self._misses.bounds)}
        counted[f"depth {self._limits.depth}"] = cuts[L.BEYOND]
        found.cuts = Counter({name: count for name, count in counted.items() if count})

    def _finish(self) -> None:
        """Find the deciding steps again, and count."""
        self._count()
        for claim, (index, succ) in self._notes.steps.items():
            found = self._judge.findings[claim]
            self._judge.findings[claim] = replace(found, step=self._step(index, succ))
        self.search.held = self._memory.held()
        self.search.parents = self._memory.parents[: len(self.search.codes)].data

    def _step(self, index: int, succ: int) -> tuple[int, Move]:
        code, after = self.search.codes[index], self.search.codes[succ]
        found, _ = self._system.successors(code)
        return next((there, move) for there, move in found if there == after and move.visible)

    # -- the judge -------------------------------------------------------------------------------------

    def _ask_judge(self) -> None:
        """Ask the judge what compiled code has put aside."""
        memory = self._memory
        self._examine(memory.used(L.STATES_TO_JUDGE), STATE)
        self._examine(*memory.used(L.STEPS_TO_JUDGE).T)
        self._examine(memory.used(L.STUCK), STUCK)
        for table in (L.STATES_TO_JUDGE, L.STEPS_TO_JUDGE, L.STUCK):
            memory.h[COUNT + table] = 0

    def _examine(self, states: Words | Ints, after: Words | Ints | int) -> None:
        """Ask the judge of states (STATE), of such without a next step (STUCK), or of steps to others."""
        if not len(states):
            return
        succs = np.broadcast_to(after, states.shape)
        observations, afters = self._observed(states), iter(self._observed(succs[succs >= 0]))
        for index, succ, observation in zip(states.tolist(), succs.tolist(), observations, strict=True):
            self._at = index
            if self._checkpointer is not None:
                self._notes.questions.extend((index, succ))
            if succ == STATE:
                self._judge_state(index, observation)
            elif succ == STUCK:
                if self._judge.asks_deadlock:
                    self._judge.no_next_step(index, self.search.codes[index])
            else:
                for claim, complaint in self._judge.complaints(observation, next(afters)):
                    self._decide(claim, index, succ, complaint)

    def _judge_state(self, index: int, observation: tuple[int, ...]) -> None:
        self._judge.observed(index, observation)
        if self._judge.asks_whole:
            self._judge.whole(index, self.search.codes[index])

    def _decide(self, claim: int, index: int, succ: int, said: str) -> None:
        """Note where a claim is decided. Its step is found again only at the end: that asks handlers, and a
        number that is given meanwhile would not be given when the queries are asked again.
        """
        if claim not in self._judge.findings:
            self._judge.found(claim, Finding(index, None, said))
            if succ >= 0:
                self._notes.steps[claim] = (index, succ)

    # -- what is known of all states -------------------------------------------------------------------

    def _observed(self, states: Words | Ints) -> list[tuple[int, ...]]:
        """The observation of each of these states."""
        columns = self._columns(self._memory.rows[states])
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def _columns(self, rows: Words2) -> list[Words]:
        """The observations of some states: a column for each node, then for each monitor."""
        memory, nodes = self._memory, len(self._system.tables)
        locals_ = (memory.column(L.IDS, rows[:, node], L.LOCAL) for node in range(nodes))
        columns = [memory.column(L.LOCALS, numbers, L.OBSERVATION) for numbers in locals_]
        return columns + [rows[:, place] for place in range(nodes, memory.fields - 1)]

    def _all_observations(self) -> tuple[Ints, list[tuple[int, ...]]]:
        """For each state the number of its observation, and the observation of each number."""
        rows = self._memory.rows[: len(self.search.codes)]
        key, span = np.zeros(len(rows), np.int64), 1
        for column in self._columns(rows):
            values = int(column.max(initial=0)) + 1
            if span * values >= 1 << 62:
                _, key = np.unique(key, return_inverse=True)
                span = int(key.max(initial=0)) + 1
            key, span = key * values + column, span * values
        _, first, numbers = np.unique(key, return_index=True, return_inverse=True)
        return numbers, self._observed(first)

    def edges(self) -> LabelledEdges:
        """The edges, if they were wanted."""
        h = self._memory.h
        return self._memory.edges.written(int(h[L.STATES]), int(h[L.NEXT]), int(h[L.EDGE_COUNT]))

    def event(self, label: int) -> Event:
        """What happens in an edge with the number of an outcome for a label."""
        return self._misses.observed[label][0]

    def _recorded_edges(self) -> RecordedEdges:
        """The edges with the numbers of their events. Of a network fault the event is only its kind."""
        edges, observed = self.edges(), self._misses.observed
        numbers: dict[Event, int] = {}
        of_label = [numbers.setdefault(event, len(numbers)) for event, *_ in observed]
        of_label += [numbers.setdefault(NETWORK_FAULTS[n], len(numbers)) for n in sorted(NETWORK_FAULTS)]
        of_label.append(0)  # -1 is not a label; those of the steps without an outcome count from the end
        labels = np.array(of_label, np.int32)[edges.labels]
        return RecordedEdges(edges.starts, edges.targets, labels, edges.cut.astype(np.bool_), tuple(numbers))
