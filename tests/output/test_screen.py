"""A refuted run fits one screen, whatever it takes; the rest is there on request."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import time
from dataclasses import replace
from functools import cache

import click
import pytest

from elcheck.checker.check.check import check
from elcheck.checker.check.meaning import meaning
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.errors import UsageError
from elcheck.checker.process import streams
from elcheck.checker.render.run import Run
from elcheck.checker.render.text import render
from elcheck.checker.render.wanted import Wanted
from elcheck.checker.replay.lines import script_of
from elcheck.checker.replay.walk import walk
from elcheck.checker.zoo.cases import Case
from tests.support.cases import CASES

MOST = 400
"""States of the cases that are checked here."""
SHORT = "It is shortened to fit a screen: -v shows it whole."


def refuted() -> list[Case]:
    """Mistakes that are found after few states."""

    def few(case: Case) -> bool:
        states = case.pinned["distinct"]
        return (
            case.mistake and case.pinned["verdict"] == "refuted" and isinstance(states, int) and states < MOST
        )

    return [replace(case, first=True) for case in CASES if few(case) and not case.big]


@cache
def forgotten() -> tuple[Case, CheckReport]:
    """Raft with a vote that is forgotten."""
    case = Case("raft", {"bug": "forget-vote"}, first=True)
    return case, check(case.build(), case.limits)


def shown(case: Case, report: CheckReport, wanted: Wanted) -> str:
    run = Run(case.model, case.file.summary, case.parameters, case.command, tuple(case.parameters))
    return click.unstyle(render(run, report, wanted))


@pytest.mark.parametrize("case", refuted(), ids=lambda case: case.name)
def test_a_refuted_run_fits_a_screen(case: Case) -> None:
    """Of 24 lines, and of 40, with every property that is refuted, and how to see all."""
    report = check(case.build(), case.limits)
    names = [result.name for result in report.results if result.verdict is Verdict.REFUTED]
    for width in (80, 120):
        whole = shown(case, report, Wanted(width=width))
        for height in (24, 40):
            said = shown(case, report, Wanted(width=width, height=height))
            assert len(said.splitlines()) <= height
            assert max(map(len, said.splitlines())) <= width
            assert (said == whole) == (SHORT not in re.sub(r"\s+", " ", said))
            flat = re.sub(r"\s+", " ", said)
            assert [name for name in names if f"REFUTED {name}" not in flat and "ERROR" not in flat] == []
            assert "-v" in flat


def test_what_is_asked_for_is_shown_whole() -> None:
    case, report = forgotten()
    for wanted in (
        Wanted(detail="all"),
        Wanted(explain=True),
        Wanted(diagram=True),
        Wanted(certificate=True),
    ):
        wanted = replace(wanted, width=80)
        assert shown(case, report, replace(wanted, height=24)) == shown(case, report, wanted)


def test_a_shortened_table_is_replayed_and_one_with_a_gap_is_not() -> None:
    """It has the names of messages without their fields, which are enough where there is one of a name."""
    case, report = forgotten()
    model = report.model
    nodes = [node.name for node in model.programs]
    said = shown(case, report, Wanted(width=80, height=24))
    assert "request_vote from n1" in said
    walked = walk(script_of(said, nodes), model)
    assert walked.refused is None
    assert len(walked.trace.steps) == 10
    gap = shown(case, report, Wanted(width=80, height=18))
    assert len(gap.splitlines()) <= 18
    assert "steps left out" in gap
    assert re.search(r"^10 ", gap, re.MULTILINE), "the end says most"
    with pytest.raises(UsageError, match="steps are left out of this table; print it with -v"):
        script_of(gap, nodes)


def test_everything_has_what_each_property_says() -> None:
    case, report = forgotten()
    said = re.sub(r"\s+", " ", shown(case, report, Wanted(width=100, detail="all")))
    for result in report.results:
        claim = report.claim_of(result)
        assert claim is not None
        assert all(part in said for part in meaning(claim))
    assert "What they say:" not in shown(case, report, Wanted(width=100))


@pytest.mark.parametrize(("lines", "high"), [("10", 24), ("30", 30), ("99", 40), ("no", 40)])
def test_a_screen_is_as_high_as_the_terminal(lines: str, high: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", lines)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert streams.lines_of_a_screen() == high
    monkeypatch.setattr("sys.stdout.isatty", lambda: False)
    assert streams.lines_of_a_screen() == 40


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no terminals to make")
def test_what_is_typed_can_be_edited_and_comes_again() -> None:
    """At a terminal: the arrow up is the line before, which is taken a second time."""
    pytest.importorskip("readline")
    command = [sys.executable, "-m", "elcheck", "explore", "die_hard", "--tty"]
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover  # another process
        os.execvpe(command[0], command, {**os.environ, "TERM": "xterm", "COLUMNS": "80"})
    try:
        until(terminal, b"> ")
        os.write(terminal, b"1\n")
        assert b"After step 1" in until(terminal, b"says why")
        os.write(terminal, b"\x1b[A\n")
        assert b"After step 2" in until(terminal, b"says why")
        os.write(terminal, b"q\n")
    finally:
        os.close(terminal)
        os.waitpid(child, 0)


def until(terminal: int, awaited: bytes) -> bytes:
    """What comes out of a terminal up to some bytes."""
    said, end = b"", time.monotonic() + 30
    while awaited not in said and time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                said += os.read(terminal, 65536)
            except OSError:
                break
    return said
