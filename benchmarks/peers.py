"""elcheck beside other checkers on one problem: ``python -m benchmarks.peers [--nodes N] [--terms T]``.

The problem is models/raft_election.py, written for each of the others in benchmarks/peers/. Every checker
searches all states and checks the invariant, without reductions, and has to come to the same counts. They run
in turn, a round of all and then the next; a figure is the median of the rounds.

- once s: CPU seconds of getting ready: generating and compiling, or, of what is written in Python, the first
  run after an installation, on a small size, with empty caches.
- CPU s, wall s, MiB: of the whole process, start-up included. Linux reckons the memory of this script to each
  process that it starts, so no peak below some 20 MiB is told.
- search s: what the checker itself says its search took.
- x CPU, x wall: how many times longer it took than elcheck's fast engine (the plain one if that is not there)
  in the same round.

Before each run some memory is used and given back. A virtual machine whose host takes what it does not use
may wait for that longer than a search takes (seen: 3 s a GiB, where it is 0.2 s otherwise).

Run it from the root of the repository, on a machine with nothing else to do: one busy process of others can
keep two threads on one core, which wall seconds show and CPU seconds do not.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click
from tabulate import tabulate

from benchmarks.processes import (
    Checker,
    Found,
    Measured,
    Missing,
    Run,
    WrongError,
    disagreements,
    last,
    load,
    machine,
    measure,
    read_elcheck,
    read_tlc,
    tlc,
    versions,
    works,
)

PEERS = Path(__file__).resolve().parent / "peers"


@dataclass(frozen=True)
class Problem:
    """The size, the bits of Spin's hash table, and a folder for files that go when the script ends."""

    nodes: int
    terms: int
    bits: int
    folder: Path

    def place(self, name: str) -> Path:
        """A new folder for a checker."""
        folder = self.folder / name
        folder.mkdir()
        return folder

    def sized(self, name: str) -> str:
        """A peer's file with this size in its lines for N and T."""
        text = (PEERS / name).read_text(encoding="utf-8")
        for constant, value in (("N", self.nodes), ("T", self.terms)):
            text, changed = re.subn(rf"^( *{constant} ?[:=]) \d+", rf"\1 {value}", text, flags=re.MULTILINE)
            assert changed == 1, f"{name} has no line for {constant}"
        return text


def elcheck(problem: Problem, engine: str, threads: int = 1) -> Checker | Missing:
    """One of the engines of the elcheck in the current folder."""
    name = f"elcheck {engine}" + (f", {threads} threads" if threads > 1 else "")
    base = [sys.executable, "-m", "elcheck", "raft_election", "--symmetry", "off", "--engine", engine]
    there = [sys.executable, "-c", "import numba, elcheck.checker.search.engines as e; e.ENGINES['fast']"]
    if engine == "fast" and not works(there):
        return Missing(name, "pip install 'elcheck[fast]'")
    base += ["--workers", str(threads), "-v"]
    size = ["--nodes", str(problem.nodes), "--terms", str(problem.terms)]
    ready = [[*base, "--nodes", "3", "--terms", "1"]]
    return Checker(name, Path.cwd(), ready, [*base, *size], read_elcheck)


def spin(problem: Problem, how: str, *options: str) -> Checker | Missing:
    """Spin without partial-order reduction, with every state stored whole."""
    name = f"Spin, {how}"
    if not (shutil.which("spin") and shutil.which("gcc")):
        return Missing(name, "apt-get install spin gcc")
    size = [f"-DN={problem.nodes}", f"-DT={problem.terms}"]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    exact = ["-DSAFETY", "-DNOREDUCE", "-DNOFAIR", "-DNOCOMP", f"-DMEMLIM={memory}", *options]
    ready = [
        ["spin", "-a", *size, str(PEERS / "raft_election.pml")],
        ["gcc", "-O2", "-w", *exact, "-o", "pan", "pan.c"],
    ]
    return Checker(name, problem.place(name), ready, ["./pan", f"-w{problem.bits}"], read_spin)


