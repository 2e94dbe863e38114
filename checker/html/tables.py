"""The states of a trace as tables: a column for each node, a row for each field, every text kept once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.record import durable_fields
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.values import order, text
from elcheck.checker.traces.reads import NOTHING_READ, FieldsRead
from elcheck.checker.traces.show import ShowExpression

TablePart = Mapping[str, object]
"""The fields of one column, by their names."""
ROLES = 6
"""Colours of lanes: of values of a role there are no more that have a colour of their own."""
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


def tables_of(
    model: Model, states: Sequence[GlobalState], texts: Texts, read: FieldsRead = NOTHING_READ
) -> tuple[list[Table], list[Cells]]:
    """The tables that hold the parts of some states, and what each state writes into them. Fields that the
    failing check has ``read`` come first.
    """
    parts = [_parts(model, state) for state in states]
    durable, first = _durable(model, states[0]), _first(model, states[0], read)
    tables = [
        _table(title, [p[title] for p in parts], durable.get(title, frozenset()), first.get(title, ()))
        for title in parts[0]
    ]
    return tables, [
        tuple(_filled(table, shown, texts) for table, shown in zip(tables, part.values(), strict=True))
        for part in parts
    ]


def with_shown(
    tables: list[Table],
    cells: list[Cells],
    states: Sequence[GlobalState],
    texts: Texts,
    show: Sequence[ShowExpression],
) -> tuple[list[Table], list[Cells]]:
    """The same behind a table of what else somebody wants to see of each state."""
    table = Table("Asked for (--show)", ("",), tuple(expression.text for expression in show))
    values = [tuple((texts.number(e.said_in(state)),) for e in show) for state in states]
    return [table, *tables], [(value, *filled) for value, filled in zip(values, cells, strict=True)]


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
        up: dict[str, object] = {"up": view.up} if model.environment.crash or model.begins_down else {}
        up |= {"paused": view.paused} if model.pauses else {}
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
        f"{name} left": "unlimited" if count is None else count for name, count in now.counted(given.budgets)
    }
    if given.partition or any(start.partition for start in model.initial):
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


def _first(model: Model, state: GlobalState, read: FieldsRead) -> dict[str, tuple[str, ...]]:
    """The fields of each table that the failing check has read."""
    if state.shared is not None:
        return {type(model.program).__name__: read.get(type(state.shared), ())}
    found: dict[str, tuple[str, ...]] = {}
    for view in state.nodes:
        title = type(model.programs[view.node]).__name__
        found[title] = tuple(dict.fromkeys((*found.get(title, ()), *read.get(type(view.state), ()))))
    return found


def _table(
    title: str,
    states: Sequence[Mapping[str, TablePart]],
    durable: frozenset[str],
    first: Sequence[str],
) -> Table:
    columns = [column for state in states for column in state.values()]
    known = list(dict.fromkeys(row for column in columns for row in column))

    def place(row: str) -> int:
        """Whether a node is up says how the rest is meant; then what was read, then the others."""
        name = row.partition(".")[0]
        return -1 if row in ("up", "paused") else first.index(name) if name in first else len(first)

    rows = tuple(sorted(known, key=place))
    role = _role(rows, [row for row in rows if row.partition(".")[0] in first], columns)
    return Table(
        title,
        tuple(states[0]),
        rows,
        tuple(at for at, row in enumerate(rows) if row.partition(".")[0] in durable),
        None if role is None else rows.index(role),
        () if role is None else _values(role, columns),
    )


def _role(rows: Sequence[str], read: Sequence[str], columns: Sequence[TablePart]) -> str | None:
    """The row that best says what a node is: an enumeration that changes, above all one that the failing
    check reads; else what that reads, if it has few values.
    """
    enums = [row for row in rows if _changes(row, columns, Enum)]
    telling = [row for row in read if row in enums]
    few = [row for row in read if _changes(row, columns) and len(_values(row, columns)) <= ROLES]
    return next(iter([*telling, *few, *enums]), None)


def _changes(row: str, columns: Sequence[TablePart], kind: type = object) -> bool:
    """Whether a field has several values, all of a kind."""
    values = [column[row] for column in columns if row in column]
    return any(v != values[0] for v in values) and all(isinstance(value, kind) for value in values)


def _values(row: str, columns: Sequence[TablePart]) -> tuple[str, ...]:
    """The values of a field: of enumerations in their order, then others in theirs."""
    values = [column[row] for column in columns if row in column]
    classes = {type(value): None for value in values if isinstance(value, Enum)}
    ordered = [member for cls in classes for member in _members(cls) if member in values]
    others = sorted((value for value in values if value not in ordered), key=order)
    return tuple(dict.fromkeys(_said(value) for value in [*ordered, *others]))


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
