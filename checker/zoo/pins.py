"""What cases came to once, kept in a TOML file: below what a case is (``case_file``), any of these keys.

::

    first = true                            # --first
    distinct = 83441                        # what follows is pinned
    transitions = 252414
    depth = 10
    verdict = "refuted"
    cut = { max_term = 43129 }
    traces = { "at most one leader per term" = 10 }
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import tomlkit
from tomlkit.items import Table

from elcheck.checker.loading.model_file import bundled
from elcheck.checker.process.files import write_whole
from elcheck.checker.zoo.case_file import ASKED, FIRST, beside, entries, inline, new_table, to_update
from elcheck.checker.zoo.cases import Case
from elcheck.checker.zoo.run import CaseResult

_PINNED = {"distinct": int, "transitions": int, "depth": int, "verdict": str, "cut": dict, "traces": dict}


def read(path: Path) -> list[Case]:
    """The cases of a TOML file. Raises LoadError, saying which case is wrong."""
    return [
        replace(case, pinned={name: value for name, value in table.items() if name in _PINNED})
        for case, _, table in entries(path, {**ASKED, **FIRST, **_PINNED})
    ]


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
    known = {case.command: number for number, case in enumerate(read(path))} if path.is_file() else {}
    document, tables = to_update(path)
    for outcome in outcomes:
        if outcome.stats is None:
            continue
        case = beside(path, outcome.case)
        number = known.get(case.command)
        if number is None:
            table = new_table(case)
            _update(table, outcome)
            table.add(tomlkit.nl())
            tables.append(table)
        else:
            _update(tables[number], outcome)
    write_whole(path, tomlkit.dumps(document))


def _update(table: Table, outcome: CaseResult) -> None:
    body, after = table.value.body, []
    while body and body[-1][0] is None:  # blank lines and comments that lead to the next case
        after.append(body.pop())
    for name in _PINNED:
        found = outcome.found.get(name)
        if found is None:
            table.pop(name, None)
        elif table.get(name) != found:
            table[name] = inline(found) if isinstance(found, Mapping) else found
    body.extend(reversed(after))
