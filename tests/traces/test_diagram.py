"""Diagrams, against the golden ones, and what they do with what does not fit."""

from __future__ import annotations

import re
from dataclasses import replace

import click
import pytest

from elcheck import (
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    action,
    always,
    each,
    guard,
    node_ids,
    receive,
)
from elcheck.checker.check.check import check
from elcheck.checker.process.limits import Limits
from elcheck.checker.render.canvas import MARGIN, Row, cut, lane_width
from elcheck.checker.render.diagram import diagram
from elcheck.checker.render.fit import wrapped
from tests.traces.pictures import GOLDEN, PICTURES, asking, walk


@pytest.mark.parametrize("picture", PICTURES)
def test_golden(picture: str) -> None:
    shown = click.unstyle(PICTURES[picture]())
    assert shown == (GOLDEN / f"{picture}.txt").read_text(encoding="utf-8")
    width = int(picture.rsplit("-", 1)[1])
    assert max(map(len, shown.splitlines())) <= width


def test_every_golden_file_is_of_a_picture() -> None:
    assert sorted(path.stem for path in GOLDEN.iterdir()) == sorted(PICTURES)


def test_without_a_terminal_three_lanes_fit_80_columns_and_five_120() -> None:
    assert MARGIN + 3 * lane_width(3, None) <= 80
    assert MARGIN + 5 * lane_width(5, None) <= 120


def test_a_lane_is_never_too_narrow_to_read() -> None:
    assert lane_width(20, 80) == 14
    assert lane_width(1, 400) == 36


def test_wrapped() -> None:
    said = "→ AppendEntries(term=1, entry=(1, n1)) to n2, n3"
    assert wrapped(said, 21) == ["→ AppendEntries(", "  term=1, entry=(1,", "  n1)) to n2, n3"]
    assert wrapped("Coordinator() to n1", 16) == ["Coordinator() to", "  n1"]
    assert wrapped("x" * 10 + " y", 6) == ["x" * 6, "  xxxx", "  y"]
    assert wrapped("", 6) == []
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"


def test_a_row_keeps_its_styles_together() -> None:
    row = Row()
    row.put(2, "ab", "head")
    row.put(4, "c", "head")
    row.put(9, " ")
    assert row.text() == "  " + click.style("abc", bold=True)
    dim = Row(dim=True)
    dim.put(0, "ab", "head")
    assert dim.text() == click.style("ab", dim=True)


def test_fates_are_where_a_message_was_sent() -> None:
    model = asking()
    said = "Question(number=1)"
    trace = walk(
        model,
        "n1 ask",
        f"n3 duplicate {said} from n1",
        f"n3 question({said}) from n1",
        f"n3 lose {said} from n1",
    )
    shown = click.unstyle(diagram(model, trace))
    assert "n3@3✗4" in " ".join(shown.split())
    assert re.search(r"^  3 .*1: Question.*▶", shown, re.MULTILINE)
    assert re.search(r"^  4 .*✗ │ lose", shown, re.MULTILINE)


class Waiting(State):
    """Has not begun."""


class Talked(State):
    """Has spoken."""

    heard: int = 0


class Myself(Message):
    """Is told to oneself."""


class Talking(Node[Waiting | Talked]):
    """Talks to itself."""

    def start(self) -> Waiting:
        return Waiting()

    @action
    def talk(self, s: Waiting | Talked) -> Step[Waiting | Talked]:
        guard(isinstance(s, Waiting), "it has spoken")
        return Step(Talked(), self.send(self.me, Myself()))

    @receive
    def told(self, s: Waiting | Talked, src: NodeId, msg: Myself) -> Step[Waiting | Talked]:
        return Step(Talked(1))


def test_what_is_sent_to_oneself_and_a_state_of_another_class() -> None:
    claim = always("deaf", each(Talked, lambda s: s.heard == 0))
    model = Model(Talking(), [claim], Environment(network="bag"), nodes=node_ids(2))
    trace = check(model, Limits(first=True)).results[0].trace
    assert trace is not None
    shown = [line[8:29].rstrip() for line in click.unstyle(diagram(model, trace)).splitlines()]
    assert shown[:6] == ["", "Waiting", "talk", "Talked(heard=0)", "→ Myself() to n1@2", "1: Myself()"]


def test_a_loop_without_steps_stays() -> None:
    model = asking()
    trace = replace(walk(model, "n1 ask"), loop=1)
    assert "∞ and stays there for ever" in click.unstyle(diagram(model, trace))


def test_the_page_on_traces_shows_a_golden_diagram() -> None:
    """Its others are what commands print, which tests/docs/test_pages.py runs."""
    page = (GOLDEN.parents[2] / "docs" / "traces.md").read_text(encoding="utf-8")
    assert (GOLDEN / "lasso-explained-80.txt").read_text(encoding="utf-8") in page
