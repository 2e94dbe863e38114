"""The plugin of pytest. A run that has no model to test pays for a few options only: what checks models is
imported when the first of them is asked for.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from elcheck.checker.api import Report

for _finder in sys.meta_path:
    # pytest rewrites the assertions of all that is installed with a plugin. Ours are no tests, and a search
    # goes through them for each of its states.
    getattr(_finder, "_must_rewrite", set()).discard("elcheck")
    getattr(_finder, "_marked_for_rewrite_cache", {}).clear()

MARK = "elcheck"
FIXTURE = "elcheck_report"
PLACE = "elcheck_place"
"""The property of a test's report that says which line its failure is at."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say which options there are."""
    group = parser.getgroup("elcheck", "models under test (elcheck)")
    group.addoption(
        "--elcheck",
        action="append",
        default=[],
        metavar="FILE",
        help="Test the cases of a TOML file, or a model with all of its mistakes; may be repeated.",
    )
    group.addoption(
        "--elcheck-report", metavar="DIR", help="Write an HTML page of each model that is checked to DIR."
    )
    group.addoption(
        "--elcheck-pin",
        action="store_true",
        help="Write what cases come to into their TOML files; what is wrong is not pinned.",
    )
    group.addoption(
        "--elcheck-accept", action="store_true", help="With --elcheck-pin: pin what is wrong, too."
    )
    group.addoption("--elcheck-big", action="store_true", help="Test the cases that take minutes, too.")
    parser.addini("elcheck", "Files as --elcheck takes them, tested where no test is named.", type="paths")


def pytest_configure(config: pytest.Config) -> None:
    """Collect models if there are any to collect."""
    config.addinivalue_line(
        "markers",
        "elcheck(model, **options): check a model, with its parameters, its environment and limits; "
        f"the fixture {FIXTURE} is the report; a test that does not take it expects the model to hold.",
    )
    named = [Path(name) for name in config.getoption("--elcheck")]
    known: list[Path] = config.getini("elcheck")
    for option in ("pin", "accept", "big"):
        if config.getoption(f"--elcheck-{option}") and not named and not known:
            raise pytest.UsageError(f"--elcheck-{option} is of the cases of a file: --elcheck FILE.toml")
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        named += known
    if named or known:
        from elcheck.checker.testing.collecting import CasesPlugin

        config.pluginmanager.register(CasesPlugin(config, named, known), "elcheck-cases")


@pytest.fixture
def elcheck_report(request: pytest.FixtureRequest) -> Report:
    """The report of the model that ``@pytest.mark.elcheck("model.py", ...)`` names."""
    from elcheck.checker.testing.marked import report_of

    return report_of(request.node)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Check what a mark names if the test itself does not look at the report: it has to hold."""
    if not isinstance(item, pytest.Function) or FIXTURE in item.fixturenames:
        return
    if item.get_closest_marker(MARK) is not None:
        from elcheck.checker.testing.marked import expect

        expect(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Note the line that a report which was expected to hold comes to."""
    api = sys.modules.get("elcheck.checker.api")
    if api is not None and call.excinfo is not None and isinstance(call.excinfo.value, api.CheckFailed):
        item.user_properties.append((PLACE, call.excinfo.value.place))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where GitHub Actions runs the tests, let it show what failed at its lines."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    failed = terminalreporter.getreports("failed")
    located = [report for report in failed if PLACE in dict(report.user_properties)]
    if located:
        from elcheck.checker.testing.github import workflow_commands

        terminalreporter.write(workflow_commands(located))
