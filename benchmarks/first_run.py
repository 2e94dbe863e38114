"""The first run after an installation beside later ones: ``python -m benchmarks.first_run [--runs N]``.

Wall time of whole processes, in turn, medians: *first* with an empty cache, so that the fast engine is
compiled while the plain one searches, *warm* with a full one, *plain* without the fast engine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

import click
from tabulate import tabulate

PROBLEMS = (
    ["raft_election", "--nodes", "4", "--terms", "2"],
    ["raft_election", "--nodes", "5", "--terms", "2", "--symmetry", "off"],
    ["raft_election", "--nodes", "5", "--terms", "3", "--symmetry", "off", "--max-states", "4000000"],
)


def seconds(command: list[str], cache: str) -> float:
    """How long a command takes. The limits of a search may end it, nothing else."""
    began = time.monotonic()
    environment = {**os.environ, "XDG_CACHE_HOME": cache}
    done = subprocess.run(
        [sys.executable, "-m", "elcheck", *command], env=environment, capture_output=True, check=False
    )
    if done.returncode not in (0, 20):
        raise SystemExit(f"{' '.join(command)} ends with {done.returncode}: {done.stderr.decode()}")
    return time.monotonic() - began


@click.command()
@click.option("--runs", default=3, show_default=True, help="Runs of each problem.")
def main(runs: int) -> None:
    """Print the table."""
    rows = []
    with tempfile.TemporaryDirectory() as full:
        subprocess.run(
            [sys.executable, "-m", "elcheck", "warm"], env={**os.environ, "XDG_CACHE_HOME": full}, check=True
        )
        for problem in PROBLEMS:
            found: dict[str, list[float]] = {"first": [], "warm": [], "plain": []}
            for _ in range(runs):
                with tempfile.TemporaryDirectory() as empty:
                    found["first"].append(seconds(problem, empty))
                found["warm"].append(seconds(problem, full))
                found["plain"].append(seconds([*problem, "--engine", "plain"], full))
            rows.append([" ".join(problem), *[f"{statistics.median(found[key]):.1f}" for key in found]])
    click.echo(tabulate(rows, headers=["problem", "first s", "warm s", "plain s"], tablefmt="github"))


if __name__ == "__main__":
    main()
