"""The traces of a report, each once, with all the properties that it refutes."""

from __future__ import annotations

from dataclasses import dataclass

from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.replay.judged import judged
from elcheck.checker.traces.trace import Trace


@dataclass(frozen=True)
class Refutation:
    """A trace, and what it refutes, each with what is wrong. An exception may have none."""

    trace: Trace | None
    refuted: tuple[tuple[Result, str], ...]


def refutations(report: CheckReport) -> list[Refutation]:
    """What is refuted, by the traces that show it: an exception first, then in the order of the properties. A
    trace stands for a later property, too, if that is broken on it, unless the fewest faults were asked for.
    """
    left = [result for result in report.results if result.verdict is Verdict.REFUTED]
    left.sort(key=lambda result: result.kind != "error")
    found = []
    while left:
        first, *left = left
        said = {} if first.fewest else _broken(first, report)
        mine = [(first, first.detail)]
        for other in left:
            if other.trace is not None and other.trace == first.trace:
                mine.append((other, other.detail))
            elif (other.kind, other.name) in said and not other.fewest:
                mine.append((other, said[other.kind, other.name]))
        together = {id(result) for result, _ in mine}
        left = [result for result in left if id(result) not in together]
        found.append(Refutation(first.trace, tuple(mine)))
    return found


def _broken(result: Result, report: CheckReport) -> dict[tuple[str, str], str]:
    """What else is broken on the trace of a result: what is wrong, by kind and name."""
    if result.trace is None or result.kind == "error":
        return {}
    return {
        (j.kind, j.name): j.detail
        for j in judged(result.trace, report.model)
        if j.at is not None and j.kind not in ("sometimes", "error")
    }
