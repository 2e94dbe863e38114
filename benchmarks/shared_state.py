"""Specs of published problems: ``python -m benchmarks.shared_state [--runs N]``.

Each run is a process of its own, with the plain engine; CPU seconds, medians. With ``--called`` also without
learning what the functions of a Spec look at: each is called for every state.
"""

from __future__ import annotations

import multiprocessing
import platform
import resource
import statistics
import time
from pathlib import Path

import click
from tabulate import tabulate

from elcheck.checker.check.check import check
from elcheck.checker.loading.model_file import load
from elcheck.checker.process.limits import Limits
from elcheck.checker.system import shared

PROBLEMS = ("paxos_messages", "bakery", "ewd426", "lamport_mutex")


def measure(problem: str, called: bool) -> tuple[float, int, int, int, float]:
    """CPU seconds of a check, its states, its depth, calls of handlers, and peak memory in MiB."""
    shared.LEARNING = not called
    model = load(str(Path(__file__).parent / "specs" / f"{problem}.py"))()
    began = time.process_time()
    stats = check(model, Limits(), engine="plain").stats
    seconds = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return seconds, stats.distinct, stats.depth, stats.handler_calls, memory


@click.command()
@click.option("--runs", default=3, show_default=True, help="Runs of each problem.")
@click.option("--only", default="", help="Problems whose name holds this.")
@click.option("--called", is_flag=True, help="Also without learning.")
def main(runs: int, only: str, called: bool) -> None:
    """Print the table."""
    context = multiprocessing.get_context("spawn")
    rows = []
    for problem in PROBLEMS:
        for how in (False, True) if called else (False,):
            if only in problem:
                found = []
                for _ in range(runs):
                    with context.Pool(1) as pool:
                        found.append(pool.apply(measure, (problem, how)))
                seconds = statistics.median(run[0] for run in found)
                _, states, depth, calls, memory = found[0]
                told = (problem, "called" if how else "learned", f"{states:,}", depth, f"{calls:,}")
                rows.append((*told, f"{seconds:.1f}", f"{memory:,.0f}"))
    click.echo(f"Python {platform.python_version()}, {platform.machine()}, median of {runs} runs")
    headers = ["problem", "handlers", "states", "depth", "calls", "CPU s", "MiB"]
    click.echo(tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True))


if __name__ == "__main__":
    main()
