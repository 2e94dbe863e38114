"""The pages of ``--elcheck-report``, and how failures are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from elcheck.checker.check.report import CheckReport
from elcheck.checker.html.case_pages import CasePages
from elcheck.checker.render.failure import show_case
from elcheck.checker.zoo.cases import Case

WIDTH = 100
"""Of failures where there is no terminal."""


class Pages:
    """Shows reports: as text to the width of the terminal, and as a page for each case if that is wanted."""

    def __init__(self, config: pytest.Config) -> None:
        folder: str | None = config.getoption("--elcheck-report")
        self._pages = None if folder is None else CasePages(config.invocation_params.dir / folder)
        self._config = config
        if self._pages is not None:
            try:
                self._pages.make()
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
        return None if self._pages is None else self._pages.of(case)

    def show(self, case: Case, report: CheckReport) -> dict[str, str]:
        """The text of each property that is not ok; the page is written. Raises OSError."""
        self.write(case, report)
        return show_case(case, report, self.width)

    def write(self, case: Case, report: CheckReport) -> None:
        """Write the page of a case, if one is wanted. Raises OSError."""
        if self._pages is not None:
            self._pages.write(case, report)
