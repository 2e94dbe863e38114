"""`elcheck run`: the handlers of a model as processes, and what they logged (docs/run.md)."""

from __future__ import annotations

import http.client
import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from elcheck.checker import cli
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.errors import UsageError
from elcheck.checker.running.schedule import scheduled
from elcheck.checker.validation.observers import observer_named
from elcheck.checker.validation.result import LogVerdict, Validation
from elcheck.checker.validation.validate import validate

ROOT = Path(__file__).parents[2]


def ran(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, object]:
    """What a run came to."""
    code = cli.run(["run", *args, "--format", "json"])
    out, err = capsys.readouterr()
    assert code == 0, err
    found: dict[str, object] = json.loads(out)
    return found


def validated(model: str, folder: Path, **given: object) -> Validation:
    """What is said of the logs of a run."""
    file = load(model)
    return validate(file, observer_named("jsonl"), sorted(folder.glob("*.jsonl")), file.decoded(given))


def broken(answer: Validation) -> set[str]:
    """The properties that a run breaks."""
    return {j.name for j in answer.judgements if j.at is not None and j.kind != "sometimes"}


def test_raft_under_kills_is_a_behaviour_of_the_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schedule = ["--at", "0.9s kill n1", "--at", "1s restart n1", "--at", "1.2s kill n2"]
    found = ran(capsys, "raft", "--seconds", "2", "--logs", str(tmp_path), *schedule)
    nodes = found["nodes"]
    assert isinstance(nodes, list)
    assert [(n["kills"], n["restarts"], n["state"] is None) for n in nodes] == [
        (1, 1, False), (1, 0, True), (0, 0, False),
    ]  # fmt: skip
    assert sum(n["messages"] for n in nodes) > 10
    answer = validated("raft", tmp_path)
    assert answer.verdict is LogVerdict.ALLOWED
    assert broken(answer) == set()
    lines = sum(len(log.events) for _, log in answer.logs if log is not None)
    assert lines >= sum(n["steps"] for n in nodes) > 20


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["raft_election", "--kill-every", "1"], "no crashes"),
        (["sharding"], "joint ticks"),
        (["raft", "--at", "1s break n1 | n2"], "a sent-set has no links that break"),
        (["die_hard"], "Spec"),
        (["raft", "--bug", "figure-8"], "prepared"),
        (["raft", "--at", "kill n1"], "it is as '2s kill n1'"),
        (["raft", "--at", "1s kill n7"], "there is no node 'n7'; there are n1, n2, n3"),
        (["bully", "--lose", "0.5"], "fifo"),
        (["bully", "--at", "1s restart n1"], "no restarts"),
    ],
)
def test_what_can_not_be_run_is_refused(
    args: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["run", *args, "--logs", str(tmp_path / "logs")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "logs").exists()


def test_a_folder_with_logs_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "n1.jsonl").write_text("of another run\n")
    assert cli.run(["run", "raft", "--logs", str(tmp_path)]) == 2
    assert "empty folder" in capsys.readouterr().err
    assert (tmp_path / "n1.jsonl").read_text() == "of another run\n"


def test_a_model_that_raises_is_said_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "raises.py"
    file.write_text(
        "from elcheck import *\n"
        "class Mine(State):\n    n: int = 0\n"
        "class Program(Node[Mine]):\n"
        "    def start(self) -> Mine:\n        return Mine()\n"
        "    @action\n    def divide(self, s: Mine) -> Mine:\n        return Mine(1 // s.n)\n"
        "def model() -> Model:\n"
        "    anything = always('anything', each(Mine, lambda v: True))\n"
        "    return Model(Program(), nodes=node_ids(2), properties=[anything], deadlock=False)\n"
    )
    assert cli.run(["run", str(file), "--logs", str(tmp_path / "logs")]) == 150
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err
    assert "raises.py:9" in err


def test_a_schedule_is_read_as_it_prints() -> None:
    nodes = tuple(load("raft")().programs)
    for said in ("2s kill n1", "2.5s pause n1 n2", "3s cut n1 | n2 n3", "3s cut n1 > n2", "4s heal"):
        assert str(scheduled(said, nodes)) == said
    for wrong in ("3s cut n1", "3s kill", "4s heal n1", "1s kill n1 | n2", "1s melt n1", "kill n1"):
        with pytest.raises(UsageError, match="--at"):
            scheduled(wrong, nodes)


