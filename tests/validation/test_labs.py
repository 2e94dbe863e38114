"""labs/ makes logs of real servers on loopback, and each run is a behaviour of its model."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from elcheck.checker.loading.model_file import load
from elcheck.checker.validation.observers import observer_named
from elcheck.checker.validation.result import LogVerdict
from elcheck.checker.validation.validate import validate

ROOT = Path(__file__).parents[2]
JARS = [Path("/usr/share/java") / name for name in ("zookeeper.jar", "slf4j-log4j12.jar", "log4j-1.2.jar")]
LACKS = {
    "etcd": "" if shutil.which("etcd") else "there is no etcd on the path (Debian's package etcd-server)",
    "zookeeper": ""
    if shutil.which("java") and all(jar.exists() for jar in JARS)
    else "it takes Debian's packages zookeeper, libslf4j-java and liblog4j1.2-java",
    "pysyncobj": "" if importlib.util.find_spec("pysyncobj") else "the package pysyncobj is not installed",
}


def long(*values: object) -> object:
    """Values of a test that takes half a minute and more."""
    return pytest.param(*values, marks=pytest.mark.big)


@pytest.mark.parametrize(
    ("system", "model", "args"),
    [
        ("etcd", "etcd_raft", ["--rounds", "1", "--port", "25770"]),
        ("zookeeper", "zookeeper_election", ["--rounds", "1", "--port", "25820"]),
        long("etcd", "etcd_raft", ["--rounds", "3", "--port", "25790"]),
        long("etcd", "etcd_raft", ["--rounds", "3", "--nodes", "5", "--no-pre-vote", "--port", "25810"]),
        long("zookeeper", "zookeeper_election", ["--rounds", "2", "--port", "25830"]),
        long("pysyncobj", "raft", ["--rounds", "3", "--rushes", "1", "--port", "25860"]),
    ],
)
def test_a_run_of_real_servers_is_allowed(tmp_path: Path, system: str, model: str, args: list[str]) -> None:
    if LACKS[system]:
        pytest.skip(LACKS[system])
    command = [sys.executable, "-m", f"labs.{system}", str(tmp_path), *args]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)
    logs = sorted(path for path in tmp_path.glob("*.log") if path.name != "env.log")
    found = validate(load(model), observer_named(system), logs, {})
    assert found.verdict is LogVerdict.ALLOWED, found.refusals[:1]
    assert not found.broken
