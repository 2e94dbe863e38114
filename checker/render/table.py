"""A trace as a table: one step a line, with only what it changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from elcheck.checker.model.model import Model
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Envelope, GlobalState
from elcheck.checker.model.values import counted, text
from elcheck.checker.render.fit import table as drawn
from elcheck.checker.render.wanted import WHOLE, Shortened
from elcheck.checker.traces.explain import Explanation
from elcheck.checker.traces.messages import messages_of
from elcheck.checker.traces.reads import NOTHING_READ, FieldsRead
from elcheck.checker.traces.show import ShowColumn
from elcheck.checker.traces.source import line_at, place_and_note
from elcheck.checker.traces.trace import Trace, going_on
from elcheck.checker.traces.wording import Phrase, by_message, event_in_words, phrases, trouble

_HEADERS = ("step", "needs", "node", "log", "action", "changes", "source")
"""The columns that a trace may have of its own."""
_BROAD = 100
"""Columns from which on the lines in the source have a column of their own."""


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
    read: FieldsRead = NOTHING_READ,
    show: Sequence[ShowColumn] = (),
    shortened: Shortened = WHOLE,
) -> str:
    """A trace, one step a line: its number, whose it is, what it does, what changes, its line in the source.

    ``width`` folds actions and changes to that of a terminal; in a narrow one the line in the source stands
    below the action, and messages of which nothing becomes have no fields. With an explanation the steps that
    do not matter are dimmed and marked, and a column says which steps each of the others rests on. ``logged``
    adds the lines of logs that tell of each step, and may leave out the first steps. What the failing check
    has ``read`` comes first; ``show`` are further columns; ``shortened`` says what is left out for a screen.
    """
    narrow = width is not None and width < _BROAD
    headers = ["step", "node", "action", "changes"] + ["source"] * (not narrow and not shortened.sources)
    rows = list(
        _rows(model, trace, read, shortened, narrow=narrow, first=0 if logged is None else logged.left_out)
    )
    rows = [row[: len(headers)] for row in rows]
    if logged is not None:
        headers.insert(2, "log")
        rows = _with_lines(rows, logged)
    if not model.programs:
        headers, rows = _without(headers, rows, "node")
    for column in show if logged is None else ():
        headers.append(column.expression)
        rows = [[*row, value] for row, value in zip(rows, column.values, strict=True)]
    if explanation is not None:
        headers.insert(1, "needs")
        rows = [_marked(row, number, explanation) for number, row in enumerate(rows)]
    if shortened.steps:
        rows = _without_middle(rows, shortened.steps, headers.index("action"))
    lines = {"changes": shortened.lines} if shortened.lines else {}
    most = {} if shortened.lines == 1 else _most(rows, headers, width)
    table = drawn(rows, headers, width, most=most, indented=["action"], lines=lines)
    return table + ("" if trace.loop is None else "\n" + going_on(trace, trace.loop))


def _rows(
    model: Model, trace: Trace, read: FieldsRead, shortened: Shortened, *, narrow: bool, first: int
) -> Iterator[list[str]]:
    """The initial state, and each step after the ``first`` ones: step, node, action, changes, source."""
    runner = Runner(model)
    messages = messages_of(trace, model) if narrow or shortened.fields else None
    yield [_bold(0), "", "start", _start(model, trace.initial), ""]
    for number, before, step in trace.numbered:
        if number <= first:
            continue
        node = step.event.node.name if step.event.node else ""
        action = event_in_words(step.event, fields=not shortened.fields)
        action = click.style(action, fg="yellow") if step.event.fault else action
        unread: Sequence[Envelope] = ()
        if messages is not None:
            unread = messages.sent_in(number) if shortened.fields else messages.unread(number)
        said = _said(phrases(model, before, step, unread=unread, read=read))
        place, note = place_and_note(runner, before, step)
        said = "; ".join(filter(None, [said, note]))
        if not said and place is not None:
            said = click.style(f"no change: {line_at(place)}", dim=True)
        source = click.style(str(place), dim=True) if place and not shortened.sources else ""
        if narrow:
            action = "\n".join(filter(None, (action, source)))
        yield [_bold(number), node, action, said, source]


def _without_middle(rows: list[list[str]], count: int, action: int) -> list[list[str]]:
    """Rows with a line in the place of so many of them, or all but five: the end says most."""
    count = min(count + 1, len(rows) - 5)
    if count < 2:
        return rows
    begin = max(1, (len(rows) - count) // 3)
    return [*rows[:begin], _gap(count, len(rows[0]), action), *rows[begin + count :]]


def _gap(count: int, columns: int, action: int) -> list[str]:
    """A row that stands for steps that are left out."""
    row = ["..."] + [""] * (columns - 1)
    row[action] = f"{counted(count, 'step')} left out"
    return row


def _with_lines(rows: list[list[str]], logged: LoggedSteps) -> list[list[str]]:
    """The rows with a column of lines, and one for the steps that are left out."""
    first, *rest = rows
    told = zip(rest, logged.lines[logged.left_out :], strict=True)
    found = [[*row[:2], lines, *row[2:]] for row, lines in told]
    gap = [_gap(logged.left_out, len(first) + 1, 3)] * bool(logged.left_out)
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


def _most(rows: list[list[str]], headers: list[str], width: int | None) -> dict[str, int]:
    """How wide the actions may be: a third of what the other columns leave to them and to the changes, but
    so wide that no word is broken, since what is pasted into a replay has to be read.
    """
    if width is None:
        return {}
    at = headers.index("action")
    longest = [max(len(click.unstyle(row[i])) for row in (headers, *rows)) for i in range(len(headers))]
    left = width - sum(longest[:at] + longest[at + 2 :]) - 2 * (len(headers) - 1)
    words = (word for row in rows for word in re.split(r"[ (\n]", click.unstyle(row[at])))
    whole = max(map(len, words)) + 3  # the indent, a bracket
    action = max(whole, left * 2 // 5)
    shown = [at for at, name in enumerate(headers) if name not in _HEADERS]
    most = {headers[at]: max(10, *(len(click.unstyle(row[at])) for row in rows)) for at in shown}
    return {**most, "action": action, "changes": max(24, left - action), "log": 24}


def _start(model: Model, state: GlobalState) -> str:
    """The initial state. First the trouble that it starts in the middle of: who is down or paused, which
    partition stands, what of the budgets is spent. Then the nodes, those that start alike together, without
    fields at their defaults; then what is under way.
    """
    if state.shared is not None:
        return text(state.shared, sparse=True)
    alike: dict[str, list[str]] = {}
    for view in state.nodes:
        alike.setdefault(text(view.state, sparse=True), []).append(view.node.name)
    parts = [f"{', '.join(names)}: {said}" for said, names in alike.items()]
    return "; ".join(
        [*trouble(model, state), *parts, *(f"under way {said}" for said in by_message(state.network))]
    )


_COLOURS = {
    "up": "yellow",
    "paused": "yellow",
    "read": "cyan",
    "gone": "yellow",
    "sends": "green",
    "told": "green",
}


_CHANGES = ("up", "paused", "read", "field")


def _said(found: Sequence[Phrase]) -> str:
    """What a step does: its changes, then its messages."""
    styled = [
        (p.about, click.style(p.text, fg=colour) if (colour := _COLOURS.get(p.about)) else p.text)
        for p in found
    ]
    changed = ", ".join(said for about, said in styled if about in _CHANGES)
    return "; ".join([changed] * bool(changed) + [said for about, said in styled if about not in _CHANGES])
