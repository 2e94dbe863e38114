"""What cases came to once, kept in a TOML file: below what a case is (``case_file``), any of these keys.

::

    first = true                            # --first
    distinct = 83441                        # what follows is pinned
    transitions = 252414
    depth = 10
    verdict = "refuted"
    cut = { max_term = 43129 }
    traces = { "at most one leader per term" = 10 }
    undecided = ["an entry is committed"]   # vacuous or undetermined
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
from elcheck.checker.zoo.case_result import CaseResult
from elcheck.checker.zoo.cases import Case

PINNED = {
    "distinct": int,
    "transitions": int,
    "depth": int,
    "verdict": str,
    "cut": dict,
    "traces": dict,
    "undecided": list,
}
"""The keys that say what a case came to, with the types of their values."""


def read(path: Path) -> list[Case]:
    """The cases of a TOML file. Raises LoadError, saying which case is wrong."""
    return [
        _with_pins(case, {name: value for name, value in table.items() if name in PINNED})
        for case, _, table in entries(path, {**ASKED, **FIRST, **PINNED})
    ]


def _with_pins(case: Case, pins: Mapping[str, object]) -> Case:
    """A case with what is pinned of it; where no verdict is, that it holds or its mistake is found."""
    return replace(case, pinned=pins, expects=None if "verdict" in pins else case.in_general)


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


def pin(outcomes: Sequence[CaseResult], path: Path, *, accept: bool = False) -> list[str]:
    """Write what cases came to, and with which elcheck: those that the file has are brought up to date, the
    others appended. What else the file says, comments too, stays.

    What is wrong, and is not known to the file, is pinned only if it is to be accepted; else it is left, and
    why is returned. Raises LoadError for a file that is no file of cases.
    """
    known = {case.command: (at, case) for at, case in enumerate(read(path))} if path.is_file() else {}
    document, tables = to_update(path)
    refused = []
    for outcome in outcomes:
        if outcome.stats is None:
            continue
        case = beside(path, outcome.case)
        number, there = known.get(case.command, (None, replace(case, pinned={})))
        wrong = replace(outcome, case=there).wrong
        if wrong and not accept:
            refused.append(f"{case.name}: {'; '.join(wrong)}")
        elif number is None:
            table = new_table(case)
            _update(table, outcome)
            table.add(tomlkit.nl())
            tables.append(table)
        else:
            _update(tables[number], outcome)
    if len(tables):
        write_whole(path, tomlkit.dumps(document))
    return refused


def _update(table: Table, outcome: CaseResult) -> None:
    body, after = table.value.body, []
    while body and body[-1][0] is None:  # blank lines and comments that lead to the next case
        after.append(body.pop())
    for name in PINNED:
        found = outcome.found.get(name)
        if found is None:
            table.pop(name, None)
        elif table.get(name) != found:
            table[name] = inline(found) if isinstance(found, Mapping) else found
    body.extend(reversed(after))
