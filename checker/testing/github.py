"""What failed as GitHub's workflow commands, which GitHub Actions shows at their lines."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from elcheck.checker.pytest_plugin import PLACE
from elcheck.checker.render.notes import SourceNote, as_workflow_commands
from elcheck.checker.traces.source import Place


def workflow_commands(reports: Iterable[pytest.TestReport]) -> str:
    """A line for each failure that has a place."""
    return as_workflow_commands(_note(report) for report in reports)


def _note(report: pytest.TestReport) -> SourceNote:
    file, _, line = str(dict(report.user_properties)[PLACE]).rpartition(":")
    return SourceNote(report.nodeid.partition("::")[2], report.longreprtext, Place(file, int(line)))