def read_spin(done: Run) -> Found:
    """One of Spin's transitions leads to the initial state, which it stores like any other. A number of more
    than eight digits it rounds.
    """
    text = done.out + done.err
    if "errors: 0" not in text or re.search("not completed|too small|out of memory", text):
        raise WrongError(f"Spin:\n{text[-2000:]}")
    (stored,) = last(r"\s(\d+) states, stored", text)
    (transitions,) = last(r"\s([\d.e+]+) transitions", text)
    (seconds,) = last(r"elapsed time ([\d.]+) sec", text)
    exact = int(transitions) - 1 if transitions.isdigit() else None
    return Found(int(stored), exact, float(seconds))


def rumur(problem: Problem, threads: int) -> Checker | Missing:
    """Rumur, told not to save memory at the expense of time."""
    name = f"Rumur, {threads} thread{'s' * (threads > 1)}"
    if not (shutil.which("rumur") and shutil.which("gcc")):
        return Missing(name, "apt-get install rumur gcc")
    folder = problem.place(name)
    (folder / "model.m").write_text(problem.sized("raft_election.m"), encoding="utf-8")
    off = ["--symmetry-reduction", "off", "--deadlock-detection", "off", "--pack-state", "off"]
    wide = ["-mcx16"] if platform.machine() == "x86_64" else []
    ready = [
        ["rumur", "--threads", str(threads), *off, "--output", "model.c", "model.m"],
        ["gcc", "-std=c11", "-O3", "-march=native", *wide, "-o", "model", "model.c", "-lpthread"],
    ]
    return Checker(name, folder, ready, ["./model"], read_rumur)


def read_rumur(done: Run) -> Found:
    """From its last lines. Its seconds are whole ones."""
    if "No error found" not in done.out:
        raise WrongError(f"Rumur:\n{done.out[-2000:]}")
    distinct, fired, seconds = last(r"(\d+) states, (\d+) rules fired in (\d+)s", done.out)
    return Found(int(distinct), int(fired), float(seconds))


def minicheck(problem: Problem, python: str, model: str) -> Checker | Missing:
    """One of two models for minicheck."""
    name = f"minicheck, {model}"
    if not works([python, "-c", "import minicheck"]):
        return Missing(name, "pip install minicheck (there: --minicheck its Python)")
    base = [python, str(PEERS / "raft_election_minicheck.py"), model]
    size = [str(problem.nodes), str(problem.terms)]
    return Checker(name, problem.place(name), [[*base, "3", "1"]], [*base, *size], read_minicheck)


def read_minicheck(done: Run) -> Found:
    """From what our script prints. minicheck does not count transitions."""
    report = json.loads(done.out)
    if not report["proved"]:
        raise WrongError(f"minicheck: {report}")
    return Found(report["distinct"], None, report["seconds"])


def raft_in_tlc(problem: Problem, jar: Path | None, workers: int) -> Checker | Missing:
    """TLC, whose module generates no step that changes nothing, so that it counts transitions."""
    name = f"TLC, {workers} worker{'s' * (workers > 1)}"
    folder = problem.place(name)
    shutil.copy(PEERS / "RaftElection.tla", folder)
    (folder / "RaftElection.cfg").write_text(problem.sized("RaftElection.cfg"), encoding="utf-8")
    checker = tlc(name, folder, "RaftElection", jar, workers)
    if isinstance(checker, Missing):
        return checker
    return replace(checker, read=partial(read_raft_in_tlc, workers=workers))


def read_raft_in_tlc(done: Run, workers: int) -> Found:
    """It has generated the initial state too."""
    (generated,) = last(r"([\d,]+) states generated", done.out)
    return replace(read_tlc(done, workers), transitions=int(generated) - 1)


def conditions(python: str) -> list[str]:
    """The machine and the versions of what is there."""
    try:
        numba = f", numba {version('numba')}"
    except PackageNotFoundError:
        numba = ""
    there = (
        "import platform, importlib.metadata as m; print(platform.python_version(), m.version('minicheck'))"
    )
    tools = {
        "gcc": ["gcc", "--version"],
        "Spin": ["spin", "-V"],
        "Rumur": ["rumur", "--version"],
        "minicheck's Python, minicheck": [python, "-c", there],
        "Java": ["java", "--version"],
    }
    return [
        machine(),
        f"Python {platform.python_version()}{numba}; elcheck of {Path.cwd()}",
        *versions(tools),
    ]


