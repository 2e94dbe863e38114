"""Searches with their states in files: what is killed and resumed comes to the same, or is refused."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from elcheck import (
    Environment,
    Model,
    Node,
    NodeId,
    Step,
    action,
    always,
    each,
    guard,
    node_ids,
    receive,
    whole,
)
from elcheck.checker import cli
from elcheck.checker.check.check import check as check_
from elcheck.checker.check.report import CheckReport
from elcheck.checker.model.errors import UsageError
from elcheck.checker.process.limits import Limits
from elcheck.checker.search.resources import Resources, Spill
from elcheck.checker.zoo.cases import Case
from tests.support.models import Counter, Counting, Told

pytest.importorskip("numba", reason="the fast engine needs numba: pip install 'elcheck[fast]'")
from elcheck.checker.search.fast import files

check = partial(check_, symmetry=False)
"""Every state is searched: of these small models few would be left."""
ROOT = Path(__file__).parents[2]
ELCHECK = [sys.executable, "-m", "elcheck"]
RAFT = ("raft_election", "--nodes", "4", "--terms", "2")
RESUMED = [
    Case("raft_election", {"nodes": 4}),
    Case("raft", search_depth=9),
    Case("raft", {"bug": "forget-vote"}, first=True),
    Case("raft", {"one_leader": True}, {"network": "fifo", "disconnect": 1}, search_depth=7),
    Case("zab", {"bug": "own-epoch"}, first=True),
    Case("two_phase_commit"),
    Case("raft_election", {"terms": "unlimited"}),
]
small = each(Counter, lambda s: s.value < 200)


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ELCHECK, *args], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def gist(report: CheckReport) -> tuple[object, ...]:
    """What has to be the same after a resume: all but the time."""
    results = [(r.name, r.kind, r.verdict, r.detail, str(r.trace)) for r in report.results]
    return replace(report.stats, seconds=0, bytes_per_state=None), results, report.coverage, report.exit_code


def counting() -> Model:
    return Counting(300).model(always("small", small))


# -- going on ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", RESUMED, ids=[case.command for case in RESUMED])
def test_a_search_in_pieces_comes_to_the_same(case: Case, tmp_path: Path) -> None:
    """Counts, verdicts, traces, coverage, calls of handlers and checks are those of a search in one piece."""
    model = case.build()
    whole = check(model, case.limits, engine="fast")
    states = whole.stats.distinct
    for part in (1, 2, 3):
        limits = replace(case.limits, max_states=states * part // 4)
        resources = Resources(Spill(tmp_path, resume=part > 1), workers=1 + part % 2)
        report = check(model, limits, resources=resources)
        assert str(report.stats.stopped) == f"--max-states {limits.max_states} was reached"
    for _ in range(2):  # the second time all is done already
        assert gist(check(model, case.limits, resources=Resources(Spill(tmp_path, resume=True)))) == gist(
            whole
        )


def test_a_property_of_whole_states_does_not_keep_a_search_from_going_on(tmp_path: Path) -> None:
    """It makes plain states of codes. That must not number environments: a resume could not repeat it."""

    class Beating(Node[Counter]):
        @action
        def beat(self, s: Counter) -> Step[Counter]:
            return Step(Counter(1 - s.value), self.broadcast(Told()))

        @receive
        def told(self, s: Counter, src: NodeId, msg: Told) -> Counter:
            return Counter(1 - s.value)

    model = Model(
        Beating(),
        [always("few messages", whole(lambda state: len(state.network) < 9))],
        nodes=node_ids(3),
        environment=Environment(network="set", crash=2, restart=1, partition=1, timing="eventual(1)"),
    )
    limits = Limits(depth=8)
    in_one_piece = check(model, limits, engine="fast")
    part = replace(limits, max_states=in_one_piece.stats.distinct // 4)
    check(model, part, resources=Resources(Spill(tmp_path)))
    resumed = check(model, limits, resources=Resources(Spill(tmp_path, resume=True)))
    assert gist(resumed) == gist(in_one_piece)


def test_kill_and_resume(tmp_path: Path) -> None:
    """``kill -9`` in the middle: what was found after the last checkpoint is found again."""
    args = ["raft_election", "--nodes", "5", "--symmetry", "off"]
    args += ["--format", "json", "--spill", str(tmp_path)]
    killed = subprocess.Popen([*ELCHECK, *args, "--checkpoint", "0.1"], cwd=ROOT, stdout=subprocess.DEVNULL)
    written = tmp_path / "elcheck.checkpoint"
    numbers: set[int] = set()
    while killed.poll() is None and len(numbers) < 3:
        if written.exists():
            numbers.add(written.stat().st_ino)
        time.sleep(0.005)
    assert killed.poll() is None, "it ended before it could be killed"
    killed.kill()
    assert killed.wait() == -signal.SIGKILL
    resumed = run(*args, "--resume")
    stats = json.loads(resumed.stdout)["stats"]
    assert resumed.returncode == 0
    assert (stats["distinct"], stats["transitions"], stats["depth"]) == (1393848, 5712055, 18)
    assert stats["handler_calls"] == 4255
    assert json.loads(resumed.stdout)["properties"][1]["detail"] == "reached in 6 steps"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_a_checkpoint(tmp_path: Path, number: signal.Signals) -> None:
    args = ["raft_election", "--nodes", "5", "--symmetry", "off"]
    args += ["--format", "json", "--spill", str(tmp_path)]
    process = subprocess.Popen([*ELCHECK, *args], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    states = tmp_path / "elcheck.states"
    while process.poll() is None and not (states.exists() and states.stat().st_size > 1 << 22):
        time.sleep(0.005)
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    stats = json.loads(out)["stats"]
    assert stats["stopped"] == "it was interrupted"
    assert process.returncode == 20
    further = json.loads(run(*args, "--resume", "--max-states", str(stats["distinct"])).stdout)["stats"]
    assert further["distinct"] == stats["distinct"], "nothing is lost"


def test_other_limits(tmp_path: Path) -> None:
    assert check(counting(), Limits(max_states=50), resources=Resources(Spill(tmp_path))).stats.distinct == 50
    deeper = Limits(depth=100)
    with pytest.raises(UsageError, match="has come to depth 50 already, past --depth 20"):
        check(counting(), Limits(depth=20), resources=Resources(Spill(tmp_path, resume=True)))
    report = check(counting(), deeper, resources=Resources(Spill(tmp_path, resume=True)))
    assert gist(report) == gist(check(counting(), deeper, engine="fast"))
    with pytest.raises(
        UsageError, match="has counted what lies past --depth 100, and can't go on with no --d"
    ):
        check(counting(), resources=Resources(Spill(tmp_path, resume=True)))


# -- refusals ------------------------------------------------------------------------------------------------


def refused(capfd: pytest.CaptureFixture[str], *args: str) -> str:
    """What is said of a usage error."""
    assert cli.run(args) == 2
    return capfd.readouterr().err.strip()


def test_what_holds_another_search(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    there = ("--spill", str(tmp_path))
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert refused(capfd, *RAFT, *there, "--resume").endswith(
        "no checkpoint of a search to go on from: begin one there without --resume"
    )
    assert cli.run((*RAFT, *there, "--max-states", "1000")) == 20
    assert "holds a search already: go on from it with --resume" in refused(capfd, *RAFT, *there)
    again = (*there, "--resume")
    assert "the parameter terms was 2 and is now 3" in refused(capfd, *RAFT[:-1], "3", *again)
    assert "--network was sent-set and is now bag" in refused(capfd, *RAFT, "--network", "bag", *again)
    assert "was raft_election.py and is now raft.py" in refused(capfd, "raft", *again)
    assert cli.run((*RAFT, *again)) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "elcheck.checkpoint",
        "elcheck.parents",
        "elcheck.states",
        "mine.txt",
    ]
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_a_changed_model(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A change of a file it imports counts too; one that no digest tells of is found by its answers."""
    (tmp_path / "much.py").write_text("STEP = 1\n", encoding="utf-8")
    path = tmp_path / "counts.py"
    path.write_text(COUNTS.format(folder=tmp_path), encoding="utf-8")
    (tmp_path / "step.txt").write_text("1", encoding="utf-8")
    there = (str(path), "--spill", str(tmp_path / "states"))
    assert cli.run((*there, "--max-states", "20")) == 20
    capfd.readouterr()
    (tmp_path / "step.txt").write_text("2", encoding="utf-8")
    assert "handlers do not answer as they did" in refused(capfd, *there, "--resume")
    (tmp_path / "step.txt").write_text("1", encoding="utf-8")
    (tmp_path / "much.py").write_text("STEP = 2\n", encoding="utf-8")
    assert "what the model's source comes to was" in refused(capfd, *there, "--resume")
    (tmp_path / "much.py").write_text("STEP = 1\n", encoding="utf-8")
    assert cli.run((*there, "--resume")) == 0


