"""The pages of logs, of mutants and of cases, and what a notebook shows, in a headless Chromium."""

from __future__ import annotations

from pathlib import Path

from elcheck import check, load
from elcheck.checker import cli
from tests.docs.printed import files_of
from tests.support.browser import Keys
from tests.support.report_browser import Browser

ROOT = Path(__file__).parents[2]


NOTEBOOK = """<!doctype html><meta charset="utf-8"><style>
.cell { color: INK; background: PAPER; font: 14px/1.6 sans-serif; overflow: auto; }
.cell ol, .cell ul { padding-left: 2em; } .cell td { text-align: right; padding: .5em; }
.cell table { table-layout: fixed; margin: auto; } .cell p { margin: 1em 0; }
</style><body><div class="cell">OUTPUT</div>"""
"""How a notebook puts an output among its own: with styles of its own for lists and tables."""


WHERE = """
const at = (e) => { const r = e.getBoundingClientRect(); return [r.top, r.bottom, r.left, r.right]; };
return [".picture .band", ".steps li"].map((all) => [...document.querySelectorAll(all)].map(at));
"""


def test_a_notebook_says_once_what_was_cut() -> None:
    output = check(load("raft")(), depth=5)._repr_html_()
    assert output.count("steps were cut in ") == 1
    assert output.count("by depth 5") == 1


def test_a_notebook_has_the_picture(browser: Browser, tmp_path: Path) -> None:
    """It is drawn, each step stands beside its place, in the notebook's colours; nothing is loaded."""
    output = check(load("raft")(bug="forget-vote"), first=True)._repr_html_()
    for ink, paper in (("#111", "#fff"), ("#eee", "#111")):
        path = tmp_path / f"{paper[1:]}.html"
        text = NOTEBOOK.replace("INK", ink).replace("PAPER", paper).replace("OUTPUT", output)
        path.write_text(text, encoding="utf-8")
        browser.requests()
        browser.driver.get(path.as_uri())
        assert browser.requests() == [path.as_uri()]
        assert browser.problems() == []
        assert [name.text for name in browser.all(".lanes span")] == ["n1", "n2", "n3"]
        places = browser.asked(WHERE)
        assert isinstance(places, list)
        bands, steps = places
        assert len(bands) == len(steps) == 11
        for band, step in zip(bands, steps, strict=True):
            assert abs(band[0] - step[0]) < 6, "a step begins where its band does"
            assert band[3] <= step[2] + 1, "and beside it"
        assert all(bottom - top > 20 and right > left for top, bottom, left, right in bands)
        drawn = browser.one(".picture .lane").value_of_css_property("stroke")
        assert drawn not in ("none", "")
        said = browser.one(".steps li strong").value_of_css_property("color")
        assert said == {"#111": "rgba(17, 17, 17, 1)", "#eee": "rgba(238, 238, 238, 1)"}[ink]


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


def test_pages_of_cases(browser: Browser, tmp_path: Path) -> None:
    """They lead to the page of each case, and fit a phone, where each cell says what it is."""
    pages = tmp_path / "pages"
    assert cli.run(["zoo", "peterson_mutex", "--jobs", "1", "--report", str(pages)]) == 0
    browser.open(pages / "index.html")
    assert browser.one("h1").text == "elcheck zoo ALL AS THEY HAVE TO BE"
    look = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    try:
        browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", look)
        assert browser.asked("return document.documentElement.scrollWidth <= 390") is True
        head = "return getComputedStyle(document.querySelector('td.number'), '::before').content"
        assert browser.asked(head) == '"steps "'
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    links = [(link.text, link.get_attribute("href")) for link in browser.all("td a")]
    assert [name for name, _ in links][:2] == ["peterson_mutex", "peterson_mutex --bug turn-before-flag"]
    browser.all("td a")[1].click()
    assert browser.one("h1").text == "peterson_mutex REFUTED"
    assert browser.problems() == []
