"""What a case came to, and in what that is not what it has to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from elcheck.checker.check.report import Stats
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.values import counted
from elcheck.checker.traces.code_flow import CodeFlow
from elcheck.checker.traces.source import Place
from elcheck.checker.zoo.cases import Case


@dataclass(frozen=True)
class PropertyLine:
    """What was found of one property; ``steps`` is the length of its trace. Of what is not ok, ``said`` shows
    it with its trace, if it was asked for; then ``place`` is the line that it comes to, and ``flow`` the way
    of the trace through the source.
    """

    name: str
    kind: str
    verdict: Verdict
    detail: str
    steps: int | None
    said: str = ""
    place: Place | None = None
    flow: CodeFlow | None = None

    @property
    def undecided(self) -> bool:
        """Whether it neither holds nor is refuted."""
        return self.verdict in (Verdict.VACUOUS, Verdict.UNDETERMINED)


@dataclass(frozen=True)
class CaseResult:
    """What a case came to. ``error`` says why it could not be run; then there are no ``stats``."""

    case: Case
    verdict: Verdict | None = None
    lines: tuple[PropertyLine, ...] = ()
    stats: Stats | None = None
    error: str | None = None

    @property
    def refuted(self) -> list[PropertyLine]:
        """The properties that are refuted, those with the shortest traces first."""
        found = [line for line in self.lines if line.verdict is Verdict.REFUTED]
        return sorted(found, key=lambda line: line.steps or 0)

    def knows(self, line: PropertyLine) -> bool:
        """Whether it is pinned that a property is not ok."""
        pins = self.case.pinned
        if line.verdict is Verdict.REFUTED:
            return self.pins_refuted(line)
        undecided = pins.get("undecided")
        if isinstance(undecided, list):
            return line.name in undecided
        stopped = self.case.first and pins.get("verdict") == Verdict.REFUTED.value
        return stopped or pins.get("verdict") == line.verdict.value

    def pins_refuted(self, line: PropertyLine) -> bool:
        """Whether it is pinned that a property is refuted."""
        traces = self.case.pinned.get("traces")
        named = isinstance(traces, Mapping) and line.name in traces and line.kind != "sometimes"
        return named and self.case.pinned.get("verdict") == Verdict.REFUTED.value

    @property
    def pinned(self) -> CaseResult:
        """The same as if what came out had been pinned."""
        return replace(self, case=replace(self.case, pinned=self.found, expects=None))

    @property
    def known(self) -> list[PropertyLine]:
        """The properties of a model without a mistake put in that are refuted, as is pinned."""
        return [] if self.case.mistake else [line for line in self.refuted if self.knows(line)]

    @property
    def wrong(self) -> list[str]:
        """What is not ok and not pinned: that is no matter of numbers."""
        if self.case.mistake:
            found = self.verdict in (None, Verdict.REFUTED)
            pinned = self.verdict is not None and self.case.pinned.get("verdict") == self.verdict.value
            return [] if found or pinned else ["the mistake is not found"]
        wrong = [line for line in self.lines if not line.verdict.ok and not self.knows(line)]
        return [f"{line.name} is {line.verdict.words}" + _in_steps(line) for line in wrong]

    @property
    def found(self) -> dict[str, object]:
        """What can be pinned of it."""
        if self.stats is None or self.verdict is None:
            return {}
        stats = self.stats
        traces = {line.name: line.steps for line in self.lines if line.steps is not None}
        counts = {"distinct": stats.distinct, "transitions": stats.transitions, "depth": stats.depth}
        parts: dict[str, object] = {"traces": traces}
        if not self.case.first:
            parts |= {"cut": stats.cut, "undecided": [line.name for line in self.lines if line.undecided]}
        return {
            **counts,
            "verdict": self.verdict.value,
            **{name: part for name, part in parts.items() if part},
        }

    @property
    def problems(self) -> list[str]:
        """In what it differs from what it has to be."""
        if self.error is not None:
            return [self.error]
        problems = []
        if self.case.expects == "sound" and self.verdict is not None and not self.verdict.ok:
            problems.append(f"it does not hold: {self.verdict.words}")
        if self.case.expects == "broken" and self.verdict is not Verdict.REFUTED:
            problems.append("the mistake is not found")
        for name, pinned in self.case.pinned.items():
            found = self.found.get(name, {} if name in ("cut", "traces") else None)
            if found != pinned:
                problems.append(f"{name} is {_said(found)}, pinned {_said(pinned)}")
        return problems


def _in_steps(line: PropertyLine) -> str:
    return "" if line.steps is None else f" in {counted(line.steps, 'step')}"


def _said(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
