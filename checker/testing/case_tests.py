"""The tests of a case. What fails says it in the words of a report, without a traceback of Python's."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from elcheck.checker.check.verdict import Verdict
from elcheck.checker.pytest_plugin import PLACE
from elcheck.checker.zoo.case_result import CaseResult, PropertyLine

if TYPE_CHECKING:
    from elcheck.checker.testing.collecting import CaseTests


_PIN = "if it has to be so from now on: --elcheck-pin"


class CaseTest(pytest.Item):
    """A test of a case. It fails where the case could not be run."""

    parent: CaseTests

    def runtest(self) -> None:
        """Raise pytest.fail.Exception for what is not as it has to be."""
        __tracebackhide__ = True
        result = self.parent.result
        if result.error is not None:
            pytest.fail(result.error, pytrace=False)
        self.judge(result)

    def judge(self, result: CaseResult) -> None:
        """Look at what the case came to."""
        raise NotImplementedError

    def fail(self, said: str, line: PropertyLine | None = None) -> NoReturn:
        """Fail, with the command that repeats it, and the page if there is one."""
        if line is not None and line.place is not None:
            self.user_properties.append((PLACE, f"{line.place.path}:{line.place.line}"))
        case, page = self.parent.case, self.parent.plugin.pages.of(self.parent.case)
        ends = [f"To repeat it: {case.command}", *([] if page is None else [f"Its page: {page}"])]
        pytest.fail("\n".join([said, "", *ends]), pytrace=False)

    def reportinfo(self) -> tuple[str, int, str]:
        """Where it is written, and what it is called."""
        return str(self.path), 0, f"{self.parent.name}: {self.name}"


class PropertyHolds(CaseTest):
    """A property of a model without a mistake: it holds, or is known not to."""

    def judge(self, result: CaseResult) -> None:
        """Fail with the trace of what is not known; what is pinned is expected to fail."""
        line = next((line for line in result.lines if line.name == self.name), None)
        if line is None:
            self.fail(f"the check says nothing of {self.name!r}")
        self.judge_line(result, line)

    def judge_line(self, result: CaseResult, line: PropertyLine) -> None:
        """Fail where a line is neither ok nor known."""
        if line.verdict.ok:
            if result.pins_refuted(line):
                self.fail(f"it is {line.verdict.words}, and pinned as refuted; {_PIN}")
            return
        if result.knows(line):
            pytest.xfail(f"known, as pinned: {line.verdict.words}: {line.detail}")
        self.fail("\n\n".join([line.said, *_raised(result, line)]), line)


class NothingRaises(PropertyHolds):
    """No handler and no property of a model raises."""

    def judge(self, result: CaseResult) -> None:
        """Fail with the trace to what raised."""
        for line in result.lines:
            if line.kind == "error":
                self.judge_line(result, line)


def _raised(result: CaseResult, line: PropertyLine) -> list[str]:
    """What raised, where that is why a property could not be told."""
    if line.verdict is not Verdict.UNDETERMINED:
        return []
    return [other.said for other in result.lines if other.kind == "error"]


class MistakeFound(CaseTest):
    """A mistake that was put in is found."""

    def judge(self, result: CaseResult) -> None:
        """Fail if nothing is refuted."""
        if result.wrong:
            verdict = "" if result.verdict is None else f": {result.verdict.words}"
            self.fail("; ".join(result.wrong) + verdict)


class AsPinned(CaseTest):
    """A case comes to the same as last time."""

    def judge(self, result: CaseResult) -> None:
        """Fail with what is other."""
        if result.problems:
            self.fail("\n".join([*result.problems, _PIN + " --elcheck-accept" * bool(result.wrong)]))
