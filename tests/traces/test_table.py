"""The table of a trace: what changes in few words, what fits, what is coloured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

import click
import pytest

from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.ids import node_ids
from elcheck.checker.model.values import text
from elcheck.checker.render.junit import render as junit
from elcheck.checker.render.run import Run
from elcheck.checker.render.table import trace_table
from elcheck.checker.render.text import render
from elcheck.checker.render.wanted import Wanted
from elcheck.checker.traces.differences import differences
from tests.support.reports import first_of

N1, N2, N3 = node_ids(3)


class Mood(Enum):
    CALM = 1
    CROSS = 2


@dataclass(frozen=True)
class Memory:
    flag: tuple[bool, ...] = (False, False)
    turn: int = 0


@dataclass(frozen=True)
class Whole:
    votes: frozenset[object] = frozenset()
    mood: Mood = Mood.CALM
    mem: Memory = Memory()
    name: str = "x"


def map_(**entries: int) -> MappingProxyType[str, int]:
    return MappingProxyType(entries)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (1, 2, ["x 1 → 2"]),
        (None, N1, ["x None → n1"]),
        (frozenset({N1}), frozenset({N1, N2}), ["x +n2"]),
        (frozenset(), frozenset({N3, N1}), ["x +n1 +n3"]),
        (frozenset({N1, N2}), frozenset({N2, N3}), ["x +n3 -n1"]),
        (frozenset({N1, N2}), frozenset(), ["x {n1, n2} → {}"]),
        (frozenset({N1}), frozenset({N2}), ["x {n1} → {n2}"]),
        ((1, 2), (1, 2, 3), ["x +3"]),
        ((), ((1, N1),), ["x +(1, n1)"]),
        ((1, 2, 3), (1,), ["x (1, 2, 3) → (1,)"]),
        ((False, True), (True, True), ["x[0] False → True"]),
        ((1, 2), (3, 4), ["x (1, 2) → (3, 4)"]),
        (Memory(), Memory((False, True), 1), ["x.flag[1] False → True", "x.turn 0 → 1"]),
        (Whole(), Whole(mem=Memory((True, False))), ["x.mem.flag[0] False → True"]),
        (Memory(), None, ["x Memory(flag=(False, False), turn=0) → None"]),
        (map_(a=1, b=2), map_(a=1, b=3, c=4), ["x['b'] 2 → 3", "x +'c': 4"]),
        (map_(a=1, b=2), map_(b=2), ["x -'a'"]),
    ],
)
def test_differences(old: object, new: object, said: list[str]) -> None:
    assert differences("x", old, new) == said


def test_a_sparse_value_leaves_out_what_is_declared() -> None:
    assert text(Whole(), sparse=True) == "Whole()"
    assert text(Whole(mood=Mood.CROSS), sparse=True) == "Whole(mood=CROSS)"
    assert text((Whole(mem=Memory(turn=2)),), sparse=True) == "(Whole(mem=Memory(turn=2)),)"
    assert text(Memory()) == "Memory(flag=(False, False), turn=0)"


def rows(report: CheckReport, width: int | None = None) -> list[str]:
    trace = report.results[0].trace
    assert trace is not None
    return trace_table(report.model, trace, width).splitlines()


def test_a_spec_shows_the_path_that_changes() -> None:
    found = rows(first_of("peterson_mutex", bug="turn-before-flag"))
    assert any(".flag[" in row or "flag[" in row for row in found)
    assert all("Memory(" not in row for row in found[3:])


@pytest.mark.parametrize("width", [80, 100, 140])
def test_it_fits_a_terminal(width: int) -> None:
    report = first_of("raft", bug="forget-vote")
    plain = [click.unstyle(row).rstrip() for row in rows(report, width)]
    assert max(map(len, plain)) <= width
    words = " ".join(" ".join(plain).split())
    assert "votes +n3" in words


def test_without_a_terminal_a_step_is_a_line() -> None:
    report = first_of("raft", bug="forget-vote")
    trace = report.results[0].trace
    assert trace is not None
    assert len(rows(report)) == 2 + 1 + len(trace.steps)


def test_faults_and_sends_are_coloured() -> None:
    found = rows(first_of("raft", bug="forget-vote"))
    assert click.style("crash", fg="yellow") in "".join(found)
    assert "\x1b[32msends Vote(term=1) to n1" in "".join(found)


def test_junit_has_no_colours() -> None:
    report = first_of("raft", bug="forget-vote")
    assert "[33m" not in junit(Run("raft", "", {}, "elcheck raft"), report)


def test_how_many_shortest_traces_there_were() -> None:
    run = Run("raft", "", {}, "elcheck raft")
    said = click.unstyle(render(run, first_of("raft", bug="forget-vote")))
    assert "This is the clearest of 252 shortest traces." in said
    one = click.unstyle(render(run, check(load("die_hard")()), Wanted(witnesses=True)))
    assert "clearest" not in one  # there is only one
