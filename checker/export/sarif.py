"""The report as SARIF 2.1.0, for code scanning: a result for each refuted property, its trace as a code flow.

OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0: 3.20 invocations, 3.27 results, 3.36
code flows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.export.subject import Exported
from elcheck.checker.loading.version import __version__
from elcheck.checker.model.values import counted, text
from elcheck.checker.render.notes import SourceNote
from elcheck.checker.traces.changes import changes
from elcheck.checker.traces.source import Place, place_of_end, place_of_start, place_of_step
from elcheck.checker.traces.trace import Trace

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(subject: Exported) -> str:
    """The report as a document."""
    return json.dumps(document(subject), indent=2, ensure_ascii=False) + "\n"


def document(subject: Exported) -> dict[str, object]:
    """The report in JSON's types. What was not refuted has no result; what was not proved either is a
    notification, so that an empty list of results is not taken for a proof.
    """
    report = subject.report
    rules = [
        {"id": result.name, "shortDescription": {"text": f"{result.kind}: {result.name}"}}
        for result in report.results
    ]
    refuted = [(at, r) for at, r in enumerate(report.results) if r.verdict is Verdict.REFUTED]
    invocation: dict[str, object] = {
        "executionSuccessful": True,
        "exitCode": report.exit_code,
        "toolExecutionNotifications": _notifications(report),
    }
    if subject.command:
        invocation["commandLine"] = subject.command
    return _log(invocation, rules, [_result(report, at, result) for at, result in refuted])


def of_notes(notes: Sequence[SourceNote], command: str) -> str:
    """What is wrong with many models, or mutants that survive, as a document: a result for each, which has
    its trace as text.
    """
    titles = list(dict.fromkeys(note.title for note in notes))
    rules = [{"id": title, "shortDescription": {"text": title}} for title in titles]
    results = [
        {
            "ruleId": note.title,
            "ruleIndex": titles.index(note.title),
            "level": "error",
            "message": {"text": note.text},
            "locations": [] if note.place is None else [_location(note.place)],
        }
        for note in notes
    ]
    invocation = {"executionSuccessful": True, "commandLine": command}
    return json.dumps(_log(invocation, rules, results), indent=2, ensure_ascii=False) + "\n"


def _log(
    invocation: Mapping[str, object], rules: Sequence[object], results: Sequence[object]
) -> dict[str, object]:
    """A log of one run."""
    run = {
        "tool": {"driver": {"name": "elcheck", "version": __version__, "rules": rules}},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _notifications(report: CheckReport) -> list[dict[str, object]]:
    """What a reader has to know of the properties that are neither proved nor refuted."""
    unclear = (Verdict.UNDETERMINED, Verdict.VACUOUS, Verdict.HOLDS)
    return [
        {
            "level": "note" if result.verdict is Verdict.HOLDS else "warning",
            "message": {"text": f"{result.name}: {result.verdict.words}: {result.detail}"},
            "associatedRule": {"id": result.name, "index": at},
        }
        for at, result in enumerate(report.results)
        if result.verdict in unclear
    ]


def _result(report: CheckReport, rule: int, result: Result) -> dict[str, object]:
    """A refuted property, at the last step of a handler."""
    last = place_of_end(report.system.runner, result.trace)
    found: dict[str, object] = {
        "ruleId": result.name,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": f"{result.name} is refuted: {result.detail}"},
        "locations": [_location(last)],
    }
    if result.trace is not None:
        flow = {"locations": _flow(report, result.trace)}
        found["codeFlows"] = [{"message": {"text": _lead(result.trace)}, "threadFlows": [flow]}]
    return found


def _lead(trace: Trace) -> str:
    if trace.loop is None:
        return f"how it comes to that, in {counted(len(trace.steps), 'step')}"
    if trace.loop == len(trace.steps):
        return f"after {counted(trace.loop, 'step')} it stays where it is for ever"
    return f"a behaviour without end: after step {len(trace.steps)} it goes on as after step {trace.loop}"


def _flow(report: CheckReport, trace: Trace) -> list[dict[str, object]]:
    """The start and every step: where it is written, what it does, and what it changes."""
    start = _location(place_of_start(report.model), "0 start")
    found: list[dict[str, object]] = [{"location": start, "executionOrder": 0}]
    for number, before, step in trace.numbered:
        place = place_of_step(report.system.runner, before, step)
        place = place or place_of_start(report.model, step.event.node)
        changed = changes(report.model, before, step.state).fields
        found.append(
            {
                "location": _location(place, f"{number} {step.event.located}"),
                "executionOrder": number,
                "state": {change.path: {"text": text(change.new)} for change in changed},
            }
        )
    return found


def _location(place: Place, said: str | None = None) -> dict[str, object]:
    file, line = place
    found: dict[str, object] = {
        "physicalLocation": {"artifactLocation": _artifact(Path(file)), "region": {"startLine": line}}
    }
    if said is not None:
        found["message"] = {"text": said}
    return found


def _artifact(file: Path) -> dict[str, str]:
    """A file, relative to the folder that elcheck runs in where it is below it, as code scanning wants it."""
    try:
        return {"uri": quote(file.relative_to(Path.cwd()).as_posix()), "uriBaseId": "%SRCROOT%"}
    except ValueError:
        return {"uri": file.as_uri() if file.is_absolute() else quote(file.as_posix())}
