"""What `elcheck replay` reads: lines, JSON, what elcheck prints and exports; and what can't be read."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from elcheck.checker import cli
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.export.formats import FORMATS, rendered
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.ids import node_ids
from elcheck.checker.process.limits import Limits
from elcheck.checker.render.table import trace_table
from elcheck.checker.replay.reading import read
from elcheck.checker.replay.script import LineStep
from elcheck.checker.replay.walk import walk
from elcheck.checker.replay.words import contained, words
from elcheck.checker.traces.wording import event_in_words
from tests.support.commands import replayed
from tests.support.reports import report_of
from tests.support.walks import WORLDS, model_of, reported
from tests.support.walks import walk as random_walk


def test_what_a_check_prints_can_be_pasted(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    runs = (["raft", "--bug", "forget-vote", "--depth", "10"], ["die_hard", "--goal", "1"])
    for extra, (model, *args) in itertools.product(([], ["--explain"]), runs):
        cli.run([model, *args, "--witness", *extra])
        out = capfd.readouterr().out
        table = next(part for part in out.split("\n\n") if "\nstep " in part)
        given = [arg for arg in args if arg not in ("--depth", "10")]
        code, out, err = replayed(capfd, tmp_path, table, model, *given)
        assert code == 0, out + err
        assert "ALLOWED" in out


def test_what_a_check_prints_as_json(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    cli.run(["raft", "--bug", "forget-vote", "--depth", "10", "--format", "json"])
    report = capfd.readouterr().out
    assert replayed(capfd, tmp_path, report, "raft", "--bug", "forget-vote")[0] == 0
    code, out, _ = replayed(capfd, tmp_path, report, "raft")
    assert code == 1
    assert "step 6 of 10, n3: request_vote(RequestVote(term=1, last_log=(0, 0))) from n2" in out
    assert "after step 4 the state is another one than the trace gives" in out
    elected = replayed(capfd, tmp_path, report, "raft", "--property", "a leader is elected")
    assert "ALLOWED: 4 steps" in elected[1]
    trace = json.dumps(json.loads(report)["properties"][0]["trace"])
    assert replayed(capfd, tmp_path, trace, "raft", "--bug", "forget-vote")[0] == 0


def test_a_list_of_steps_in_json(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    steps: list[object] = [
        "n1 election_timeout",
        {"action": "request_vote", "node": "n2", "args": {"src": "n1", "msg": {"term": 1}}},
        {"action": "vote", "args": {"src": "n2"}},
        {"action": "become_leader"},
    ]
    code, out, _ = replayed(capfd, tmp_path, json.dumps(steps), "raft", "--format", "json")
    document = json.loads(out)
    assert (code, document["answer"], document["exit_code"]) == (0, "allowed", 0)
    assert [step["node"] for step in document["trace"]["steps"]] == ["n1", "n2", "n1", "n1"]
    documented = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    for key in [*document, *document["properties"][0]]:
        assert f"`{key}`" in documented


def test_stdin(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_text("fill_big\nbig_to_small\n", encoding="utf-8")
    with path.open(encoding="utf-8") as opened:
        monkeypatch.setattr("sys.stdin", opened)
        assert cli.run(["replay", "die_hard", "-"]) == 0
    assert "ALLOWED: 2 steps" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        ('{"steps": [', "line 1, column 12: no JSON"),
        ('{"a": 1}', "a trace in JSON is a list of steps, or an object with 'steps'"),
        ('[{"action": 1}]', "step 1: 'action' is the name of a handler or of a fault, not 1"),
        ('[{"action": "vote", "nod": "n1"}]', "step 1 has the key 'nod': a step has action, node, "),
        ('[{"action": "vote", "node": 1}]', "step 1: 'node' is the name of a node, or null, not 1"),
        ('[{"action": "vote", "args": [1]}]', "step 1: 'args' is an object"),
        ('[{"action": "vote", "choice": 1}]', "step 1: 'choice' is an object"),
        ("[7]", "step 1 is 7: a step is a string, or an object with 'action'"),
        ('{"steps": [], "loop": 3}', "'loop' is the number of steps"),
        ('{"steps": [], "initial": true}', "'initial' is a number, an object with fields, or a state"),
        ('{"properties": []}', "no trace of a refuted property; properties with a trace: none"),
        ("[" * 100_000, "nested too deeply"),
        ("# nothing\n", "there is no step in it; a trace is a step a line"),
        ("n1 crash\nback to step 2", "line 2: it goes back to step 2, and there are 1 before it"),
        ("sequenceDiagram\n", "a Mermaid diagram can't be replayed"),
        ('{"runs": []}', "SARIF is a report for code scanning"),
        ('{"vars": [], "states": [{"x": 1}]}', "do not say which action led to them (mbt::actionTaken)"),
        ('{"counterexample": {"action": [[1]], "state": []}}', "it is no trace as elcheck exports it"),
    ],
)  # fmt: skip
def test_what_can_not_be_read(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, trace: str, said: str
) -> None:
    code, _, err = replayed(capfd, tmp_path, trace, "raft")
    assert code == EXIT["usage"]
    assert said in err
    assert "trace.txt" in err


def test_a_file_that_is_not_there(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.run(["replay", "raft", str(tmp_path / "none")]) == 2
    assert "can't be read: No such file" in capfd.readouterr().err
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert cli.run(["replay", "raft", str(tmp_path / "binary")]) == 2
    assert "is no text in UTF-8" in capfd.readouterr().err


@pytest.mark.parametrize("args", [[], ["--diagram"]])
def test_what_has_no_table(capfd: pytest.CaptureFixture[str], tmp_path: Path, args: list[str]) -> None:
    cli.run(["raft_election", "--witness", *args] if args else ["raft_election"])
    code, _, err = replayed(capfd, tmp_path, capfd.readouterr().out, "raft_election")
    assert code == 2
    assert "this output of elcheck has no table of a trace" in err


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_table_that_was_fitted_to_a_terminal(width: int) -> None:
    report = report_of("raft", Limits(depth=10), bug="forget-vote")
    trace = report.results[0].trace
    assert trace is not None
    table = (
        trace_table(report.model, trace, width).replace("\n3 ", "\n# a remark\n3 ", 1)
        + "\nn3: election_timeout"
    )
    steps = read(table, [str(node) for node in report.model.programs]).steps
    assert [step.words for step in steps] == [
        *(words(f"{step.event.node}: {event_in_words(step.event)}") for step in trace.steps),
        ("n3", "election_timeout"),
    ]


@pytest.mark.parametrize("ending", [".itf.json", ".tlc.json"])
@pytest.mark.parametrize("world", WORLDS)
def test_what_is_exported_is_allowed(world: str, ending: str) -> None:
    model = model_of(world)
    trace = random_walk(model, 1, 12)
    exported = rendered(reported(model, trace), FORMATS[ending])
    walked = walk(read(exported, [str(node) for node in model.programs]), model)
    assert walked.trace == trace
    assert not walked.notes


def test_words() -> None:
    assert words("n1: vote(Vote(term=1, ok=True)) from n2") == (
        "n1", "vote", "Vote", "term=1", "ok=True", "from", "n2",
    )  # fmt: skip
    assert words("append(entry=(1, n1), set={a, b}) pour 'a b'") == (
        "append", "entry=(1,n1)", "set={a,b}", "pour", "a b",
    )  # fmt: skip
    assert words("x(log=(") == ("x", "log=(")
    assert contained(["a", "c"], ["a", "b", "c"])
    assert not contained(["c", "a"], ["a", "b", "c"])


def test_a_field_is_no_other_field() -> None:
    from elcheck.checker.model.state import Event
    from tests.oracle.table_programs import Ping

    n1, n2 = node_ids(2)
    event = Event("receive", "ping", n1, (("src", n2), ("msg", Ping(1))))
    assert LineStep(f"n1: {event}").fits(event) == 2
    assert LineStep("n1 ping from n2").fits(event) == 1
    assert LineStep("ping").fits(event) == 1
    assert LineStep("n2 ping").fits(event) == 0
    assert LineStep("n1 from n2").fits(event) == 0


def test_a_property_of_lines() -> None:
    with pytest.raises(UsageError, match="these are lines"):
        read("n1 increment", ["n1"], "some")
