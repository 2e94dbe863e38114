"""What many cases came to: a table, JSON, JUnit XML."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

import click

from elcheck.checker.loading.version import JSON_FORMAT, __version__
from elcheck.checker.model.values import counted
from elcheck.checker.render.fit import NBSP, fitted, table
from elcheck.checker.render.junit import as_document
from elcheck.checker.render.notes import notes_of_cases
from elcheck.checker.render.summary import verdict
from elcheck.checker.zoo.case_result import CaseResult, PropertyLine

HEADERS = ("case", "verdict", "breaks", "steps", "states", "seconds", "")


def line(outcome: CaseResult) -> str:
    """One case in one line."""
    found, broken, steps, states, seconds, right = row(outcome)
    parts = [found, broken, f"in {steps} steps" * bool(steps), f"{states} states, {seconds} s" * bool(states)]
    return f"{outcome.case.command}: {', '.join([*filter(None, parts), right])}"


def as_text(
    outcomes: Sequence[CaseResult], seconds: float, missing: str | None = None, width: int | None = None
) -> str:
    """A table with a line for each case, what is wrong below it, and a summary; ``missing``: why some are."""
    rows = []
    for model, group in groupby(outcomes, key=lambda outcome: outcome.case.model):
        for number, outcome in enumerate(group):
            said = outcome.case.name if number == 0 else outcome.case.name.removeprefix(f"{model} ")
            rows.append([said.replace("--bug ", f"--bug{NBSP}"), *row(outcome)])
    wrong = [outcome for outcome in outcomes if outcome.problems]
    complaints = [
        "\n".join([outcome.case.command, *(f"  {problem}" for problem in outcome.problems)])
        for outcome in wrong
    ]
    ends = [f"Not every case was run: {missing}."] * (missing is not None)
    below = [*complaints, *ends, sum_in_words(outcomes, seconds)]
    shown = table(rows, HEADERS, width, right=["steps", "states", "seconds"], indented=["case"])
    return "\n\n".join([shown, *(fitted(said, width) for said in below)])


def row(outcome: CaseResult) -> list[str]:
    """What a case came to, with colours: what stands behind it in the table."""
    right = _judged(outcome)
    if outcome.stats is None or outcome.verdict is None:
        return ["", "", "", "", "", right]
    broken = outcome.refuted[:1]
    return [
        verdict(outcome.verdict),
        broken[0].name if broken else "",
        str(broken[0].steps) if broken and broken[0].steps is not None else "",
        f"{outcome.stats.distinct:,}",
        f"{outcome.stats.seconds:.1f}",
        right,
    ]


def _judged(outcome: CaseResult) -> str:
    if outcome.problems:
        return click.style("WRONG", fg="red", bold=True)
    return click.style("known", fg="yellow") if outcome.known else click.style("ok", fg="green")


def sum_in_words(outcomes: Sequence[CaseResult], seconds: float) -> str:
    """What came out in all."""
    wrong = sum(bool(outcome.problems) for outcome in outcomes)
    models = len({outcome.case.model for outcome in outcomes})
    as_expected = "all as they have to be" if not wrong else f"{wrong} not as they have to be"
    cases = f"{counted(len(outcomes), 'case')} of {counted(models, 'model')}"
    known = sum(len(outcome.known) for outcome in outcomes if not outcome.problems)
    pinned = f"; {counted(known, 'refutation')} known, as pinned" if known else ""
    return f"{cases} in {seconds:.0f} s: {as_expected}{pinned}."


def as_json(outcomes: Sequence[CaseResult], seconds: float, missing: str | None = None) -> str:
    """An object with the cases under ``cases``."""
    wrong = sum(bool(outcome.problems) for outcome in outcomes)
    document = {
        "elcheck": __version__,
        "format": JSON_FORMAT,
        "cases": [as_object(o) for o in outcomes],
        "wrong": wrong,
        "stopped": missing,
        "seconds": round(seconds, 3),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def as_object(outcome: CaseResult) -> dict[str, object]:
    """A case in JSON's types."""
    case = outcome.case
    return {
        "model": case.model,
        "parameters": dict(case.parameters),
        "environment": dict(case.environment),
        "command": case.command,
        "expects": case.expects,
        "found": outcome.found,
        "refuted": [_refuted(line) for line in outcome.refuted],
        "known": [line.name for line in outcome.known],
        "seconds": None if outcome.stats is None else round(outcome.stats.seconds, 3),
        "problems": outcome.problems,
    }


def _refuted(line: PropertyLine) -> dict[str, object]:
    return {
        "name": line.name,
        "kind": line.kind,
        "steps": line.steps,
        "detail": line.detail,
        "file": None if line.place is None else line.place.path,
        "line": None if line.place is None else line.place.line,
        "text": line.said,
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
            name=model,
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
    return as_document(root)


def _case(suite: ET.Element, outcome: CaseResult) -> None:
    time = 0.0 if outcome.stats is None else outcome.stats.seconds
    name = outcome.case.command
    case = ET.SubElement(suite, "testcase", classname=outcome.case.model, name=name, time=f"{time:.3f}")
    if outcome.problems:
        tag = "failure" if outcome.error is None else "error"
        (note,) = notes_of_cases([outcome])
        case.attrib |= note.attributes
        ET.SubElement(case, tag, message="; ".join(outcome.problems)).text = note.text
    else:
        known = [f"known: {line.name} is refuted, as pinned\n" for line in outcome.known]
        said = json.dumps(outcome.found, ensure_ascii=False)
        ET.SubElement(case, "system-out").text = "".join([*known, said])


FORMATS: Mapping[str, Callable[[Sequence[CaseResult], float, str | None], str]] = {
    "json": as_json,
    "junit": as_junit,
}
