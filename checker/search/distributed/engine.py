"""The search that several workers do: who tells them what to do next, and what comes out of it."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from typing import TypeAlias, cast

from elcheck.checker.model.call import HandlerError
from elcheck.checker.process.limits import RAISED_ERROR, Limits, Stop, StopKind, too_many_states
from elcheck.checker.process.running import watching
from elcheck.checker.process.watch import Ended, Watch
from elcheck.checker.reductions.reduce import refutation
from elcheck.checker.search.distributed.account import Account, Decided
from elcheck.checker.search.distributed.crew import Crew, WorkerLost
from elcheck.checker.search.distributed.learned import LearnedOfModel, learn
from elcheck.checker.search.distributed.scattered import Scattered, ScatteredSequence
from elcheck.checker.search.distributed.workshop import crew_of, parts_of, shard_of
from elcheck.checker.search.judge import Finding, Judge
from elcheck.checker.search.resources import Resources
from elcheck.checker.search.search import OnProgress, Search, WorkerLoad
from elcheck.checker.system.moves import Move
from elcheck.checker.system.system import System


def search_distributed(
    system: System, judge: Judge, limits: Limits, progress: OnProgress, resources: Resources
) -> Search:
    """Search by as many processes as there are ``workers``. They live as long as what is found, which they
    hold. Raises DefinitionError for initial states of which none is within the bounds, and UsageError where
    there are no such processes.
    """
    told: list[Search] = []

    def say() -> None:
        for search in told:
            progress(search)

    with watching(limits, say) as watch:
        crew = crew_of(partial(shard_of, system, judge), resources, watch)
        try:
            running = DistributedSearch(crew, system, judge, limits, watch)
            told.append(running.search)
            running.run()
        except BaseException:
            crew.close()
            raise
    weakref.finalize(running.search, crew.close)
    return running.search


_Saved: TypeAlias = tuple[Search, int, Counter[str], list[int], list[LearnedOfModel]]
"""At the end of a depth: what was counted, the depths, cuts, the states of each worker, what each learned."""


class DistributedSearch:
    """One breadth-first search by a crew, whose accounts are put together here."""

    def __init__(self, crew: Crew, system: System, judge: Judge, limits: Limits, watch: Watch) -> None:
        self._crew, self._system, self._judge = crew, system, judge
        self._limits, self._watch = limits, watch
        self._states = Scattered(crew, parts_of(system, crew.count))
        self.search = Search(ScatteredSequence(self._states, 0), ScatteredSequence(self._states, 1))
        self.search.engine = "plain"
        if system.stands_for_several:
            self.search.represented = 0
        self._decided: list[tuple[int, Decided]] = []
        self._failures: list[tuple[int | None, str]] = []
        self._loads = [WorkerLoad()] * crew.count
        self._saved: _Saved | None = None

    def run(self) -> None:
        """Search depth by depth until nothing is new, everything is decided, or a limit is met."""
        search = self.search
        try:
            self._begin()
            self._keep()
            while True:
                try:
                    self._depths()
                    self._end()
                    break
                except WorkerLost:
                    if self._watch.exceeded() is not None or not self._revived():
                        raise
        except WorkerLost as lost:
            search.stopped = self._watch.exceeded() or Stop(StopKind.WORKER, str(lost))
            search.expanded = 0  # its states can't be looked at any more
        except Ended as ended:
            search.stopped = ended.notice()

    def _depths(self) -> None:
        """Search what is left."""
        search = self.search
        while search.stopped is None and search.levels[-1] < len(search.codes):
            if self._limits.depth == len(search.levels) - 1:
                self._probe()
                break
            self._depth()
            if search.stopped is None:
                self._keep()

    # -- lost workers ----------------------------------------------------------------------------------

    def _keep(self) -> None:
        """Let the crew keep what there is at the end of a depth, with what has been counted and learned."""
        if not self._crew.keeps:
            return
        for account in self._turn("verified"):
            self._refute(account)
        learned = [found for found, _ in self._learned(again=False)]
        search, counts = self.search, list(self._states.counts)
        self._crew.keep()
        self._saved = copy(search), len(search.levels), Counter(search.cuts), counts, learned

    def _revived(self) -> bool:
        """Go on from the end of the last depth with other workers, if the crew can. What they had learned is
        known here from now on; what was counted since counts no more.
        """
        if self._saved is None or not self._crew.revive():
            return False
        known, depths, cuts, counts, learned = self._saved
        search = self.search
        for name in ("transitions", "expanded", "represented", "stopped", "failure"):
            setattr(search, name, getattr(known, name))
        del search.levels[depths:], search.totals[depths:]
        search.cuts.clear()
        search.cuts.update(cuts)
        self._states.counts[:] = counts
        self._states.rewind(depths)
        self._decided.clear()
        self._failures.clear()
        for found in learned:
            learn(self._system, found)
        return True

    # -- turns -----------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._begin_depth()
        accounts = self._turn("begin", self._limits.max_states)
        self.search.cuts.update(accounts[0].cuts)  # of what all of them have looked at
        self._count(accounts)
        self._settle()
        if self.search.stopped is None and self._limits.first:
            self.search.stop_between_levels(self._judge, self._limits)

    def _begin_depth(self) -> None:
        self.search.begin_level()
        self._states.begin_depth()

    def _depth(self) -> None:
        """Follow the steps of the states of one depth."""
        search = self.search
        self._begin_depth()
        accounts = self._turn("next_depth", sorted(self._judge.findings))
        while search.stopped is None and any(account.left for account in accounts):
            accounts = self._turn("expand")
            self._count(accounts, cut=True)
            self._take_in()
        complete = search.stopped is None
        self._settle()
        search.expanded = search.levels[-1 if complete else -2]
        if search.stopped is None:
            search.stop_between_levels(self._judge, self._limits)

    def _take_in(self) -> None:
        """Let workers take the states that others have found of theirs, as many as there may be."""
        known, most = len(self.search.codes), self._limits.max_states
        new = [account.new for account in self._turn("absorb", exchange=True)]
        keep = None
        if most is not None and known + sum(new) > most:
            keep = [min(count, max(0, most - known - sum(new[:at]))) for at, count in enumerate(new)]
            self.search.stopped = self.search.stopped or too_many_states(most)
        self._count(self._turn("accept", keep))

    def _probe(self) -> None:
        """Look whether there are states beyond the limit on depth."""
        accounts = self._turn("next_depth", sorted(self._judge.findings))
        while self.search.stopped is None and any(account.left for account in accounts):
            accounts = self._turn("probe")
            self._count(accounts)
            self._count(self._turn("answer", exchange=True))
            if self.search.stopped is None:
                beyond = f"depth {self._limits.depth}"
                self._count(self._turn("conclude", beyond, exchange=True), cut=True)
        self._settle()

    def _end(self) -> None:
        """Ask for what the workers have learned, and whether that refutes what was taken for granted."""
        for account in self._turn("verified"):
            self._refute(account)
        for learned, unlike in self._learned(again=self._watch.exceeded() is None):
            learn(self._system, learned)
            if unlike is not None and self.search.failure is None:
                self.search.failure, self.search.stopped = (None, unlike), RAISED_ERROR

    def _learned(self, *, again: bool) -> list[tuple[LearnedOfModel, str | None]]:
        return cast("list[tuple[LearnedOfModel, str | None]]", self._crew.turn("learned", again))

    def _turn(self, method: str, *arguments: object, exchange: bool = False) -> Sequence[Account]:
        call: Callable[..., list[object]] = self._crew.exchange if exchange else self._crew.turn
        return cast("list[Account]", call(method, *arguments))

    # -- accounts --------------------------------------------------------------------------------------

    def _count(self, accounts: Sequence[Account], *, cut: bool = False) -> None:
        """Add up what the workers say of one turn; ``cut``: what bounds have cut in it, too."""
        search = self.search
        for worker, account in enumerate(accounts):
            self._refute(account)
            self._states.counts[worker] = account.states
            search.transitions += account.transitions
            search.expanded += account.expanded
            if cut:
                search.cuts.update(account.cuts)
            if search.represented is not None:
                search.represented += account.represented
            self._judge.evaluations += account.evaluations
            self._system.runner.calls += account.calls
            load = self._loads[worker]
            self._loads[worker] = WorkerLoad(
                account.states,
                max(load.held, account.held),
                account.cpu,
                load.sent + account.sent,
                load.sent_states + account.sent_states,
            )
            self._decided += [(worker, decided) for decided in account.decided]
            if account.failure is not None:
                self._failures.append(self._failure(worker, *account.failure))
            if account.stop is not None and search.stopped is None:
                search.stopped = self._stop(worker, account.stop)
        search.workers = tuple(self._loads)
        search.stopped = search.stopped or self._watch.exceeded()
        if self._failures:
            search.stopped = RAISED_ERROR

    def _refute(self, account: Account) -> None:
        if account.refuted is not None:
            kind, of, why = account.refuted
            raise refutation(kind, of, why, self._system.runner.nodes)

    def _stop(self, worker: int, stop: Stop) -> Stop:
        """What ends the search, where a worker has ended its turn."""
        if (own := self._watch.exceeded()) is not None and own.kind is not StopKind.INTERRUPT:
            return own
        if stop.kind is StopKind.MEMORY:
            part = f"worker {worker + 1} of {self._crew.count} exceeded its part of it"
            return Stop(StopKind.MEMORY, f"{self._watch.memory.stop or stop}: {part}")
        return stop

    def _failure(self, worker: int, place: int | None, why: str) -> tuple[int | None, str]:
        return (None if place is None else self._states.index(worker, place)), why

    def _settle(self) -> None:
        """Note what was decided at this depth, at the first state of those that do, with the way there: the
        workers may not be asked later.
        """
        found: dict[int, tuple[int, Decided]] = {}
        for worker, decided in self._decided:
            index = self._states.index(worker, decided.place)
            if decided.claim not in found or index < found[decided.claim][0]:
                found[decided.claim] = index, decided
        self._decided.clear()
        for claim, (index, decided) in sorted(found.items()):
            self._fetch_path(index)
            step = self._step(claim, index) if decided.by_step else None
            self._judge.found(claim, Finding(index, step, decided.detail))
        if self._failures and self.search.failure is None:
            self.search.failure = min(self._failures, key=lambda failure: (failure[0] or 0, failure[1]))
            if self.search.failure[0] is not None:
                self._fetch_path(self.search.failure[0])

    def _fetch_path(self, index: int) -> None:
        """Fetch a state with those that it was found from."""
        parent = self.search.parents[index]
        while parent != index:
            index, parent = parent, self.search.parents[parent]

    def _step(self, claim: int, index: int) -> tuple[int, Move] | None:
        """The step of a state that decides a claim."""
        code = self.search.codes[index]
        for succ, move in self._system.expanded(code)[0]:
            try:
                said = self._judge.said_of_step(claim, code, succ) if move.visible else None
            except HandlerError:
                continue
            if said is not None:
                return succ, move
        why = "a step that a worker has found is not found again: handlers answer otherwise than they did"
        self._failures.append((index, why))
        return None
