"""Specs of published problems: ``python -m benchmarks.shared_state [--rounds N] [--tlc JAR]``.

Each run is a process of its own, with the plain engine; CPU seconds of the check, medians. With ``--called``
also without learning what the functions of a Spec look at: each is called for every state.

With TLC's ``tla2tools.jar`` each problem is run as whole processes instead, start-up included: by elcheck, by
TLC with one worker, and by TLC with a worker for each core, as it is meant to be run; they take turns. The
modules beside the Specs have the same states and check the same claims; the script fails where counts differ.
A figure is the median of the rounds; x: how many times longer TLC took than elcheck, the median of each
round's ratio.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import resource
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import click
from tabulate import tabulate

from benchmarks.processes import (
    Checker,
    Measured,
    Missing,
    WrongError,
    disagreements,
    load,
    machine,
    measure,
    read_elcheck,
    tlc,
    versions,
)
from elcheck.checker.check.check import check
from elcheck.checker.loading import model_file
from elcheck.checker.process.limits import Limits
from elcheck.checker.system import shared

SPECS = Path(__file__).resolve().parent / "specs"
PROBLEMS = (
    "paxos_messages",
    "voting",
    "bakery",
    "ewd426",
    "ewd426_two_steps",
    "ewd840",
    "lamport_mutex",
    "fast_mutex",
    "fischer",
    "itai_rodeh",
)


def checked(problem: str, called: bool) -> tuple[float, int, int, int, float]:
    """CPU seconds of a check, its states, its depth, calls of handlers, and peak memory in MiB."""
    shared.LEARNING = not called
    model = model_file.load(str(SPECS / f"{problem}.py"))()
    began = time.process_time()
    stats = check(model, Limits(), engine="plain").stats
    seconds = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return seconds, stats.distinct, stats.depth, stats.handler_calls, memory


def alone(problems: list[str], rounds: int, called: bool) -> str:
    """A table of elcheck's own checks."""
    context = multiprocessing.get_context("spawn")
    rows = []
    for problem in problems:
        for how in (False, True) if called else (False,):
            found = []
            for _ in range(rounds):
                with context.Pool(1) as pool:
                    found.append(pool.apply(checked, (problem, how)))
            seconds = statistics.median(run[0] for run in found)
            _, states, depth, calls, memory = found[0]
            told = (problem, "called" if how else "learned", f"{states:,}", depth, f"{calls:,}")
            rows.append((*told, f"{seconds:.1f}", f"{memory:,.0f}"))
    headers = ["problem", "handlers", "states", "depth", "calls", "CPU s", "MiB"]
    return tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)


def checkers(problem: str, jar: Path, folder: Path) -> list[Checker]:
    """elcheck, TLC with one worker, and TLC with a worker for each core. TLC leaves files in the folder."""
    base = [sys.executable, "-m", "elcheck", str(SPECS / f"{problem}.py"), "--engine", "plain"]
    there = [Checker("elcheck", Path.cwd(), [[*base, "--depth", "1"]], [*base, "-v"], read_elcheck)]
    for name in (f"{problem}.tla", f"{problem}.cfg"):
        shutil.copy(SPECS / name, folder)
    for workers in (1, len(os.sched_getaffinity(0))):
        one = tlc(f"TLC {workers}", folder, problem, jar, workers)
        if isinstance(one, Missing):
            raise WrongError(f"{one.name} is not there: {one.how}")
        there.append(one)
    return there


def row(problem: str, measured: list[Measured]) -> list[str]:
    """A problem's line: states and depth; CPU and wall seconds of each checker; how much longer TLC took."""
    ours, *theirs = measured
    found = ours.found[0]
    told = [problem, f"{found.distinct:,}", f"{found.depth}"]
    for what in ("cpu", "wall"):
        told += [f"{statistics.median(getattr(run, what) for run in one.runs):.1f}" for one in measured]
        for one in theirs:
            pairs = zip(one.runs, ours.runs, strict=True)
            told.append(f"{statistics.median(getattr(a, what) / getattr(b, what) for a, b in pairs):.2f}")
    return told


def beside(problems: list[str], rounds: int, memory: int, jar: Path) -> str:
    """A table of elcheck and TLC in the same rounds. Raises WrongError where the counts differ."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for problem in problems:
            click.echo(problem, err=True)
            measured = measure(checkers(problem, jar, folder), rounds, memory, folder / "caches")
            if wrong := disagreements(measured):
                raise WrongError(f"{problem}: the counts differ\n" + "\n".join(wrong))
            rows.append(row(problem, measured))
    each = ["elcheck", "TLC 1", "TLC n", "x 1", "x n"]
    timed = [f"{what}: {name}" for what in ("CPU s", "wall s") for name in each]
    headers = ["problem", "states", "depth", *timed]
    return tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="Runs of each problem.")
@click.option("--only", default="", help="Problems whose name holds this.")
@click.option("--called", is_flag=True, help="Also without learning.")
@click.option(
    "--tlc", "jar", type=click.Path(exists=True, path_type=Path), help="tla2tools.jar: TLC beside elcheck."
)
@click.option(
    "--memory",
    type=click.IntRange(0),
    default=2,
    show_default=True,
    help="With --tlc: GiB used before a run.",
)
def main(rounds: int, only: str, called: bool, jar: Path | None, memory: int) -> None:
    """Print the table."""
    if called and jar is not None:
        raise click.UsageError("--called and --tlc: run them one after the other")
    problems = [problem for problem in PROBLEMS if only in problem]
    before = load()
    try:
        table = alone(problems, rounds, called) if jar is None else beside(problems, rounds, memory, jar)
    except WrongError as error:
        raise click.ClickException(str(error)) from error
    tools = versions({"Java": ["java", "--version"]}) if jar is not None else []
    click.echo("\n".join([machine(), f"Python {platform.python_version()}", *tools]))
    click.echo(f"median of {rounds} rounds, load before {before}, after {load()}\n\n{table}")


if __name__ == "__main__":
    main()
