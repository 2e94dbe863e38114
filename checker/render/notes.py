"""What is wrong, each at a line of the source: for CI servers, which show it there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

import click

from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.loading.model_file import find
from elcheck.checker.render.failure import shown
from elcheck.checker.render.summary import headline
from elcheck.checker.traces.code_flow import CodeFlow
from elcheck.checker.traces.source import Place, place_of_end
from elcheck.checker.zoo.case_result import CaseResult


@dataclass(frozen=True)
class SourceNote:
    """Something that is wrong: what it is called, what there is to say of it, its line, and the ways through
    the source that lead to it.
    """

    title: str
    text: str
    place: Place | None
    flows: tuple[CodeFlow, ...] = ()

    @property
    def attributes(self) -> dict[str, str]:
        """Its place as attributes of XML, as readers of JUnit's have them."""
        return {} if self.place is None else {"file": self.place.path, "line": str(self.place.line)}


def note_of(report: CheckReport, result: Result) -> SourceNote:
    """What is wrong with a property: its verdict and its trace, at the last line of this."""
    place = place_of_end(report.system.runner, result.trace)
    return SourceNote(click.unstyle(headline(result)).partition("\n")[0], shown(report, [result]), place)


def notes_of(report: CheckReport) -> list[SourceNote]:
    """What is wrong with the properties of a report."""
    return [note_of(report, result) for result in report.results if not result.ok]


def notes_of_cases(outcomes: Iterable[CaseResult]) -> list[SourceNote]:
    """What is wrong with each of some cases, at the line of the first property that is wrong."""
    notes = []
    for outcome in outcomes:
        if outcome.problems:
            lines = [line for line in outcome.lines if line.said and not outcome.knows(line)]
            places = (line.place for line in lines if line.place is not None)
            text = "\n\n".join([*outcome.problems, *dict.fromkeys(line.said for line in lines)])
            place = next(places, None) or _begin(outcome)
            flows = tuple(line.flow for line in lines if line.flow is not None)
            notes.append(SourceNote(f"elcheck {outcome.case.name}", text, place, flows))
    return notes


def _begin(outcome: CaseResult) -> Place | None:
    """The first line of a model's file."""
    if outcome.error is not None and outcome.case.path is not None and not outcome.case.path.is_file():
        return None
    return Place(str(find(str(outcome.case.path or outcome.case.model)).resolve()), 1)


def as_workflow_commands(notes: Iterable[SourceNote]) -> str:
    """The notes as GitHub's workflow commands, a line each, which GitHub Actions shows at their lines.

    GitHub Docs, Workflow commands for GitHub Actions, "Setting an error message".
    """
    return "".join(f"::error {_properties(note)}::{_data(note.text)}\n" for note in notes)


def _properties(note: SourceNote) -> str:
    found = {**note.attributes, "title": note.title}
    return ",".join(f"{name}={_property(value)}" for name, value in found.items())


def _data(said: str) -> str:
    return said.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(said: str) -> str:
    return _data(said).replace(":", "%3A").replace(",", "%2C")


def as_code_quality(notes: Iterable[SourceNote]) -> str:
    """The notes as GitLab's report of code quality, which merge requests show at their lines.

    GitLab Docs, Code Quality, "Import code quality results from a CI/CD job": the report's format.
    """
    found = [
        {
            "description": note.text,
            "check_name": note.title,
            "fingerprint": hashlib.sha256(f"{note.title} {note.place}".encode()).hexdigest(),
            "severity": "blocker",
            "location": {"path": note.place.path, "lines": {"begin": note.place.line}},
        }
        for note in notes
        if note.place is not None
    ]
    return json.dumps(found, indent=2, ensure_ascii=False)