COUNTS = '''
from pathlib import Path
from elcheck import Model, Node, State, action, always, each, guard, node_ids
from much import STEP

class Counter(State):
    value: int = 0

class Counting(Node[Counter]):
    @action
    def increment(self, s):
        guard(s.value < 100, "done")
        return Counter(s.value + int(Path({str(folder)!r}, "step.txt").read_text()))

def model():
    """It counts."""
    return Model(Counting(), [always("small", each(Counter, lambda s: s.value < 200))], nodes=node_ids(1))
'''.replace("{str(folder)!r}", "'{folder}'")


@pytest.mark.parametrize("name", [files.CHECKPOINT, files.STATES, files.PARENTS])
@pytest.mark.parametrize("how", ["truncated", "changed", "gone"])
def test_damage(tmp_path: Path, name: str, how: str) -> None:
    check(counting(), Limits(max_states=150), resources=Resources(Spill(tmp_path)))
    path = tmp_path / name
    content = path.read_bytes()
    at = 100 if name != files.CHECKPOINT else len(content) // 2
    if how == "truncated":
        path.write_bytes(content[:at])
    elif how == "changed":
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    else:
        path.unlink()
    with pytest.raises(UsageError, match=r"damaged|can't go on|no checkpoint"):
        check(counting(), resources=Resources(Spill(tmp_path, resume=True)))


