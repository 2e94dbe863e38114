"""Searches by several workers side by side: ``python -m benchmarks.workers [--runs N] [--only WORD]``.

Each run is a process of its own, one after the other in turn, so that a busy machine is busy for all of them.
CPU seconds are of all processes together, the starting of Python left out; medians. What a state costs that
is sent to its owner is what N workers take in CPU beyond one process, for each state that was sent: the
learning that each does again is in it. With that and the CPU of one process, what more cores would do can be
calculated.
"""

from __future__ import annotations

import multiprocessing
import platform
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec

import click
from tabulate import tabulate

from elcheck.checker.check.check import check
from elcheck.checker.loading.model_file import load
from elcheck.checker.search.resources import Resources

PROBLEMS: list[tuple[str, dict[str, object]]] = [
    ("raft_election", {"nodes": 5, "terms": 2}),
    ("raft_membership", {}),
    ("tests/reference/paxos_messages.py", {"ballots": 3}),
]
"""Node programs without their tables in compiled code, and Specs of shared state."""


@dataclass(frozen=True)
class Measured:
    """One run: states, CPU seconds of all processes, seconds by the clock, MiB of the largest worker, and the
    bytes and states that were sent.
    """

    states: int
    cpu: float
    wall: float
    memory: float
    sent: int
    sent_states: int


def measure(name: str, parameters: dict[str, object], workers: int, cluster: str | None) -> Measured:
    """Search once."""
    model = load(name)(**parameters)
    began, cpu = time.perf_counter(), time.process_time()
    report = check(
        model, engine="plain", symmetry=False, resources=Resources(workers=workers, cluster=cluster)
    )
    loads = report.stats.workers
    return Measured(
        report.stats.distinct,
        time.process_time() - cpu + sum(load.cpu for load in loads),
        time.perf_counter() - began,
        max((load.held for load in loads), default=0) / 2**20,
        sum(load.sent for load in loads),
        sum(load.sent_states for load in loads),
    )


@click.command()
@click.option("--runs", default=3, show_default=True, help="Runs of each problem and number of workers.")
@click.option("--only", default="", help="Problems whose name holds this.")
def main(runs: int, only: str) -> None:
    """Print a table."""
    ways: list[tuple[int, str | None]] = [(1, None), (2, None), (4, None)]
    if find_spec("ray") is not None:
        ways.append((2, "auto"))
    else:
        print("without Ray, which is not installed")
    rows = []
    for name, parameters in PROBLEMS:
        if only not in name:
            continue
        found: dict[tuple[int, str | None], list[Measured]] = {way: [] for way in ways}
        for _ in range(runs):
            for workers, cluster in ways:
                with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
                    one = pool.submit(measure, name, parameters, workers, cluster).result()
                found[workers, cluster].append(one)
        alone = statistics.median(m.cpu for m in found[1, None])
        clock = statistics.median(m.wall for m in found[1, None])
        for (workers, cluster), measured in found.items():
            cpu, wall = (statistics.median(getattr(m, what) for m in measured) for what in ("cpu", "wall"))
            sent = measured[0].sent_states
            rows.append(
                [
                    name.rpartition("/")[2],
                    f"{workers}{' (Ray)' if cluster else ''}",
                    f"{measured[0].states:,}",
                    f"{cpu:.2f}",
                    f"{wall:.2f}",
                    f"{wall / clock:.2f}",
                    f"{measured[0].memory:.0f}" if sent else "",
                    f"{sent / measured[0].states:.2f}" if sent else "",
                    f"{measured[0].sent / sent:.0f}" if sent else "",
                    f"{(cpu - alone) / sent * 1e6:.0f}" if sent else "",
                ]
            )
    heads = ["problem", "workers", "states", "CPU s", "wall s", "x wall", "MiB each", "sent a state"]
    print(f"{platform.platform()}, CPython {platform.python_version()}, {runs} runs")
    print(tabulate(rows, [*heads, "bytes a sent", "us CPU a sent"], tablefmt="github"))


if __name__ == "__main__":
    main()
