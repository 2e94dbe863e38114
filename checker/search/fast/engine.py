"""The fast engine: the search of checker/search/plain.py in compiled code, over the same learned tables."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from functools import cache

import numpy as np

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.formula import Taken, atoms_of
from elcheck.checker.model.selector import Selector, StepNames
from elcheck.checker.model.state import BUDGETS, Event
from elcheck.checker.process.limits import RAISED_ERROR, Limits, Stop, StopKind, too_many_states
from elcheck.checker.process.running import ending, watching
from elcheck.checker.process.watch import Ended, current, optional
from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.calls import store_initial
from elcheck.checker.search.fast.checkpoint import Checkpoint
from elcheck.checker.search.fast.checkpointer import Checkpointer, SearchNotes
from elcheck.checker.search.fast.files import DiskFull
from elcheck.checker.search.fast.layout import COUNT, Ints, Words
from elcheck.checker.search.fast.misses import MissHandler, Unsupported
from elcheck.checker.search.fast.stored import NETWORK_FAULTS, StoredStates
from elcheck.checker.search.fast.threads import OneThread, TwoThreads
from elcheck.checker.search.judge import Finding, Judge
from elcheck.checker.search.plain import search_plain
from elcheck.checker.search.resources import Resources
from elcheck.checker.search.search import OnProgress, Search
from elcheck.checker.system import System
from elcheck.checker.system.moves import Move
from elcheck.checker.system.packed import NodeSystem
from elcheck.checker.system.system import Observation

STATE, STUCK = -1, -2
"""Questions for the judge that are not of a step, in place of the state after it."""
LOOK = 0.04
"""Seconds that a call of compiled code should take at most."""
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

    What compiled code does not do, a Spec and crashes between split sends, is left to that function. Raises
    UsageError if the states are to be kept in files then, or for a checkpoint that can't be restored.
    """
    why = "a Spec"
    if isinstance(system.full, NodeSystem):
        try:
            edges = resources.spill is None and system.any_terms is None and _tells_enough(system, judge)
            running = FastSearch(system, judge, limits, resources, edges=edges)
            with watching(limits, lambda: progress(running.search)):
                running.run()
            return running.search
        except Unsupported as reason:
            why = str(reason)
            judge.forget()
    if resources.spill is not None:
        raise UsageError(
            f"--spill: compiled code does not do {why}, and the plain engine keeps its states in memory: "
            "leave out --spill"
        )
    return search_plain(system, judge, limits, progress)


def _tells_enough(system: System, judge: Judge) -> bool:
    """Whether the edges are wanted, and compiled code tells enough of them. Of a network fault it does not
    say which message or link it strikes, and heals have the label of partitions.
    """
    model = system.model
    names = StepNames(model)
    formulas = [*model.assume, *(claim.formula for claim in model.properties if claim.formula)]
    atoms = [atom for formula in formulas for atom in atoms_of(formula) if isinstance(atom, Taken)]
    spoken = [Selector(atom.name, atom.node, names) for atom in atoms]
    rules = (*model.environment.fairness, *model.fairness)
    fair = [Selector(name, None, names) for rule in rules for name in rule.names]

    def is_told(label: Event) -> bool:
        """Whether what is claimed and assumed of the steps of a label is told by that."""
        kinds = {"partition", "heal"} if label.kind == "partition" else {label.kind}
        alike = [event for event in names.events if event.kind in kinds]
        divided = any(len({event in steps for event in (label, *alike)}) > 1 for steps in spoken)
        return not divided and not any(event in steps for event in alike for steps in fair)

    faults = [event for event in NETWORK_FAULTS.values() if event.fault]

    def is_there(event: Event) -> bool:
        if event.kind == "partition":
            return model.separates
        return model.environment.budget(BUDGETS[event.kind]) != 0

    there = filter(is_there, faults)
    return judge.asks_graph and all(map(is_told, there))


