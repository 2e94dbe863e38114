"""The engines side by side on a few problems: ``python -m benchmarks.engines [--runs N]``.

Each run is a process of its own, engines in turn, CPU time, medians. The fast engine's time has the loading
of its compiled code in it, but not the compilation, which happens once.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import resource
import statistics
import time
from dataclasses import dataclass

import click
from tabulate import tabulate

from elcheck.checker.check.check import check
from elcheck.checker.loading.model_file import adapted, load
from elcheck.checker.process.limits import Limits


@dataclass(frozen=True)
class Problem:
    """A bundled model with parameters and environment."""

    model: str
    parameters: tuple[tuple[str, object], ...] = ()
    environment: tuple[tuple[str, object], ...] = ()
    depth: int | None = None

    @property
    def name(self) -> str:
        """The problem in words."""
        parts = [f"{name}={value}" for name, value in (*self.parameters, *self.environment)]
        return " ".join([self.model, *parts, *([f"depth={self.depth}"] if self.depth is not None else [])])


PROBLEMS = [
    Problem("raft_election", (("nodes", 5), ("terms", 2))),
    Problem("raft_election", (("nodes", 3), ("terms", 2)), (("network", "bag"), ("loss", "unlimited"))),
    Problem("raft", depth=20),
    Problem("raft", environment=(("network", "bag"), ("loss", 1)), depth=12),
    Problem("raft", environment=(("network", "fifo"), ("disconnect", 1)), depth=14),
    Problem("zab", environment=(("disconnect", 1),)),
    Problem("raft_options"),
    Problem("raft_options", (("max_term", 3),), depth=18),
    Problem("multi_paxos"),
    Problem("multi_paxos", (("ballots", 3),), depth=14),
    Problem("sharding", (("term", 3),)),
    Problem("two_phase_commit", (("managers", 7),)),
]


@dataclass(frozen=True)
class Measured:
    """One run: CPU seconds of the check, the states, and peak memory in MiB."""

    seconds: float
    states: int
    transitions: int
    memory: float


def measure(problem: Problem, engine: str) -> Measured:
    """Check a problem once."""
    model = load(problem.model)(**dict(problem.parameters))
    model = adapted(model, dict(problem.environment))
    began = time.process_time()
    stats = check(model, Limits(depth=problem.depth), engine=engine, symmetry=False).stats
    seconds = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(seconds, stats.distinct, stats.transitions, memory)


@click.command()
@click.option("--runs", default=3, show_default=True, help="Runs of each problem and engine.")
@click.option("--only", default="", help="Problems whose name holds this.")
def main(runs: int, only: str) -> None:
    """Print the table."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as it is where elcheck is installed
    context = multiprocessing.get_context("spawn")
    problems = [problem for problem in PROBLEMS if only in problem.name]
    jobs = [(problem, engine) for problem in problems for engine in ("plain", "fast")]
    with context.Pool(1) as pool:
        pool.apply(measure, (Problem("bully"), "fast"))  # whatever has to be compiled is, from here on
    found: dict[tuple[Problem, str], list[Measured]] = {job: [] for job in jobs}
    for _ in range(runs):
        for job in jobs:
            with context.Pool(1) as pool:
                found[job].append(pool.apply(measure, job))
    rows = [_row(problem, found[problem, "plain"], found[problem, "fast"]) for problem in problems]
    headers = ["problem", "states", "transitions", "plain s", "fast s", "ratio", "plain MiB", "fast MiB"]
    click.echo(
        f"Python {platform.python_version()}, {platform.machine()}, CPU seconds, median of {runs} runs"
    )
    click.echo(tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True))


def _row(problem: Problem, plain: list[Measured], fast: list[Measured]) -> list[str]:
    """A line of the table. Raises SystemExit if the engines differ."""
    if {(run.states, run.transitions) for run in plain} != {(run.states, run.transitions) for run in fast}:
        raise SystemExit(f"{problem.name}: the engines differ: {plain[0]}, {fast[0]}")
    ratios = [a.seconds / b.seconds for a, b in zip(plain, fast, strict=True)]
    return [
        problem.name,
        f"{plain[0].states:,}",
        f"{plain[0].transitions:,}",
        f"{statistics.median(run.seconds for run in plain):.2f}",
        f"{statistics.median(run.seconds for run in fast):.2f}",
        f"{statistics.median(ratios):.1f}",
        f"{statistics.median(run.memory for run in plain):,.0f}",
        f"{statistics.median(run.memory for run in fast):,.0f}",
    ]


if __name__ == "__main__":
    main()
