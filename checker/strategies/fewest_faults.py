"""The counterexample with the fewest faults: a 0-1 breadth-first search on what the environment does.

Among the traces that decide a property the one with the fewest faults, and among those one with the fewest
steps. A crash, a loss, a duplication, a disconnect and a partition count one each; what repairs (a restart, a
heal) and everything that the algorithm does by itself counts nothing.

This is the search of shortest paths by the pair (faults, steps), in lexicographic order, with a queue for
each pair instead of a heap of states (Dial 1969): a pair is done before any larger one begins.
"""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result, Shown
from elcheck.checker.model.budget import FaultKind, counted_faults
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import BUDGETS, Event, EventKind
from elcheck.checker.model.values import counted
from elcheck.checker.process.limits import Limits, Stop, StopKind, too_many_states
from elcheck.checker.process.running import ending, watching
from elcheck.checker.process.watch import EVERY, Ended, current, optional
from elcheck.checker.search.judge import Finding, Judge
from elcheck.checker.search.search import OnProgress, Search
from elcheck.checker.system import System
from elcheck.checker.system.moves import Move
from elcheck.checker.system.system import Path
from elcheck.checker.traces.trace import Trace, trace_of

COUNTED: frozenset[EventKind] = frozenset((*BUDGETS.keys(), "fault")) - {"restart"}
"""The kinds of events that count as a fault."""

FINITE = ("always", "never", "sometimes", "step", "deadlock")
"""The kinds of properties that a finite trace decides."""


def faults_in(events: Iterable[Event]) -> int:
    """How many of some events count as faults."""
    return sum(event.kind in COUNTED for event in events)


def in_words(trace: Trace, runner: Runner) -> str:
    """The faults of a trace: ``1 crash, 2 losses, 1 rot``."""
    counts = Counter(_budget(step.event, runner) for step in trace.steps if step.event.kind in COUNTED)
    order = {kind: at for at, kind in enumerate(BUDGETS.values())}
    found = sorted(counts, key=lambda kind: order.get(kind, len(order)))
    return ", ".join(counted_faults(kind, counts[kind]) for kind in found) or "no fault"


def _budget(event: Event, runner: Runner) -> FaultKind:
    """The budget that a fault spends."""
    handler = runner.handler(event) if event.kind == "fault" else None
    return BUDGETS[event.kind] if handler is None else handler.budget


def fewest_faults(report: CheckReport, limits: Limits, progress: OnProgress = lambda _: None) -> CheckReport:
    """A report whose finite traces have the fewest faults, and then the fewest steps, that there can be.

    ``limits`` say how far to search; time and memory are those of the run. Where they end this search, the
    result keeps the trace that it has, and says so. Raises ReplayError.
    """
    numbers: dict[tuple[str, str], int] = {
        (claim.kind, claim.name): number for number, claim in enumerate(report.system.claims)
    }
    wanted = [numbers[r.kind, r.name] for r in report.results if _may_do_with_less(r)]
    search = FewestFaults(report.system, wanted, limits)
    if wanted:
        with watching(limits, lambda: progress(search.search)) as watch, watch.refusing():
            search.run()
    results = [_improved(r, numbers.get((r.kind, r.name)), search) for r in report.results]
    return replace(report, results=tuple(results))


def _may_do_with_less(result: Result) -> bool:
    trace = result.trace
    return result.kind in FINITE and trace is not None and faults_in(s.event for s in trace.steps) > 0


def _improved(result: Result, number: int | None, search: FewestFaults) -> Result:
    with optional():
        return _with_fewest(result, number, search)
    return result


def _with_fewest(result: Result, number: int | None, search: FewestFaults) -> Result:
    if result.trace is None or number is None:
        return result
    if result.kind not in FINITE and faults_in(step.event for step in result.trace.steps):
        return replace(result, fewest="not looked for, since no trace that ends decides it")
    finding = search.judge.findings.get(number)
    if finding is not None:
        with ending():
            trace = trace_of(search.path(finding), search.system)
        said = f"reached in {counted(len(trace.steps), 'step')}"
        detail = said if result.kind == "sometimes" else finding.detail.strip()
        return replace(result, by=Shown(trace), detail=detail, fewest=in_words(trace, search.system.runner))
    if not _may_do_with_less(result):
        return replace(result, fewest="no fault")
    return replace(
        result, fewest=f"{in_words(result.trace, search.system.runner)}, or fewer: {search.stopped}"
    )


