"""Fitting text to the width of a terminal; None is the width of a file, which has room for everything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter

import click

from elcheck.checker.model.model import Model
from elcheck.checker.process.streams import as_written
from elcheck.checker.render.run import Run

NBSP = "\N{NO-BREAK SPACE}"
"""A blank at which no line is broken; it is printed as one."""
_GAP = 2
"""Blanks between two columns of a table."""
_NARROW = 12
"""What all columns are folded to, at the least, before those that are to stay as they are."""
_NARROWEST = 6
"""No column gets narrower than this."""
_AT_BLANKS = re.compile(r"[^ ]* *")
_AT_BRACKETS = re.compile(r"[^ (]*(?:\(\)[^ (]*)*\(?(?: +|$)?")
_CODE = re.compile(r"(\x1b\[[0-9;]*m)")


def wrapped(said: str, width: int, *, at_brackets: bool = True, indent: str = "  ") -> list[str]:
    """A text in lines, the further ones indented; its colours go on from line to line. It is broken at
    blanks and (``at_brackets``) after an opening bracket; a part longer than a line where the line ends.
    """
    if "\n" in said:
        again = partial(wrapped, width=width, at_brackets=at_brackets, indent=indent)
        return [part for line in said.split("\n") for part in again(line)]
    said = as_written(said)
    plain = click.unstyle(said)
    parts = _AT_BRACKETS if at_brackets else _AT_BLANKS
    lines = [line.replace(NBSP, " ") for line in _lines(plain, max(width, 1), parts, indent)]
    return lines if plain == said else _coloured(lines, said)


def _cut(said: str, width: int, most: int) -> list[str]:
    """A text in so many lines with its colours, as many of its words as there is room for."""
    folded = partial(wrapped, at_brackets=False, indent="")
    whole = folded(said, width)
    if len(whole) <= most:
        return whole
    more = as_written(" …")
    short = folded(said, width - len(more))[:most]
    return [*short[:-1], f"{short[-1]}{more}"]


def _lines(said: str, width: int, parts: re.Pattern[str], indent: str) -> Iterator[str]:
    indent = indent if len(indent) < width else ""
    line = ""
    for part in parts.findall(said):
        while part:
            if len((line + part).rstrip()) <= width:
                line, part = line + part, ""
            elif line.strip():
                yield line.rstrip()
                line = indent
            else:
                cut = max(1, width - len(line))
                yield line + part[:cut]
                line, part = indent, part[cut:]
    if line.strip():
        yield line.rstrip()


def _coloured(lines: Sequence[str], said: str) -> list[str]:
    """Lines of a text with its colours: all but blanks stands in them in the same order."""
    colours = (colour for char, colour in _characters(said) if char not in (" ", NBSP))
    found = []
    for line in lines:
        row: list[tuple[str, str]] = []
        for char in line:
            row.append((char, (row[-1][1] if row else "") if char == " " else next(colours)))
        spans = [(code, "".join(map(itemgetter(0), span))) for code, span in groupby(row, itemgetter(1))]
        found.append("".join(f"{code}{text}\x1b[0m" if code else text for code, text in spans))
    return found


def _characters(said: str) -> Iterator[tuple[str, str]]:
    """Each character with the codes of its colours."""
    codes = ""
    for part in _CODE.split(said):
        if _CODE.fullmatch(part):
            codes = "" if part == "\x1b[0m" else codes + part
        else:
            yield from ((char, codes) for char in part)


def fitted(said: str, width: int | None) -> str:
    """Lines with their colours, broken at blanks where they are too long, the further ones indented below
    the beginning of theirs.
    """
    if width is None:
        return said
    found: list[str] = []
    for line in as_written(said).split("\n"):
        if len(click.unstyle(line)) <= width and NBSP not in line:
            found.append(line)
            continue
        begin = re.match(r" *", click.unstyle(line))
        indent = " " * (begin.end() if begin else 0)
        found += wrapped(line, width, at_brackets=False, indent=indent + "  ") or [""]
    return "\n".join(found)


def head(run: Run, *below: str, width: int | None) -> str:
    """What was run: the model's name and what it is, what it runs in, and what is wrong with it."""
    first = click.style(run.name, bold=True) + (f": {run.summary}" if run.summary else "")
    mistake = [f"The mistake: {run.mistake}"] if run.mistake else []
    return "\n".join(fitted(line, width) for line in (first, *filter(None, below), *mistake))


