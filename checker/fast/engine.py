"""The fast engine: the search of :mod:`checker.explore` in compiled code, over the same learned tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import overload

from checker.explore import Limits, Patience, Search, Watch, between_levels, explore
from checker.fast import arrays as a
from checker.fast.arrays import COUNT, GROW
from checker.fast.expand import AFTER_STEP
from checker.fast.search import begin, search
from checker.fast.teacher import Teacher, Unsupported
from checker.model.handlers import HandlerError
from checker.properties import Finding, Judge
from checker.system import System
from checker.system.moves import Move
from checker.system.packed import NodeSystem

STRETCH = 1 << 13
"""States between two looks at the clock, the memory and the questions for the judge."""


def explore_fast(system: System, judge: Judge, limits: Limits, watch: Watch = lambda _: None) -> Search:
    """Search every reachable state, or as far as the limits and the bounds go, as :func:`explore` does.

    What compiled code does not do (a Spec, crashes between split sends) is left to that.
    """
    if isinstance(system, NodeSystem):
        try:
            engine = Engine(system, judge, limits, watch)
            engine.run()
            return engine.search
        except Unsupported:
            judge.forget()
    return explore(system, judge, limits, watch)


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
    """One breadth-first search, as :class:`checker.explore.Explorer` does it."""

    def __init__(self, system: NodeSystem, judge: Judge, limits: Limits, watch: Watch) -> None:
        self._system = system
        self._teacher = Teacher(system)
        self._memory = self._teacher.memory
        self.search = Search(Codes(self._teacher), engine="fast")
        self._judge = judge
        self._limits = limits
        self._patience = Patience(limits, watch)
        self._at: int | None = None

    def run(self) -> None:
        """Search level by level until nothing is new, everything is decided, or a limit is met."""
        search = self.search
        try:
            self._begin()
            while search.stopped is None and search.levels[-1] < len(search.codes):
                begin, end = search.levels[-1], len(search.codes)
                probe = self._limits.depth == len(search.levels) - 1
                if not probe:
                    search.levels.append(end)
                self._level(begin, end, keep=not probe)
                if probe:
                    break
                if search.stopped is None:
                    between_levels(search, self._judge, self._limits)
        except MemoryError:
            search.stopped = "memory ran out"
        except HandlerError as error:
            search.failure = (self._at, str(error))
            search.stopped = "an error ended it"
        except KeyboardInterrupt:
            search.stopped = "it was interrupted"
        self._finish()

    def _begin(self) -> None:
        found, memory, cap = self.search, self._memory, self._limits.max_states or 1 << 62
        for number, code in enumerate(self._system.initial()):
            if number % 256 == 0:
                memory.grow()
                found.stopped = self._patience.out(found)
                if found.stopped is not None:
                    break
            if len(found.codes) >= cap:
                found.stopped, found.capped = f"--max-states {cap} was reached", True
                break
            row = self._teacher.row(code)
            memory.set(a.ROW, AFTER_STEP, *row)
            begin(memory.h, memory.w, memory.q, memory.rows, memory.parents, memory.table)
        found.levels.append(0)
        for index in range(len(found.codes)):
            self._at = index
            self._judge.state(index, found.codes[index])
        if found.stopped is None and self._limits.first:
            between_levels(found, self._judge, self._limits)

    def _level(self, start: int, end: int, *, keep: bool) -> None:
        """Expand the states of one depth."""
        memory, found = self._memory, self.search
        h = memory.h
        h[a.NEXT], h[a.KEEP], h[a.CAP] = start, keep, self._limits.max_states or 1 << 62
        stretch = STRETCH if self._patience.every > 1 else 256
        while h[a.NEXT] < end:
            self._flags()
            stop = min(end, int(h[a.NEXT]) + stretch)
            status = search(h, memory.w, memory.q, memory.rows, memory.parents, memory.table, stop)
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
            found.stopped = self._patience.out(found)
            if found.stopped is not None:
                return

    def _flags(self) -> None:
        """Tell compiled code what is asked for."""
        judge, h = self._judge, self._memory.h
        h[a.WATCH_ALL] = 2 if judge.asks_whole else int(judge.every_state)
        h[a.STEP_CLAIMS] = 0 if not judge.asks_steps else 1 if judge.local_steps else 2
        h[a.DEADLOCK] = judge.asks_deadlock

    def _ask(self) -> None:
        """Ask the judge what compiled code has put aside."""
        memory, judge, codes = self._memory, self._judge, self.search.codes
        for index in memory.used(a.JUDGED).tolist():
            self._at = index
            judge.view(index, self._view(index))
            if judge.asks_whole:
                judge.whole(index, codes[index])
        for index, succ in memory.used(a.STEP).tolist():
            self._at = index
            for claim, complaint in judge.complaints(self._view(index), self._view(succ)):
                judge.found(claim, Finding(index, self._step(index, succ), complaint))
        for index in memory.used(a.STUCK).tolist():
            if judge.asks_deadlock:
                self._at = index
                judge.no_next_step(index, codes[index])
        for table in (a.JUDGED, a.STEP, a.STUCK):
            memory.h[COUNT + table] = 0

    def _view(self, index: int) -> tuple[int, ...]:
        """What properties see of a state."""
        memory, nodes = self._memory, len(self._system.tables)
        row = memory.rows[index]
        locals_ = memory.column(a.ID, row[:nodes], a.LOCAL)
        return (*memory.column(a.LOC, locals_, a.PROFILE).tolist(), *row[nodes:-1].tolist())

    def _step(self, index: int, succ: int) -> tuple[int, Move]:
        code, after = self.search.codes[index], self.search.codes[succ]
        found, _ = self._system.successors(code)
        return next((there, move) for there, move in found if there == after and move.watch)

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
        self.search.held = self._memory.held()
        self.search.parents = self._memory.parents[: len(self.search.codes)].data
