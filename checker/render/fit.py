"""Fitting text to the width of a terminal; None is the width of a file, which has room for everything."""

from __future__ import annotations

from collections.abc import Sequence

import click
from tabulate import tabulate

_NARROWEST = 24


def fitted(said: str, width: int | None) -> str:
    """Lines with their colours, each broken where it is too long, the further ones indented below it."""
    if width is None:
        return said
    return "\n".join(_line(line, width) for line in said.split("\n"))


def _line(said: str, width: int) -> str:
    indent = said[: len(said) - len(said.lstrip())]
    lines, line = [], ""
    for word in said.split():
        longer = f"{line} {word}" if line else indent + word
        if line and len(click.unstyle(longer)) > width:
            lines.append(line)
            longer = f"{indent}  {word}"
        line = longer
    return "\n".join([*lines, line])


def table(rows: Sequence[Sequence[str]], headers: Sequence[str], folded: str, width: int | None) -> str:
    """A table in which one column is folded to what the others leave."""
    at = list(headers).index(folded)
    room: list[int | None] = [None] * len(headers)
    if width is not None and rows:
        longest = [max(len(click.unstyle(row[column])) for row in rows) for column in range(len(headers))]
        # two more for a header, as tabulate has it
        widths = [max(len(header) + 2, cells) for header, cells in zip(headers, longest, strict=True)]
        room[at] = max(_NARROWEST, width - sum(widths) + widths[at] - 2 * (len(headers) - 1))
    # where it folds, tabulate takes "False" for a bool, and prints the truth of the text: a blank helps
    rows = [[f"{cell} " if cell in ("True", "False") else cell for cell in row] for row in rows]
    return tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True, maxcolwidths=room)
