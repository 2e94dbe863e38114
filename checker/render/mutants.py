"""How many changes of logs are noticed: in words, and as JSON."""

from __future__ import annotations

import json
from collections import Counter

from elcheck.checker.render.fit import fitted, head, repeating, table
from elcheck.checker.render.run import Run
from elcheck.checker.validation.mutants import LogMutantFate, LogMutantVerdict, Sharpness


def as_text(run: Run, found: Sharpness, width: int | None) -> str:
    """A table of the kinds of changes and what became of them; then those that ought to have been noticed."""
    made, refused = len(found.verdicts), len(found.refused)
    right, wrong = len(found.blamed_right), len(found.wrong)
    said = [
        f"{made:,} logs with one change: {refused:,} refused ({_share(refused, made)})",
        f"The changed log is named first in {right:,} of these ({_share(right, refused)})",
        f"Accepted, and ought not to be: {wrong:,} ({_share(wrong, made)})",
    ]
    counts = Counter((verdict.mutant.kind, verdict.outcome) for verdict in found.verdicts)
    kinds = dict.fromkeys(verdict.mutant.kind for verdict in found.verdicts)
    rows = [
        [kind, outcome.value, str(counts[kind, outcome])]
        for kind in kinds
        for outcome in LogMutantFate
        if counts[kind, outcome]
    ]
    parts = [
        head(run, width=width),
        fitted("\n".join(said), width),
        table(rows, ["change", "what became of it", "logs"], width, right=["logs"]),
    ]
    if found.wrong:
        parts.append(fitted("\n".join(["Not noticed:", *(f"  {_line(v)}" for v in found.wrong)]), width))
    return "\n\n".join([*parts, repeating(run, width)])


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"


def _line(verdict: LogMutantVerdict) -> str:
    mutant = verdict.mutant
    return f"{mutant.event.ref}: {mutant.change}; {verdict.outcome.value}: {mutant.event.text}"


def as_json(run: Run, found: Sharpness) -> str:
    """One object, in the form that docs/json.md describes."""
    document = {
        "model": run.name,
        "made": len(found.verdicts),
        "refused": len(found.refused),
        "blamed_right": len(found.blamed_right),
        "wrong": len(found.wrong),
        "mutants": [
            {
                "kind": verdict.mutant.kind,
                "line": str(verdict.mutant.event.ref),
                "change": verdict.mutant.change,
                "outcome": verdict.outcome.name.lower(),
                "blamed_right": verdict.blamed == verdict.mutant.log,
            }
            for verdict in found.verdicts
        ],
        "reproduce": run.command,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
