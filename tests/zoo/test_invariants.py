"""Compiled code with its assertions: every search keeps the invariants, and one that is broken is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from elcheck.checker import cli

pytest.importorskip("numba", reason="the fast engine needs numba: pip install 'elcheck[fast]'")

ROOT = Path(__file__).parents[2]
SEARCHES = [
    "raft_election --nodes 4",
    "raft_election --nodes 2 --network bag --loss 1 --dup 1 --partition 1",
    "raft --depth 9",
    "raft --nodes 2 --network fifo --disconnect 1 --crash 1 --restart 1 --depth 9",
    "raft --nodes 2 --network set --timing eventual(2) --depth 9",
    "omega --loss 1 --depth 8",
    "zab --depth 9 --workers 2",
]
ASKED = """
import sys
from elcheck.checker import cli
for search in sys.argv[1:]:
    print(cli.run([*search.split(), "--engine", "fast", "--format", "json"]))
"""
"""Says of each search a report, and then its exit code."""


def checked(code: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Python with assertions in compiled code, which a process has or has not."""
    environment = {**os.environ, "ELCHECK_ASSERTS": "1"}
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def told(said: str) -> list[tuple[int, dict[str, object]]]:
    """The exit codes and the counts of some searches."""
    found, decoder = [], json.JSONDecoder()
    while said:
        report, end = decoder.raw_decode(said)
        code, _, said = said[end:].lstrip().partition("\n")
        stats = report["stats"]
        del stats["seconds"], stats["bytes_per_state"]
        found.append((int(code), stats))
    return found


def test_searches_keep_the_invariants(capfd: pytest.CaptureFixture[str]) -> None:
    """They come to the same as without assertions, though no step is skipped: each step that would be skipped
    has to lead to a known state.
    """
    for search in SEARCHES:
        print(cli.run([*search.split(), "--engine", "fast", "--format", "json"]))
    expected = told(capfd.readouterr().out)
    done = checked(ASKED, *SEARCHES)
    assert done.returncode == 0, done.stderr
    found = told(done.stdout)
    assert len(found) == len(expected) == len(SEARCHES)
    for search, one, other in zip(SEARCHES, found, expected, strict=True):
        assert one == other, search


def test_a_broken_invariant_is_told() -> None:
    """By the function and the line, instead of a state that is wrong."""
    code = (
        "from elcheck.checker.search.fast import calls; "
        "from elcheck.checker.search.fast.memory import Memory; "
        "memory = Memory(2, 3); calls.id_of(memory.h, memory.w, memory.q, 5, 0)"
    )
    done = checked(code)
    assert done.returncode == 1
    assert "id_of failed in compiled code: an assertion of id_of does not hold (" in done.stderr
    assert "ids.py:" in done.stderr.splitlines()[-1]
