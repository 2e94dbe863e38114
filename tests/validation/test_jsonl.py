"""`elcheck validate ... --as jsonl`: observations of any system (docs/observations.md)."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from elcheck.checker import cli
from elcheck.checker.interpreter import Interpreter
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.model import Model
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.model.step import Send
from elcheck.checker.observe import Recorder
from elcheck.checker.validation.observers import observer_named
from elcheck.checker.validation.result import LogVerdict, Validation
from elcheck.checker.validation.validate import validate

Line = dict[str, object]


def recorded(model: Model, folder: Path, steps: int, seed: int) -> list[Path]:
    """Walk a model at random, and write down what each of its nodes observes."""
    dice, interpreter = random.Random(seed), Interpreter(model)
    state = dice.choice(interpreter.initial())
    paths = [folder / f"{view.node}.jsonl" for view in state.nodes]
    clock = iter(range(1_000_000))
    logs = [Recorder(path, path.stem, clock=lambda: next(clock)) for path in paths]
    for log, view in zip(logs, state.nodes, strict=True):
        log.start(view.state)
    for _ in range(steps):
        found = list(interpreter.steps(state))
        if not found:
            break
        event, after = dice.choice(found)
        observe(logs, interpreter.runner, state, event, after)
        state = after
    for log in logs:
        log.close()
    return paths


def observe(
    logs: list[Recorder], runner: Runner, before: GlobalState, event: Event, after: GlobalState
) -> None:
    """Write down a step."""
    if event.node is None or event.kind in ("crash", "lose", "duplicate"):
        return
    log, was = logs[event.node.index], before.nodes[event.node.index]
    local = after.nodes[event.node.index]
    if event.kind == "restart":
        log.start(local.state)
        return
    outcomes = runner.take(replace(event, choice=()), was.state).steps
    step = next(step for step in outcomes if step.state == local.state and step.choice == event.choice)
    sends = [(effect.dst, effect.msg) for effect in step.sends if isinstance(effect, Send)]
    args = dict(event.args)
    if event.kind == "receive":
        log.receive(args["src"], args["msg"], state=local.state, sends=sends)
    else:
        log.step(event.name, args=args, choice=dict(event.choice), state=local.state, sends=sends)


def validated(model: str, paths: list[Path], **given: object) -> Validation:
    """What is said of logs."""
    return validate(load(model), observer_named("jsonl"), paths, given)


def rewritten(path: Path, change: Callable[[int, Line], Line | None]) -> None:
    """Change the lines of a log."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    kept = [new for at, line in enumerate(lines) if (new := change(at, line)) is not None]
    path.write_text("".join(json.dumps(line) + "\n" for line in kept))


@pytest.mark.parametrize("name", ["raft", "paxos", "zab", "bully", "fast_leader_election", "viewstamped"])
def test_what_a_model_does_is_allowed(tmp_path: Path, name: str) -> None:
    model = load(name)()
    paths = recorded(model, tmp_path, steps=40, seed=3)
    found = validated(name, paths)
    assert found.verdict is LogVerdict.ALLOWED, found.refusals[:1]
    assert found.behaviour is not None
    assert not found.behaviour.hidden


def test_half_of_it_is_enough(tmp_path: Path) -> None:
    """Without states, and without what has no line: heartbeats are hidden."""
    paths = recorded(load("raft")(), tmp_path, steps=60, seed=1)
    for path in paths:
        rewritten(
            path, lambda _, line: {n: v for n, v in line.items() if n != "state" or line["event"] == "start"}
        )
    assert validated("raft", paths).verdict is LogVerdict.ALLOWED


def test_a_state_that_is_not_the_models_is_refused_where_it_is(tmp_path: Path) -> None:
    paths = recorded(load("raft")(), tmp_path, steps=60, seed=1)
    lines = [json.loads(line) for line in paths[1].read_text().splitlines()]
    at = next(at for at, line in enumerate(lines) if line["event"] == "receive")

    def later_term(number: int, line: Line) -> Line:
        state = line.get("state")
        return (
            {**line, "state": {**state, "current_term": 7}}
            if number == at and isinstance(state, dict)
            else line
        )

    rewritten(paths[1], later_term)
    found = validated("raft", paths)
    assert found.verdict is LogVerdict.NOT_ALLOWED
    assert found.refusals[0].refs == f"n2.jsonl:{at + 1}"
    assert "current_term is 7 in the log" in found.refusals[0].why


def test_a_message_that_nobody_sent_is_refused(tmp_path: Path) -> None:
    with Recorder(tmp_path / "n1.jsonl", "n1") as log:
        log.about(nodes=["n1", "n2", "n3"])
        log.start({"current_term": 0})
        log.step("election_timeout", state={"current_term": 1, "role": "CANDIDATE"})
        log.receive("n2", {"type": "Vote", "term": 1})
    with Recorder(tmp_path / "n2.jsonl", "n2") as log:
        log.start()
    with Recorder(tmp_path / "n3.jsonl", "n3") as log:
        log.start()
    found = validated("raft", sorted(tmp_path.iterdir()))
    assert found.verdict is LogVerdict.NOT_ALLOWED
    assert found.refusals[0].refs == "n1.jsonl:4"
    assert "n2 has not sent it a Vote with term 1" in found.refusals[0].why


