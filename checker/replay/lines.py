"""Reading a trace in lines: a step a line, or what elcheck prints, with all that stands around a table."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import click

from elcheck.checker.model.errors import UsageError
from elcheck.checker.replay.script import Json, LineStep, Script

_NUMBERED = re.compile(r"(\d+)(?:[.):]\s*|(?: ·)?\s+)(.*)")
_HEADER = re.compile(r"\s*step\s+(needs\s+)?(node\s+)?action\b.*")
_BACK = re.compile(r"(?:back to step (\d+)|and stays there for ever)\b.*")
"""How a behaviour without end goes on: the loop's beginning, or nothing more."""
_TITLE = re.compile(r"\s*(REFUTED |ERROR: |A witness of )(.*)")
_REPORT = re.compile(
    r"^property +kind +(verdict|breaks with)\b|^(REFUTED|PROVED|HOLDS WITHIN BOUNDS|UNDETERMINED|VACUOUS)\b",
    re.MULTILINE,
)
_LEFT_OUT = re.compile(r"\.\.\. .*\bleft out\b.*")
_SOURCE = re.compile(r"\S+\.py:\d+")
"""The line of a step, which stands below it in a narrow table."""
_OTHERS = {
    "sequenceDiagram": "a Mermaid diagram",
    "(?<event>": "a ShiViz log",
    "digraph": "a state graph",
    "strict digraph": "a state graph",
    "des (": "a state graph",
    "<": "HTML or XML",
}
"""What else elcheck writes, by how it begins."""


@dataclass
class _PrintedTable:
    """A printed trace: what it is said to show, the number of its first line, and its lines."""

    titles: list[str]
    header: str
    first: int
    rows: list[str] = field(default_factory=list)

    def is_of(self, name: str | None) -> bool:
        """Whether it is the trace of a property; of None, whether it shows what is wrong."""
        if name is None:
            return not any(title.startswith("A witness") for title in self.titles)
        said = re.compile(rf"REFUTED {re.escape(name)}: |A witness of {re.escape(name)}, ")
        return any(said.match(title) for title in self.titles)


def script_of(text: str, nodes: Collection[str], property_name: str | None = None) -> Script:
    """Read lines. Of what elcheck printed the table of a property is taken, or the first that shows something
    wrong, or the first. Raises UsageError for what has no steps.
    """
    text = click.unstyle(text)
    for begin, what in _OTHERS.items():
        if text.lstrip().startswith(begin):
            raise UsageError(f"{what} can't be replayed; {_READABLE}")
    tables = list(_tables(text))
    if tables:
        table = _chosen(tables, property_name)
        return _script(table.first, table.rows, nodes, _columns(table))
    if _REPORT.search(text) or re.search(r"^ *\d* *[│┊]", text, re.MULTILINE):
        raise UsageError(f"this output of elcheck has no table of a trace; {_READABLE}")
    if property_name is not None:
        raise UsageError("--property chooses a trace of the report of a check, and these are lines")
    script = _script(1, text.splitlines(), nodes, {})
    if not script.steps and script.start is None:
        raise UsageError(f"there is no step in it; {_READABLE}")
    return script


_READABLE = (
    "a trace is a step a line, a table as a check prints it (without --diagram), "
    "its --format json, or what it exports as .itf.json or .tlc.json"
)


def _tables(text: str) -> Iterator[_PrintedTable]:
    """The printed traces: each from its header to the next blank line."""
    titles: list[str] = []
    table = None
    for number, line in enumerate(text.splitlines(), 1):
        if _HEADER.fullmatch(line):
            table = _PrintedTable(titles, line, number + 1)
            yield table
        elif not line.strip():
            titles, table = [], None
        elif table is not None:
            table.rows.append(line)
        elif matched := _TITLE.fullmatch(line):
            titles.append(matched[1] + matched[2])
        elif titles and line.startswith("  "):
            titles[-1] += f" {line.strip()}"


def _chosen(tables: Sequence[_PrintedTable], name: str | None) -> _PrintedTable:
    found = next((table for table in tables if table.is_of(name)), None)
    if found is None and name is not None:
        titles = "; ".join("; ".join(table.titles) or "one without a title" for table in tables)
        raise UsageError(f"there is no table of a property called {name!r}; the tables: {titles}")
    return found or tables[0]


