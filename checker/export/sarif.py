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
from elcheck.checker.render.notes import SourceNote
from elcheck.checker.traces.code_flow import CodeFlow, code_flow
from elcheck.checker.traces.source import Place, place_of_end

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
    return _log(invocation, rules, [_result(at, _refuted(report, result)) for at, result in refuted])


def of_notes(notes: Sequence[SourceNote], command: str) -> str:
    """What is wrong with many models, or mutants that survive, as a document: a result for each, with its
    traces as text and as code flows.
    """
    titles = list(dict.fromkeys(note.title for note in notes))
    rules = [{"id": title, "shortDescription": {"text": title}} for title in titles]
    results = [_result(titles.index(note.title), note) for note in notes]
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


def _refuted(report: CheckReport, result: Result) -> SourceNote:
    """A refuted property, at the last step of a handler."""
    flows = () if result.trace is None else (code_flow(report.model, result.trace),)
    said = f"{result.name} is refuted: {result.detail}"
    return SourceNote(result.name, said, place_of_end(report.system.runner, result.trace), flows)


def _result(rule: int, note: SourceNote) -> dict[str, object]:
    """Something that is wrong, by the number of its rule."""
    found: dict[str, object] = {
        "ruleId": note.title,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": note.text},
        "locations": [] if note.place is None else [_location(note.place)],
    }
    if note.flows:
        found["codeFlows"] = [
            {"message": {"text": flow.said}, "threadFlows": [{"locations": _locations(flow)}]}
            for flow in note.flows
        ]
    return found


def _locations(flow: CodeFlow) -> list[dict[str, object]]:
    """The start and every step: where it is written, what it does, and what it changes."""
    return [
        {
            "location": _location(step.place, step.said),
            "executionOrder": number,
            "state": {path: {"text": new} for path, new in step.changed},
        }
        for number, step in enumerate(flow.steps)
    ]


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
