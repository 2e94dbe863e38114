"""Files of cases: TOML with a ``[[case]]`` for each, what it is and what it came to once.

::

    elcheck = "0.1.0"                       # the version that pinned it

    [[case]]
    model = "raft"                          # a bundled model, or a file beside the TOML file
    parameters = { nodes = 3, bug = "forget-vote" }
    environment = { crash = 2 }             # what differs from the model's own
    search_depth = 20                       # --depth
    big = true                              # takes minutes: only on request
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import tomlkit
from tomlkit.items import AoT, InlineTable, Table

from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.version import __version__
from elcheck.checker.model.errors import instead
from elcheck.checker.zoo.cases import Case

ASKED: Mapping[str, type] = {
    "model": str,
    "parameters": dict,
    "environment": dict,
    "search_depth": int,
    "big": bool,
}
"""The keys that say what a case is, with the types of their values."""
FIRST: Mapping[str, type] = {"first": bool}
"""The same where a case may be searched up to its first counterexample."""


class CaseEntry(NamedTuple):
    """A case of a file, where it stands there, for messages, and its keys."""

    case: Case
    where: str
    table: dict[str, object]


def entries(path: Path, keys: Mapping[str, type]) -> Iterator[CaseEntry]:
    """The cases of a file, which has these keys. Raises LoadError, saying which case is wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LoadError(f"{path} can't be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LoadError(f"{path}: {error}") from error
    tables = document.get("case")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise LoadError(f"{path} has no [[case]]")
    for number, table in enumerate(tables, 1):
        where = f"{path}, case {number} ({table.get('model', 'of no model')})"
        _require_keys(where, table, keys)
        asked = {name: value for name, value in table.items() if name in (*ASKED, *FIRST)}
        yield CaseEntry(Case(**asked, folder=path.parent), where, table)


def _require_keys(where: str, table: Mapping[str, object], keys: Mapping[str, type]) -> None:
    for name, value in table.items():
        kind = keys.get(name)
        if kind is None:
            raise LoadError(f"{where}: {name!r} is no key of a case; {instead(name, keys)}")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise LoadError(f"{where}: {name} = {value!r} is no {kind.__name__}")
        if isinstance(value, int) and value < 0:
            raise LoadError(f"{where}: {name} = {value} is less than 0")
    if "model" not in table:
        raise LoadError(f"{where}: it has no model")


# -- writing: what else the file says, comments too, stays ---------------------------------------------------


def to_update(path: Path) -> tuple[tomlkit.TOMLDocument, AoT]:
    """A file of cases, a new one if there is none, of this elcheck; and the tables of its cases.

    Raises LoadError for a file that is no file of cases.
    """
    there = path.is_file()
    document = tomlkit.parse(path.read_text(encoding="utf-8") if there else f'elcheck = "{__version__}"\n\n')
    document["elcheck"] = __version__
    tables = document.setdefault("case", tomlkit.aot())
    if not isinstance(tables, AoT):
        raise LoadError(f"{path} has no [[case]]")
    return document, tables


def beside(path: Path, case: Case) -> Case:
    """A case as a file of cases names it: the file of its model from there."""
    if case.path is None:
        return replace(case, folder=path.parent)
    model = Path(os.path.relpath(case.path, path.parent)).as_posix()
    return replace(case, model=model, folder=path.parent)


def new_table(case: Case) -> Table:
    """What a case is."""
    table = tomlkit.table()
    table["model"] = case.model
    for name, part in (("parameters", case.parameters), ("environment", case.environment)):
        if part:
            table[name] = inline(part)
    if case.search_depth is not None:
        table["search_depth"] = case.search_depth
    if case.first:
        table["first"] = True
    return table


def inline(part: Mapping[str, object]) -> InlineTable:
    """A table in one line."""
    table = tomlkit.inline_table()
    table.update(part)
    return table
