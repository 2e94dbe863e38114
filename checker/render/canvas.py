"""Rows of text to draw in: lanes side by side, each with a line down its left, and a margin before them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, TypeAlias

import click

from elcheck.checker.process.streams import as_written

Style = Literal["plain", "head", "state", "fault", "message"]
Cell: TypeAlias = list[tuple[str, Style]]
"""Lines of text for a lane."""
_STYLES: dict[Style, Callable[[str], str]] = {
    "plain": str,
    "head": partial(click.style, bold=True),
    "state": partial(click.style, fg="cyan"),
    "fault": partial(click.style, fg="yellow", bold=True),
    "message": partial(click.style, fg="green"),
}
MARGIN = 6
"""Columns before the first lane: three for the step's number, one for a mark, one for a loop."""
_NARROWEST, _WIDEST = 14, 36


def lane_width(lanes: int, width: int | None) -> int:
    """How wide a lane is, in so many columns of a terminal; None: 80 for three lanes, 120 for five."""
    if width is None:
        return 24 if lanes <= 3 else 22
    return min(_WIDEST, max(_NARROWEST, (width - MARGIN) // lanes))


def least_width(lanes: int) -> int:
    """How many columns so many lanes take at the least."""
    return MARGIN + lanes * _NARROWEST


def cut(said: str, width: int) -> str:
    """A text in one line, with … for what has no room."""
    said, more = as_written(said), as_written("…")
    return said if len(said) <= width else said[: max(0, width - len(more))] + more


class Row:
    """One line of a drawing, filled by columns."""

    def __init__(self, *, dim: bool = False) -> None:
        self._dim = dim
        self._chars: list[tuple[str, Style]] = []

    def put(self, column: int, said: str, style: Style = "plain") -> None:
        """Write over what is there."""
        short = column + len(said) - len(self._chars)
        self._chars += [(" ", "plain")] * max(0, short)
        self._chars[column : column + len(said)] = [(char, style) for char in said]

    def text(self) -> str:
        """The row with its styles, without blanks at its end."""
        chars = self._chars
        while chars and chars[-1][0] == " ":
            chars = chars[:-1]
        parts: list[tuple[str, Style]] = []
        for char, style in chars:
            if parts and parts[-1][1] == style:
                parts[-1] = (parts[-1][0] + char, style)
            else:
                parts.append((char, style))
        if self._dim:
            return click.style("".join(said for said, _ in parts), dim=True) if parts else ""
        return "".join(_STYLES[style](said) for said, style in parts)


class Lanes:
    """The columns of a drawing with a lane for each node."""

    def __init__(self, count: int, width: int) -> None:
        self.count = count
        self.width = width

    def column(self, lane: int) -> int:
        """Where the line of a lane is."""
        return MARGIN + lane * self.width

    @property
    def right(self) -> int:
        """The column after the last lane."""
        return self.column(self.count)

    @property
    def room(self) -> int:
        """How wide a text in a lane may be."""
        return self.width - 3

    def row(self, up: Sequence[bool], *, dim: bool = False) -> Row:
        """A row with the lines of all lanes, dotted for a node that is down."""
        row = Row(dim=dim)
        for lane, is_up in enumerate(up):
            row.put(self.column(lane), "│" if is_up else "┊")
        return row

    def beside(self, cells: Sequence[Cell], up: Sequence[bool], *, dim: bool) -> list[Row]:
        """Rows with the lines of each lane's text next to each other."""
        rows = []
        for number in range(max(map(len, cells), default=0)):
            row = self.row(up, dim=dim)
            for lane, cell in enumerate(cells):
                if number < len(cell):
                    row.put(self.column(lane) + 2, *cell[number])
            rows.append(row)
        return rows
