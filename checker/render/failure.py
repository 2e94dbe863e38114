"""What is wrong, as the message of a test that fails: each verdict with its trace and its place."""

from __future__ import annotations

from collections.abc import Sequence

import click

from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.model.values import counted
from elcheck.checker.render.fit import fitted
from elcheck.checker.render.summary import headline
from elcheck.checker.render.table import trace_table
from elcheck.checker.traces.trace import Trace
from elcheck.checker.zoo.cases import Case


def failure(report: CheckReport, results: Sequence[Result], width: int | None = None) -> str:
    """Some results of a report, without colours; ``width`` wraps them. A trace is shown once for all results
    that it is of.
    """
    end = f"{len(results)} of {counted(len(report.results), 'result')} neither proved nor held within bounds."
    alike: dict[Trace | str, list[Result]] = {}
    for result in results:
        alike.setdefault(result.trace or result.name, []).append(result)
    return "\n\n".join([*(shown(report, together, width) for together in alike.values()), end])


def shown(report: CheckReport, results: Sequence[Result], width: int | None = None) -> str:
    """Results of one trace: what is wrong, and how it comes to that."""
    lines = [
        fitted(line, width) for result in results for line in click.unstyle(headline(result)).splitlines()
    ]
    trace = results[0].trace
    if trace is not None:
        lines.append(click.unstyle(trace_table(report.model, trace, width)))
    return "\n".join(lines)


def show_case(case: Case, report: CheckReport, width: int | None = None) -> dict[str, str]:
    """The text of each property of a case that is not ok."""
    del case
    return {result.name: shown(report, [result], width) for result in report.results if not result.ok}
