"""What is written beside the answer for scripts and CI servers: the same of all commands that a CI runs."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import pytest
from sarif_pydantic import Sarif

from elcheck.checker import cli
from elcheck.checker.check.verdict import EXIT
from tests.docs.printed import ROOT, files_of

LOCK = files_of(ROOT / "docs" / "mutation.md")["lock.py"]
LOGS = ROOT / "tests" / "validation" / "logs"
DOCUMENTS = {"--json", "--junit"}
AT_LINES = {"--code-quality", "--sarif", "--annotate"}
ALL = ["--json", "a.json", "--junit", "a.xml", "--code-quality", "q.json", "--sarif", "a.sarif", "--annotate"]


def flags(*names: str) -> set[str]:
    """The options of a command."""
    context = click.Context(cli.elcheck)
    command: click.Command | None = cli.elcheck
    for name in names:
        assert isinstance(command, click.Group)
        command = command.get_command(context, name)
    assert command is not None
    return {flag for option in command.params for flag in option.opts}


@pytest.mark.parametrize("names", [("raft",), ("zoo",), ("mutate", "raft")], ids=" ".join)
def test_sisters_write_the_same(names: tuple[str, ...]) -> None:
    assert flags(*names) >= DOCUMENTS | AT_LINES


def test_what_is_wrong_with_logs_is_at_no_line_of_a_model() -> None:
    assert flags("validate", "raft") & (DOCUMENTS | AT_LINES) == DOCUMENTS


def written(folder: Path, capfd: pytest.CaptureFixture[str]) -> tuple[Sarif, list[str]]:
    """The SARIF of a folder, which agrees with the other files; and the workflow commands."""
    scan = Sarif.model_validate_json((folder / "a.sarif").read_text(encoding="utf-8"))
    results = scan.runs[0].results or []
    quality = json.loads((folder / "q.json").read_text(encoding="utf-8"))
    suite = ET.parse(folder / "a.xml").getroot()
    commands = [line for line in capfd.readouterr().err.splitlines() if line.startswith("::error")]
    assert len(results) == len(quality) == len(list(suite.iter("failure"))) == len(commands)
    lines = [entry["location"]["lines"]["begin"] for entry in quality]
    places = [place.physical_location for result in results for place in result.locations or []]
    assert [p.region.start_line for p in places if p is not None and p.region is not None] == lines
    assert json.loads((folder / "a.json").read_text(encoding="utf-8"))["format"]
    return scan, commands


def test_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """A refuted model, at the line of its last step, with its trace as text."""
    monkeypatch.chdir(tmp_path)
    Path("counts.toml").write_text(
        "[[case]]\nmodel = 'peterson_mutex'\nparameters = { bug = 'turn-before-flag' }\n"
        "verdict = 'proved'\n\n[[case]]\nmodel = 'die_hard'\n"
    )
    assert cli.run(["zoo", "counts.toml", "--jobs", "1", *ALL]) == 1
    (result,) = written(tmp_path, capfd)[0].runs[0].results or []
    assert result.rule_id == "elcheck peterson_mutex --bug turn-before-flag"
    assert "REFUTED at most one in the critical section" in str(result.message.text)
    assert "step  action" in str(result.message.text)
    (flow,) = result.code_flows or []
    assert flow.message is not None
    assert str(flow.message.text).startswith("at most one in the critical section: how it comes to that")
    assert ways("a.sarif") == ways_of_check("peterson_mutex", "--bug", "turn-before-flag")


def ways(file: str) -> list[list[object]]:
    """The locations of each code flow of a SARIF file."""
    results = json.loads(Path(file).read_text(encoding="utf-8"))["runs"][0]["results"]
    flows = [flow for result in results for flow in result["codeFlows"]]
    return [thread["locations"] for flow in flows for thread in flow["threadFlows"]]


def ways_of_check(*command: str) -> list[list[object]]:
    """Those of a check alone."""
    assert cli.run([*command, "--sarif", "alone.sarif"]) == EXIT["refuted"]
    return ways("alone.sarif")


def test_mutants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Each survivor, at its line."""
    monkeypatch.chdir(tmp_path)
    Path("lock.py").write_text(LOCK, encoding="utf-8")
    assert cli.run(["mutate", "lock.py", "--function", "User.give_back", "--jobs", "1", *ALL]) == 1
    scan, commands = written(tmp_path, capfd)
    assert all(str(result.rule_id).startswith("survived: ") for result in scan.runs[0].results or [])
    assert all("file=lock.py,line=" in command for command in commands)
    tried = json.loads(Path("a.json").read_text(encoding="utf-8"))["mutants"]
    traces = [mutant["survivor"]["trace"] for mutant in tried if mutant["survivor"] is not None]
    assert [len(way) for way in ways("a.sarif")] == [len(trace["steps"]) + 1 for trace in traces]
    assert traces


@pytest.mark.parametrize(("folder", "failures"), [("etcd/partial", 0), ("etcd-corrupted/disk-forgot", 1)])
def test_logs(folder: str, failures: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = sorted(map(str, (LOGS / folder).iterdir()))
    monkeypatch.chdir(tmp_path)
    files = ["--json", "a.json", "--junit", "a.xml"]
    assert cli.run(["validate", "etcd_raft", *logs, "--as", "etcd", *files]) == failures
    suite = ET.parse("a.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", str(failures), "0")
    found = [failure.get("message") for failure in suite.iter("failure")]
    assert [said.partition(":")[0] for said in found if said] == ["NOT ALLOWED"] * failures
    assert json.loads(Path("a.json").read_text())["exit_code"] == failures
    assert cli.run(["validate", "etcd_raft", *logs, "--as", "etcd", *files, "--mutate", "1"]) == 2