class Pace:
    """How many states one call of compiled code expands: as many as it can in the time in which nobody looks
    at limits.
    """

    def __init__(self) -> None:
        self.states = 512
        self._began = time.monotonic()

    def begins(self) -> None:
        """A call begins."""
        self._began = time.monotonic()

    def took(self, most: int) -> None:
        """A call has ended, of a kind that expands at most so many states."""
        took = time.monotonic() - self._began
        if took > LOOK:
            self.states = max(1, self.states // 2)
        elif took < LOOK / 4:
            self.states = min(most, 2 * self.states)


class FastSearch:
    """One breadth-first search, as :class:`PlainSearch` does it."""

    def __init__(
        self,
        system: System,
        judge: Judge,
        limits: Limits,
        resources: Resources = Resources(),
        *,
        edges: bool = False,
    ) -> None:
        self._system = system
        self._misses = MissHandler(system, edges=edges)
        self._memory = self._misses.memory
        self.stored = StoredStates(self._misses)
        self.search = Search(self.stored.codes, engine="fast", observations=cache(self.stored.observations))
        self.search.fields = self.stored.fields
        if self._memory.h[L.EXCHANGES]:
            self.search.represented = 0
        if edges:
            self.search.edges = self.stored.recorded_edges
        self._judge = judge
        self._limits = limits
        self._at: int | None = None
        self._begun = False
        self._notes = SearchNotes()
        self._workers = resources.workers
        self._examined = 0
        self._pace = Pace()
        self._threads: OneThread | TwoThreads = OneThread(self._memory)
        self._checkpointer: Checkpointer | None = None
        if resources.spill is not None:
            self._checkpointer = Checkpointer(resources.spill, self._misses, self.search, judge, self._notes)

    def run(self) -> None:
        """Search level by level until nothing is new, everything is decided, or a limit is met."""
        self._watch, search = current(), self.search
        with self._checkpointer or nullcontext():
            try:
                self._search()
                self._save()
            except DiskFull as full:
                search.stopped = Stop(StopKind.DISK, str(full))
                self._save()
            except MemoryError:
                search.stopped = self._watch.out_of_memory
            except Ended as ended:
                search.stopped = ended.notice()
                if not ended.sudden:  # if it is, what was being learned can't be learned again the same way
                    self._save()
            except HandlerError as error:
                search.failure = (self._at, str(error))
                search.stopped = RAISED_ERROR
        self._finish()

    # -- the search ------------------------------------------------------------------------------------

    def _search(self) -> None:
        search, notes = self.search, self._notes
        if self._checkpointer is not None:
            self._memory.keep_in(self._checkpointer.files)
        resumed = None if self._checkpointer is None else self._checkpointer.resumed
        if self._checkpointer is not None and resumed is not None and resumed.levels:
            self._resume(self._checkpointer, resumed)
        else:
            self._begin()
            why = self._save()
            search.stopped = search.stopped or why
        while search.stopped is None and notes.probed is None and search.levels[-1] < len(search.codes):
            start, end = search.levels[-1], len(search.codes)
            if self._limits.depth == len(search.levels) - 1:
                notes.probed = self._limits.depth
            else:
                search.begin_level()
            self._memory.h[L.NEXT] = start
            self._level(end)

    def _save(self) -> Stop | None:
        """Write a checkpoint, if they are kept. Answers why it can't be written."""
        if self._checkpointer is None or (self._checkpointer.goes_on and not self._begun):
            return None
        why = self._checkpointer.save(begun=self._begun)
        stopped = self.search.stopped
        if why is not None and stopped is not None and stopped != why:
            self.search.stopped = replace(stopped, text=f"{stopped}; {why}")
        return why

    def _resume(self, checkpointer: Checkpointer, saved: Checkpoint) -> None:
        """Restore a search, and finish the level in whose midst it was left."""
        checkpointer.restore(saved, self._limits)
        self._begun = True
        self._employ_threads()
        self._examine(*saved.questions.reshape(-1, 3).T)
        for claim, index, succ, said in saved.found:
            self._decide(claim, index, succ, said)
        self._judge.evaluations = saved.evaluations
        self._count()
        self._level(self.search.levels[-1] if saved.probed is None else len(self.search.codes))

    def _begin(self) -> None:
        """Store the initial states, and judge them."""
        found, memory, cap = self.search, self._memory, self._limits.max_states or EVERY_STATE
        found.begin_level()
        for number, code in enumerate(self._system.initial()):
            if number % 256 == 0:
                memory.grow()
                found.stopped = self._watch.exceeded()
                if found.stopped is not None:
                    break
            if len(found.codes) >= cap:
                found.stopped = too_many_states(cap)
                break
            self._store_initial(code)
        self._employ_threads()
        self._count()
        self._examine(np.arange(len(found.codes)), STATE)
        for index, code in enumerate(found.codes if self._judge.asks_starts else ()):
            self._at = index
            self._judge.begins(index, code)
        self._begun = found.stopped is None
        if found.stopped is None and self._limits.first:
            found.stop_between_levels(self._judge, self._limits)

    def _store_initial(self, code: int) -> None:
        memory, row, status = self._memory, self._misses.numbering.row(code), L.MISS
        while status != L.DONE:
            memory.set(L.ROWS, L.INITIAL, *row)
            status = store_initial(memory.h, memory.w, memory.q, memory.rows, memory.parents, memory.table)
            if status == L.MISS:
                self._misses.answer_all()
            if status == L.GROW:
                memory.make_room()

    def _employ_threads(self) -> None:
        """Employ as many threads as are wanted. They need the memory to be where it will be."""
        self._threads = TwoThreads(self._memory) if self._workers > 1 else OneThread(self._memory)

    def _level(self, end: int) -> None:
        """Expand the states of one depth, from the one that comes next."""
        found, h, keep = self.search, self._memory.h, self._notes.probed is None
        h[L.KEEPS_NEW], h[L.MAX_STATES] = keep, self._limits.max_states or EVERY_STATE
        self._expand_up_to(end)
        if found.stopped is None and keep and (len(found.levels) > 1 or self._limits.first):
            found.stop_between_levels(self._judge, self._limits)

    def _expand_up_to(self, end: int) -> None:
        """Expand the states up to one, as far as no limit is met."""
        memory, found, h = self._memory, self.search, self._memory.h
        while h[L.NEXT] < end and found.stopped is None:
            self._tell_wishes()
            self._pace.begins()
            status = self._threads.search(min(end, int(h[L.NEXT]) + self._pace.states))
            self._pace.took(self._threads.states_per_call)
            self._ask_judge()
            self._count()
            if h[COUNT + L.MISSES]:
                self._at = int(h[L.NEXT])
                self._misses.answer_all()
            if status == L.GROW:
                memory.make_room()
            if status == L.CAPPED:
                found.stopped = too_many_states(len(found.codes))
                return
            found.stopped = self._watch.exceeded()
            if found.stopped is None and self._checkpointer is not None:
                found.stopped = self._checkpointer.look()

    def _tell_wishes(self) -> None:
        """Tell compiled code what the judge asks for, and whether steps may be skipped."""
        judge, h = self._judge, self._memory.h
        h[L.JUDGES_STATES] = 2 if judge.asks_whole else int(judge.every_state)
        h[L.JUDGES_STEPS] = 0 if not judge.asks_steps else 1 if judge.local_steps else 2
        h[L.JUDGES_ENDS] = judge.asks_deadlock
        alone = not (self._memory.stands_for_others or h[L.SPREAD_BIT])
        alike = h[L.JUDGES_STEPS] < 2 and h[L.NODES] < 255 and alone
        h[L.SKIPS] = bool(h[L.KEEPS_NEW] and not h[L.KEEPS_EDGES] and alike)

    def _count(self) -> None:
        """Bring the numbers of the search up to date."""
        h, found = self._memory.h, self.search
        found.transitions = int(h[L.TRANSITIONS])
        if found.represented is not None:
            found.represented = int(h[L.REPRESENTED])
        found.expanded = int(h[L.NEXT])

    def _count_cuts(self) -> None:
        """Bring the numbers of what bounds cut up to date."""
        h, found = self._memory.h, self.search
        cuts = h[L.CUTS : L.CUTS + L.BOUNDS].tolist()
        counted = {name: cuts[bit] for bit, name in enumerate(self._misses.bounds)}
        counted[f"depth {self._limits.depth}"] = cuts[L.BEYOND]
        found.cuts = Counter({name: count for name, count in counted.items() if count})
        found.cuts.update(self._system.full.left_out)

    def _finish(self) -> None:
        """Find the deciding steps again, and count."""
        self._count()
        self._count_cuts()
        with ending():
            for claim, (index, succ) in self._notes.steps.items():
                found = self._judge.findings.pop(claim)
                with optional():  # a step that is not found again decides nothing
                    self._judge.findings[claim] = replace(found, step=self._step(claim, index, succ))
        self.search.held = self._memory.held()
        self.search.parents = self._memory.parents[: len(self.search.codes)].data

    def _step(self, claim: int, index: int, succ: int) -> tuple[int, Move]:
        of = self._system.representative
        code, after = self.search.codes[index], of(self.search.codes[succ])
        found, _ = self._system.full.successors(code)
        visible = ((there, move) for there, move in found if move.visible and of(there) == after)
        return next(step for step in visible if self._judge.said_of_step(claim, code, step[0]) is not None)

    # -- the judge -------------------------------------------------------------------------------------

    def _ask_judge(self) -> None:
        """Ask the judge what compiled code has put aside."""
        memory = self._memory
        for table, after in ((L.STATES_TO_JUDGE, STATE), (L.STEPS_TO_JUDGE, None), (L.STUCK, STUCK)):
            if memory.h[COUNT + table]:
                waiting = memory.used(table)
                asked = (waiting, after) if after is not None else waiting.T
                self._examined = 0
                try:
                    self._examine(*asked)
                finally:  # what a limit kept from being asked waits
                    memory.drop_first(table, self._examined)

    def _examine(
        self, states: Words | Ints, after: Words | Ints | int, taken: Words | Ints | int = STATE
    ) -> None:
        """Ask the judge of states (STATE), of such without a next step (STUCK), or of steps to others, with
        the outcomes that were taken.
        """
        count = len(states)
        if not count:
            return
        observations, afters = self.stored.observed(states), iter(list[Observation]())
        succs = [after] * count if isinstance(after, int) else after.tolist()
        outcomes = [taken] * count if isinstance(taken, int) else taken.tolist()
        if not isinstance(after, int):
            afters = iter(self.stored.observed(after[after >= 0]))
        for index, succ, outcome, observation in zip(
            states.tolist(), succs, outcomes, observations, strict=True
        ):
            self._at = index
            if succ == STATE:
                self._judge_state(index, observation)
            elif succ == STUCK:
                if self._judge.asks_deadlock:
                    self._judge.no_next_step(index, self.search.codes[index])
            else:
                there = next(afters)
                if self._memory.stands_for_others:
                    there = self._misses.observed_after(observation, outcome)
                for claim, complaint in self._judge.complaints(observation, there):
                    self._decide(claim, index, succ, complaint)
            if self._checkpointer is not None:
                self._notes.questions.extend((index, succ, outcome))
            self._examined += 1

    def _judge_state(self, index: int, observation: Observation) -> None:
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
