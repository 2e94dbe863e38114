"""The list of models, for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from elcheck.checker.model.values import counted
from elcheck.checker.render.fit import fitted, table, wrapped
from elcheck.checker.zoo.catalogue import CatalogueEntry, KnownClaim, KnownMistake


def as_lines(entries: Sequence[CatalogueEntry], width: int) -> str:
    """What each model is, in a line."""
    rows = [
        [click.style(entry.name, bold=True), entry.about.summary, str(len(entry.bugs) or "")]
        for entry in entries
    ]
    said = "elcheck list MODEL says more: its paper, assumptions, properties and bugs; -v says it of all."
    shown = table(rows, ["model", "what it is", "bugs"], width, right=["bugs"])
    return f"{shown}\n\n{fitted(said, width)}"


def as_text(entries: Sequence[CatalogueEntry], width: int) -> str:
    """Each model in a few lines, wrapped to a width."""
    return "\n\n".join("\n".join(_lines(entry, width)) for entry in entries)


def _lines(entry: CatalogueEntry, width: int) -> list[str]:
    lines = [fitted(f"{click.style(entry.name, bold=True)}: {entry.about.summary}", width)]
    rows = [(part.lower(), said) for part, said in entry.about.parts.items()]
    rows.append(("runs in", entry.environment))
    rows += [("properties" if i == 0 else "", _claim(claim)) for i, claim in enumerate(entry.claims)]
    rows += [("bugs" if i == 0 else "", _bug(bug)) for i, bug in enumerate(entry.bugs)]
    for label, said in rows:
        folded = wrapped(said, width - 14, at_brackets=False)
        lines += [f"  {label if i == 0 else '':12}{line}" for i, line in enumerate(folded)]
    return lines


def _claim(claim: KnownClaim) -> str:
    reached = f" ({counted(claim.steps, 'step')})" if claim.steps is not None else ""
    return f"{claim.name} [{claim.kind}]: {(claim.verdict or 'not pinned').replace('-', ' ')}{reached}"


def _bug(bug: KnownMistake) -> str:
    broken = "; ".join(f"breaks {name!r} in {counted(steps, 'step')}" for name, steps in bug.breaks.items())
    return " ".join(filter(None, [f"{bug.name}:", bug.said, f"[{broken}]" if broken else ""]))


def as_json(entries: Sequence[CatalogueEntry]) -> str:
    """The same as a JSON array."""
    return json.dumps([_object(entry) for entry in entries], indent=2, ensure_ascii=False)


def _object(entry: CatalogueEntry) -> dict[str, object]:
    return {
        "model": entry.name,
        "summary": entry.about.summary,
        **{part.lower(): said for part, said in entry.about.parts.items()},
        "environment": entry.environment,
        "properties": [vars(claim) for claim in entry.claims],
        "bugs": [vars(bug) for bug in entry.bugs],
    }