def split_brain(folder: Path) -> list[Path]:
    """A voter that votes for two candidates of one term, with a restart between that forgets the first."""
    request = {"type": "RequestVote", "term": 1, "last_log": [0, 0]}
    for name in ("n1", "n2"):
        with Recorder(folder / f"{name}.jsonl", name) as log:
            log.start()
            log.step("election_timeout")
            log.receive("n3", {"type": "Vote", "term": 1})
            log.step("become_leader", state={"role": "LEADER"})
    with Recorder(folder / "n3.jsonl", "n3") as log:
        log.start()
        log.receive("n1", request, state={"voted_for": "n1"})
        log.start({"voted_for": None})
        log.receive("n2", request, state={"voted_for": "n2"})
    return sorted(folder.iterdir())


def test_a_split_brain_is_refused_and_with_its_mistake_shown(tmp_path: Path) -> None:
    paths = split_brain(tmp_path)
    refused = validated("raft", paths)
    assert refused.verdict is LogVerdict.NOT_ALLOWED
    assert refused.refusals[0].refs == "n3.jsonl:3"
    bug = load("raft").decoded({"bug": "forget-vote"})["bug"]
    found = validated("raft", paths, bug=bug)
    assert found.verdict is LogVerdict.ALLOWED
    assert "at most one leader per term" in [judgement.name for judgement in found.broken]


def test_the_command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    paths = [str(path) for path in split_brain(tmp_path)]
    assert cli.run(["validate", "raft", *paths, "--as", "jsonl"]) == 1
    text = capfd.readouterr().out
    assert "NOT ALLOWED" in text
    assert "n3.jsonl:3" in text
    assert cli.run(["validate", "raft", *paths, "--as", "jsonl", "--bug", "forget-vote", "--diagram"]) == 0
    text = capfd.readouterr().out
    assert "ALLOWED: a behaviour of the model has logged this" in text
    assert "broken after step" in text
    assert cli.run(["validate", "raft", *paths, "--as", "jsonl", "--format", "json"]) == 1
    document = json.loads(capfd.readouterr().out)
    assert document["answer"] == "not allowed"
    assert document["exit_code"] == 1
    assert document["stuck"][0]["node"] == "n3"
    assert document["behaviour"]["steps"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"event": "stop"}', "there is no event 'stop'"),
        ('{"event": "step"}', "'step' needs 'handler', a string"),
        ('{"event": "receive", "src": "n2", "msg": 3}', "'receive' needs 'msg', an object"),
        ('{"event": "about", "format": 2}', "this one reads format 1"),
        ('{"event": "step", "handler": "elect"}', "no handler 'elect'"),
        ('{"event": "step", "handler": "vote"}', "vote is a receive handler"),
        ('{"event": "receive", "src": "n7", "msg": {"type": "Vote"}}', "there is no node 'n7'"),
        ('{"event": "receive", "src": "n2", "msg": {"type": "Ballot"}}', "which message it is"),
        ('{"event": "receive", "src": "n2", "msg": {"type": "Vote", "trm": 1}}', "'trm' is no field of Vote"),
        ('{"event": "start", "state": {"trm": 1}}', "'trm' is no field of the state"),
        ('{"event": "state", "state": {}}', "there is none before"),
        ("no observation", "(1 line) is one that is understood"),
        ("", "n1.jsonl is empty"),
        ('{"event": "step", "handler": "heartbeat"} first', "has to begin with the 'start' of its node"),
    ],
)
def test_a_broken_line_is_one_message(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    for name in ("n1", "n2", "n3"):
        (tmp_path / f"{name}.jsonl").write_text('{"event": "start"}\n')
    log = tmp_path / "n1.jsonl"
    alone = "state" in line or "no obs" in line or not line or line.endswith(" first")
    first, line = "" if alone else '{"event": "start"}\n', line.removesuffix(" first")
    log.write_text(first + line + "\n")
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    assert cli.run(["validate", "raft", *paths, "--as", "jsonl"]) == 2
    error = capfd.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--as", "etcdd"], "did you mean 'etcd'?"),
        (["--as", "etcd"], "one that is understood: --as jsonl understands 4 of them"),
        (["--as", "jsonl", "--nodes", "5"], "the model has 5 nodes, and the logs name 3"),
    ],
)
def test_what_does_not_go_together_is_one_message(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], args: list[str], said: str
) -> None:
    paths = [str(path) for path in split_brain(tmp_path)]
    assert cli.run(["validate", "raft", *paths, *args]) == 2
    assert said in capfd.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: b"\xff\xfe" + raw.decode().encode("utf-16-le"), "not text in UTF-8: it is UTF-16"),
        (lambda raw: raw + b"\xe9\n", "not text in UTF-8: invalid continuation byte in line 5"),
        (lambda raw: gzip.compress(raw)[:40], "Compressed file ended"),
        (lambda raw: b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n"), "NOT ALLOWED"),
        (lambda raw: gzip.compress(raw), "NOT ALLOWED"),
    ],
    ids=["utf-16", "latin-1", "cut short", "with a mark, and CRLF", "compressed"],
)
def test_encodings(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], change: Callable[[bytes], bytes], said: str
) -> None:
    paths = split_brain(tmp_path)
    paths[2].write_bytes(change(paths[2].read_bytes()))
    code = cli.run(["validate", "raft", *map(str, paths), "--as", "jsonl"])
    out, err = capfd.readouterr()
    assert said in (out if code == 1 else err)
    assert code == 1 or len(err.splitlines()) == 1


