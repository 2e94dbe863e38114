"""The frontier of faults as a table, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from elcheck.checker.model.budget import UNLIMITED, Amount, FaultKind, counted_faults
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.values import counted
from elcheck.checker.render.as_json import asked
from elcheck.checker.render.fit import fitted, head, repeating, setting_lines, table
from elcheck.checker.render.run import Run
from elcheck.checker.strategies.fault_budgets import FEW, BudgetRow, Frontier, Minimum
from elcheck.checker.traces.wording import trouble

MOST = 4
"""Budgets that are named of those with which something could not be told, at most."""


def as_text(run: Run, found: Frontier, width: int | None = None) -> str:
    """A table with a line for each smallest budget, and what it rests on."""
    model = found.model
    kinds = list(model.environment.budgets)
    rows = [line for row in found.rows for line in _lines(row, kinds)]
    headers = ["property", "kind", "breaks with", *kinds, "steps"]
    parts = [
        head(run, *setting_lines(run.chosen, model), width=width),
        table(rows, headers, width, right=[*kinds, "steps"]),
        fitted(
            f"{found.searched} of {counted(found.points, 'combination')} of budgets had to be searched, "
            f"in {found.seconds:.1f} s.",
            width,
        ),
        *([fitted(f"It was stopped: {found.stopped}.", width)] if found.stopped else []),
        *[fitted(f"Note: {note}.", width) for note in _notes(found)],
        repeating(run, width),
    ]
    return "\n\n".join(parts)


def _lines(row: BudgetRow, kinds: list[FaultKind]) -> list[list[str]]:
    """The lines of a property: one for each smallest budget, or one that says that there is none."""
    lines = []
    for minimum in row.minima:
        said = in_words(minimum.budgets)
        said = f"is reached with {said}" if row.kind == "sometimes" else said
        said += "" if minimum.sure else " (fewer may do)"
        numbers = [str(minimum.budgets[kind]) for kind in kinds]
        lines.append([row.name, row.kind, said, *numbers, _steps(minimum)])
    if not lines:
        nothing = "is not reached" if row.kind == "sometimes" else "nothing up to the budgets"
        nothing = "could not be told" if row.unsure else nothing + (" (within bounds)" if row.within else "")
        lines.append([row.name, row.kind, nothing, *["-"] * len(kinds), "-"])
    return lines


def _steps(minimum: Minimum) -> str:
    return "-" if minimum.steps is None else str(minimum.steps)


def in_words(budgets: Mapping[FaultKind, Amount]) -> str:
    """Budgets as people say them: ``1 crash, 1 restart``."""
    parts = []
    for kind, budget in budgets.items():
        if budget == UNLIMITED:
            parts.append(f"more than {counted_faults(kind, FEW)}")
        elif budget:
            parts.append(counted_faults(kind, budget))
    return ", ".join(parts) or "no fault"


def _notes(found: Frontier) -> list[str]:
    rows = found.rows
    notes = [f"it could not be told {said}" for said in _grouped((row.name, row.unsure) for row in rows)]
    notes += [f"nothing is claimed {said}" for said in _grouped((row.name, row.vacuous) for row in rows)]
    within = dict.fromkeys(bound for row in rows for bound in row.within)
    if within:
        notes.append(f"what lies across these bounds was not searched: {', '.join(within)}")
    starts = dict.fromkeys("; ".join(trouble(found.model, start)) for start in _starts(found.model))
    if any(starts):
        said = ", or ".join(start or "nothing" for start in starts)
        notes.append(f"faults are counted from the start on; there already: {said}")
    return notes


def _starts(model: Model) -> Iterator[GlobalState]:
    """The prepared states that it begins in."""
    nodes = tuple(model.programs)
    for start in model.initial:
        views = tuple(map(start.view, nodes))
        yield GlobalState(views, environment=start.environment(model.environment, nodes))


def _grouped(rows: Iterable[tuple[str, Iterable[tuple[Mapping[FaultKind, Amount], str]]]]) -> list[str]:
    """What is said of budgets, by properties: ``with 1 crash; 2 crashes (why) of: a, b``."""
    names: dict[str, list[str]] = {}
    for name, said in rows:
        by_reason: dict[str, list[str]] = {}
        for budgets, why in said:
            by_reason.setdefault(why, []).append(in_words(budgets))
        for why, cases in by_reason.items():
            more = f"; {len(cases) - MOST} more" if len(cases) > MOST else ""
            names.setdefault(f"with {'; '.join(cases[:MOST])}{more} ({why})", []).append(name)
    return [f"{what} of: {', '.join(of)}" for what, of in names.items()]


def as_json(run: Run, found: Frontier) -> str:
    """One object, in the form that docs/json.md describes."""
    document: dict[str, object] = {
        **asked(run, found.model),
        "properties": [
            {
                "name": row.name,
                "kind": row.kind,
                "verdict": row.verdict.value,
                "minima": [
                    {"budgets": _by_name(m.budgets), "steps": m.steps, "sure": m.sure} for m in row.minima
                ],
                "unsure": [{"budgets": _by_name(budgets), "why": why} for budgets, why in row.unsure],
                "vacuous": [{"budgets": _by_name(budgets), "why": why} for budgets, why in row.vacuous],
                "within": list(row.within),
            }
            for row in found.rows
        ],
        "points": found.points,
        "searched": found.searched,
        "stopped": None if found.stopped is None else str(found.stopped),
        "seconds": round(found.seconds, 3),
        "reproduce": run.command,
        "exit_code": found.exit_code,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _by_name(budgets: Mapping[FaultKind, Amount]) -> dict[str, Amount]:
    return {str(kind): budget for kind, budget in budgets.items()}
