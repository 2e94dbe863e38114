"""The bundled subjects, on releases of PySyncObj: what docs/real/pysyncobj.md tells, from PyPI's packages."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from elcheck.checker import cli
from tests.docs.printed import ROOT

RELEASES = Path(tempfile.gettempdir()) / "elcheck-tests-pysyncobj"
"""Where the releases are kept between runs."""


@functools.cache
def installed(version: str) -> Path:
    """A folder with a release. Skips the test, with the reason, where PyPI can't be reached."""
    folder = RELEASES / version
    if not (folder / "pysyncobj").is_dir():
        new = Path(tempfile.mkdtemp(prefix=f"pysyncobj-{version}-"))
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(new)]
        done = subprocess.run([*pip, f"pysyncobj=={version}"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            shutil.rmtree(new)
            pytest.skip(f"pip can't install pysyncobj {version}: {done.stderr.strip().splitlines()[-1]}")
        RELEASES.mkdir(exist_ok=True)
        if not folder.exists():
            shutil.move(new, folder)
    return folder


def driven(version: str, *args: str | Path) -> tuple[int, Mapping[str, object]]:
    """What ``elcheck drive`` answers with a release, in a process of its own."""
    command = [sys.executable, "-m", "elcheck", "drive", *map(str, args), "--format", "json"]
    path = os.pathsep.join([str(ROOT), str(installed(version))])
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    answer: Mapping[str, object] = json.loads(done.stdout)
    return done.returncode, answer


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The counterexamples, found by elcheck: one for each mistake."""
    folder = tmp_path_factory.mktemp("traces")
    of = ["--export-of", "at most one leader per term"]
    searches = {
        "vote": ["raft", "--bug", "forget-term-and-vote", "--depth", "10", *of],
        "figure-8": ["pysyncobj_raft", "--bug", "figure-8", "--first"],
        "release-0311": ["pysyncobj_raft", "--bug", "release-0311", "--first"],
        "ack-without-term": ["pysyncobj_raft", "--bug", "ack-without-term", "--first"],
        "truncate-matching": ["pysyncobj_raft", "--bug", "truncate-matching", "--first"],
    }
    for name, args in searches.items():
        assert cli.run([*args, "--export", str(folder / f"{name}.itf.json")]) == 12
    return folder


def broken(answer: Mapping[str, object]) -> dict[str, int]:
    """The properties that the trace breaks, with the step that does."""
    found = answer["properties"]
    assert isinstance(found, list)
    return {p["name"]: p["at"] for p in found if p["kind"] == "always" and p["at"] is not None}


LOST = "leaders have what is committed"


@pytest.mark.parametrize(
    ("version", "subject"),
    [
        ("0.3.14", "pysyncobj_election"),
        ("0.3.14", "pysyncobj_election:in_memory"),
        ("0.3.17", "pysyncobj_election:in_memory"),
    ],
)
def test_a_forgotten_vote_makes_two_leaders(version: str, subject: str, traces: Path) -> None:
    bug = ["--bug", "forget-term-and-vote", "--trace", str(traces / "vote.itf.json")]
    code, answer = driven(version, "raft", subject, *bug)
    assert (code, answer["answer"]) == (0, "no difference")
    assert broken(answer)["at most one leader per term"] == 10


def test_a_journal_keeps_the_vote(traces: Path) -> None:
    bug = ["--bug", "forget-term-and-vote", "--trace", str(traces / "vote.itf.json")]
    code, answer = driven("0.3.17", "raft", "pysyncobj_election", *bug)
    assert (code, answer["answer"]) == (1, "differs")
    ended = answer["ended"]
    assert isinstance(ended, dict)
    assert ended["step"] == 5
    assert {d["what"]: (d["model"], d["subject"]) for d in ended["differences"]} == {
        "n3.current_term": (0, 1),
        "n3.voted_for": (None, "n1"),
    }


@pytest.mark.parametrize(
    ("version", "bug", "steps"),
    [
        ("0.3.11", "release-0311", 13),  # figure 8
        ("0.3.17", "ack-without-term", 14),
        ("0.3.17", "truncate-matching", 19),
    ],
)
def test_a_committed_entry_is_lost(version: str, bug: str, steps: int, traces: Path) -> None:
    trace = traces / f"{bug}.itf.json"
    code, answer = driven(version, "pysyncobj_raft", "pysyncobj_raft", "--bug", bug, "--trace", trace)
    assert (code, answer["answer"]) == (0, "no difference")
    assert broken(answer) == {LOST: steps}


def test_figure_8_is_corrected(traces: Path) -> None:
    bug = ["--bug", "figure-8", "--trace", str(traces / "figure-8.itf.json")]
    code, answer = driven("0.3.17", "pysyncobj_raft", "pysyncobj_raft", *bug)
    assert (code, answer["answer"]) == (1, "differs")
    ended = answer["ended"]
    assert isinstance(ended, dict)
    assert ended["differences"] == [{"what": "n1.commit_index", "model": 3, "subject": 1}]


@pytest.mark.parametrize(
    ("version", "bug"),
    [("0.3.11", "release-0311"), ("0.3.14", "release-0314"), ("0.3.17", "release-0317")],
)
def test_a_release_does_what_its_model_does(version: str, bug: str) -> None:
    options = ["--bug", bug, "--start", "empty", "--walks", "8"]
    code, answer = driven(version, "pysyncobj_raft", "pysyncobj_raft", *options)
    assert (code, answer["answer"]) == (0, "no difference"), answer["ended"]