def test_logs_are_listed_by_the_names_of_nodes(tmp_path: Path) -> None:
    """A node without a log is the one that is called so."""
    paths = split_brain(tmp_path)
    paths[0].write_text(
        '{"event": "about", "format": 1, "nodes": ["n3", "n1", "n2"]}\n' + paths[0].read_text()
    )
    found = validated("raft", paths)
    assert [name for name, _ in found.logs] == ["n1", "n2", "n3"]


def test_an_observer_knows_its_program(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = Path(__file__).parent / "logs" / "etcd" / "kill-leader"
    assert cli.run(["validate", "bully", *map(str, sorted(log.iterdir())), "--as", "etcd"]) == 2
    assert "EtcdObserver tells of EtcdRaft, and the model is of" in capfd.readouterr().err
    del tmp_path


def test_the_schema_is_of_what_the_recorder_writes(tmp_path: Path) -> None:
    """Each line has the keys that the schema lists for its event, and no others."""
    schema = json.loads(
        (Path(__file__).parents[2] / "checker/validation/observations.schema.json").read_text()
    )
    recorded(load("raft")(), tmp_path, steps=40, seed=2)
    with Recorder(tmp_path / "n1.jsonl", "n1", lane="main") as log:
        log.about(nodes=["n1"], hidden=["heartbeat"])
        log.crash()
        log.state({"term": 1})
        log.send("n2", {"type": "Vote"})
    seen = set()
    for path in tmp_path.iterdir():
        for line in map(json.loads, path.read_text().splitlines()):
            kind = schema["$defs"][line["event"]]
            seen.add(line["event"])
            assert set(line) <= set(schema["properties"]) | set(kind["properties"])
            assert set(kind.get("required", [])) <= set(line)
    assert seen == set(schema["properties"]["event"]["enum"])


def test_who_has_crashed_is_down_from_there(tmp_path: Path) -> None:
    """A crash that is logged is in the behaviour: with a restart after it once, and also without."""
    vote = {"type": "RequestVote", "term": 1, "last_log": [0, 0]}
    with Recorder(tmp_path / "n1.jsonl", "n1", clock=lambda: 1) as log:
        log.about(nodes=["n1", "n2", "n3"])
        log.start()
        log.step("election_timeout")
        log.crash()
        log.start({"current_term": 1})
    with Recorder(tmp_path / "n2.jsonl", "n2", clock=lambda: 2) as log:
        log.start()
        log.receive("n1", vote, state={"voted_for": "n1"})
        log.crash()
    with Recorder(tmp_path / "n3.jsonl", "n3") as log:
        log.start()
    found = validated("raft", sorted(tmp_path.iterdir()))
    assert found.verdict is LogVerdict.ALLOWED
    assert found.behaviour is not None
    assert found.behaviour.hidden == 0
    assert [step.event.kind for step in found.behaviour.trace.steps] == [
        "timeout", "crash", "restart", "receive", "crash",
    ]  # fmt: skip
    assert [view.up for view in found.behaviour.trace.states[-1].nodes] == [True, False, True]
    with Recorder(tmp_path / "n2.jsonl", "n2", clock=lambda: 3) as log:
        log.step("election_timeout")
    found = validated("raft", sorted(tmp_path.iterdir()))
    assert found.verdict is LogVerdict.NOT_ALLOWED
    assert "has crashed, and no start has come since" in found.refusals[0].why


def test_a_crash_undoes_what_was_not_yet_on_the_disk(tmp_path: Path) -> None:
    """Logged, then durable: the last line before a crash may never have come to be."""
    with Recorder(tmp_path / "n1.jsonl", "n1") as log:
        log.start()
        log.step("election_timeout", state={"current_term": 1})
        log.crash()
        log.start({"current_term": 0})
    for name in ("n2", "n3"):
        with Recorder(tmp_path / f"{name}.jsonl", name) as log:
            log.start()
    found = validated("raft", sorted(tmp_path.iterdir()))
    assert found.verdict is LogVerdict.ALLOWED
    assert found.behaviour is not None
    assert [step.event.kind for step in found.behaviour.trace.steps] == ["crash", "restart"]
