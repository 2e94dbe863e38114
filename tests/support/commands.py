"""elcheck as a command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from elcheck.checker import cli

ROOT = Path(__file__).parents[2]
ELCHECK = [sys.executable, "-m", "elcheck"]


def run(*args: str, seed: str = "0") -> subprocess.CompletedProcess[str]:
    """elcheck in a process of its own."""
    env = {**os.environ, "PYTHONHASHSEED": seed}
    return subprocess.run(
        [*ELCHECK, *args], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def unfolded(said: str) -> str:
    """What was printed, without the breaks and blanks that its width has made."""
    return " ".join(said.split())


def printed(capfd: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    """elcheck in this process: its exit code and stdout."""
    code = cli.run(args)
    return code, capfd.readouterr().out


def replayed(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, trace: str, *args: str
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a replay."""
    path = tmp_path / "trace.txt"
    path.write_text(trace, encoding="utf-8")
    code = cli.run(["replay", args[0], str(path), *args[1:]])
    out, err = capfd.readouterr()
    return code, out, err
