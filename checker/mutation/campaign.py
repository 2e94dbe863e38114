"""Trying many mutants, in processes that may be ended: a mutation may make a loop of a handler endless."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from elcheck.checker.loading.model_file import load
from elcheck.checker.mutation.baseline import Baseline, MutationSubject
from elcheck.checker.mutation.mutant import Mutant
from elcheck.checker.mutation.trial import MutantFate, Trial, tried
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.watch import look

LEAST_STATES = 10_000
TIMES_STATES = 4
"""How far a mutant is searched that nothing kills: this many times the states of the model, or so many."""
LEAST_SECONDS = 60.0
TIMES_SECONDS = 20
"""How long a mutant is tried: this many times as long as the model was searched, or so long."""
GRACE = 10.0
"""Seconds in which a search notices that its time is up. One that has not hangs in a handler."""


def limits_for(baseline: Baseline, given: Limits) -> Limits:
    """How far a mutant is searched where nobody said so."""
    states = max(LEAST_STATES, TIMES_STATES * baseline.report.stats.distinct)
    seconds = max(LEAST_SECONDS, TIMES_SECONDS * baseline.seconds)
    return replace(given, max_states=given.max_states or states, timeout=given.timeout or seconds)


@dataclass
class _Worker:
    """A process that tries mutants, the end of the pipe to it, and what it tries since when."""

    process: BaseProcess
    pipe: Connection
    mutant: Mutant | None = None
    since: float = field(default_factory=time.monotonic)


class Campaign:
    """The trial of some mutants, ``jobs`` at a time, which can be left at any moment."""

    def __init__(self, baseline: Baseline, limits: Limits, jobs: int) -> None:
        self._baseline = baseline
        self._limits = limits
        self._jobs = jobs
        self._numbers = {mutant.key: number for number, mutant in enumerate(baseline.mutants)}
        self._workers: list[_Worker] = []

    def run(self, mutants: Sequence[Mutant]) -> Generator[Trial, None, None]:
        """What becomes of each, in the order in which that is known. Ends its processes whichever way it is
        left.
        """
        waiting = list(reversed(mutants))
        try:
            for _ in range(min(self._jobs, len(mutants))):
                self._workers.append(self._worker())
                self._give(self._workers[-1], waiting)
            while busy := [worker for worker in self._workers if worker.mutant is not None]:
                look()
                ready = wait([worker.pipe for worker in busy], timeout=1.0)
                for worker in busy:
                    found = self._trial(worker) if worker.pipe in ready else self._given_up(worker)
                    if found is not None:
                        self._give(worker, waiting)
                        yield found
        finally:
            for worker in self._workers:
                self._end(worker)

    def _give(self, worker: _Worker, waiting: list[Mutant]) -> None:
        """Let a process try the next mutant, if there is one."""
        worker.mutant = waiting.pop() if waiting else None
        worker.since = time.monotonic()
        if worker.mutant is not None:
            worker.pipe.send(self._numbers[worker.mutant.key])

    def _trial(self, worker: _Worker) -> Trial:
        """What a process says of its mutant. One that died of it is replaced."""
        assert worker.mutant is not None
        try:
            found: object = worker.pipe.recv()
        except (EOFError, ConnectionError):
            why = f"its process ended, with exit code {self._replaced(worker)}"
            return Trial(worker.mutant.key, MutantFate.UNDECIDED, why=why)
        if isinstance(found, BaseException):
            raise found
        assert isinstance(found, Trial)
        return found

    def _given_up(self, worker: _Worker) -> Trial | None:
        """What is said of a mutant whose process does not notice that its time is up; None if it has time."""
        assert worker.mutant is not None
        seconds = time.monotonic() - worker.since
        if seconds < (self._limits.timeout or 0) + GRACE or not worker.process.is_alive():
            return None
        self._replaced(worker)
        why = f"a handler does not come to an end: nothing was heard for {seconds:.0f} s (--timeout)"
        return Trial(worker.mutant.key, MutantFate.UNDECIDED, why=why, seconds=seconds)

    # -- processes -----------------------------------------------------------------------------------------

    def _worker(self) -> _Worker:
        """A new process. It inherits the baseline where processes are forked, and makes its own elsewhere."""
        subject, limits = self._baseline.subject, self._limits
        asked = (str(subject.file.path), dict(subject.parameters), dict(subject.environment))
        searched = (subject.limits, subject.engine)
        ours, theirs = Pipe()
        process: BaseProcess
        if sys.platform == "linux":
            inherited = [ours, *(worker.pipe for worker in self._workers)]
            args = (theirs, inherited, limits, self._baseline, *asked, *searched)
            process = get_context("fork").Process(target=_work, args=args, daemon=True)
        else:
            args_ = (theirs, (), limits, None, *asked, *searched)
            process = get_context("spawn").Process(target=_work, args=args_, daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _replaced(self, worker: _Worker) -> int | None:
        """End a process, and begin another one in its place. Answers its exit code."""
        self._end(worker)
        code = worker.process.exitcode
        fresh = self._worker()
        worker.process, worker.pipe = fresh.process, fresh.pipe
        return code

    def _end(self, worker: _Worker) -> None:
        if worker.process.is_alive() and worker.mutant is not None:
            worker.process.kill()
        worker.pipe.close()
        worker.process.join()


def _work(
    pipe: Connection,
    inherited: Sequence[Connection],
    limits: Limits,
    baseline: Baseline | None,
    path: str,
    parameters: Mapping[str, object],
    environment: Mapping[str, object],
    bounds: Limits,
    engine: str,
) -> None:
    """Try the mutants whose numbers come in, until the pipe is closed. ``inherited`` are the parent's ends of
    pipes: as long as a process holds one, no other would notice that it is closed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    for other in inherited:
        other.close()
    baseline = baseline or Baseline(MutationSubject(load(path), parameters, environment, bounds, engine))
    while True:
        try:
            number: object = pipe.recv()
        except (EOFError, ConnectionError):
            return
        assert isinstance(number, int)
        try:
            pipe.send(tried(baseline.mutants[number], baseline, limits))
        except Exception as error:
            pipe.send(error)