def test_bully_is_told_of_a_kill(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its detector tells what the supervisor has seen, and who is killed leads no more."""
    found = ran(capsys, "bully", "--seconds", "2.5", "--logs", str(tmp_path), "--at", "0.3s kill n3")
    nodes = found["nodes"]
    assert isinstance(nodes, list)
    assert [n["state"] for n in nodes] == ["Member(coordinator=n2)", "Member(coordinator=n2)", None]
    answer = validated("bully", tmp_path)
    assert answer.verdict is LogVerdict.ALLOWED
    assert broken(answer) == set()


def test_pauses_cuts_delays_and_losses_are_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schedule = ["0.5s pause n1", "0.9s resume n1", "1s cut n1 | n2 n3", "1.3s heal", "1.5s cut n2 > n1"]
    at = [arg for said in schedule for arg in ("--at", said)]
    found = ran(
        capsys, "raft", "--seconds", "2", "--lose", "0.1", "--delays", "30ms", "--logs", str(tmp_path), *at
    )
    faults = found["faults"]
    assert isinstance(faults, list)
    assert [fault["fault"] for fault in faults] == [said.partition(" ")[2] for said in schedule]
    answer = validated("raft", tmp_path)
    assert answer.verdict is LogVerdict.ALLOWED
    assert broken(answer) == set()


def test_a_signal_ends_it_with_all_nodes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "elcheck", "run", "bully", "--seconds", "60", "--logs", str(tmp_path)]
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    logs = [tmp_path / f"n{i}.jsonl" for i in (1, 2, 3)]
    until = time.monotonic() + 60
    while time.monotonic() < until and not all(log.exists() for log in logs):
        time.sleep(0.05)
    time.sleep(0.5)
    nodes = psutil.Process(run.pid).children(recursive=True)
    assert len(nodes) == 3
    run.send_signal(signal.SIGTERM)
    out, _ = run.communicate(timeout=60)
    assert run.returncode == 0
    assert "until it was interrupted" in out
    assert not any(node.is_running() for node in nodes)
    assert validated("bully", tmp_path).verdict is LogVerdict.ALLOWED


def test_a_broken_link_is_told_at_both_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """ZAB looks for a leader again when a link breaks; a kill is told the same way."""
    at = ["--at", "0.8s break n1 | n2", "--at", "1.2s break n2 | n3", "--at", "1.4s kill n3"]
    ran(capsys, "zab", "--seconds", "2.5", "--logs", str(tmp_path), *at)
    told = {
        (name, line["src"])
        for name in ("n1", "n2", "n3")
        for line in map(json.loads, (tmp_path / f"{name}.jsonl").read_text().splitlines())
        if line["event"] == "receive" and line["msg"]["type"] == "Disconnected"
    }
    links = {("n1", "n2"), ("n2", "n3"), ("n1", "n3")}
    assert told >= links | {("n2", "n1")}
    answer = validated("zab", tmp_path)
    assert answer.verdict is LogVerdict.ALLOWED
    assert broken(answer) == set()


TROUBLE = {
    "raft": ["--kill-every", "1s", "--lose", "0.05", "--delays", "20ms"],
    "paxos": ["--kill-every", "1s", "--delays", "20ms"],
    "zab": ["--kill-every", "1.5s", "--delays", "10ms"],
    "bully": ["--kill-every", "1s"],
}
"""What is done to the nodes of a model, besides pauses."""


@pytest.mark.parametrize(
    "seconds", [2, pytest.param(30, marks=pytest.mark.big, id="half a minute")], ids=lambda s: f"{s} s"
)
@pytest.mark.parametrize("model", TROUBLE)
def test_a_run_under_kills_and_pauses_is_a_behaviour(
    model: str, seconds: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *others = [node.name for node in load(model)().programs]
    at = [f"{t}s {verb} {first}" for t, verb in ((0.5, "pause"), (0.9, "resume"))]
    at += [f"{t}s {verb} {others[0]}" for t in range(2, int(seconds), 3) for verb in ("pause", "resume")]
    args = [arg for said in at for arg in ("--at", said)]
    ran(capsys, model, "--seconds", str(seconds), "--logs", str(tmp_path), *TROUBLE[model], *args)
    answer = validated(model, tmp_path)
    assert answer.verdict is LogVerdict.ALLOWED, answer.refusals[:1]
    assert broken(answer) == set()


class Watched:
    """A run that is told what to do by what its logs say."""

    def __init__(self, folder: Path, *args: str) -> None:
        command = [
            sys.executable,
            "-m",
            "elcheck",
            "run",
            *args,
            "--logs",
            str(folder),
            "--at",
            "-",
            "--http",
        ]
        self._folder = folder
        self.run = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.run.stderr is not None
        self.address = self.run.stderr.readline().split()[-1]

    def tell(self, *faults: str) -> None:
        """Tell it to do some faults."""
        assert self.run.stdin is not None
        for fault in faults:
            self.run.stdin.write(fault + "\n")
        self.run.stdin.flush()

    def lines(self, node: str) -> list[dict[str, object]]:
        """What a node has logged, the last line left out while it is written."""
        log = self._folder / f"{node}.jsonl"
        text = log.read_text().rpartition("\n")[0] if log.exists() else ""
        return [json.loads(line) for line in text.splitlines()]

    def until(self, node: str, **fields: object) -> None:
        """Wait until a node has logged a line that has these fields."""
        end = time.monotonic() + 60
        while not any(fields.items() <= line.items() for line in self.lines(node)):
            assert self.run.poll() is None, self.run.communicate()
            assert time.monotonic() < end, f"{node} has logged no {fields}"
            time.sleep(0.02)

    def shown(self) -> dict[str, dict[str, object]]:
        """What its page shows of each node."""
        _, _, host, token, _ = self.address.split("/")
        connection = http.client.HTTPConnection(host, timeout=10)
        connection.request("GET", f"/{token}/api/status", headers={"X-Elcheck-Token": token})
        found = json.loads(connection.getresponse().read())
        return {str(node["node"]): node for node in found["nodes"]}

    def end(self) -> str:
        """End it; what it has reported."""
        self.run.send_signal(signal.SIGTERM)
        out, err = self.run.communicate(timeout=60)
        assert (self.run.returncode, err) == (0, "")
        return out


def test_a_vote_that_is_forgotten_for_real(tmp_path: Path) -> None:
    """A voter is killed as soon as it has voted, and asked again: told by what the logs say."""
    run = Watched(tmp_path, "raft", "--bug", "forget-vote", "--seconds", "100", "--timeouts", "1s")
    for node in ("n1", "n2", "n3"):
        run.until(node, event="start")
    run.tell("cut n1 | n2", "pause n1 n2 n3", "resume n1")
    run.until("n1", handler="election_timeout")
    run.tell("cut n1 > n3", "resume n3")
    run.until("n1", handler="become_leader")  # n3 has voted for it
    run.tell("kill n3", "restart n3", "resume n3", "resume n2")  # of n3 it waits for the restart
    run.until("n2", handler="become_leader")
    time.sleep(0.6)  # the page is told a few times a second
    shown = run.shown()
    assert [(n["leads"], n["term"]) for n in shown.values()] == [(True, 1), (True, 1), (False, 1)]
    assert (shown["n3"]["kills"], shown["n1"]["cut"]) == (1, ["n2", "n3"])
    out = run.end()
    assert "kill n3" in out
    sound, wrong = validated("raft", tmp_path), validated("raft", tmp_path, bug="forget-vote")
    assert sound.verdict is LogVerdict.NOT_ALLOWED
    assert sound.refusals[0].refs.startswith("n3.jsonl:")
    assert "voted_for is null in the log, and n1 in the model" in sound.refusals[0].why
    assert wrong.verdict is LogVerdict.ALLOWED
    assert {"at most one leader per term", "logs match"} <= broken(wrong)


@pytest.mark.big
@pytest.mark.parametrize("mistake", ["forget-vote", None])
def test_a_split_brain_for_real(
    tmp_path: Path, mistake: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """The schedule of docs/run.md: a voter that is killed as soon as it has voted, and asked again."""
    page = (ROOT / "docs" / "run.md").read_text(encoding="utf-8")
    block = page.partition("elcheck run raft --bug forget-vote ")[2].partition("```")[0]
    args = shlex.split(block.replace("\\\n", " "))
    args[args.index("--logs") + 1] = str(tmp_path)
    bug = [] if mistake is None else ["--bug", mistake]
    ran(capsys, "raft", *bug, *args)
    sound, wrong = validated("raft", tmp_path), validated("raft", tmp_path, bug="forget-vote")
    if mistake is None:
        assert (sound.verdict, broken(sound)) == (LogVerdict.ALLOWED, set())
    else:
        assert sound.verdict is LogVerdict.NOT_ALLOWED
        assert sound.refusals[0].refs.startswith("n3.jsonl:")
        assert wrong.verdict is LogVerdict.ALLOWED
        assert {"at most one leader per term", "logs match"} <= broken(wrong)
