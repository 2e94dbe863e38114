"""The pages of ``--elcheck-report``, and how failures are shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from elcheck.checker.check.report import CheckReport
from elcheck.checker.loading.model_file import without_mistake
from elcheck.checker.render.failure import show_case
from elcheck.checker.render.run import Run
from elcheck.checker.zoo.cases import Case

WIDTH = 100
"""Of failures where there is no terminal."""


class Pages:
    """Shows reports: as text to the width of the terminal, and as a page for each case if that is wanted."""

    def __init__(self, config: pytest.Config) -> None:
        folder: str | None = config.getoption("--elcheck-report")
        self._folder: Path | None = None if folder is None else config.invocation_params.dir / folder
        self._config = config
        if self._folder is not None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise pytest.UsageError(f"--elcheck-report {folder}: {error.strerror}") from error

    @property
    def width(self) -> int:
        """How wide failures may be."""
        if not self._config.pluginmanager.has_plugin("terminalreporter"):
            return WIDTH
        writer = self._config.get_terminal_writer()
        return writer.fullwidth if writer.hasmarkup else WIDTH

    def of(self, case: Case) -> Path | None:
        """The page of a case, None if none is wanted."""
        if self._folder is None:
            return None
        return self._folder / f"{re.sub(r'[^A-Za-z0-9_.=-]+', '-', case.name).strip('-')}.html"

    def show(self, case: Case, report: CheckReport) -> dict[str, str]:
        """The text of each property that is not ok; the page is written. Raises OSError."""
        self.write(case, report)
        return show_case(case, report, self.width)

    def write(self, case: Case, report: CheckReport) -> None:
        """Write the page of a case, if one is wanted. Raises OSError."""
        path = self.of(case)
        if path is not None:
            from elcheck.checker.html import page  # which takes its time to be imported

            file = case.file
            given = {name: parameter.default for name, parameter in file.parameters.items()}
            run = Run(case.model, file.summary, {**given, **case.parameters}, case.command)
            sound = without_mistake(file, case.parameters, case.environment)
            page.write(run, report, file.about, path, sound)
