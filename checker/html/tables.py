"""The states of a trace as tables: a column for each node, a row for each field, every text kept once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from elcheck.checker.model.environment import FAULT_KINDS
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.record import durable_fields
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.values import text

TablePart = Mapping[str, object]
"""The fields of one column, by their names."""
Cells = tuple[tuple[tuple[int, ...], ...], ...]
"""Of each table each row's texts, by their numbers; -1 where a column has no such field."""


@dataclass(frozen=True)
class Table:
    """A part of the global state: a column for each node of one program, a row for each field.

    ``durable`` are rows that survive a crash. ``role`` is the row that best says what a node is (None: there
    is none), and ``roles`` its values in order.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    durable: tuple[int, ...] = ()
    role: int | None = None
    roles: tuple[str, ...] = ()


class Texts:
    """Texts by their numbers, each kept once: most of a state is as it was before."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, said: str) -> int:
        """The number of a text."""
        return self._numbers.setdefault(said, len(self._numbers))

    def all(self) -> tuple[str, ...]:
        """Every text, by its number."""
        return tuple(self._numbers)


def tables_of(model: Model, states: Sequence[GlobalState], texts: Texts) -> tuple[list[Table], list[Cells]]:
    """The tables that hold the parts of some states, and what each state writes into them."""
    parts = [_parts(model, state) for state in states]
    durable = _durable(model, states[0])
    tables = [_table(title, [p[title] for p in parts], durable.get(title, frozenset())) for title in parts[0]]
    return tables, [
        tuple(_filled(table, shown, texts) for table, shown in zip(tables, part.values(), strict=True))
        for part in parts
    ]


def _filled(table: Table, shown: Mapping[str, TablePart], texts: Texts) -> tuple[tuple[int, ...], ...]:
    columns = list(shown.values())
    return tuple(
        tuple(texts.number(_said(column[row])) if row in column else -1 for column in columns)
        for row in table.rows
    )


def _said(value: object) -> str:
    return value if isinstance(value, str) else text(value)


def _parts(model: Model, state: GlobalState) -> dict[str, dict[str, TablePart]]:
    """A state by table and column."""
    if state.shared is not None:
        return {type(model.program).__name__: {"": fields_of(state.shared)}}
    programs = model.programs
    found: dict[str, dict[str, TablePart]] = {}
    for view in state.nodes:
        up = {"up": view.up} if model.environment.crash else {}
        title = type(programs[view.node]).__name__
        found.setdefault(title, {})[view.node.name] = {**up, **fields_of(view.state)}
    if state.history:
        names = [monitor.name for monitor in model.monitors]
        found["History"] = {"": dict(zip(names, state.history, strict=True))}
    surroundings = _surroundings(model, state)
    if surroundings:
        found["Environment"] = {"": surroundings}
    return found


def _surroundings(model: Model, state: GlobalState) -> TablePart:
    """What is left of the budgets that there are, and the partition."""
    given, now = model.environment, state.environment
    found: dict[str, object] = {
        f"{kind} left": "unlimited" if count is None else count
        for kind, count in zip(FAULT_KINDS, now.left, strict=True)
        if getattr(given, kind) != 0
    }
    if given.partition:
        found["partition"] = now.standing or "none"
    if given.early_timeouts:
        found["timeouts left"] = now.early_timeouts
    return found


def _durable(model: Model, state: GlobalState) -> dict[str, frozenset[str]]:
    """The durable fields of each table, where something can crash at all."""
    found: dict[str, frozenset[str]] = {}
    for view in state.nodes if model.environment.crash else ():
        title = type(model.programs[view.node]).__name__
        found[title] = found.get(title, frozenset()) | durable_fields(type(view.state))
    return found


def _table(title: str, states: Sequence[Mapping[str, TablePart]], durable: frozenset[str]) -> Table:
    columns = [column for state in states for column in state.values()]
    rows = tuple(dict.fromkeys(row for column in columns for row in column))
    role = next((row for row in rows if _tells(row, columns)), None)
    values = {column[role] for column in columns if role in column} if role else set()
    classes = {type(value): None for value in values}
    return Table(
        title,
        tuple(states[0]),
        rows,
        tuple(at for at, row in enumerate(rows) if row.partition(".")[0] in durable),
        None if role is None else rows.index(role),
        tuple(text(member) for cls in classes for member in _members(cls) if member in values),
    )


def _tells(row: str, columns: Sequence[TablePart]) -> bool:
    """Whether a field says what a node is: an enum that differs somewhere."""
    values = {column[row] for column in columns if row in column}
    return len(values) > 1 and all(isinstance(value, Enum) for value in values)


def _members(cls: type) -> list[object]:
    return list(cls) if issubclass(cls, Enum) else []


def fields_of(state: object) -> dict[str, object]:
    """The fields of a state, those of a dataclass in it by their path."""
    assert dataclasses.is_dataclass(state)
    found: dict[str, object] = {}
    for f in dataclasses.fields(state):
        value: object = getattr(state, f.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, NodeId):
            found |= {f"{f.name}.{inner}": v for inner, v in fields_of(value).items()}
        else:
            found[f.name] = value
    return found
