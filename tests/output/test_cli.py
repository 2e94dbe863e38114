"""The command line as people and CI servers use it."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import networkx as nx
import pydot
import pytest

from elcheck.checker import cli
from elcheck.checker.loading.model_file import bundled
from tests.support.commands import ELCHECK, ROOT, printed, run, unfolded


def test_text_report(capfd: pytest.CaptureFixture[str]) -> None:
    code, out = printed(capfd, "models/raft.py", "--bug", "forget-vote", "--depth", "10")
    assert code == 12
    assert "models/raft.py: Raft's leader election" in out
    assert "REFUTED at most one leader per term: n1 and n2 both lead in term 1" in out
    assert "REFUTED logs match: n1 and n2 have index 1 of one term, and differ up to it" in out
    assert "voted_for n1 → None" in out
    assert "of the others 5 hold within bounds, 2 proved, 1 undetermined" in out
    steps = [line.split()[0] for line in out.splitlines() if line[:4].strip().isdecimal()]
    assert steps == [str(n) for n in range(11)]  # one step a line, once for the two properties


def test_everything_is_said_on_request(capfd: pytest.CaptureFixture[str]) -> None:
    out = printed(capfd, "raft", "--bug", "forget-vote", "--depth", "10", "-v")[1]
    cut = "The bound depth 10 cut steps of 2,868 states (35 %); what lies across it was not checked."
    assert cut in unfolded(out)
    assert re.search(r"^terms only grow +step +HOLDS WITHIN BOUNDS", out, re.MULTILINE)
    assert re.search(r"^a leader is elected +sometimes +PROVED +reached in 4 steps", out, re.MULTILINE)
    assert "ForgetVote.client_request is switched off: commands is 0" in out
    assert "To repeat it: elcheck raft --bug forget-vote --depth 10 -v" in out


def test_witness(capfd: pytest.CaptureFixture[str]) -> None:
    assert "A witness" not in printed(capfd, "die_hard")[1]
    assert (
        "A witness of the goal is measured, reached in 6 steps" in printed(capfd, "die_hard", "--witness")[1]
    )


def test_diagram_and_explanation(capfd: pytest.CaptureFixture[str]) -> None:
    raft = ("raft", "--bug", "forget-vote", "--first")
    code, out = printed(capfd, *raft, "--diagram", "--explain", "--width", "80")
    assert code == 12
    golden = (ROOT / "tests" / "traces" / "golden" / "raft-forget-vote-80.txt").read_text(encoding="utf-8")
    assert "all 10 steps bear on that.\n" + golden in out
    assert "source" not in out
    code, out = printed(capfd, *raft, "--explain")
    assert "step  needs  node" in out


def test_a_spec_has_no_diagram(capfd: pytest.CaptureFixture[str]) -> None:
    out = printed(capfd, "peterson_mutex", "--bug", "turn-before-flag", "--first", "--diagram")[1]
    assert "There is no diagram to draw: a Spec has one state and no nodes." in out
    assert "step  action" in out


@pytest.mark.parametrize("option", ["--diagram", "--explain"])
def test_pictures_are_of_the_report_as_text(option: str) -> None:
    done = run("die_hard", option, "--format", "json")
    assert done.returncode == 2
    assert f"{option} is of the report as text: leave out --format json" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("variable", "value", "coloured"),
    [("NO_COLOR", "1", False), ("NO_COLOR", "", True), ("TERM", "dumb", False), ("TERM", "xterm", True)],
)
def test_colour_where_the_terminal_has_it(variable: str, value: str, coloured: bool) -> None:
    env = {**os.environ, "NO_COLOR": "", "TERM": "xterm", variable: value}
    main, side = pty.openpty()
    process = subprocess.Popen([*ELCHECK, "die_hard", "--witness"], cwd=ROOT, env=env, stdout=side)
    os.close(side)
    out = b""
    try:
        while read := os.read(main, 65536):
            out += read
    except OSError:
        pass  # how a terminal says that it is closed
    process.wait()
    os.close(main)
    assert b"PROVED" in out
    assert (b"\x1b[" in out) is coloured


def test_help_shows_the_models_parameters(capfd: pytest.CaptureFixture[str]) -> None:
    code, out = printed(capfd, "models/raft.py", "--help")
    assert code == 0
    for said in (
        "--nodes INTEGER",
        "servers in the cluster",
        "[default: 3]",
        "forget-vote",
        "--no-one-leader",
    ):
        assert said in out
    assert "network sent-set, crash 1, restart 1" in " ".join(out.split())


def test_enum_and_bool_parameters(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = (ROOT / "models" / "die_hard.py").read_text(encoding="utf-8")
    source = source.replace(
        "def model(",
        "from enum import Enum\n\nclass Size(Enum):\n    TINY = 1\n    LARGE = 9\n\ndef model(\n"
        "    size: Annotated[Size, 'how large'] = Size.TINY,\n"
        "    loud: bool = False,\n    name: str = 'x',\n",
    )
    path = tmp_path / "mine.py"
    path.write_text(source, encoding="utf-8")
    code, out = printed(capfd, str(path), "--size", "large", "--loud", "--name", "y", "--format", "json")
    assert code == 0
    parameters = json.loads(out)["parameters"]
    assert parameters == {"size": "large", "loud": True, "name": "y", "small": 3, "big": 5, "goal": 4}


def test_json_is_what_docs_say(capfd: pytest.CaptureFixture[str]) -> None:
    code, out = printed(
        capfd, "raft", "--bug", "half-quorum", "--nodes", "2", "--format", "json", "--depth", "6"
    )
    document = json.loads(out)
    for key in (
        "elcheck",
        "model",
        "parameters",
        "environment",
        "engine",
        "stats",
        "properties",
        "verdict",
        "exit_code",
    ):
        assert key in document
    assert document["exit_code"] == code == 12
    assert document["verdict"] == "refuted"
    assert document["environment"]["network"] == "sent-set"
    stats = document["stats"]
    assert {"distinct", "transitions", "depth", "exhaustive", "cut", "handler_calls", "seconds"} <= set(stats)
    assert stats["cut"]["depth 6"] > 0
    first = document["properties"][0]
    assert set(first) == {
        "name", "kind", "verdict", "detail", "file", "line", "trace", "certificate", "shortest", "fewest",
    }  # fmt: skip
    trace = first["trace"]
    assert set(trace) == {"initial", "steps", "loop"}
    assert trace["loop"] is None
    keys = {"action", "args", "choice", "source", "node", "changes", "state"}
    assert [set(s) for s in trace["steps"]] == [keys] * 4
    step = trace["steps"][0]
    assert (step["action"], step["node"], step["args"]) == ("election_timeout", "n1", {})
    assert (step["choice"], step["source"][:8]) == ({}, "raft.py:")
    assert step["changes"]["n1.current_term"] == [0, 1]
    sent = {"type": "RequestVote", "term": 1, "last_log": [0, 0]}
    assert step["changes"]["network.added"] == [{"src": "n1", "dst": "n2", "msg": sent}]
    assert step["state"]["nodes"]["n1"]["state"]["role"] == "CANDIDATE"
    documented = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    assert f"{first['file']}".endswith("raft.py")
    for key in [*document, *stats, *first, *trace, *step, *document["coverage"]]:
        assert f"`{key}`" in documented


def test_json_of_verdicts(capfd: pytest.CaptureFixture[str]) -> None:
    """The five verdict strings, and the overall one."""
    runs = {
        "proved": ("die_hard",),
        "holds-within-bounds": ("raft", "--depth", "12"),
        "vacuous": ("die_hard", "--goal", "7"),
        "undetermined": ("raft", "--max-states", "50"),
        "refuted": ("two_phase_commit", "--bug", "eager-commit"),
    }
    codes = {"proved": 0, "holds-within-bounds": 0, "vacuous": 10, "undetermined": 20, "refuted": 12}
    for verdict, args in runs.items():
        code, out = printed(capfd, *args, "--format", "json")
        assert (json.loads(out)["verdict"], code) == (verdict, codes[verdict])


def test_junit(capfd: pytest.CaptureFixture[str]) -> None:
    code, out = printed(capfd, "raft", "--bug", "vote-twice", "--max-states", "10000", "--format", "junit")
    suite = ET.fromstring(out)
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert code == 12
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("10", "3", "5")
    failure = cases["always at most one leader per term"].find("failure")
    assert failure is not None
    assert "become_leader" in (failure.text or "")
    assert cases["step terms only grow"].find("error") is not None  # undetermined is no skip
    assert cases["sometimes a leader is elected"].find("failure") is None


def test_files_beside_the_text(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All at once, each with the trace and the line that it ends at."""
    monkeypatch.chdir(tmp_path)
    raft = bundled()["raft"]
    Path("mine.py").write_text(raft.read_text(encoding="utf-8"), encoding="utf-8")
    asked = ["mine.py", "--bug", "forget-vote", "--depth", "10"]
    code = cli.run([*asked, "--json", "r.json", "--junit", "r.xml", "--sarif", "scan", "--annotate"])
    out, err = capfd.readouterr()
    assert code == 12
    assert "REFUTED at most one leader per term" in out
    found = json.loads(Path("r.json").read_text(encoding="utf-8"))["properties"][0]
    leads = [
        number for number, line in enumerate(raft.read_text().splitlines(), 1) if "role=Role.LEADER" in line
    ]
    assert (found["file"], found["trace"]["steps"][-1]["source"]) == ("mine.py", f"mine.py:{found['line']}")
    assert found["line"] in range(leads[0] - 8, leads[-1] + 9)
    case = next(iter(ET.parse("r.xml").getroot().iter("testcase")))
    assert (case.get("file"), case.get("line")) == ("mine.py", str(found["line"]))
    result = json.loads(Path("scan").read_text(encoding="utf-8"))["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("mine.py", found["line"])
    commands = [line for line in err.splitlines() if line.startswith("::error ")]
    assert len(commands) == 3  # two are refuted, one was not reached
    assert commands[0].startswith(
        f"::error file=mine.py,line={found['line']},title=REFUTED at most one leader per term%3A n1"
    )
    assert "%0A10    n2    become_leader" in commands[0]
    for option in ("--json", "--junit", "--sarif"):
        assert cli.run([*asked, option, "nowhere/file"]) == 2
        assert capfd.readouterr().err == f"elcheck: {option} nowhere/file: there is no folder nowhere\n"


@pytest.mark.parametrize(
    ("command", "events", "holds"),
    [
        (
            ["raft", "--depth", "9"],
            ["search", "end"],
            {"states", "transitions", "depth", "frontier", "memory"},
        ),
        (["simulate", "raft", "--walks", "60"], ["walks", "end"], {"walks", "steps", "longest", "seconds"}),
        (["zoo", "die_hard", "--jobs", "1"], ["case"], {"done", "of", "verdict", "problems", "command"}),
        (["die_hard"], ["end"], {"after", "seconds"}),
    ],
)
def test_progress_for_programs(
    command: list[str],
    events: list[str],
    holds: set[str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An object a line on stderr, whatever stdout has."""
    monkeypatch.setattr("elcheck.checker.render.progress.OBJECTS", 0)
    for name in ("PERIOD", "UNMEASURED") if len(events) > 1 else ():  # however quick the machine is
        monkeypatch.setattr(f"elcheck.checker.process.watch.{name}", 0)
    cli.run([*command, "--progress", "json", "--format", "json"])
    out, err = capfd.readouterr()
    found = [json.loads(line) for line in err.splitlines()]
    assert list(dict.fromkeys(part["event"] for part in found)) == events
    assert [part["event"] for part in found].count("end") == ("end" in events)
    last = {**found[-1], **found[-1].get("found", {})}
    assert holds <= {*last}
    if "states" in holds:
        stats = json.loads(out)["stats"]
        assert (last["transitions"], last["depth"], last["frontier"]) == (
            stats["transitions"],
            stats["depth"],
            0,
        )
    cli.run([*command, "--progress", "none"])
    assert capfd.readouterr().err == ""


def test_what_holds_has_no_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "r.json"
    assert cli.run(["die_hard", "--json", str(file), "--annotate", "--format", "json"]) == 0
    out, err = capfd.readouterr()
    found = json.loads(file.read_text(encoding="utf-8"))
    assert err == f"elcheck: wrote {file}\n"
    assert [(p["file"], p["line"]) for p in found["properties"]] == [(None, None)] * 2
    assert {**json.loads(out), "stats": 0} == {**found, "stats": 0}


def test_graph_dot_and_graphml(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    dot, graphml = tmp_path / "out.dot", tmp_path / "out.graphml"
    assert printed(capfd, "two_phase_commit", "--managers", "2", "--graph", str(dot))[0] == 0
    assert printed(capfd, "two_phase_commit", "--managers", "2", "--graph", str(graphml))[0] == 0
    graph = nx.read_graphml(graphml, force_multigraph=True)
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (56, 105)
    assert sum(data["initial"] for _, data in graph.nodes(data=True)) == 1
    drawn = pydot.graph_from_dot_file(str(dot))
    assert drawn is not None
    assert len(drawn[0].get_edges()) == 105


def test_graph_too_large(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.dot"
    assert cli.run(["raft", "--depth", "12", "--graph", str(target)]) == 2
    out, err = capfd.readouterr()
    assert "are more than the 5,000 of a graph" in err
    assert "HOLDS WITHIN BOUNDS" in out  # the report comes first
    assert not target.exists()


def test_coverage_is_reported(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, out = printed(capfd, "raft", "--max-term", "0", "--depth", "3")
    assert code == 10 or code == 20
    assert "never ran" in out
    assert "Raft.become_leader was never enabled (only a candidate becomes the leader)" in out
    source = (ROOT / "models" / "raft_election.py").read_text(encoding="utf-8")
    source = source.replace("    @receive\n    def vote(", "    def vote(")
    path = tmp_path / "deaf.py"
    path.write_text(source, encoding="utf-8")
    assert "Election has no handler for Vote, which it is sent" in printed(capfd, str(path))[1]
    out = printed(capfd, str(path), "--network", "fifo")[1]
    assert "blocked at the head of its link for ever: n2 -> n1: Vote(term=1), no handler" in out


def test_notes_of_what_changes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    out = printed(capfd, "raft_election", "--network", "set", "--dup", "1", "--depth", "3")[1]
    assert "--dup changes nothing on a set network" in out


def test_same_trace_and_page_under_different_hash_seeds(tmp_path: Path) -> None:
    page, pages = tmp_path / "out.html", []
    for args in (
        ["raft", "--bug", "forget-vote", "--depth", "10", "--format", "json", "--report", str(page)],
        ["raft", "--network", "bag", "--loss", "1", "--crash", "1", "--detector", "perfect", "--depth", "7",
         "--format", "json", "--witness"],
        ["two_phase_commit", "--bug", "eager-commit", "--format", "json"],
    ):  # fmt: skip
        documents = []
        for seed in ("1", "2"):
            document = json.loads(run(*args, seed=seed).stdout)
            document["stats"].pop("seconds")
            documents.append(document)
            if str(page) in args:
                said = page.read_text(encoding="utf-8")
                pages.append(re.sub(r"in \d+\.\d s( \([\d,]+ states/s)?", "", said))
        assert documents[0] == documents[1]
    assert pages[0] == pages[1]


def test_no_progress_without_a_terminal() -> None:
    result = run("raft", "--depth", "14")
    assert result.stderr == ""
    assert "\x1b" not in result.stdout


def test_progress_on_a_terminal() -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*ELCHECK, "raft", "--nodes", "5", "--timeout", "3"],
        cwd=ROOT,
        env={**os.environ},  # without what readline, where it is imported, tells children of a width
        stdout=subprocess.DEVNULL,
        stderr=follower,
    )
    process.wait(timeout=60)
    os.close(follower)
    shown = os.read(leader, 100_000).decode()
    os.close(leader)
    for said in ("states", "/s", "depth", "frontier", "MiB"):
        assert said in shown


def test_interrupt_prints_what_is_known() -> None:
    process = subprocess.Popen(
        [*ELCHECK, "raft", "--nodes", "5"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in a shell's background
    )
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in out + err
    assert "it was interrupted" in out
    assert "UNDETERMINED" in out
    assert process.returncode == 20


def test_a_closed_pipe_is_no_traceback() -> None:
    command = f"{sys.executable} -m elcheck raft --depth 9 --one-leader --format json | head -1"
    result = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in result.stderr
    assert result.stdout == "{\n"


def test_full_disk_for_the_report() -> None:
    command = f"{sys.executable} -m elcheck die_hard > /dev/full"
    result = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 74
    assert result.stderr.strip() == "elcheck: can't write the report: No space left on device"
