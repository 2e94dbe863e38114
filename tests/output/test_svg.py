"""The picture of a counterexample as a file."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from elcheck import Model, Node, State, action, always, each, guard, node_ids
from elcheck.checker import cli
from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import EXIT, Verdict
from elcheck.checker.export.subject import NoTrace
from elcheck.checker.html import svg
from elcheck.checker.process.limits import Limits
from elcheck.checker.render import junit
from elcheck.checker.render.run import Run
from tests.support.models import Counter, Counting
from tests.support.reports import report_of

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


class Named(State):
    """What an attacker would call it."""

    name: str = "</svg><script>"


class Naming(Node[Named]):
    """Names it."""

    @action
    def name(self, s: Named) -> Named:
        guard(s.name != "&amp;", "it is named")
        return Named("&amp;")


def texts(drawn: str) -> list[str]:
    """All that a picture says."""
    return ["".join(text.itertext()) for text in ET.fromstring(drawn).iter(f"{SVG}text")]


def test_the_one_of_the_readme_is_of_today() -> None:
    """``make docs`` renews it."""
    report = report_of("raft", Limits(depth=10), bug="forget-vote")
    assert svg.render(report) == (ROOT / "docs" / "forget-vote.svg").read_text(encoding="utf-8")


def test_it_has_a_lane_a_node_and_a_line_a_step(tmp_path: Path) -> None:
    file = tmp_path / "trace.svg"
    command = ["lease", "--bug", "no-fencing", "--first", "-q", "--picture", str(file)]
    assert cli.run(command) == EXIT["refuted"]
    said = texts(file.read_text(encoding="utf-8"))
    report = report_of("lease", Limits(first=True), bug="no-fencing")
    trace = next(r.trace for r in report.results if r.verdict is Verdict.REFUTED)
    assert trace is not None
    assert {str(node) for node in report.model.programs} <= set(said)
    for step in trace.steps:
        assert any(step.event.name in line for line in said)


def test_nothing_gets_out_of_it() -> None:
    claim = always("<b>", each(Named, lambda s: s.name != "&amp;"))
    drawn = svg.render(check(Model(Naming(), [claim], nodes=node_ids(1))))
    assert "<script>" not in drawn
    assert any("<b>" in line for line in texts(drawn))


CONTROL = "a\x1b[31m\x00\udcff b"


def test_what_xml_can_not_hold_is_left_out() -> None:
    claim = always(CONTROL, each(Named, lambda s: s.name != "&amp;" or CONTROL))
    model = Model(Naming(), [claim], nodes=node_ids(1))
    report = check(model)
    assert any("a[31m b" in line for line in texts(svg.render(report)))
    run = Run(CONTROL, "", {"name": CONTROL}, CONTROL)
    suite = ET.fromstring(junit.render(run, report))
    assert [case.get("classname") for case in suite.iter("testcase")] == ["a[31m b"]
    assert "a[31m b" in [found.get("value") for found in suite.iter("property")]


def test_of_a_witness_and_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = check(Counting(3).model(always("small", each(Counter, lambda s: s.value < 9))))
    with pytest.raises(NoTrace):
        svg.render(report)
    file = tmp_path / "none.svg"
    assert cli.run(["die_hard", "--picture", str(file), "--export-of", "the goal is measured"]) == 0
    assert file.exists()
    file.unlink()
    assert cli.run(["bully", "--picture", str(file)]) == 0
    assert not file.exists()
    assert "none.svg is not written: nothing is refuted" in capsys.readouterr().err
    assert cli.run(["bully", "--picture", str(tmp_path / "no" / "x.svg")]) == EXIT["usage"]
    assert "--picture" in capsys.readouterr().err
