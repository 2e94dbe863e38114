"""What is exported: a report, one of its traces, and where in the source its steps are written."""

from __future__ import annotations

from dataclasses import dataclass

from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.errors import hint
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.values import text
from elcheck.checker.traces.trace import Trace


class NoTrace(Exception):
    """There is no such trace. The message says why."""


@dataclass(frozen=True)
class Exported:
    """A report, and the result whose trace is meant: None where a format does not take one. ``command``
    repeats the check; it is empty if nothing does.
    """

    report: CheckReport
    result: Result | None = None
    command: str = ""

    @property
    def trace(self) -> Trace:
        """The trace that is meant. Raises NoTrace."""
        if self.result is None or self.result.trace is None:
            raise NoTrace("there is no trace")
        return self.result.trace

    @property
    def title(self) -> str:
        """What the trace shows, in a line: ``REFUTED one leader: n1 and n2 lead``."""
        assert self.result is not None
        found = self.result
        lead = "REFUTED" if found.verdict is Verdict.REFUTED else "a witness of"
        return f"{lead} {found.name}: {found.detail}".partition("\n")[0]


def first_refuted(report: CheckReport) -> Result | None:
    """The first result that is refuted by a trace."""
    refuted = (r for r in report.results if r.verdict is Verdict.REFUTED and r.trace is not None)
    return next(refuted, None)


def result_with_trace(report: CheckReport, name: str | None) -> Result:
    """The result of a property, of the first refuted one if no name is given. Raises NoTrace."""
    if name is None:
        found = first_refuted(report)
        if found is None:
            raise NoTrace("nothing is refuted, so there is no counterexample")
        return found
    found = next((result for result in report.results if result.name == name), None)
    if found is None:
        known = [result.name for result in report.results]
        said = f"there is no property {name!r}: there are {', '.join(map(repr, known))}"
        raise NoTrace(said + hint(name, known))
    if found.trace is None:
        raise NoTrace(f"{name!r} ({found.verdict.words}) has no trace")
    return found


def describe(state: GlobalState) -> str:
    """A state in a few lines: a node each, then what is under way."""
    if state.shared is not None:
        return text(state.shared)
    lines = [f"{v.node}{f' ({v.idle})' if v.idle else ''}: {text(v.state)}" for v in state.nodes]
    return "\n".join(lines + [str(e).replace("→", "->", 1) for e in state.network])
