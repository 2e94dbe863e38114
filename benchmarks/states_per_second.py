"""States per second of each engine on a few problems: ``python -m benchmarks.states_per_second [--runs N]``.

Each run is a process of its own, engines in turn, CPU time, medians. The last column is a ratio of the same
run: how many times longer the check took than putting the same states, already packed, into an empty set and
list, which no search in Python can do without.
"""

from __future__ import annotations

import multiprocessing
import platform
import resource
import statistics
import time
from dataclasses import dataclass, replace

import click
from tabulate import tabulate

from checker.check import Limits, check
from checker.engines import ENGINES
from checker.load import load


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
    Problem("raft", environment=(("network", "bag"), ("loss", 1)), depth=11),
    Problem("raft", environment=(("network", "fifo"), ("disconnect", 1)), depth=10),
    Problem("two_phase_commit", (("managers", 6),)),
]


@dataclass(frozen=True)
class Measured:
    """One run: CPU seconds of the check and of storing alone, the states, and peak memory in MiB."""

    seconds: float
    storing: float
    states: int
    transitions: int
    memory: float


def measure(problem: Problem, engine: str) -> Measured:
    """Check a problem once."""
    model = load(problem.model).build(dict(problem.parameters), {})
    model = replace(model, environment=replace(model.environment, **dict(problem.environment)))  # type: ignore[arg-type]  # by name
    began = time.process_time()
    report = check(model, Limits(depth=problem.depth), engine=engine)
    seconds = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    storing = _store(report.search.codes)
    return Measured(seconds, storing, report.stats.distinct, report.stats.transitions, memory)


def _store(codes: list[int]) -> float:
    """CPU seconds to put fresh copies of the codes into a set and a list."""
    fresh = [code ^ 1 for code in codes]
    began = time.process_time()
    seen: set[int] = set()
    kept: list[int] = []
    for code in fresh:
        if code not in seen:
            seen.add(code)
            kept.append(code)
    return time.process_time() - began


@click.command()
@click.option("--runs", default=3, show_default=True, help="Runs of each problem and engine.")
@click.option("--only", default="", help="Problems whose name holds this.")
def main(runs: int, only: str) -> None:
    """Print the table."""
    context = multiprocessing.get_context("spawn")
    problems = [problem for problem in PROBLEMS if only in problem.name]
    jobs = [(problem, engine) for problem in problems for engine in ENGINES]
    found: dict[tuple[Problem, str], list[Measured]] = {job: [] for job in jobs}
    for _ in range(runs):
        for job in jobs:
            with context.Pool(1) as pool:
                found[job].append(pool.apply(measure, job))
    rows = [_row(problem, engine, found[problem, engine]) for problem, engine in jobs]
    headers = ["problem", "engine", "states", "transitions", "CPU s", "states/s", "peak MiB", "x storing"]
    click.echo(f"Python {platform.python_version()}, {platform.machine()}, median of {runs} runs")
    click.echo(tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True))


def _row(problem: Problem, engine: str, runs: list[Measured]) -> list[str]:
    seconds = statistics.median(run.seconds for run in runs)
    ratio = statistics.median(run.seconds / max(run.storing, 1e-6) for run in runs)
    memory = statistics.median(run.memory for run in runs)
    states = runs[0].states
    return [
        problem.name,
        engine,
        f"{states:,}",
        f"{runs[0].transitions:,}",
        f"{seconds:.2f}",
        f"{states / seconds:,.0f}",
        f"{memory:,.0f}",
        f"{ratio:.1f}",
    ]


if __name__ == "__main__":
    main()
