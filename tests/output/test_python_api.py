"""The Python API. The page that shows it runs in tests/docs/test_pages.py."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from elcheck import NoTrace, Report, UsageError, Verdict, always, check, each, load, within
from elcheck.checker.check.check import check as core_check
from elcheck.checker.process.limits import Limits
from tests.support.models import Counter, Counting


def test_it_is_the_same_check() -> None:
    """Limits have the meaning that they have on the command line."""
    model = load("raft")(bug="forget-vote")
    ours = check(model, depth=10, max_states=5000, first=True, engine="plain")
    theirs = core_check(model, Limits(depth=10, max_states=5000, first=True), engine="plain")
    assert isinstance(ours, Report)
    assert ours.results == theirs.results
    assert (ours.stats.distinct, ours.stats.stopped) == (theirs.stats.distinct, theirs.stats.stopped)


class Cells(HTMLParser):
    """The rows of all tables, as text; fails on tags that are not closed in order."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self.feed(said)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag != "br":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data


def test_html_shows_verdicts_and_the_first_trace() -> None:
    report = check(load("raft")(bug="forget-vote"), depth=10)
    rows = Cells(report._repr_html_()).rows
    results = [[r.name, r.kind, r.verdict.value.replace("-", " "), r.detail] for r in report.results]
    assert rows[: len(results) + 1] == [["property", "kind", "verdict", "detail"], *results]
    start, *steps = rows[len(results) + 2 :]
    assert start[:3] == ["0", "", "start"]
    assert start[3].startswith("n1: Server(current_term=0,")
    assert [row[:3] for row in steps[3:5]] == [["4", "n3", "crash"], ["5", "n3", "restart"]]
    assert steps[7][:3] == ["8", "n1", "become_leader"]
    assert steps[3][3:] == ["down; voted_for n1 → None", ""]
    assert steps[7][4].startswith("raft.py:")


def test_html_escapes() -> None:
    """Names and details of a model are text, whatever they look like."""
    name = "<script>alert('x')</script> & so on"
    report = check(Counting().model(always(name, each(Counter, lambda s: f"<b>{s.value}</b>"))))
    said = report._repr_html_()
    assert "<script>" not in said
    assert "<b>" not in said
    assert Cells(said).rows[1] == [name, "always", "refuted", "n1: <b>0</b>"]


def test_reprs_are_short() -> None:
    report = check(load("raft")(bug="forget-vote"), depth=10)
    shown = [repr(report), *map(repr, report.results), *(repr(r.trace) for r in report.results)]
    assert all(len(line) < 250 and "\n" not in line for line in shown)


def test_mistakes_say_what_and_why(tmp_path: Path) -> None:
    report = check(load("die_hard")())
    with pytest.raises(KeyError, match=r"there is no property .*goal.*, but .*the goal is measured"):
        report["goal"]
    with pytest.raises(NoTrace, match="there is no property 'goal': there are 'no jug overflows', 'the goal"):
        report.table("goal")
    with pytest.raises(UsageError, match=r"\.svg: the ending says the format: \.itf\.json"):
        report.export(tmp_path / "x.svg")
    with pytest.raises(UsageError, match="'netwrok' is no part of an environment: network, loss"):
        within(load("raft")(), netwrok="fifo")
    with pytest.raises(UsageError, match="has no parameter 'large', but small, big, goal"):
        load("die_hard")(large=9)
    assert report["the goal is measured"].verdict is Verdict.PROVED
