"""The Python API. The page that shows it runs in tests/docs/test_pages.py."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from elcheck import CheckFailed, NoTrace, Report, UsageError, Verdict, always, check, each, load, within
from elcheck.checker.api import DrawnTrace
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


JUGS = load("die_hard")()


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (lambda: check(load("raft")(bug="forget-vote"), depth=10), [
            "REFUTED at most one leader per term: n1 and n2 both lead in term 1",
            "10    n2    become_leader",
            "UNDETERMINED a later leader commits too: not reached within bounds",
        ]),
        (lambda: check(load("raft_liveness")(bug="candidate-waits")), [
            "REFUTED ", "and stays there for ever",
        ]),
        (lambda: check(load("die_hard")(big=4, small=2, goal=3)), [
            "VACUOUS the goal is measured: no reachable state satisfies it",
        ]),
        (lambda: check(JUGS, depth=3), ["UNDETERMINED the goal is measured: not reached"]),
        (lambda: check(JUGS, max_states=2), ["UNDETERMINED no jug overflows", "--max-states 2"]),
        (lambda: check(Counting(divides_at=2).model(always("small", each(Counter, lambda s: s.value < 9)))), [
            "ERROR: ", "ZeroDivisionError", "n1    increment",
        ]),
        (lambda: check(JUGS, timeout=1e-9), ["UNDETERMINED", "--timeout 1e-09 ran out"]),
    ],
    ids=["search", "liveness", "vacuous", "bound", "limit", "raises", "time"],
)  # fmt: skip
def test_what_is_expected_raises_with_the_traces(report: Callable[[], Report], said: list[str]) -> None:
    """Each of them in the message; what could not be told is never taken for holding."""
    found = report()
    assert not found.ok
    with pytest.raises(CheckFailed) as failed:
        found.expect()
    assert isinstance(failed.value, AssertionError)
    assert [part for part in said if part not in str(failed.value)] == []
    wrong = [result for result in found.results if not result.ok]
    end = f"\n\n{len(wrong)} of {len(found.results)} results neither proved nor held within bounds."
    assert str(failed.value).endswith(end)
    assert failed.value.place.rpartition(":")[2].isdecimal()
    assert max(map(len, str(failed.value).splitlines())) <= 100


@pytest.mark.parametrize("depth", [None, 9])
def test_what_holds_is_as_expected(depth: int | None) -> None:
    report = check(load("raft_election")(terms=1), depth=depth)
    assert report.ok
    assert all(result.ok for result in report.results)
    assert report.expect() is report
    bounded = check(load("raft_election")(), depth=6)
    assert (bounded.verdict, bounded.ok, bounded.exit_code) == (Verdict.HOLDS, True, 0)


def test_an_interrupted_check_is_not_ok() -> None:
    def interrupts(s: Counter) -> bool:
        signal.raise_signal(signal.SIGINT)
        return True

    report = check(Counting(limit=100).model(always("small", each(Counter, interrupts))))
    assert report["small"].verdict is Verdict.UNDETERMINED
    assert not report.ok
    with pytest.raises(CheckFailed, match="it was interrupted"):
        report.expect()


def test_a_trace_is_shown_once() -> None:
    """For all properties that it refutes."""
    claims = [always(name, each(Counter, lambda s: s.value < 2)) for name in ("one", "other")]
    with pytest.raises(CheckFailed) as failed:
        check(Counting().model(*claims)).expect()
    assert str(failed.value).count("increment") == 2
    assert str(failed.value).count("REFUTED") == 2


def test_truth_is_an_error() -> None:
    """Of what would be true whatever came out."""
    report = check(JUGS)
    for asked in (report, report.verdict, report["no jug overflows"]):
        with pytest.raises(TypeError, match=r"is not true or false: ask"):
            assert asked


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
    details = [r.detail.partition("depth 10 cut")[0].removesuffix(": ") for r in report.results]
    verdicts = [[r.name, r.kind, r.verdict.value.replace("-", " ")] for r in report.results]
    results = [[*said, detail] for said, detail in zip(verdicts, details, strict=True)]  # cuts are said once
    assert rows[: len(results) + 1] == [["property", "kind", "verdict", "detail"], *results]
    start, *steps = rows[len(results) + 2 :]
    assert start[:3] == ["0", "", "start"]
    assert start[3].startswith("n1: Server(current_term=0,")
    assert [row[:3] for row in steps[3:5]] == [["4", "n3", "crash"], ["5", "n3", "restart"]]
    assert steps[7][:3] == ["8", "n1", "become_leader"]
    assert steps[3][3:] == ["down; voted_for n1 → None", ""]
    assert steps[7][4].startswith("raft.py:")


def test_a_trace_draws_itself() -> None:
    """In a notebook a trace is a picture, and otherwise the trace that it is."""
    model = load("raft")(bug="forget-vote")
    ours, plain = check(model, depth=10), core_check(model, Limits(depth=10))
    trace = ours["at most one leader per term"].trace
    assert trace == plain["at most one leader per term"].trace
    assert len({trace, plain["at most one leader per term"].trace}) == 1
    assert isinstance(trace, DrawnTrace)
    said = trace._repr_html_()
    assert Cells(said).rows[5][:3] == ["4", "n3", "crash"]
    assert said.count('class="mark crash"') == 2  # one of them in the legend
    assert "RequestVote(term=1, last_log=(0, 0)), from n2 to n3: sent in step 2, delivered in step 6" in said
    assert 'class="guilty">n1</span>' in ours._repr_html_(), "whose state is wrong is marked"
    assert 'class="guilty">n3</span>' not in ours._repr_html_()


def test_a_spec_and_a_loop_are_drawn_too() -> None:
    said = check(load("die_hard")())["the goal is measured"].trace
    assert isinstance(said, DrawnTrace)
    assert "<strong>big_to_small</strong>" in said._repr_html_()
    starves = next(r for r in check(load("peterson_mutex")(bug="no-turn")).results if r.trace is not None)
    assert isinstance(starves.trace, DrawnTrace)
    assert Cells(starves.trace._repr_html_()).rows


def test_styles_of_a_notebook_stay_where_they_are() -> None:
    """Every rule is of what is inside, and nothing is fetched or run."""
    said = check(load("die_hard")())._repr_html_()
    style = said.partition("<style>")[2].partition("</style>")[0]
    selectors = [one.strip() for rule in style.split("}")[:-1] for one in rule.partition("{")[0].split(",")]
    assert len(selectors) > 20
    assert all(one.startswith(".elcheck") for one in selectors)
    assert not re.search(r"<script|https?:|@import|url\(|\bon[a-z]+=", said)


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
    with pytest.raises(NoTrace, match=r"^nothing is refuted, so there is no counterexample$"):
        report.table()
    with pytest.raises(NoTrace, match=r"^'no jug overflows' \(proved\) has no trace$"):
        report.table("no jug overflows")
    with pytest.raises(UsageError, match=r"\.svg: the ending says the format: \.itf\.json"):
        report.export(tmp_path / "x.svg")
    with pytest.raises(UsageError, match="'netwrok' is no part of an environment: network, loss"):
        within(load("raft")(), netwrok="fifo")
    with pytest.raises(UsageError, match="has no parameter 'large'; it has small, big, goal"):
        load("die_hard")(large=9)
    assert report["the goal is measured"].verdict is Verdict.PROVED