def row(one: Measured, base: Measured) -> list[str]:
    """A checker's line of the table."""
    found = one.found[0]
    seconds = [every.seconds for every in one.found if every.seconds is not None]
    pairs = list(zip(one.runs, base.runs, strict=True))
    return [
        one.checker.name,
        f"{found.distinct:,}",
        "" if found.transitions is None else f"{found.transitions:,}",
        f"{one.once:.1f}",
        f"{statistics.median(done.cpu for done in one.runs):.2f}",
        f"{statistics.median(done.wall for done in one.runs):.2f}",
        f"{statistics.median(seconds):.2f}" if seconds else "",
        f"{statistics.median(done.memory for done in one.runs):,.0f}",
        f"{statistics.median(done.cpu / other.cpu for done, other in pairs):.2f}",
        f"{statistics.median(done.wall / other.wall for done, other in pairs):.2f}",
    ]


HEADERS = [
    "checker",
    "distinct",
    "transitions",
    "once s",
    "CPU s",
    "wall s",
    "search s",
    "MiB",
    "x CPU",
    "x wall",
]


@click.command()
@click.option("--nodes", type=click.IntRange(2, 7), default=5, show_default=True, help="Servers.")
@click.option("--terms", type=click.IntRange(1, 4), default=2, show_default=True, help="The highest term.")
@click.option("--repeat", type=click.IntRange(1), default=3, show_default=True, help="Rounds.")
@click.option("--only", default="", help="Checkers whose name holds this; the fast engine always runs.")
@click.option(
    "--bits", default=22, show_default=True, help="Spin's -w: its hash table has 2 to the BITS slots."
)
@click.option(
    "--memory", type=click.IntRange(0), default=2, show_default=True, help="GiB used before each run."
)
@click.option("--minicheck", "python", default=sys.executable, help="A Python that has minicheck.")
@click.option("--tla2tools", type=click.Path(exists=True, path_type=Path), help="tla2tools.jar, for TLC.")
def main(
    nodes: int,
    terms: int,
    repeat: int,
    only: str,
    bits: int,
    memory: int,
    python: str,
    tla2tools: Path | None,
) -> None:
    """Run the same problem on elcheck and on its peers, and print the ratios."""
    with tempfile.TemporaryDirectory() as name:
        problem = Problem(nodes, terms, bits, Path(name))
        candidates = [
            elcheck(problem, "fast"),
            elcheck(problem, "fast", 2),
            elcheck(problem, "plain"),
            spin(problem, "depth first"),
            spin(problem, "breadth first", "-DBFS"),
            rumur(problem, 1),
            rumur(problem, 2),
            minicheck(problem, python, "idiomatic"),
            minicheck(problem, python, "packed"),
            raft_in_tlc(problem, tla2tools, 1),
            raft_in_tlc(problem, tla2tools, 2),
        ]
        asked = [one for one in candidates if only in one.name or one.name.startswith("elcheck fast")]
        before = load()
        try:
            there = [one for one in asked if isinstance(one, Checker)]
            measured = measure(there, repeat, memory, Path(name) / "caches")
        except WrongError as error:
            raise click.ClickException(str(error)) from error
        click.echo("\n".join(conditions(python)))
        click.echo(
            f"load before {before}, after {load()}; {repeat} rounds, {memory} GiB used before each run\n"
        )
        _print(nodes, terms, asked, measured)


def _print(nodes: int, terms: int, asked: list[Checker | Missing], measured: list[Measured]) -> None:
    """The table, and whether the counts agree. Raises ClickException when not."""
    if not measured:
        raise click.ClickException("nothing to run")
    rows = [row(one, measured[0]) for one in measured]
    missing = [one for one in asked if isinstance(one, Missing)]
    rows += [[one.name, "not installed"] for one in missing]
    click.echo(f"raft_election, {nodes} nodes, {terms} terms; x: times {measured[0].checker.name}")
    align = ("left", *["right"] * (len(HEADERS) - 1))
    click.echo(tabulate(rows, headers=HEADERS, tablefmt="github", disable_numparse=True, colalign=align))
    click.echo("".join(f"\n{one.name}: {one.how}" for one in missing))
    if wrong := disagreements(measured):
        raise click.ClickException("the counts differ\n" + "\n".join(wrong))
    click.echo(f"\nThe counts of these {len(measured)} agree.")


if __name__ == "__main__":
    main()
