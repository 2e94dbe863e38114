"""Workers that are actors of Ray (https://docs.ray.io), on this machine or on others.

What they work on is sent to them, with the source of those modules that no package has: a model's file need
not be on the other machines, elcheck has to be. States go from actor to actor through Ray's object store;
what each has found by the end of a depth is kept there, too, so that the search goes on from there if one of
them dies.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

from elcheck.checker.model.errors import UsageError
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.running import ending, signals, watching
from elcheck.checker.process.watch import PERIOD, current
from elcheck.checker.search.distributed.crew import LAST, Crew, Doer, WorkerLost, Workshop
from elcheck.checker.search.distributed.wire import packed, unpacked

if TYPE_CHECKING:
    from ray import ObjectRef
    from ray.actor import ActorHandle

PATIENCE = 30.0
"""Seconds in which actors have to come to the end of their turn once the run has ended."""
REVIVALS = 100
"""How often dead workers are replaced in one search."""
ModuleSources = dict[str, tuple[str, str]]
"""Of modules, by their names: file and source."""


class RayActors(Crew):
    """Workers in actors, at the address of a cluster; ``auto`` is one that runs, or one begun here."""

    keeps = True

    def __init__(self, workshop: Workshop, count: int, memory: int | None, address: str) -> None:
        _begin(address, count)
        from ray import cloudpickle

        self.count = count
        self._memory = memory
        self._work = cloudpickle.dumps(workshop)
        self._sources = _sources()
        self._kept: list[list[ObjectRef[bytes]]] = [[] for _ in range(count)]
        self._revivals = 0
        self._actors = self._made()

    def _made(self) -> list[ActorHandle]:
        import ray

        remote = ray.remote(num_cpus=1, max_restarts=0)(RayWorker)
        sent = (ray.put(self._work), ray.put(self._sources))
        return [remote.remote(*sent, number, self.count, self._memory) for number in range(self.count)]

    @property
    def pids(self) -> list[int]:
        """The numbers that their systems give the processes of the actors."""
        return cast("list[int]", self._heard([actor.pid.remote() for actor in self._actors]))

    def turn(self, method: str, *arguments: object) -> list[object]:
        told = packed((method, arguments, self._left()))
        return self._answers([actor.turn.remote(told) for actor in self._actors])

    def exchange(self, method: str, *arguments: object) -> list[object]:
        told = packed((method, arguments, self._left()))
        parcels = [actor.outgoing.options(num_returns=self.count).remote() for actor in self._actors]
        sent = [[of[to] for of in parcels] if self.count > 1 else parcels for to in range(self.count)]
        return self._answers([a.turn.remote(told, *to) for a, to in zip(self._actors, sent, strict=True)])

    def ask(self, worker: int, method: str, *arguments: object) -> object:
        told = packed((method, arguments, self._left()))
        return self._answers([self._actors[worker].turn.remote(told)])[0]

    def keep(self) -> None:
        new = [actor.saved.remote() for actor in self._actors]
        self._wait(new)
        for kept, one in zip(self._kept, new, strict=True):
            kept.append(one)

    def revive(self) -> bool:
        while self._kept[0] and self._revivals < REVIVALS:
            self._revivals += 1
            self._end_actors()
            self._actors = self._made()
            pairs = zip(self._actors, self._kept, strict=True)
            with suppress(WorkerLost):
                self._heard([actor.restored.remote(*kept) for actor, kept in pairs])
                return True
        return False

    def _left(self) -> float | None:
        """The seconds that are left to the run."""
        left = current().deadline - time.monotonic()
        return None if left == float("inf") else max(0.001, left)

    def _answers(self, refs: Sequence[ObjectRef[bytes]]) -> list[object]:
        answers = [unpacked(cast(bytes, answer)) for answer in self._heard(refs)]
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return answers

    def _heard(self, refs: Sequence[ObjectRef[bytes]]) -> list[object]:
        import ray

        self._wait(refs)
        return cast("list[object]", ray.get(list(refs)))

    def _wait(self, refs: Sequence[ObjectRef[bytes]]) -> None:
        """Wait until something is there. Raises WorkerLost."""
        import ray

        since = None
        try:
            while len(ray.wait(list(refs), num_returns=len(refs), timeout=PERIOD)[0]) < len(refs):
                if current().exceeded() is not None:
                    since = since or time.monotonic()
                    if time.monotonic() - since > PATIENCE:
                        self.close()
                        raise WorkerLost(f"a worker had not come to an end after {PATIENCE:g} s")
            ray.get(list(refs))
        except ray.exceptions.RayError as error:
            said = str(error).strip().partition("\n")[0]
            raise WorkerLost(f"a worker of the cluster is gone: {said}") from None

    def _end_actors(self) -> None:
        import ray

        for actor in self._actors:
            with suppress(Exception):  # one that is dead already, or a cluster that is
                ray.kill(actor)

    def close(self) -> None:
        self._end_actors()


class RayWorker:
    """A worker, in the process of an actor."""

    def __init__(
        self, work: bytes, sources: ModuleSources, number: int, count: int, memory: int | None
    ) -> None:
        from ray import cloudpickle

        gc.disable()  # it makes millions of objects, and cycles of none
        signals.leave()
        sys.meta_path.append(_SentModules(sources))
        workshop: Workshop = cloudpickle.loads(work)
        self._doer: Doer = workshop(number, count)
        self._memory = memory

    def pid(self) -> int:
        """The number of this process."""
        return os.getpid()

    def outgoing(self) -> object:
        """What there is for each worker."""
        outbox = self._doer.outbox
        return outbox[0] if len(outbox) == 1 else tuple(outbox)

    def saved(self) -> bytes:
        """What was found since the last time."""
        found: bytes = self._doer.saved()
        return found

    def restored(self, *saved: bytes) -> None:
        """Go on from what another one has saved."""
        self._doer.restored(saved)

    def turn(self, told: bytes, *inbox: bytes) -> bytes:
        """What a method answers, or what it raises."""
        method, arguments, left = cast("tuple[str, tuple[object, ...], float | None]", unpacked(told))
        limits = Limits(timeout=left, max_memory=self._memory)
        given = (inbox, *arguments) if inbox else arguments
        try:
            with watching(limits, numbers=(signal.SIGUSR1,)) as watch, watch.refusing():
                if method in LAST:
                    with ending():
                        return packed(getattr(self._doer, method)(*given))
                return packed(getattr(self._doer, method)(*given))
        except BaseException as error:
            return packed(error)


class _SentModules(Loader, MetaPathFinder):
    """Finds the modules that were sent along."""

    def __init__(self, sources: ModuleSources) -> None:
        self._sources = sources

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """A module that was sent."""
        del path, target
        if name not in self._sources:
            return None
        file = self._sources[name][0]
        return spec_from_loader(name, self, origin=file, is_package=file.endswith("__init__.py"))

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Python makes it."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run the source that was sent."""
        file, source = self._sources[module.__name__]
        module.__file__ = file
        exec(compile(source, file, "exec"), module.__dict__)


def _sources() -> ModuleSources:
    """The modules that this process has loaded, and that are in no package of its Python."""
    found = {}
    beside = {Path(place).resolve() for place in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is None or not file.endswith(".py") or name.partition(".")[0] in ("__main__", "elcheck"):
            continue
        path = Path(file).resolve()
        if not beside & {*path.parents} and path.exists():
            found[name] = (str(path), path.read_text(encoding="utf-8"))
    return found


def _begin(address: str, workers: int) -> None:
    """Go to a cluster, unless this process is at one."""
    if find_spec("ray") is None:
        raise UsageError("--cluster needs Ray, which is not installed: pip install 'elcheck[ray]'")
    import ray

    os.environ.setdefault("RAY_worker_niceness", "0")  # or all else on a busy machine comes before them
    if not ray.is_initialized():
        given = None if address == "auto" else address
        try:
            ray.init(given, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, ValueError) as error:
            said = str(error).strip().partition("\n")[0]
            raise UsageError(f"--cluster {address}: no cluster of Ray answers there: {said}") from None
    cores = int(ray.cluster_resources().get("CPU", 0))
    if workers > cores:
        raise UsageError(f"--workers {workers}: the cluster has {cores} cores, one for each worker at most")
