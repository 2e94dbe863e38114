"""What many cases came to: a table, JSON, JUnit XML."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

import click
from tabulate import tabulate

from elcheck.checker.loading.version import __version__
from elcheck.checker.model.values import counted
from elcheck.checker.render.junit import printable
from elcheck.checker.render.text import verdict
from elcheck.checker.zoo.run import CaseResult

HEADERS = ("model", "with", "verdict", "breaks", "steps", "states", "seconds", "")


def line(outcome: CaseResult) -> str:
    """One case in one line."""
    _, found, broken, steps, states, seconds, right = _row(outcome)
    parts = [found, broken, f"in {steps} steps" * bool(steps), f"{states} states, {seconds} s" * bool(states)]
    return f"{outcome.case.command}: {', '.join([*filter(None, parts), right])}"


def as_text(outcomes: Sequence[CaseResult], seconds: float, missing: str | None = None) -> str:
    """A table with a line for each case, what is wrong below it, and a summary; ``missing``: why some are."""
    rows = []
    for model, group in groupby(outcomes, key=lambda outcome: outcome.case.model):
        for number, outcome in enumerate(group):
            rows.append([model if number == 0 else "", *_row(outcome)])
    wrong = [outcome for outcome in outcomes if outcome.problems]
    table = tabulate(
        rows, headers=HEADERS, tablefmt="simple", colalign=("left",) * 4 + ("right",) * 3 + ("left",)
    )
    complaints = [
        f"{outcome.case.command}\n" + "\n".join(f"  {p}" for p in outcome.problems) for outcome in wrong
    ]
    ends = [f"Not every case was run: {missing}."] * (missing is not None)
    return "\n\n".join([table, *complaints, *ends, _summary(outcomes, len(wrong), seconds)])


def _row(outcome: CaseResult) -> list[str]:
    said = outcome.case.command.removeprefix(f"elcheck {outcome.case.model}").removesuffix(" --first").strip()
    right = (
        click.style("ok", fg="green") if not outcome.problems else click.style("WRONG", fg="red", bold=True)
    )
    if outcome.stats is None or outcome.verdict is None:
        return [said, "", "", "", "", "", right]
    broken = outcome.refuted[:1]
    return [
        said,
        verdict(outcome.verdict),
        broken[0].name if broken else "",
        str(broken[0].steps) if broken and broken[0].steps is not None else "",
        f"{outcome.stats.distinct:,}",
        f"{outcome.stats.seconds:.1f}",
        right,
    ]


def _summary(outcomes: Sequence[CaseResult], wrong: int, seconds: float) -> str:
    models = len({outcome.case.model for outcome in outcomes})
    as_expected = "all as they have to be" if not wrong else f"{wrong} not as they have to be"
    cases = f"{counted(len(outcomes), 'case')} of {counted(models, 'model')}"
    return f"{cases} in {seconds:.0f} s: {as_expected}."


def as_json(outcomes: Sequence[CaseResult], seconds: float, missing: str | None = None) -> str:
    """An object with the cases under ``cases``."""
    wrong = sum(bool(outcome.problems) for outcome in outcomes)
    document = {
        "elcheck": __version__,
        "cases": [_object(o) for o in outcomes],
        "wrong": wrong,
        "stopped": missing,
        "seconds": round(seconds, 3),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _object(outcome: CaseResult) -> dict[str, object]:
    case = outcome.case
    return {
        "model": case.model,
        "parameters": dict(case.parameters),
        "environment": dict(case.environment),
        "command": case.command,
        "expects": case.expects,
        "found": outcome.found,
        "refuted": [{"name": r.name, "kind": r.kind, "steps": r.steps} for r in outcome.refuted],
        "seconds": None if outcome.stats is None else round(outcome.stats.seconds, 3),
        "problems": outcome.problems,
    }


def as_junit(outcomes: Sequence[CaseResult], seconds: float, missing: str | None = None) -> str:
    """JUnit XML: a suite for each model, a test case for each case; what is ``missing`` is an error."""
    root = ET.Element("testsuites", time=f"{seconds:.3f}")
    for model, group in groupby(outcomes, key=lambda outcome: outcome.case.model):
        found = list(group)
        errors = sum(outcome.error is not None for outcome in found)
        failures = sum(bool(outcome.problems) for outcome in found) - errors
        suite = ET.SubElement(
            root,
            "testsuite",
            name=printable(model),
            tests=str(len(found)),
            failures=str(failures),
            errors=str(errors),
            skipped="0",
        )
        for outcome in found:
            _case(suite, outcome)
    if missing is not None:
        suite = ET.SubElement(root, "testsuite", name="elcheck zoo", tests="1", errors="1")
        ET.SubElement(ET.SubElement(suite, "testcase", name="every case is run"), "error", message=missing)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode")


def _case(suite: ET.Element, outcome: CaseResult) -> None:
    time = 0.0 if outcome.stats is None else outcome.stats.seconds
    name = printable(outcome.case.command)
    case = ET.SubElement(
        suite, "testcase", classname=printable(outcome.case.model), name=name, time=f"{time:.3f}"
    )
    if outcome.problems:
        tag = "failure" if outcome.error is None else "error"
        ET.SubElement(case, tag, message=printable("; ".join(outcome.problems)))
    else:
        said: Mapping[str, object] = outcome.found
        ET.SubElement(case, "system-out").text = printable(json.dumps(said, ensure_ascii=False))


FORMATS: Mapping[str, Callable[[Sequence[CaseResult], float, str | None], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
}