def setting_lines(settings: str, model: Model) -> list[str]:
    """What stands below the head, as far as there is any: parameters, the environment of nodes."""
    return [*filter(None, (settings, model.environment.describe() if model.programs else ""))]


def repeating(run: Run, width: int | None) -> str:
    """The command that was run, in lines that a shell takes for one."""
    return for_a_shell(f"To repeat it: {run.command}", width)


def for_a_shell(command: str, width: int | None) -> str:
    """A command in lines that a shell takes for one."""
    if width is None or len(command) <= width:
        return command
    return " \\\n".join(wrapped(command, width - 2, at_brackets=False))


def table(
    rows: Sequence[Sequence[str]],
    headers: Sequence[str],
    width: int | None,
    *,
    most: Mapping[str, int] = {},
    right: Sequence[str] = (),
    indented: Sequence[str] = (),
    lines: Mapping[str, int] = {},
) -> str:
    """A table that is as wide as its cells, or folded to a width: first the columns of ``most`` to that, then
    whichever is widest. Columns of ``right`` end at their right; those of ``indented`` are folded at brackets
    too, with indented further lines. Cells of ``lines`` have no more than so many, the last of which says
    with … that there is more.
    """
    from tabulate import tabulate  # which takes a tenth of a small search to load

    if width is not None:
        rows = [[as_written(cell) for cell in row] for row in rows]
    widths = _widths(rows, headers, width, most, indented)
    folds = [
        partial(wrapped, width=room, at_brackets=name in indented, indent="  " * (name in indented))
        for name, room in zip(headers, widths, strict=True)
    ]
    for name, most_lines in lines.items():
        folds[headers.index(name)] = partial(_cut, width=widths[headers.index(name)], most=most_lines)
    folded = [
        ["\n".join(fold(cell)) for fold, cell in zip(folds, row, strict=True)] for row in (headers, *rows)
    ]
    rule = ["-" * room for room in widths]
    align = ["right" if name in right else "left" for name in headers]
    drawn = tabulate([folded[0], rule, *folded[1:]], tablefmt="plain", disable_numparse=True, colalign=align)
    return "\n".join(line.rstrip() for line in drawn.splitlines())


def _widths(
    rows: Sequence[Sequence[str]],
    headers: Sequence[str],
    width: int | None,
    most: Mapping[str, int],
    last: Sequence[str],
) -> list[int]:
    """How wide each column is; the ``last`` ones are folded if folding all others is not enough."""
    found = [max(len(click.unstyle(row[at])) for row in (headers, *rows)) for at in range(len(headers))]
    if width is None:
        return found
    room = width - _GAP * (len(headers) - 1)
    if sum(found) > room:
        found = [min(wide, most.get(name, wide)) for wide, name in zip(found, headers, strict=True)]
    others = [at for at, name in enumerate(headers) if name not in last]
    words = [
        max(len(word) for row in (headers, *rows) for word in [*click.unstyle(row[at]).split(" "), ""])
        for at in range(len(headers))
    ]
    narrow, narrowest = [max(_NARROW, word) for word in words], [_NARROWEST] * len(headers)
    everything = range(len(headers))
    for columns, least in ((others, narrow), (everything, words), (everything, narrowest)):
        while sum(found) > room and (
            left := [at for at in columns if found[at] > max(least[at], _NARROWEST)]
        ):
            found[max(left, key=lambda at: found[at])] -= 1
    return found
