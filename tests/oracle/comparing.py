"""The checker beside the oracle: the same counts and verdicts, and traces that are paths of the oracle's."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TypeAlias

import pytest
from hypothesis.errors import UnsatisfiedAssumption

from elcheck.checker.check.check import check
from elcheck.checker.check.counts import Counts
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Event
from elcheck.checker.model.step import Choice
from elcheck.checker.model.validate import validate
from elcheck.checker.process.limits import Limits
from tests.oracle.random_models import Case
from tests.oracle.search import Facts, Found, search_some, successors
from tests.oracle.steps import Machine
from tests.oracle.table_programs import Broken
from tests.support.engines import engines_of


class Unusable(UnsatisfiedAssumption):
    """A random model that tells nothing: it is refused, or too large for the oracle."""


def compare(case: Case, cap: int) -> str:
    """Check a model on its engines, and demand the oracle's answers; what is too large is looked at up to a
    depth. Which answers there were, for statistics.

    Raises Unusable for what is refused, as a property that looks at no node.
    """
    limit = case.limit
    try:
        validate(case.model)
    except DefinitionError as error:
        raise Unusable from error
    try:
        facts, limit = search_some(_safe(case.model), limit, cap)
    except DefinitionError:
        for engine in engines_of(case.model):
            with pytest.raises(DefinitionError):
                check(case.model, Limits(depth=limit), engine=engine)
        return "begins nowhere"
    except Broken:
        for engine in engines_of(case.model):
            report = check(case.model, Limits(depth=limit), engine=engine)
            assert report.exit_code == EXIT["error"]
            walk(report, report.results[-1])
        return "raises"
    lively = []
    for engine in engines_of(case.model):
        report = check(case.model, Limits(depth=limit), engine=engine, counts=True)
        compare_counts(facts, report)
        compare_results(facts, report)
        assert isinstance(report.counts, Counts)
        assert (+Counter(report.counts.steps), +Counter(report.counts.met)) == (facts.steps, facts.met)
        assert report.counts.states == facts.distinct
        for result in report.results:
            walk(report, result)
        lively.append([(r.name, r.verdict) for r in report.results if r.kind == "liveness"])
    assert lively[0] == lively[-1]  # that they are right is tests/oracle/test_liveness.py's
    return " ".join(sorted({result.verdict.value for result in report.results}))


def _safe(model: Model) -> Model:
    """The model without its claims of liveness."""
    return replace(model, properties=[claim for claim in model.properties if claim.kind != "liveness"])


def takes_out(report: CheckReport) -> bool:
    """Whether a search took dead messages out."""
    return any(note.startswith("Dead messages") for note in report.reductions)


def compare_counts(facts: Facts, report: CheckReport) -> None:
    stats = report.stats
    assert stats.stopped is None
    counted = (stats.distinct, stats.transitions, stats.depth, stats.cut, stats.exhaustive)
    assert counted == (facts.distinct, facts.transitions, facts.depth, dict(facts.cut), not facts.cut)


Said: TypeAlias = tuple[str, str, str, int | None]
"""Of a property: its name, its kind, its verdict, and how long its trace is."""


def compare_results(facts: Facts, report: CheckReport) -> None:
    expected, found = said_of_results(facts, report)
    assert found == expected


def said_of_results(facts: Facts, report: CheckReport) -> tuple[list[Said], list[Said]]:
    """What the oracle says of each property, and what a report does; of liveness nothing."""
    claims = list(report.model.properties)
    expected: list[Said] = [
        (claim.name, claim.kind, facts.verdict(claim), _length(facts.found.get(claim.name)))
        for claim in claims
        if claim.kind != "liveness"
    ]
    if report.model.deadlock is not False:
        expected.append(("no deadlock", "deadlock", facts.deadlock_verdict(), facts.deadlock))
    return expected, [_said(result) for result in report.results if result.kind != "liveness"]


def _length(found: Found | None) -> int | None:
    return None if found is None else found.length


def _said(result: Result) -> Said:
    steps = None if result.trace is None else len(result.trace.steps)
    return result.name, result.kind, result.verdict.value, steps


def walk(report: CheckReport, result: Result) -> None:
    """A trace starts where the model does, and each of its steps is one of the oracle's."""
    if result.trace is None:
        return
    machine = Machine(report.model)
    assert result.trace.initial in machine.initial()
    state = result.trace.initial
    for step in result.trace.steps:
        ways = {(*_said_of(move.event), move.after) for move in successors(machine, state)}
        assert (*_said_of(step.event), step.state) in ways
        state = step.state


def _said_of(event: Event) -> tuple[str, str, Choice]:
    return event.kind, event.kind if event.kind == "tick" else event.name, event.choice
