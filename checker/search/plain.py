"""The reference engine: breadth-first search over packed codes, in plain Python.

The search visits states in the order of finding. So the first state that decides a property is one of the
nearest, and the path of parents to it is a shortest trace.
"""

from __future__ import annotations

import gc
from array import array
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from elcheck.checker.model.call import HandlerError
from elcheck.checker.process.limits import RAISED_ERROR, Limits, Stop, StopKind, too_many_states
from elcheck.checker.process.running import watching
from elcheck.checker.process.watch import EVERY, Ended, current
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.search import OnProgress, Search, has_no_step
from elcheck.checker.system.system import UNCUT, System

HANDED_OVER = Stop(StopKind.STATES, "another engine is to search")
ASKED = 100
"""States between two questions whether this engine is the right one."""


def search_plain(
    system: System,
    judge: Judge,
    limits: Limits,
    progress: OnProgress = lambda _: None,
    goes_on: Callable[[Search], bool] = lambda _: True,
) -> Search:
    """Search every reachable state, or as far as the limits and the bounds go. ``goes_on`` is asked now and
    then whether this engine is still the right one; if not, HANDED_OVER is why the search has stopped.

    Raises DefinitionError for initial states of which none is within the bounds.
    """
    running = PlainSearch(system, judge, limits, goes_on)
    with _no_collection(), watching(limits, lambda: progress(running.search)) as watch, watch.refusing():
        running.run()
    return running.search


class PlainSearch:
    """One breadth-first search."""

    def __init__(
        self, system: System, judge: Judge, limits: Limits, goes_on: Callable[[Search], bool]
    ) -> None:
        self._codes: list[int] = []
        self._parents = array("Q")
        self.search = Search(self._codes, self._parents)
        if system.stands_for_several:
            self.search.represented = 0
        self._seen: set[int] = set()
        self._system = system
        self._judge = judge
        self._limits = limits
        self._goes_on = goes_on
        self._asked = 0
        self._at: int | None = None

    def run(self) -> None:
        """Search level by level until nothing is new, everything is decided, or a limit is met."""
        self._watch, search = current(), self.search
        try:
            self._begin()
            self._search()
        except MemoryError:
            search.stopped = self._watch.out_of_memory
        except Ended as ended:
            search.stopped = ended.notice()
        except HandlerError as error:
            search.failure = (self._at, str(error))
            search.stopped = RAISED_ERROR
        del self._codes[len(self._parents) :]  # what an end kept from being stored as a whole
        search.cuts.update(self._system.left_out)

    def _begin(self) -> None:
        search, cap = self.search, self._limits.max_states
        search.begin_level()
        for number, code in enumerate(self._system.initial()):
            if number % EVERY == 0 and self._stop():
                break
            if code not in self._seen:
                if cap is not None and len(search.codes) >= cap:
                    search.stopped = too_many_states(cap)
                    break
                self._add(code, len(search.codes))
        for index, code in enumerate(self.search.codes):
            if index % EVERY == 0 and search.stopped is None and self._stop():
                break
            self._at = index
            self._judge.state(index, code)
            self._judge.begins(index, code)
        if search.stopped is None and self._limits.first:
            search.stop_between_levels(self._judge, self._limits)

    def _search(self) -> None:
        search = self.search
        while search.stopped is None and search.levels[-1] < len(search.codes):
            begin, end = search.levels[-1], len(search.codes)
            if self._limits.depth == len(search.levels) - 1:
                self._probe(begin, end)
                return
            search.begin_level()
            self._level(begin, end)

    def _add(self, code: int, parent: int) -> None:
        self._seen.add(code)
        self._codes.append(code)
        self._parents.append(parent)
        if self.search.represented is not None:
            self.search.represented += self._system.represents(code)

    def _level(self, begin: int, end: int) -> None:
        """Expand the states of one depth. Those found for the first time are the next depth."""
        search, judge, seen, codes = self.search, self._judge, self._seen, self._codes
        successors, reduced = self._system.expanded, self._system.reduced
        cap = self._limits.max_states or float("inf")
        for index in range(begin, end):
            if (index % EVERY == 0 or index == begin) and self._stop():
                return
            self._at = index
            code = codes[index]
            steps, cuts = successors(code)
            for place, (succ, move) in enumerate(reduced(steps)):
                if succ not in seen:
                    if len(codes) >= cap:
                        search.stopped = too_many_states(len(codes))
                        self._judge.steps(index, code, steps[:place], stuck=False)
                        return
                    self._add(succ, index)
                    if move.visible or judge.every_state:
                        self._at = len(codes) - 1
                        judge.state(self._at, succ)
            self._count(index, code, len(steps), cuts.bounds if cuts is not UNCUT else ())
            if judge.asks_steps or judge.asks_deadlock:
                self._at = index
                self._judge.steps(index, code, steps, stuck=has_no_step(steps, cuts))
        search.stop_between_levels(judge, self._limits)

    def _probe(self, begin: int, end: int) -> None:
        """Expand the states at the limit on depth, to know whether new ones lie beyond; they are not kept."""
        search = self.search
        for index in range(begin, end):
            if index % EVERY == 0 and self._stop():
                return
            self._at = index
            code = search.codes[index]
            steps, cuts = self._system.expanded(code)
            reduced = self._system.reduced(steps)
            kept = [step for step, (succ, _) in zip(steps, reduced, strict=True) if succ in self._seen]
            beyond = [f"depth {self._limits.depth}"] if len(kept) < len(steps) else []
            self._count(index, code, len(kept), [*cuts.bounds, *beyond])
            self._judge.steps(index, code, kept, stuck=has_no_step(steps, cuts))

    def _count(self, index: int, code: int, steps: int, bounds: Collection[str]) -> None:
        """Count a state whose steps were followed, with the bounds that cut others, for all it represents."""
        search = self.search
        represented = 1 if search.represented is None else self._system.represents(code)
        search.transitions += represented * steps
        search.expanded = index + 1
        if bounds:
            search.cuts.update(dict.fromkeys(bounds, represented))

    def _stop(self) -> bool:
        """Whether to stop, with the reason noted."""
        search, states = self.search, len(self._codes)
        search.stopped = self._watch.exceeded()
        if states >= self._asked + ASKED and search.stopped is None:
            self._asked = states
            search.stopped = None if self._goes_on(search) else HANDED_OVER
        return search.stopped is not None


@contextmanager
def _no_collection() -> Iterator[None]:
    """Suspend the collection of cyclic garbage: a search makes millions of objects, and cycles of none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
