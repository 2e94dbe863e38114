"""The picture of a counterexample as an SVG file that stands alone: for a README, a slide, a paper."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator
from pathlib import Path

from elcheck.checker.check.report import CheckReport
from elcheck.checker.export.subject import Exported, result_with_trace
from elcheck.checker.html.assets import asset
from elcheck.checker.html.picture import ROW, pictures_of
from elcheck.checker.html.shapes import Shape, Size, as_markup, group, shape
from elcheck.checker.html.trace_view import Frame, TraceView, decided_view
from elcheck.checker.process.files import write_whole

HEAD = 56
"""Pixels above the first step: for what is wrong, and for the names of the nodes."""
COLUMNS, COLUMN = 60, 7.0
"""Characters of a line beside a step, and pixels that one of them takes."""
LINES = 4
"""Lines beside a step."""


def write(report: CheckReport, path: Path, of: str | None = None) -> None:
    """Write the picture of a property's trace, of the first refuted one if none is named.

    Raises NoTrace where there is none, and OSError.
    """
    write_whole(path, render(report, of))


def render(report: CheckReport, of: str | None = None) -> str:
    """The file. Raises NoTrace."""
    subject = Exported(report, result_with_trace(report, of))
    assert subject.result is not None
    view, guilty = decided_view(subject.result, report)
    return as_markup(_whole(subject.title, view, guilty)) + "\n"


def _whole(title: str, view: TraceView, guilty: Collection[str]) -> Shape:
    picture = pictures_of(view).wide
    high, wide = HEAD + ROW * len(view.frames), round(picture.width + COLUMNS * COLUMN)
    names = (
        shape("text", name, class_="name guilty" if name in guilty else "name", x=at, y=HEAD - 8)
        for name, at in zip(view.nodes, picture.lanes, strict=True)
    )
    drawn = Shape("svg", {**picture.drawn.attributes, "y": HEAD}, picture.drawn.children)
    words = (_beside(frame, view, at, picture.width) for at, frame in enumerate(view.frames))
    said = textwrap.shorten(title, int(wide / COLUMN) - 4, placeholder=" …")
    parts = [
        shape("title", title),
        shape("style", _style()),
        shape("rect", class_="paper", width=wide, height=high),
        shape("text", said, class_="name guilty", style="text-anchor: start", x=12, y=20),
        group(names),
        drawn,
        *words,
    ]
    attributes: dict[str, str | Size] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "width": wide,
        "height": high,
        "viewBox": f"0 0 {wide} {high}",
    }
    return Shape("svg", attributes, tuple(parts))


def _beside(frame: Frame, view: TraceView, at: int, left: int) -> Shape:
    """What a step does, in words."""
    lines = [frame.located(view.nodes), *textwrap.wrap("; ".join(frame.changes), COLUMNS)]
    if len(lines) > LINES:
        lines[LINES - 1 :] = [textwrap.shorten(lines[LINES - 1], COLUMNS - 2, placeholder="") + " …"]

    def texts() -> Iterator[Shape]:
        for number, line in enumerate(lines):
            y = HEAD + ROW * at + 22 + 17 * number
            yield shape("text", line, class_="said" if number else "said first", x=left, y=y)

    return group(texts())


def _style() -> str:
    """The colours and lines of the page's picture, and the text of this one."""
    own = """
text { font: 12px ui-monospace, monospace; fill: var(--ink); }
.paper { fill: var(--back); }
.name { font-weight: 700; text-anchor: middle; }
.guilty { fill: var(--bad); }
.said { fill: var(--soft); font-size: 11px; }
.first { fill: var(--ink); font-weight: 700; }
"""
    return asset("colours.css") + asset("picture.css") + own
