"""What a worker is made of, and the crew that resources allow."""

from __future__ import annotations

from elcheck.checker.process.memory import resident
from elcheck.checker.process.watch import Watch
from elcheck.checker.search.distributed.crew import Crew, Workshop
from elcheck.checker.search.distributed.node_parts import NodeParts
from elcheck.checker.search.distributed.parts import Parts
from elcheck.checker.search.distributed.processes import Processes
from elcheck.checker.search.distributed.shard import Shard
from elcheck.checker.search.distributed.spec_parts import SpecParts
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.resources import Resources
from elcheck.checker.system.shared import SharedSystem
from elcheck.checker.system.system import System


def parts_of(system: System, workers: int) -> Parts:
    """What the states of a system are made of, for an exchange between so many workers, with who tells them
    what to do (the next number), and with one who is to go on from what was found (the one after that).
    """
    full, ends = system.full, workers + 2
    return SpecParts(full, ends) if isinstance(full, SharedSystem) else NodeParts(system, ends)


def shard_of(system: System, judge: Judge, number: int, count: int) -> Shard:
    """The states that a worker owns, none yet."""
    return Shard(system, judge, parts_of(system, count), number, count)


def crew_of(workshop: Workshop, resources: Resources, watch: Watch) -> Crew:
    """The workers of a search, processes of this machine or actors of a cluster, which share the memory that
    a watch allows. Raises UsageError where there are none.
    """
    most = watch.memory.known()
    memory = None if most is None else max(1, (most - resident()) // resources.workers)
    if resources.cluster is None:
        return Processes(workshop, resources.workers, memory)
    from elcheck.checker.search.distributed.ray_actors import RayActors  # a library that not all have

    return RayActors(workshop, resources.workers, memory, resources.cluster)
