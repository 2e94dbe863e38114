"""Workers that are processes on this machine, forked from this one: they have the model that it has loaded.

Each has a pipe to the process that began them, which tells it what to do, and one to each of the others, for
states. Who holds no end of a pipe any more is seen to be gone at once.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import Pipe, current_process, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TypeAlias, cast

from elcheck.checker.model.errors import UsageError
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.running import ending, signals, watched_by, watching
from elcheck.checker.process.watch import PERIOD, Watch, current, here
from elcheck.checker.search.distributed.crew import LAST, Crew, Doer, WorkerLost, Workshop
from elcheck.checker.search.distributed.wire import packed, unpacked

PATIENCE = 10.0
"""Seconds in which workers have to come to an end of their turn once the run has ended."""
Turn: TypeAlias = tuple[bool, str, tuple[object, ...]]
"""What a worker is to do: whether it exchanges outboxes before, the method, its arguments."""


class Processes(Crew):
    """Workers in processes of their own. ``memory`` is how many bytes each may hold."""

    def __init__(self, workshop: Workshop, count: int, memory: int | None) -> None:
        if sys.platform == "win32":
            raise UsageError("--workers: processes are forked, which Windows does not do: use --cluster auto")
        if current_process().daemon:
            raise UsageError("--workers: this process may have none of its own, as a daemon of another one")
        self.count = count
        self._hurried: float | None = None
        self._pipes: list[Connection] = []
        self._processes: list[BaseProcess] = []
        between = {(a, b): Pipe() for b in range(count) for a in range(b)}
        for number in range(count):
            ours, theirs = Pipe()
            self._pipes.append(ours)
            peers = {
                a + b - number: ends[number == b] for (a, b), ends in between.items() if number in (a, b)
            }
            inherited = [*self._pipes, *(end for ends in between.values() for end in ends)]
            foreign = [end for end in inherited if end not in peers.values()]
            arguments = (workshop, number, count, _Line(theirs, number, peers), foreign, memory)
            process = get_context("fork").Process(target=_work, args=arguments, daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
        for end in (end for ends in between.values() for end in ends):
            end.close()

    @property
    def pids(self) -> list[int]:
        """The numbers that the system gives the processes."""
        return [process.pid or 0 for process in self._processes]

    def turn(self, method: str, *arguments: object) -> list[object]:
        return self._all((False, method, arguments))

    def exchange(self, method: str, *arguments: object) -> list[object]:
        return self._all((True, method, arguments))

    def ask(self, worker: int, method: str, *arguments: object) -> object:
        self._tell(worker, (False, method, arguments))
        answer = self._heard(worker)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _all(self, what: Turn) -> list[object]:
        for worker in range(self.count):
            self._tell(worker, what)
        answers = [self._heard(worker) for worker in range(self.count)]
        for answer in answers:
            if isinstance(answer, ConnectionError):
                raise self._lost()
            if isinstance(answer, BaseException):
                raise answer
        return answers

    def _tell(self, worker: int, what: Turn) -> None:
        try:
            self._pipes[worker].send_bytes(packed(what))
        except (OSError, ValueError):
            raise self._lost() from None

    def _heard(self, worker: int) -> object:
        """What a worker answers. Once the run has ended workers have to hurry."""
        pipe, watch = self._pipes[worker], current()
        try:
            while not pipe.poll(PERIOD):
                if watch.exceeded() is not None:
                    self._hurry()
            return unpacked(pipe.recv_bytes())
        except (EOFError, OSError):
            raise self._lost() from None

    def _hurry(self) -> None:
        now = time.monotonic()
        if self._hurried is None:
            self._hurried = now
            for pid in self.pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGUSR1)
        elif now - self._hurried > PATIENCE:
            self.close()
            raise WorkerLost(f"a worker had not come to an end after {PATIENCE:g} s, and was ended")

    def _lost(self) -> WorkerLost:
        """Why a worker does not answer."""
        gone = wait([process.sentinel for process in self._processes], timeout=5.0)
        for process in self._processes:
            if process.sentinel in gone:  # its files are closed; what it ended with is known a little later
                process.join(5.0)
        codes = [process.exitcode for process in self._processes]
        self.close()
        for number, code in enumerate(codes):
            if code is not None:
                how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
                return WorkerLost(f"worker {number + 1} of {self.count} ended, {how}")
        return WorkerLost("a worker does not answer any more")

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            if process.is_alive():
                process.join(0.02)
                process.kill()
            process.join()


class _Line:
    """A worker's pipes: to who tells it what to do, and to the other workers, by their numbers."""

    def __init__(self, teller: Connection, number: int, peers: Mapping[int, Connection]) -> None:
        self.teller = teller
        self._number, self._peers = number, peers

    def exchanged(self, outbox: Sequence[bytes]) -> list[bytes]:
        """What the others have for this worker, for what it has for them. Pairs of workers talk one after the
        other, in each the one with the lower number first: nobody waits for somebody who waits.
        """
        count, inbox = len(outbox), [b""] * len(outbox)
        for together in range(count):
            peer = (together - self._number) % count
            if peer == self._number:
                continue
            pipe = self._peers[peer]
            try:
                if self._number < peer:
                    pipe.send_bytes(outbox[peer])
                inbox[peer] = pipe.recv_bytes()
                if self._number > peer:
                    pipe.send_bytes(outbox[peer])
            except (EOFError, OSError) as error:
                raise ConnectionError("another worker is gone") from error
        return inbox


def _work(
    workshop: Workshop,
    number: int,
    count: int,
    line: _Line,
    foreign: Sequence[Connection],
    memory: int | None,
) -> None:
    """Do turns until nobody is there who tells what to do. ``foreign`` are the ends of pipes that are
    others': as long as a process holds one, nobody would notice that it is closed.
    """
    for pipe in foreign:
        pipe.close()
    gc.disable()  # it makes millions of objects, and cycles of none
    signals.leave()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who began it decides what an interrupt means
    here.watch, here.endable, here.swallowed = None, 0, 0
    with watching(numbers=(signal.SIGUSR1,)) as watch:
        doer = workshop(number, count)
        with suppress(EOFError, OSError), watched_by(_Deaf(around=watch)):
            while True:
                told = cast(Turn, unpacked(line.teller.recv_bytes()))
                line.teller.send_bytes(packed(_answer(doer, line, told, watch, memory)))


class _Deaf(Watch):
    """Watches what nothing may end halfway: a word, or an exchange, of which another process has the rest."""

    def ring(self) -> None:
        """Let the end wait."""


def _answer(doer: Doer, line: _Line, told: Turn, watch: Watch, memory: int | None) -> object:
    """What a method answers, or what it raises."""
    exchanges, method, arguments = told
    limits = Limits(max_memory=memory)
    try:
        if exchanges:
            arguments = (line.exchanged(doer.outbox), *arguments)
        with watched_by(watch), ending() if method in LAST else watching(limits) as inner, inner.refusing():
            answer: object = getattr(doer, method)(*arguments)
            return answer
    except BaseException as error:
        return error