@dataclass(frozen=True, slots=True)
class _Edge:
    """A step that waits: the label that it starts from (None: an initial state), its move, its end."""

    label: int
    move: Move | None
    code: int


class FewestFaults:
    """One search for some claims. A label is a state as it was reached by one path.

    With a limit on depth a state can have several labels: one with more faults, but fewer steps, may lead to
    what the first can't reach within the limit.
    """

    def __init__(self, system: System, wanted: Collection[int], limits: Limits) -> None:
        self.system = system
        self.judge = Judge(system)
        self.judge.only(wanted)
        self.stopped: Stop | None = None
        self._limits = limits
        self._codes: list[int] = []
        self._parents = array("Q")
        self._moves: list[Move | None] = []
        self._steps: dict[int, int] = {}  # the fewest with which a state has been reached so far
        self._waiting: dict[tuple[int, int], list[_Edge]] = {}
        self._keys: list[tuple[int, int]] = []
        self.search = Search(self._codes, self._parents, levels=[0])

    def run(self) -> None:
        """Search until every claim is decided, nothing is left, or a limit is met."""
        self._watch = watch = current()
        try:
            for number, code in enumerate(self.system.initial()):
                if number % EVERY == 0:
                    watch.look()
                self._put((0, 0), _Edge(0, None, code))
            while self._keys and not self.judge.decided and self.stopped is None:
                key = heapq.heappop(self._keys)
                self._pass(key, self._waiting.pop(key))
        except HandlerError as error:
            self.stopped = Stop(StopKind.ERROR, f"an error ended it: {error}")
        except MemoryError:
            self.stopped = watch.out_of_memory
        except Ended as ended:
            self.stopped = ended.notice()
        if self.stopped is None and not self.judge.decided:
            self.stopped = Stop(StopKind.DEPTH, "the limit on depth ended it")

    def path(self, finding: Finding) -> Path:
        """The path of a finding, with the step if a step decides it."""
        labels = [finding.index]
        while self._moves[labels[-1]] is not None:
            labels.append(self._parents[labels[-1]])
        path: Path = [(self._codes[label], self._moves[label]) for label in reversed(labels)]
        return path if finding.step is None else [*path, finding.step]

    def _put(self, key: tuple[int, int], edge: _Edge) -> None:
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = []
            heapq.heappush(self._keys, key)
        waiting.append(edge)

    def _pass(self, key: tuple[int, int], edges: list[_Edge]) -> None:
        """Take the steps that lead to one pair of (faults, steps)."""
        judge, depth = self.judge, self._limits.depth
        _, steps = key
        for edge in edges:
            if edge.move is not None and judge.asks_steps:
                judge.step(edge.label, self._codes[edge.label], edge.code, edge.move)
            known = self._steps.get(edge.code)
            new = known is None or (depth is not None and steps < known)
            if new and (depth is None or steps <= depth):
                if self._out():
                    return
                self._reach(key, edge)
            if judge.decided:
                return

    def _reach(self, key: tuple[int, int], edge: _Edge) -> None:
        """Give a state its label, judge it, and let its steps wait."""
        judge, (faults, steps) = self.judge, key
        label = len(self._codes)
        self._codes.append(edge.code)
        self._parents.append(edge.label)
        self._moves.append(edge.move)
        self._steps[edge.code] = steps
        if edge.move is None or edge.move.visible or judge.every_state:
            judge.state(label, edge.code)
            if edge.move is None:
                judge.begins(label, edge.code)
        found, cuts = self.system.successors(edge.code)
        if judge.asks_deadlock and not cuts.steps and all(move.event.fault for _, move in found):
            judge.no_next_step(label, edge.code)
        for succ, move in found:
            known = self._steps.get(succ)
            if known is None or judge.asks_steps or (self._limits.depth is not None and steps + 1 < known):
                self._put((faults + (move.event.kind in COUNTED), steps + 1), _Edge(label, move, succ))

    def _out(self) -> bool:
        """Whether a limit ends it, with the reason noted."""
        labels, cap = len(self._codes), self._limits.max_states
        if cap is not None and labels >= cap:
            self.stopped = too_many_states(cap)
        elif labels % EVERY == 0:
            self.search.expanded = labels
            self.stopped = self._watch.exceeded()
        return self.stopped is not None
