"""The state graph and the report in the formats of other tools, and the files that --export writes."""

from __future__ import annotations

import json
import re
from collections import Counter as Counts
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import networkx as nx
import pydot
import pytest
from sarif_pydantic import Level, Sarif

from elcheck import Prepared, always, each, node_ids, sometimes
from elcheck.checker import cli
from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.export.formats import FORMATS, rendered
from elcheck.checker.export.graph import state_graph
from elcheck.checker.loading.model_file import load
from elcheck.checker.process.limits import Limits
from tests.output.readers import read_aut
from tests.support.commands import ROOT
from tests.support.commands import run as in_a_process
from tests.support.models import Counter, Counting
from tests.support.reports import report_of
from tests.support.walks import model_of, reported, walk

# -- the state graph -------------------------------------------------------------------------------------


def small_report() -> CheckReport:
    return check(load("die_hard")())


def steps_of(graph: nx.MultiDiGraph[int]) -> Counts[tuple[int, str, int]]:
    return Counts((a, data["label"], b) for a, b, data in graph.edges(data=True))


def labels_of(graph: nx.MultiDiGraph[int]) -> dict[int, str]:
    return {state: data["label"] for state, data in graph.nodes(data=True)}


def test_graphs_hold_the_same_states_and_steps(tmp_path: Path) -> None:
    report = small_report()
    graph = state_graph(report)
    assert graph.number_of_nodes() == report.stats.distinct == 16
    assert graph.number_of_edges() == report.stats.transitions
    edges = steps_of(graph)
    initial, states, found = read_aut(rendered(report, FORMATS[".aut"]))
    assert (initial, states, Counts(found)) == (0, 16, edges)
    path = tmp_path / "out.graphml"
    path.write_text(rendered(report, FORMATS[".graphml"]), encoding="utf-8")
    read = nx.read_graphml(path, node_type=int, force_multigraph=True)
    assert isinstance(read, nx.MultiDiGraph)
    assert steps_of(read) == edges
    assert labels_of(read) == labels_of(graph)
    drawn = pydot.graph_from_dot_data(rendered(report, FORMATS[".dot"]))
    assert drawn is not None
    arrows = [
        (str(e.get_source()), str(e.get("label")).strip('"').removesuffix("\\l"), str(e.get_destination()))
        for e in drawn[0].get_edges()
    ]
    assert Counts((int(a), said, int(b)) for a, said, b in arrows) == edges


def test_aut_has_one_initial_state() -> None:
    """Where a model has several, one before them leads to each."""
    (n1,) = node_ids(1)
    model = Counting().model(always("below 9", each(Counter, lambda s: s.value < 9)))
    several = check(replace(model, initial=[Prepared({n1: Counter(0)}), Prepared({n1: Counter(2)})]))
    initial, states, edges = read_aut(rendered(several, FORMATS[".aut"]))
    assert (initial, states) == (0, 1 + 4)
    said = "n1: increment"
    assert edges == [(0, "start", 1), (0, "start", 2), (1, said, 3), (2, said, 4), (3, said, 2)]


# -- SARIF -----------------------------------------------------------------------------------------------


def sarif(report: CheckReport, command: str = "elcheck x") -> Sarif:
    said = rendered(report, FORMATS[".sarif"], command=command)
    assert set(json.loads(said)) == {"$schema", "version", "runs"}
    return Sarif.model_validate_json(said)


def test_sarif_has_a_result_for_each_refuted_property() -> None:
    report = report_of("raft", Limits(depth=10), bug="forget-vote")
    read = sarif(report, "elcheck raft --bug forget-vote").runs[0]
    rules = read.tool.driver.rules
    results = read.results
    assert rules is not None
    assert results is not None
    assert [rule.id for rule in rules] == [result.name for result in report.results]
    refuted = [result for result in report.results if result.verdict.value == "refuted"]
    assert len(refuted) == 2
    for found, result in zip(results, refuted, strict=True):
        assert found.rule_index is not None
        assert (found.level, rules[found.rule_index].id) == (Level.ERROR, result.name)
        assert result.detail in (found.message.text or "")
    assert read.invocations is not None
    assert read.invocations[0].command_line == "elcheck raft --bug forget-vote"


def test_sarif_leads_through_the_source() -> None:
    """Each location is a line of the model: in the step's handler, or, where that is elcheck's own start, the
    class of the program.
    """
    report = report_of("raft", Limits(depth=10), bug="forget-vote")
    results = json.loads(rendered(report, FORMATS[".sarif"]))["runs"][0]["results"]
    steps = results[0]["codeFlows"][0]["threadFlows"][0]["locations"]
    lines = (ROOT / "models" / "raft.py").read_text(encoding="utf-8").splitlines()
    written = []
    for number, step in enumerate(steps):
        assert step["executionOrder"] == number
        place = step["location"]["physicalLocation"]
        assert (ROOT / unquote(place["artifactLocation"]["uri"])).samefile(ROOT / "models" / "raft.py")
        above = "\n".join(lines[: place["region"]["startLine"]])
        written.append(re.findall(r"^(?:class|    def) (\w+)", above, re.MULTILINE)[-1])
    assert written == [
        "ForgetVote", "election_timeout", "election_timeout", "request_vote", "ForgetVote", "ForgetVote",
        "request_vote", "vote", "become_leader", "vote", "become_leader",
    ]  # fmt: skip
    assert steps[4]["location"]["message"]["text"] == "4 n3: crash"
    assert steps[4]["state"]["n3.voted_for"]["text"] == "None"
    assert results[0]["locations"][0]["physicalLocation"] == steps[-1]["location"]["physicalLocation"]


