"""What failed as GitHub's workflow commands, which GitHub Actions shows at their lines."""

from __future__ import annotations

import re
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
    return SourceNote(report.nodeid.partition("::")[2], _message(report), Place(file, int(line)))


def _message(report: pytest.TestReport) -> str:
    """What was raised, without what pytest shows around it."""
    crash = getattr(report.longrepr, "reprcrash", None)
    said = report.longreprtext if crash is None else str(crash.message)
    return re.sub(r"^([\w.]*CheckFailed|Failed): ", "", said)
