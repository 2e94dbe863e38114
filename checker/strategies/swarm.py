"""Walks shared out among several processes, each of which is directed by what its own walks have seen.

Of N processes the k-th takes the k-th of each N walks, in rounds of so many each, so that the walks of a seed
and a number of processes are always the same ones.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast

from elcheck.checker.model.call import HandlerError
from elcheck.checker.process.limits import RAISED_ERROR, Stop, StopKind
from elcheck.checker.process.watch import Ended, current
from elcheck.checker.search.distributed.crew import Crew, WorkerLost
from elcheck.checker.search.distributed.learned import LearnedOfModel, learn, learned_in_the_end
from elcheck.checker.search.distributed.workshop import crew_of, parts_of
from elcheck.checker.search.judge import Finding
from elcheck.checker.search.resources import Resources
from elcheck.checker.strategies.simulate import COUNTED, Walker, WalkPlan
from elcheck.checker.system import System
from elcheck.checker.system.system import Path

ROUND = 20
"""Walks of each process between two looks at what the others have found."""


@dataclass(frozen=True)
class FoundPath:
    """A path that a process has walked, and what it shows: of a claim (None: that something raises) with what
    is said of it; the states are written for who reads it. ``by_step``: its last step decides the claim.
    """

    claim: int | None
    walk: int
    states: bytes
    detail: str
    by_step: bool = False


@dataclass
class RoundOfWalks:
    """What a process has walked in one round, as a tally; ``digests`` of the states that are new to it."""

    walks: int = 0
    steps: int = 0
    longest: int = 0
    ended: int = 0
    digests: list[int] = field(default_factory=list)
    evaluations: int = 0
    calls: int = 0
    found: list[FoundPath] = field(default_factory=list)
    stop: Stop | None = None


class SwarmWalker:
    """The walks of one process, of ``count``."""

    def __init__(self, system: System, plan: WalkPlan, number: int, count: int) -> None:
        self.outbox: list[bytes] = []
        self._walker = Walker(system, plan)
        self._system = system
        self._plan, self._number, self._count = plan, number, count
        self._parts = parts_of(system, count)
        self._initial: list[int] = []
        self._next = number + 1

    def walk(self, decided: Collection[int]) -> RoundOfWalks:
        """Take the walks of one round. Some claims are decided by now."""
        walker, before = self._walker, replace(self._walker.tally)
        for claim in decided:
            walker.judge.found(claim, Finding(0, None, ""))
            walker.found.setdefault(claim, (0, [], Finding(0, None, "")))
        told = set(walker.found)
        calls, evaluations = self._system.runner.calls, walker.judge.evaluations
        walked = RoundOfWalks()
        try:
            self._initial = self._initial or walker.initial()
            for _ in range(ROUND):
                if self._plan.walks is not None and self._next > self._plan.walks:
                    break
                current().look()
                walker.tally.walks += 1
                walker.walk(self._next, self._initial)
                self._next += self._count
        except HandlerError as error:
            walked.found.append(self._path(None, self._next, walker.path, str(error)))
            walked.stop = RAISED_ERROR
        except MemoryError:
            walked.stop = current().out_of_memory
        except Ended as ended:
            walked.stop = ended.notice()
        walked.stop, walker.stopped = walked.stop or walker.stopped, None
        tally = walker.tally
        walked.walks, walked.steps = tally.walks - before.walks, tally.steps - before.steps
        walked.longest, walked.ended = tally.longest, tally.ended - before.ended
        walked.digests = list(self._parts.digests(walker.fresh)) if walker.fresh else []
        walker.fresh.clear()
        walked.calls = self._system.runner.calls - calls
        walked.evaluations = walker.judge.evaluations - evaluations
        for claim, (walk, path, finding) in walker.found.items():
            if claim not in told:
                by_step = finding.step is not None
                walked.found.append(self._path(claim, walk, path, finding.detail, by_step=by_step))
        return walked

    def _path(
        self, claim: int | None, walk: int, path: Path, detail: str, *, by_step: bool = False
    ) -> FoundPath:
        states = self._parts.written(self._count, [code for code, _ in path])
        return FoundPath(claim, walk, states, detail, by_step)

    def saved(self) -> bytes:
        """Nothing is kept of walks: what is lost with a process may be walked again."""
        return b""

    def restored(self, saved: Sequence[bytes]) -> None:
        """Nothing was kept."""

    def learned(self, again: bool) -> tuple[LearnedOfModel, str | None]:
        """What was learned of the model, as :func:`learned_in_the_end` has it."""
        return learned_in_the_end(self._system, again=again)


class Swarm:
    """Walks by several processes, whose findings are those of one walker."""

    def __init__(self, walker: Walker) -> None:
        self._walker, self._system = walker, walker.system
        self._digests: set[int] = set()

    def run(self) -> None:
        """Take the walks until all are taken, everything is decided, or a limit is met."""
        walker, plan, watch = self._walker, self._walker.plan, current()
        crew = crew_of(
            partial(SwarmWalker, self._system, plan), Resources(None, plan.workers, plan.cluster), watch
        )
        self._parts = parts_of(self._system, plan.workers)
        try:
            while walker.stopped is None and not walker.settled and not self._done():
                self._round(crew)
                walker.stopped = walker.stopped or watch.exceeded()
            self._learn(crew)
        except WorkerLost as lost:
            walker.stopped = watch.exceeded() or Stop(StopKind.WORKER, str(lost))
        except Ended as ended:
            walker.stopped = ended.notice()
        finally:
            crew.close()

    def _done(self) -> bool:
        return self._walker.tally.walks == self._walker.plan.walks

    def _round(self, crew: Crew) -> None:
        walker, tally = self._walker, self._walker.tally
        decided = sorted(walker.judge.findings)
        found: list[tuple[int, FoundPath]] = []
        for worker, walked in enumerate(cast("list[RoundOfWalks]", crew.turn("walk", decided))):
            tally.walks += walked.walks
            tally.steps += walked.steps
            tally.longest = max(tally.longest, walked.longest)
            tally.ended += walked.ended
            tally.seen.update(walked.digests[: max(0, COUNTED - len(tally.seen))])
            walker.judge.evaluations += walked.evaluations
            self._system.runner.calls += walked.calls
            walker.stopped = walker.stopped or walked.stop
            found += [(worker, path) for path in walked.found]
        for worker, path in sorted(found, key=lambda of: of[1].walk):
            self._note(worker, path)

    def _note(self, worker: int, found: FoundPath) -> None:
        """Keep a path that a process has walked, as one of this one's system."""
        codes = self._parts.read(worker, found.states)
        path = self._system.path(codes) if codes else []
        walker = self._walker
        if found.claim is None:
            walker.failure = walker.failure or (path, found.detail)
        elif found.claim not in walker.found:
            at = len(path) - 1
            finding = Finding(at, None, found.detail)
            if found.by_step:
                code, move = path[-1]
                assert move is not None
                finding = Finding(at - 1, (code, move), found.detail)
            walker.judge.found(found.claim, finding)
            walker.found[found.claim] = found.walk, path, finding

    def _learn(self, crew: Crew) -> None:
        again = current().exceeded() is None and self._walker.failure is None
        answers = cast("list[tuple[LearnedOfModel, str | None]]", crew.turn("learned", again))
        for learned, unlike in answers:
            learn(self._system, learned)
            if unlike is not None:
                self._walker.misled(unlike)
