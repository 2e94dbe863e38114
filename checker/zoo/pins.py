"""What cases came to once, kept in a TOML file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import tomlkit
from tomlkit.items import AoT, InlineTable, Table

from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.model_file import bundled
from elcheck.checker.loading.version import __version__
from elcheck.checker.process.files import write_whole
from elcheck.checker.zoo.cases import PINNED, Case, read
from elcheck.checker.zoo.run import CaseResult


@cache
def bundled_pins() -> Mapping[str, Case]:
    """What is pinned of the bundled models, by the command of the case.

    It is ``tests/counts.toml``, which an installed elcheck has beside its models.
    """
    root = Path(__file__).resolve().parents[2]  # past the link that a checkout has
    files = [file for file in (root / "models/counts.toml", root / "tests/counts.toml") if file.is_file()]
    return {case.command: case for case in read(files[0])} if files else {}


def pinned(case: Case) -> Case:
    """A case of a bundled model, by its short name or its file, with what is pinned of it."""
    short = Path(case.model).stem
    file = bundled().get(short)
    if file is None or (case.path is not None and case.path.resolve() != file.resolve()):
        return case
    known = bundled_pins().get(replace(case, model=short).command)
    return case if known is None else replace(case, pinned=known.pinned)


def pin(outcomes: Sequence[CaseResult], path: Path) -> None:
    """Write what cases came to, and with which elcheck: those that the file has are brought up to date, the
    others appended.

    What else the file says, comments too, stays. Raises LoadError for a file that is no file of cases.
    """
    there = path.is_file()
    document = tomlkit.parse(path.read_text(encoding="utf-8") if there else f'elcheck = "{__version__}"\n\n')
    known = {case.command: number for number, case in enumerate(read(path))} if there else {}
    document["elcheck"] = __version__
    tables = document.setdefault("case", tomlkit.aot())
    if not isinstance(tables, AoT):
        raise LoadError(f"{path} has no [[case]]")
    for outcome in outcomes:
        if outcome.stats is None:
            continue
        case = _beside(path, outcome.case)
        number = known.get(case.command)
        if number is None:
            tables.append(_table(case, outcome))
        else:
            _update(tables[number], outcome)
    write_whole(path, tomlkit.dumps(document))


def _beside(pins: Path, case: Case) -> Case:
    """A case as a file of pins names it: the file of its model from there."""
    if case.path is None:
        return case
    return replace(case, model=Path(os.path.relpath(case.path, pins.parent)).as_posix())


def _table(case: Case, outcome: CaseResult) -> Table:
    table = tomlkit.table()
    table["model"] = case.model
    for name, part in (("parameters", case.parameters), ("environment", case.environment)):
        if part:
            table[name] = _inline(part)
    if case.search_depth is not None:
        table["search_depth"] = case.search_depth
    if case.first:
        table["first"] = True
    _update(table, outcome)
    table.add(tomlkit.nl())
    return table


def _update(table: Table, outcome: CaseResult) -> None:
    body, after = table.value.body, []
    while body and body[-1][0] is None:  # blank lines and comments that lead to the next case
        after.append(body.pop())
    for name in PINNED:
        found = outcome.found.get(name)
        if found is None:
            table.pop(name, None)
        elif table.get(name) != found:
            table[name] = _inline(found) if isinstance(found, Mapping) else found
    body.extend(reversed(after))


def _inline(part: Mapping[str, object]) -> InlineTable:
    table = tomlkit.inline_table()
    table.update(part)
    return table
