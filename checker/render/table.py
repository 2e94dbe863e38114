"""A trace as a table: one step a line, with only what it changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import click
from tabulate import tabulate

from elcheck.checker.model.model import Model
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.values import counted, text
from elcheck.checker.render.canvas import wrapped
from elcheck.checker.traces.explain import Explanation
from elcheck.checker.traces.source import place_of_step
from elcheck.checker.traces.trace import Trace, going_on
from elcheck.checker.traces.wording import Phrase, by_message, phrases


@dataclass(frozen=True)
class LoggedSteps:
    """The lines of logs that tell of each step of a trace, and how many of the first steps are left out."""

    lines: Sequence[str]
    left_out: int


def trace_table(
    model: Model,
    trace: Trace,
    width: int | None = None,
    explanation: Explanation | None = None,
    logged: LoggedSteps | None = None,
) -> str:
    """A trace, one step a line: its number, whose it is, what it does, what changes, its line in the source.

    ``width`` wraps actions and changes to a terminal's width. With an explanation the steps that do not
    matter are dimmed and marked, and a column says which steps each of the others rests on. ``logged`` adds
    the lines of logs that tell of each step, and may leave out the first steps.
    """
    runner = Runner(model)
    headers = ["step", "node", "action", "changes", "source"]
    rows = [[_bold(0), "", "start", _start(trace.initial), ""]]
    for number, before, step in trace.numbered:
        if logged is not None and number <= logged.left_out:
            continue
        node = step.event.node.name if step.event.node else ""
        action = click.style(str(step.event), fg="yellow") if step.event.fault else str(step.event)
        said, place = _said(phrases(model, before, step)), place_of_step(runner, before, step)
        rows.append([_bold(number), node, action, said, click.style(str(place), dim=True) if place else ""])
    if logged is not None:
        headers.insert(2, "log")
        rows = _with_lines(rows, logged)
    if not model.programs:
        headers, rows = _without(headers, rows, "node")
    if explanation is not None:
        headers.insert(1, "needs")
        rows = [_marked(row, number, explanation) for number, row in enumerate(rows)]
    widths = _room(rows, headers, width)
    at = headers.index("action")
    rows = [[*row[:at], _folded(row[at], widths[at]), *row[at + 1 :]] for row in rows]
    table = tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True, maxcolwidths=widths)
    return table + ("" if trace.loop is None else "\n" + going_on(trace, trace.loop))


def _with_lines(rows: list[list[str]], logged: LoggedSteps) -> list[list[str]]:
    """The rows with a column of lines, and one for the steps that are left out."""
    first, *rest = rows
    told = zip(rest, logged.lines[logged.left_out :], strict=True)
    found = [[*row[:2], lines, *row[2:]] for row, lines in told]
    gap = [["...", "", "", f"{counted(logged.left_out, 'step')} left out", "", ""]] * bool(logged.left_out)
    return [[*first[:2], "", *first[2:]], *gap, *found]


def _without(headers: list[str], rows: list[list[str]], name: str) -> tuple[list[str], list[list[str]]]:
    """A table without one of its columns."""
    at = headers.index(name)
    return headers[:at] + headers[at + 1 :], [row[:at] + row[at + 1 :] for row in rows]


def _bold(number: int) -> str:
    return click.style(str(number), bold=True)


def _marked(row: list[str], number: int, explanation: Explanation) -> list[str]:
    """A row with the steps that it needs; dimmed, with a dot, where it does not matter."""
    needs = explanation.needs[number - 1] if number else ()
    if needs is not None:
        return [row[0], ", ".join(map(str, needs)), *row[1:]]
    return [
        click.style(cell, dim=True) if cell else ""
        for cell in map(click.unstyle, [f"{row[0]} ·", "", *row[1:]])
    ]


def _room(rows: list[list[str]], headers: list[str], width: int | None) -> list[int | None]:
    """How wide each column may be for the table to fit: the actions get up to a third of what is left."""
    found: list[int | None] = [None] * len(headers)
    if width is not None:
        longest = [
            max(len(header) + 2, *(len(click.unstyle(row[i])) for row in rows))  # as tabulate has it
            for i, header in enumerate(headers)
        ]
        at = headers.index("action")
        left = width - sum(longest[:at] + longest[at + 2 :]) - 2 * (len(headers) - 1)
        # no word is broken, so that what is pasted into a replay can be read (3: the indent, a bracket)
        words = (word for row in rows for word in re.split(r"[ (]", click.unstyle(row[at])))
        whole = min(max(map(len, words)) + 3, left - 24)
        found[at] = max(18, whole, min(longest[at], max(left // 3, left - longest[at + 1])))
        found[at + 1] = max(24, left - min(found[at] or 0, longest[at]))
    return found


def _folded(cell: str, room: int | None) -> str:
    """A cell of one style in lines that fit, broken at brackets where tabulate would break words."""
    plain = click.unstyle(cell)
    if room is None or not plain:
        return cell
    begin, _, end = cell.partition(plain)
    return "\n".join(f"{begin}{line}{end}" for line in wrapped(plain, room))


def _start(state: GlobalState) -> str:
    """The initial state, nodes that start alike together; fields at their defaults are left out."""
    if state.shared is not None:
        return text(state.shared, sparse=True)
    alike: dict[str, list[str]] = {}
    for view in state.nodes:
        alike.setdefault(text(view.state, sparse=True), []).append(view.node.name)
    parts = [f"{', '.join(names)}: {said}" for said, names in alike.items()]
    return "; ".join([*parts, *(f"under way {said}" for said in by_message(state.network))])


_COLOURS = {"up": "yellow", "gone": "yellow", "sends": "green", "told": "green"}


def _said(found: Sequence[Phrase]) -> str:
    """What a step does: its changes, then its messages."""
    styled = [
        (p.about, click.style(p.text, fg=colour) if (colour := _COLOURS.get(p.about)) else p.text)
        for p in found
    ]
    changed = ", ".join(said for about, said in styled if about in ("up", "field"))
    return "; ".join(
        [changed] * bool(changed) + [said for about, said in styled if about not in ("up", "field")]
    )
