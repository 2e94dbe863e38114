"""The pages of many cases, in one folder: one for each case, and ``index.html`` for all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from elcheck.checker.check.report import CheckReport
from elcheck.checker.loading.model_file import without_mistake
from elcheck.checker.render import zoo as words
from elcheck.checker.render.run import Run
from elcheck.checker.zoo.case_result import CaseResult
from elcheck.checker.zoo.cases import Case


@dataclass(frozen=True)
class CasePages:
    """A folder of pages. What makes pages takes its time to be imported, and is when one is written."""

    folder: Path

    def of(self, case: Case) -> Path:
        """The page of a case."""
        return self.folder / f"{re.sub(r'[^A-Za-z0-9_.=-]+', '-', case.name).strip('-')}.html"

    @property
    def index(self) -> Path:
        """The page of all cases."""
        return self.folder / "index.html"

    def make(self) -> None:
        """Make the folder. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def clear(self, cases: Iterable[Case]) -> None:
        """Take away what an earlier run has left of cases: a page that is there is of this one. Raises
        OSError.
        """
        for path in (self.index, *map(self.of, cases)):
            path.unlink(missing_ok=True)

    def link(self, case: Case) -> str:
        """What leads from the page of all cases to that of one; empty if this is not there."""
        path = self.of(case)
        return path.name if path.is_file() else ""

    def write(self, case: Case, report: CheckReport) -> None:
        """Write the page of a case. Raises OSError."""
        from elcheck.checker.html import page

        file = case.file
        given = {name: parameter.default for name, parameter in file.parameters.items()}
        parameters = {**given, **case.parameters}
        run = Run(case.model, file.summary, parameters, case.command, (), file.mistake_in(parameters))
        sound = without_mistake(file, case.parameters, case.environment)
        page.write(run, report, file.about, self.of(case), sound)

    def write_index(
        self, outcomes: Sequence[CaseResult], seconds: float, missing: str | None, command: str
    ) -> None:
        """Write the page of all cases: ``missing`` says why some are not there. Raises OSError."""
        from elcheck.checker.html import of_cases, page

        shown = of_cases.document(outcomes, seconds, missing, command, self.link)
        page.write_page(shown, click.unstyle(words.as_text(outcomes, seconds, missing)), self.index)