@pytest.mark.parametrize("world", ["ticks", "fifo", "spec"])
def test_sarif_of_all_kinds_of_steps(world: str) -> None:
    model = model_of(world)
    for seed in range(4):
        trace = walk(model, seed, 25)
        results = sarif(reported(model, trace)).runs[0].results
        assert results is not None
        flows = results[0].code_flows
        assert flows is not None
        steps = flows[0].thread_flows[0].locations
        assert len(steps) == len(trace.steps) + 1
        assert all(step.location and step.location.physical_location for step in steps)


def test_sarif_does_not_keep_silent_of_what_was_not_told() -> None:
    """No result is no proof: what is undetermined or vacuous is a warning, what a bound cut a note."""
    goal = sometimes("it is 9", each(Counter, lambda s: s.value == 9))
    within = always("below 5", each(Counter, lambda s: s.value < 5))
    report = check(Counting().model(goal, within), Limits(depth=1))
    run = json.loads(rendered(report, FORMATS[".sarif"]))["runs"][0]
    notifications = run["invocations"][0]["toolExecutionNotifications"]
    assert run["results"] == []
    assert [(n["level"], n["associatedRule"]["id"]) for n in notifications] == [
        ("warning", "it is 9"),
        ("note", "below 5"),
    ]


def test_sarif_of_an_error() -> None:
    """What a handler raised is a result too."""
    counting = Counting(divides_at=2)
    results = (
        sarif(check(counting.model(always("small", each(Counter, lambda s: s.value < 9))))).runs[0].results
    )
    assert results is not None
    assert "ZeroDivisionError" in (results[0].message.text or "")


# -- the files -------------------------------------------------------------------------------------------


def run(capfd: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = cli.run(args)
    out, err = capfd.readouterr()
    return code, out, err


def test_every_ending_writes_its_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    paths = [tmp_path / f"out{ending}" for ending in FORMATS]
    exports = [part for path in paths for part in ("--export", str(path))]
    code, out, err = run(capfd, "bully", "--bug", "false-suspicion", "--first", *exports)
    assert code == 12
    assert err.splitlines() == [f"elcheck: wrote {path}" for path in paths]
    assert "REFUTED" in out
    assert all(path.stat().st_size > 0 for path in paths)


def test_the_same_files_under_different_hash_seeds(tmp_path: Path) -> None:
    args = ["raft", "--network", "bag", "--loss", "1", "--detector", "perfect", "--depth", "5"]
    of = ["--export-of", "a leader is elected"]
    written = []
    for seed in ("1", "2"):
        paths = [tmp_path / f"out{ending}" for ending in FORMATS]
        exports = [part for path in paths for part in ("--export", str(path))]
        assert in_a_process(*args, *of, *exports, seed=seed).returncode == 20
        written.append([path.read_text(encoding="utf-8") for path in paths])
    assert written[0] == written[1]


def test_which_trace(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.mmd"
    raft = ("raft", "--bug", "forget-vote", "--depth", "10", "--export", str(path))
    run(capfd, *raft)
    assert "at most one leader per term" in path.read_text(encoding="utf-8").splitlines()[1]
    run(capfd, *raft, "--export-of", "an entry is committed")
    assert "a witness of an entry is committed" in path.read_text(encoding="utf-8").splitlines()[1]


def test_nothing_to_export(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A line that says why; the exit code is that of the verdicts."""
    path = tmp_path / "out.itf.json"
    code, out, err = run(capfd, "die_hard", "--export", str(path))
    assert (code, path.exists()) == (0, False)
    assert err == f"elcheck: {path} is not written: nothing is refuted, so there is no counterexample\n"
    assert "PROVED" in out
    code, out, err = run(capfd, "raft", "--bug", "forget-vote", "--depth", "10", "--export", str(path),
                         "--export-of", "terms only grow")  # fmt: skip
    assert code == 12
    assert "'terms only grow' (holds within bounds) has no trace" in err


def test_what_cannot_be_exported(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Mistakes on the command line are found before the search."""
    code, out, err = run(capfd, "raft", "--export", "out.svg")
    assert (code, out) == (2, "")
    assert "out.svg: the ending says the format: .itf.json, .tlc.json, " in err
    code, out, err = run(capfd, "raft", "--graph", "out.mmd")
    assert (code, out) == (2, "")
    assert "--graph out.mmd: the ending is of no state graph; --export writes everything else" in err
    code, out, err = run(capfd, "raft", "--export-of", "one leader")
    assert (code, out) == (2, "")
    assert "--export-of 'one leader': the model has no such property; did you mean 'at most one" in err
    code, out, err = run(capfd, "die_hard", "--export", str(tmp_path / "no" / "out.sarif"))
    assert code == 74
    assert "No such file" in err


def test_endings_are_documented() -> None:
    documented = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    for ending in FORMATS:
        assert f"`{ending}`" in documented
