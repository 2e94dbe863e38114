"""What a check reads is shown first; what somebody wants to see is a column."""

from __future__ import annotations

from dataclasses import replace

import click
import pytest

from elcheck import (
    Event,
    Model,
    Monitor,
    Node,
    NodeView,
    Spec,
    State,
    Step,
    action,
    always,
    change,
    each,
    guard,
    history,
    holds,
    node_ids,
    step,
    view,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.property import Property
from elcheck.checker.process.limits import Limits
from elcheck.checker.render.run import Run
from elcheck.checker.render.table import trace_table
from elcheck.checker.render.text import render
from elcheck.checker.render.wanted import Wanted
from elcheck.checker.replay.reading import read
from elcheck.checker.replay.together import refutations
from elcheck.checker.traces.reads import fields_read
from elcheck.checker.traces.salient import Telling
from elcheck.checker.traces.show import FAILED, show_columns, show_expressions


class Count(State):
    """Three numbers, of which one is too large."""

    first: int = 0
    second: int = 0
    wrong: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.wrong)


class Counting(Node[Count]):
    """Counts in all three."""

    @action
    def count(self, s: Count) -> Step[Count]:
        guard(s.first < 3, "it is done")
        return Step(Count(s.first + 1, s.second + 1, (*s.wrong, s.first)))

    @action
    def wait(self, s: Count) -> Step[Count]:
        guard(s.first == 1, "it waits at one")
        return Step(replace(s, first=2), note="it waited")


def refuted(claim: Property) -> CheckReport:
    return check(Model(Counting(), [claim], nodes=node_ids(1)), Limits(first=True))


def seen(monitor: int, event: Event, before: NodeView[Count], after: NodeView[Count]) -> int:
    return monitor + after.state.second


SEEN = view(Count, lambda s: (s.second, s.first))
MONITOR: Monitor[int] = Monitor("seen", Count, start=lambda _: 0, after=seen)


@pytest.mark.parametrize(
    ("claim", "names"),
    [
        (always("c", each(Count, lambda s: len(s.wrong) < 2)), ("wrong",)),
        (always("c", each(Count, lambda s: s.size < 2)), ("wrong",)),
        (
            always("c", each(view(Count, lambda s: (s.second, s.first)), lambda v: v[0] < 2)),
            ("second", "first"),
        ),
        (step("c", change(Count, lambda a, b: b.second < 2)), ("second",)),
        (always("c", history(MONITOR, lambda n: n < 2)), ("second",)),
        (always("c", each(Count, lambda s: s != Count(2, 2, (0, 1)))), ("first", "second", "wrong")),
    ],
)
def test_what_a_check_reads(claim: Property, names: tuple[str, ...]) -> None:
    report = refuted(claim)
    trace = report.results[0].trace
    assert trace is not None
    assert fields_read(trace, report.model, report.claim_of(report.results[0])) == {Count: names}


def test_it_comes_first_whatever_its_type() -> None:
    report = refuted(always("c", each(Count, lambda s: len(s.wrong) < 3)))
    trace = report.results[0].trace
    assert trace is not None
    read_ = fields_read(trace, report.model, report.claim_of(report.results[0]))
    said = Telling(trace, read_).said(trace.states[1].nodes[0], trace.initial.nodes[0])
    assert said == ["wrong (0,)", "first 1", "second 1"]
    assert Telling(trace).said(trace.states[1].nodes[0])[0] == "first 1"
    row = click.unstyle(trace_table(report.model, trace, read=read_)).splitlines()[3]
    assert "wrong +0, first 0 → 1, second 0 → 1" in row


class Jug(State):
    """Of water."""

    water: int = 0
    size: int = 3


class Filling(Spec[Jug]):
    """Fills it."""

    @action
    def fill(self, s: Jug) -> Jug:
        return replace(s, water=min(s.size, s.water + 1))


def test_of_a_spec() -> None:
    report = check(Model(Filling(), [always("low", holds(Jug, lambda s: s.water < 2))]))
    trace = report.results[0].trace
    assert trace is not None
    assert fields_read(trace, report.model, report.claim_of(report.results[0])) == {Jug: ("water",)}


def test_columns_of_ones_own() -> None:
    report = refuted(always("c", each(Count, lambda s: len(s.wrong) < 2)))
    trace = report.results[0].trace
    assert trace is not None
    wanted = show_expressions(
        ["sum(n.first for n in nodes)", "n1.wrong[1]", "len(state.network)"], {}, trace.initial
    )
    columns = show_columns(trace, wanted)
    assert [column.values for column in columns] == [("0", "1", "2"), (FAILED, FAILED, "1"), ("0", "0", "0")]
    assert columns[1].trouble == (
        "!: --show 'n1.wrong[1]' raises IndexError: tuple index out of range (2 states, first after step 0)"
    )
    shown = click.unstyle(trace_table(report.model, trace, 60, show=columns))
    assert max(map(len, shown.splitlines())) <= 60
    shown = click.unstyle(trace_table(report.model, trace, 80, show=columns))
    assert [line.text for line in read(shown, ["n1"]).steps] == ["n1: count", "n1: count"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("n1.", "'n1.' is no Python expression: invalid syntax"),
        ("n9.first", "name 'n9' is not defined; there are n1, nodes, state, and what the model's file has"),
        ("n1.frist", "'Count' object has no attribute 'frist'"),
    ],
)
def test_an_expression_that_can_have_no_value(said: str, why: str) -> None:
    trace = refuted(always("c", each(Count, lambda s: len(s.wrong) < 2))).results[0].trace
    assert trace is not None
    with pytest.raises(UsageError, match=why.replace("(", r"\(").replace(".", r"\.")):
        show_expressions([said], {}, trace.initial)


def test_a_note_and_a_step_that_changes_nothing() -> None:
    report = refuted(always("c", each(Count, lambda s: (s.first, s.second) != (2, 1))))
    assert "first 1 → 2; it waited" in click.unstyle(
        trace_table(report.model, report.results[0].trace)  # type: ignore[arg-type]
    )
    zab = check(load("zab")(bug="epoch-not-persisted"), Limits(first=True))
    said = click.unstyle(trace_table(zab.model, zab.results[0].trace))  # type: ignore[arg-type]
    assert "disconnected(peer=n3) from n3" in said
    assert "no change: return " in said


def test_a_trace_stands_once_for_all_that_it_refutes() -> None:
    report = check(load("zab")(bug="epoch-not-persisted"), Limits(first=True))
    groups = refutations(report)
    assert [[result.name for result, _ in group.refuted] for group in groups] == [
        ["at most one leader per term", "at most one leader per term, ever"]
    ]
    said = click.unstyle(render(Run("zab", "", {}, "elcheck zab"), report, Wanted(width=80)))
    assert said.count("\nstep  node") == 1
    assert "REFUTED at most one leader per term, ever: n1 and n2 have both led in term 1" in said
