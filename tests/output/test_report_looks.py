"""How the page of a check looks: on a phone, in the dark, on paper; in a headless Chromium."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.output.report_cases import write
from tests.support.browser import WebDriverWait
from tests.support.report_browser import Browser


def test_on_a_phone(browser: Browser, raft: Path, lasso: Path) -> None:
    """The verdict, the guilty lanes and the first steps are on the first screen, all lanes beside the steps,
    and nothing is wider than the window.
    """
    look = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    wide = "return document.documentElement.scrollWidth <= 390"
    bottom = "return document.querySelector(arguments[0]).getBoundingClientRect().bottom"
    try:
        browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", look)
        browser.open(lasso)
        assert browser.asked(wide) is True
        browser.open(raft)
        assert browser.asked(wide) is True
        for place in ("h1 .verdict", "#trace .lanes .guilty", "#step-1"):
            assert browser.one(place).is_displayed()
            found = browser.asked(bottom, place)
            assert isinstance(found, int | float)
            assert found <= 844, place
        assert browser.asked("return document.querySelector('.picture').clientWidth < 200") is True
        assert browser.one("#trace .walk").is_displayed()
        assert browser.one("#step-4 .instead").is_displayed()
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_rows_are_as_high_as_the_picture_has_them(browser: Browser, raft: Path) -> None:
    browser.open(raft)
    places = "return [...document.querySelectorAll(arguments[0])].map(({ top, bottom }) => [top, bottom])"
    places = places.replace(".map(", ".map((e) => e.getBoundingClientRect()).map(")
    assert browser.asked(places, "#trace .steps li") == browser.asked(places, "#trace .band rect")


def _colours(browser: Browser) -> tuple[object, object]:
    style = "const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]"
    found = browser.asked(style)
    assert isinstance(found, list)
    return found[0], found[1]


FAINT = """
const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
  .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
  .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
const colour = (said) => said.match(/[\\d.]+/g).map(Number);
const behind = (e) => {
  for (; e; e = e.parentElement) {
    const found = colour(getComputedStyle(e).backgroundColor);
    if (found[3] !== 0) return found;
  }
  return [255, 255, 255];
};
const own = (e) => [...e.childNodes].filter((n) => n.nodeType === 3 && n.data.trim());
return [...document.querySelectorAll("main *")].filter((e) => own(e).length && e.getClientRects().length)
  .flatMap((e) => {
    const look = getComputedStyle(e), svg = e.closest("svg");
    const a = light(colour(svg ? look.fill : look.color)), b = light(behind(svg ?? e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return ratio < 4.5 ? [`${ratio.toFixed(2)} ${e.textContent}`] : [];
  });
"""
"""The texts whose contrast is below what WCAG 2 asks for at level AA."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out(browser: Browser, raft: Path, scheme: str) -> None:
    try:
        browser.media(prefers_color_scheme=scheme)
        browser.open(raft, "#1.4")
        assert browser.asked(FAINT) == []
    finally:
        browser.media()


FITS = "return shown.laid === layout(shown.claim)"  # a window says a little later that it was resized


@pytest.mark.parametrize("nodes", [4, 6, 10])
def test_any_number_of_nodes_fits(browser: Browser, tmp_path: Path, nodes: int) -> None:
    """At any width of a window, and on paper: first the picture loses its words, then the panes go below it,
    and at last it is scrolled itself.
    """
    steps = ("n1: election_timeout", "n2: request_vote", "n1: vote")
    path = write(tmp_path / "many.html", "raft_election", {"nodes": nodes}, {}, steps)
    browser.open(path)
    beyond = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    inside = "return document.querySelector(arguments[0]).getBoundingClientRect().right <= innerWidth"
    try:
        for width in (1400, 1200, 800, 390):
            look = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width == 390}
            browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", look)
            WebDriverWait(browser.driver, 5).until(lambda _: browser.asked(FITS) is True, str(width))
            for place in ("#state", "#source", "#trace .run"):
                assert browser.asked(inside, place) is True, (width, place)
            assert browser.asked(beyond) == 0, width
            steps_wide = "return document.querySelector('#trace .steps').clientWidth"
            assert browser.asked(steps_wide + " >= 140") is True, width
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.asked("dispatchEvent(new Event('beforeprint'))")
    paper = "return document.querySelector('.print .picture').getAttribute('width')"
    printed = browser.asked(paper)
    assert isinstance(printed, str)
    assert int(printed) <= 800


def test_dark_mode(browser: Browser, raft: Path) -> None:
    try:
        browser.media(prefers_color_scheme="dark")
        browser.open(raft)
        assert _colours(browser) == ("rgb(20, 23, 28)", "rgb(230, 233, 238)")
        browser.media(prefers_color_scheme="light")
        assert _colours(browser) == ("rgb(255, 255, 255)", "rgb(27, 31, 36)")
    finally:
        browser.media()


def test_reduced_motion(browser: Browser, raft: Path) -> None:
    smooth = "return getComputedStyle(document.documentElement).scrollBehavior"
    try:
        browser.open(raft)
        assert browser.asked(smooth) == "auto"
        browser.media(prefers_reduced_motion="no-preference")
        assert browser.asked(smooth) == "smooth"
    finally:
        browser.media()


def test_print(browser: Browser, raft: Path) -> None:
    """On paper are all counterexamples, each trace once, with everything that their steps change."""
    browser.open(raft)
    browser.asked(
        "addEventListener('beforeprint', () => { window.paper = document.querySelector('.print').innerHTML })"
    )
    printed: Mapping[str, object] = browser.driver.execute_cdp_cmd(
        "Page.printToPDF", {"printBackground": True}
    )
    assert len(str(printed["data"])) > 20_000
    paper = str(browser.asked("return window.paper"))
    assert paper.count('class="picture"') == 1
    assert "The same steps: logs match" in paper
    sent = "AppendEntries(term=1, prev_log_index=0, prev_log_term=0, entry=(1, n2), leader_commit=0)"
    assert f"sends {sent} to n1, n3" in paper
    assert browser.asked("return document.querySelector('.print').childElementCount") == 0  # gone again
    try:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        assert not browser.one("#trace").is_displayed()
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        browser.media()
