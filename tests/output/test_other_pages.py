"""The pages of logs and of mutants in a headless Chromium."""

from __future__ import annotations

from pathlib import Path

from elcheck.checker import cli
from tests.docs.printed import files_of
from tests.support.browser import Keys
from tests.support.report_browser import Browser

ROOT = Path(__file__).parents[2]


def test_pages_of_logs_and_of_mutants(browser: Browser, tmp_path: Path) -> None:
    """They load alone, step, and fit a phone."""
    logs = sorted(map(str, (ROOT / "tests/validation/logs/etcd-corrupted/two-leaders").iterdir()))
    refused, mutants, lock = tmp_path / "logs.html", tmp_path / "mutants.html", tmp_path / "lock.py"
    lock.write_text(files_of(ROOT / "docs/mutation.md")["lock.py"], encoding="utf-8")
    assert cli.run(["validate", "etcd_raft", *logs, "--as", "etcd", "--report", str(refused)]) == 1
    command = ["mutate", str(lock), "--function", "Server.*", "--jobs", "1", "--report", str(mutants)]
    assert cli.run(command) == 1
    look = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    for path, verdict, title in (
        (refused, "NOT ALLOWED", "Where each node is stuck"),
        (mutants, "KILLED", "What became of the mutants of each function"),
    ):
        browser.open(path)
        assert verdict in browser.one("h1").text
        assert browser.texts("h2")[0] == title
        browser.press(Keys.ARROW_LEFT)
        last = len(browser.all("#trace [role=option]")) - 1
        assert browser.selected() == str(last - 1)
        assert browser.problems() == []
        assert browser.requests() == [path.as_uri()]
        try:
            browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", look)
            browser.open(path)
            assert browser.asked("return document.documentElement.scrollWidth <= 390") is True
        finally:
            browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert browser.all("#trace .diff .removed")
