"""Pages that several tests look at, and what they are looked at with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from elcheck.checker import cli
from tests.output.report_cases import LOSSY, ROUND, write

if TYPE_CHECKING:
    from tests.support.report_browser import Browser


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    from tests.support.report_browser import Browser  # which skips what imports it where there is no Chromium

    started = Browser()
    yield started
    started.driver.quit()


@pytest.fixture(scope="package")
def raft(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "raft.html"
    assert cli.run(["raft", "--bug", "forget-vote", "--depth", "10", "--report", str(path)]) == 12
    return path


@pytest.fixture(scope="package")
def lasso(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "lasso.html"
    return write(path, "raft_election", {"nodes": 3}, LOSSY, ROUND, loop=6)