def test_not_for_the_plain_engine(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    there = ("--spill", str(tmp_path / "states"))
    assert "--spill: compiled code does not do a Spec" in refused(capfd, "die_hard", *there)
    assert "--engine plain keeps its states in memory" in refused(capfd, *RAFT, *there, "--engine", "plain")
    assert refused(capfd, *RAFT, "--resume").endswith("--resume needs --spill DIR, the folder of the search")
    assert "--checkpoint needs --spill" in refused(capfd, *RAFT, "--checkpoint", "5")
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "is a file" in refused(capfd, *RAFT, "--spill", str(tmp_path / "file"))
    assert not (tmp_path / "states").exists()


def test_split_sends_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    class Split(Node[Counter]):
        def start(self) -> Counter:
            return Counter(0)

        @action
        def tell(self, s: Counter) -> Step[Counter]:
            guard(s.value == 0, "it has told")
            return Step(Counter(1), self.broadcast(Told(), split=True))

    model = Model(Split(), [always("small", small)], nodes=node_ids(3), environment=Environment(crash=1))
    with pytest.raises(UsageError, match="compiled code does not do crashes between split sends, and"):
        check(model, resources=Resources(Spill(tmp_path)))
    assert not list(tmp_path.iterdir())


def test_two_at_once(tmp_path: Path) -> None:
    check(counting(), Limits(max_states=50), resources=Resources(Spill(tmp_path)))
    other = files.FolderLock(tmp_path, make=False)
    with pytest.raises(UsageError, match="another process searches in"):
        check(counting(), resources=Resources(Spill(tmp_path, resume=True)))
    with pytest.raises(UsageError, match="another process searches in"):
        check(counting(), resources=Resources(Spill(tmp_path)))
    other.release()
    assert check(counting(), resources=Resources(Spill(tmp_path, resume=True))).stats.distinct == 201


# -- a full disk ---------------------------------------------------------------------------------------------


def test_a_full_disk_keeps_the_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Case("raft_election", {"nodes": 4}).build()
    allocate = files.allocate

    def full(fd: int, start: int, length: int) -> None:
        if start + length > 500_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        allocate(fd, start, length)

    monkeypatch.setattr(files, "FIRST", 1 << 10)
    monkeypatch.setattr(files, "allocate", full)
    report = check(model, resources=Resources(Spill(tmp_path)))
    assert str(report.stats.stopped) == f"the disk is full: {tmp_path} has no room for more states"
    assert report.exit_code == 20
    assert 15_000 < report.stats.distinct <= 25_000, "it uses the room that there is"
    monkeypatch.undo()
    assert gist(check(model, resources=Resources(Spill(tmp_path, resume=True)))) == gist(
        check(model, engine="fast")
    )


def test_no_room_for_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(counting(), Limits(max_states=150), resources=Resources(Spill(tmp_path)))
    before = (tmp_path / files.CHECKPOINT).read_bytes()

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    report = check(counting(), Limits(max_states=200), resources=Resources(Spill(tmp_path, resume=True)))
    said = f"the checkpoint could not be written to {tmp_path}: {os.strerror(errno.ENOSPC)}"
    assert str(report.stats.stopped) == f"--max-states 200 was reached; {said}"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files.NAMES[:3])
    assert (tmp_path / files.CHECKPOINT).read_bytes() == before
    monkeypatch.undo()
    assert check(counting(), resources=Resources(Spill(tmp_path, resume=True))).stats.distinct == 201
