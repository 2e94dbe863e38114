"""The report as JUnit XML, one test case for each property, for CI servers."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.render.notes import note_of
from elcheck.checker.render.run import Run


def render(run: Run, report: CheckReport) -> str:
    """A test suite in XML. Undetermined is an error, never a skip; vacuous is a failure."""
    errors = sum(_is_error(result) for result in report.results)
    failures = sum(not result.ok for result in report.results) - errors
    suite = ET.Element(
        "testsuite",
        name=run.name,
        tests=str(len(report.results)),
        failures=str(failures),
        errors=str(errors),
        skipped="0",
        time=f"{report.stats.seconds:.3f}",
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in run.parameters.items():
        ET.SubElement(properties, "property", name=name, value=str(value))
    ET.SubElement(properties, "property", name="environment", value=report.model.environment.describe())
    for result in report.results:
        _case(suite, run, report, result)
    return as_document(suite)


def _is_error(result: Result) -> bool:
    return result.verdict is Verdict.UNDETERMINED or result.kind == "error"


def _case(suite: ET.Element, run: Run, report: CheckReport, result: Result) -> None:
    case = ET.SubElement(suite, "testcase", classname=run.name, name=f"{result.kind} {result.name}")
    if _is_error(result):
        tag = "error"
    elif not result.ok:
        tag = "failure"
    else:
        ET.SubElement(case, "system-out").text = f"{result.verdict.value} {result.detail}".strip()
        return
    note = note_of(report, result)
    case.attrib |= note.attributes
    message = f"{result.verdict.value}: {result.detail}"
    problem = ET.SubElement(case, tag, type=result.verdict.value, message=message)
    problem.text = f"{note.text}\n\n{run.command}"


def as_document(root: ET.Element) -> str:
    """An element with all that is in it as a document, without what XML can't hold."""
    for element in root.iter():
        for name, value in element.attrib.items():
            element.set(name, printable(value))
        element.text = None if element.text is None else printable(element.text)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode")


def printable(text: str) -> str:
    """Text without the control characters that XML can't hold."""
    return "".join(c for c in text if c.isprintable() or c in "\n\t")