Columns = dict[str, tuple[int, int]]
"""Where the columns of a table begin and end."""


def _columns(table: _PrintedTable) -> Columns:
    """The columns by the line of dashes, which is taken away; none if there is no such line."""
    rule = next((at for at, row in enumerate(table.rows) if re.fullmatch(r"[\s-]+", row)), None)
    if rule is None or any(re.match(r"\d", row) for row in table.rows[:rule]):
        return {}
    dashes = list(re.finditer(r"-+", table.rows[rule]))
    del table.rows[: rule + 1]  # a header may have several lines
    table.first += rule + 1
    ends = [*(found.start() for found in dashes[1:]), 10_000]
    return {
        table.header[found.start() : end].strip(): (found.start(), end)
        for found, end in zip(dashes, ends, strict=True)
    }


def _script(first: int, lines: Sequence[str], nodes: Collection[str], columns: Columns) -> Script:
    """The steps of some lines, up to one that says how the behaviour goes on for ever."""
    start: Json = None
    said: list[str] = []
    for number, line in enumerate(lines, first):
        bare = re.sub(r"(^|\s)#.*", "", line).strip()
        if columns and _LEFT_OUT.fullmatch(bare):
            raise UsageError(f"line {number}: steps are left out of this table; print it with -v")
        if matched := _BACK.fullmatch(bare):
            return Script(start, tuple(map(LineStep, said)), _loop(number, matched[1], len(said)))
        cells = _cells(line, columns)
        if cells is not None and not cells["step"]:
            if said and cells["action"] and not _SOURCE.fullmatch(cells["action"]):
                said[-1] += f" {cells['action']}"  # a cell of several lines
        elif cells is not None:
            if cells["step"] != "0":
                said.append(f"{cells['node']}: {cells['action']}" if cells.get("node") else cells["action"])
        elif bare and (step := _unnumbered(bare, nodes)) is not None:
            if step.split()[0] == "start":
                start = _start(number, step.split()[1:])
            else:
                said.append(step)
    return Script(start, tuple(map(LineStep, said)))


def _loop(number: int, back: str | None, steps: int) -> int:
    """After how many steps the loop begins. Raises UsageError for one that begins nowhere."""
    loop = steps if back is None else int(back)
    if loop > steps:
        raise UsageError(f"line {number}: it goes back to step {loop}, and there are {steps} before it")
    return loop


def _cells(line: str, columns: Columns) -> dict[str, str] | None:
    """The cells of a table's line; None where it is not in the columns, as one that someone wrote into it."""
    begins = [begin for begin, _ in columns.values()]
    if not columns or any(begin and line[begin - 1 : begin].strip() for begin in begins):
        return None
    cells = {name: line[begin:end].strip() for name, (begin, end) in columns.items()}
    cells["step"] = cells["step"].removesuffix(" ·")
    return cells if re.fullmatch(r"\d*", cells["step"]) else None


def _unnumbered(line: str, nodes: Collection[str]) -> str | None:
    """A line without its number, and, if it is of a printed table, without what the step changes. None for
    the initial state of a table.
    """
    matched = _NUMBERED.fullmatch(line)
    if matched is None:
        return line
    cells = re.split(r"\s{2,}", matched[2])
    if matched[1] == "0" and cells[0] == "start":
        return None
    if cells[0] in nodes and len(cells) > 1:
        return f"{cells[0]}: {cells[1]}"
    return cells[0]


def _start(number: int, parts: Sequence[str]) -> Json:
    """What a line says of the initial state: a number, or fields."""
    if len(parts) == 1 and parts[0].isdecimal():
        return int(parts[0])
    pairs = [part.rstrip(",;").partition("=") for part in parts]
    if not pairs or not all(name and sign for name, sign, _ in pairs):
        raise UsageError(
            f"line {number}: it is 'start 2' (a number), or 'start n1.term=1 n2.term=0' (fields)"
        )
    return {name: value for name, _, value in pairs}
