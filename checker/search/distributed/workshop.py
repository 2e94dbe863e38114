"""What a worker is made of."""

from __future__ import annotations

from elcheck.checker.search.distributed.node_parts import NodeParts
from elcheck.checker.search.distributed.parts import Parts
from elcheck.checker.search.distributed.shard import Shard
from elcheck.checker.search.distributed.spec_parts import SpecParts
from elcheck.checker.search.judge import Judge
from elcheck.checker.system.shared import SharedSystem
from elcheck.checker.system.system import System


def parts_of(system: System, workers: int) -> Parts:
    """What the states of a system are made of, for an exchange between so many workers and their teller."""
    full = system.full
    return SpecParts(full, workers + 1) if isinstance(full, SharedSystem) else NodeParts(system, workers + 1)


def shard_of(system: System, judge: Judge, number: int, count: int) -> Shard:
    """The states that a worker owns, none yet."""
    return Shard(system, judge, parts_of(system, count), number, count)
