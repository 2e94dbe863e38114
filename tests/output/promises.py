"""What docs/ci.md promises to stay, as it is now; ``python -m tests.output.promises`` records it.

What is recorded is in ``promised.json``. A test compares the two.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import json
from collections.abc import Mapping
from pathlib import Path

import elcheck
from elcheck.checker import cli
from elcheck.checker.check.verdict import EXIT, Verdict
from elcheck.checker.loading.version import JSON_FORMAT
from elcheck.checker.zoo.case_file import ASKED, FIRST
from elcheck.checker.zoo.pins import PINNED

RECORD = Path(__file__).with_name("promised.json")
REPORT = ["two_phase_commit", "--managers", "2", "--bug", "eager-commit"]
COMMANDS = {
    "check": REPORT,
    "frontier": [*REPORT, "--frontier"],
    "simulate": ["simulate", "die_hard", "--walks", "2"],
    "zoo": ["zoo", "die_hard", "--jobs", "1"],
    "list": ["list", "die_hard"],
}
OPEN = {
    *("parameters", "changes", "state", "initial", "args", "choice", "cut", "budgets"),
    *("traces", "certificate", "breaks", "history"),
}
"""Keys below which a model's own names stand."""


def current() -> dict[str, object]:
    """All that is promised."""
    names = {name: sorted(_parts(getattr(elcheck, name))) for name in elcheck.__all__}
    return {
        "json_format": JSON_FORMAT,
        "json": {name: sorted(keys(document(args))) for name, args in COMMANDS.items()},
        "exit_codes": {str(code): name for name, code in EXIT.items()},
        "verdicts": [verdict.value for verdict in Verdict],
        "pins": sorted({**ASKED, **FIRST, **PINNED}),
        "python": {name: parts if name in SCRIPTS else [] for name, parts in names.items()},
    }


SCRIPTS = ("check", "load", "within", "Report", "Result", "Stats", "Trace", "TraceStep", "CheckFailed")
"""The names of which the parts are promised, too: parameters and attributes."""


def _parts(found: object) -> list[str]:
    if inspect.isfunction(found):
        return list(inspect.signature(found).parameters)
    if inspect.isclass(found):
        fields = getattr(found, "__dataclass_fields__", {})
        return [name for name in {*fields, *vars(found)} if not name.startswith("_")]
    return []


def document(args: list[str]) -> object:
    """What a command writes as JSON."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        cli.run([*args, "--format", "json"])
    return json.loads(out.getvalue())


def keys(found: object, lead: str = "") -> set[str]:
    """The keys of a document, each with those that lead to it; elements of arrays are taken together."""
    if isinstance(found, list):
        return {key for element in found for key in keys(element, lead)}
    if not isinstance(found, Mapping):
        return set()
    below = {key for name, part in found.items() if name not in OPEN for key in keys(part, f"{lead}{name}.")}
    return below | {f"{lead}{name}" for name in found}


def flat(promised: object, lead: str = "") -> set[str]:
    """Each single promise."""
    if isinstance(promised, Mapping):
        return {p for name, part in promised.items() for p in flat(part, f"{lead}{name}: ")} | {
            lead.rstrip(": ")
        }
    if isinstance(promised, list):
        return {f"{lead}{element}" for element in promised}
    return {f"{lead}{promised}"}


def recorded() -> dict[str, object]:
    """What was promised last."""
    found: dict[str, object] = json.loads(RECORD.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    RECORD.write_text(json.dumps(current(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
