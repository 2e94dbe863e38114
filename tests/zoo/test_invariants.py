"""Compiled code with its assertions: every search keeps the invariants, and one that is broken is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def python(*args: str, asserts: bool) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ELCHECK_ASSERTS": str(int(asserts))}
    return subprocess.run(
        [sys.executable, *args], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("search", SEARCHES)
def test_searches_keep_the_invariants(search: str) -> None:
    """They come to the same as without assertions, though no step is skipped: each step that would be skipped
    has to lead to a known state.
    """
    command = ["-m", "elcheck", *search.split(), "--engine", "fast", "--format", "json"]
    checked, unchecked = python(*command, asserts=True), python(*command, asserts=False)
    assert checked.returncode == unchecked.returncode, checked.stderr
    found, expected = (json.loads(done.stdout)["stats"] for done in (checked, unchecked))
    for stats in (found, expected):
        del stats["seconds"], stats["bytes_per_state"]
    assert found == expected


def test_a_broken_invariant_is_told() -> None:
    """By the function and the line, instead of a state that is wrong."""
    code = (
        "from elcheck.checker.search.fast import calls; "
        "from elcheck.checker.search.fast.memory import Memory; "
        "memory = Memory(2, 3); calls.id_of(memory.h, memory.w, memory.q, 5, 0)"
    )
    done = python("-c", code, asserts=True)
    assert done.returncode == 1
    assert "id_of failed in compiled code: an assertion of id_of does not hold (" in done.stderr
    assert "ids.py:" in done.stderr.splitlines()[-1]
