"""The HTML report in a headless Chromium that reaches no network. Skipped where there is no Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from elcheck.checker import cli
from elcheck.checker.model.values import text
from tests.docs.printed import files_of
from tests.output.report_cases import LOSSY, ROUND, write
from tests.support.browser import Chromium, Keys

ROOT = Path(__file__).parents[2]


class Browser(Chromium):
    """A Chromium, and what these tests ask of it."""

    def __init__(self) -> None:
        super().__init__()
        self.media()

    def open(self, path: Path, step: str = "") -> None:
        """Open a report as if for the first time, whatever it logs forgotten before."""
        self.driver.get("about:blank")
        self.requests()
        self.problems()
        self.driver.get(path.as_uri() + step)

    def media(self, **features: str) -> None:
        """Emulate what a user prefers; above all no motion, so that nothing moves while it is tested."""
        features = {"prefers_reduced_motion": "reduce", **features}
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": named})

    def selected(self) -> str:
        """The number of the selected step, by what assistive technology is told."""
        chosen = self.all("#trace [role=option][aria-selected=true]")
        assert len(chosen) == 1
        number = str(chosen[0].get_attribute("id"))
        assert self.one("#trace [role=listbox]").get_attribute("aria-activedescendant") == number
        return number.removeprefix("step-")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    started = Browser()
    yield started
    started.driver.quit()


@pytest.fixture(scope="module")
def raft(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "raft.html"
    assert cli.run(["raft", "--bug", "forget-vote", "--depth", "10", "--report", str(path)]) == 12
    return path


@pytest.fixture(scope="module")
def lasso(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "lasso.html"
    return write(path, "raft_election", {"nodes": 3}, LOSSY, ROUND, loop=6)


def test_it_loads_alone_and_without_complaint(browser: Browser, raft: Path) -> None:
    browser.open(raft)
    assert browser.requests() == [raft.as_uri()]
    assert browser.problems() == []
    assert browser.one("h1").text == "raft REFUTED"
    fetched = "fetch('https://example.org').then(() => 'let through', () => 'refused')"
    said: object = browser.driver.execute_async_script(f"{fetched}.then(arguments[0])")
    assert said == "refused"
    assert any("Content Security Policy" in problem for problem in browser.problems())


def test_keys_step_and_everything_follows(browser: Browser, raft: Path) -> None:
    browser.open(raft)
    assert browser.selected() == "0"
    for _ in range(3):
        browser.press(Keys.ARROW_RIGHT)
    assert browser.selected() == "3"
    assert browser.one("#place").text == "step 3 of 10"
    assert browser.one("#source .where").text.startswith("request_vote raft.py, lines")
    hit = [line.strip() for line in browser.texts("#source .hit")]
    assert hit[0] == "@receive(fair=WEAK)"
    assert hit[1].startswith("def request_vote(self, s: Server, src: NodeId, msg: RequestVote)")
    inside = "const r = (e) => e.getBoundingClientRect(), p = r(document.getElementById('source')), "
    inside += "h = r(document.querySelector('#source .hit')); return h.top >= p.top && h.bottom <= p.bottom"
    assert browser.asked(inside) is True
    changed = browser.texts("#state td.changed")
    assert changed == ["0 1", "None n1"]
    assert "+ n3 → n1: Vote(term=1)" in browser.texts("#state ins")
    browser.press(Keys.ARROW_LEFT)
    assert browser.selected() == "2"
    listbox = browser.one("#trace [role=listbox]")
    listbox.send_keys(Keys.END)
    assert browser.selected() == "10"
    listbox.send_keys(Keys.ARROW_DOWN)  # nothing beyond the last
    assert browser.selected() == "10"
    listbox.send_keys(Keys.ARROW_UP)
    assert browser.selected() == "9"
    listbox.send_keys(Keys.HOME)
    assert browser.selected() == "0"
    assert browser.problems() == []


def test_it_says_what_went_wrong(browser: Browser, raft: Path) -> None:
    """What is claimed, what is true instead, the mistake, and the step that shows it."""
    browser.open(raft)
    assert browser.texts("header .refuted")[1] == "at most one leader per term: n1 and n2 both lead in term 1"
    assert browser.texts("#trace .lead p")[1:] == [
        "At most one node leads in any term (Raft's Election Safety, Ongaro and Ousterhout 2014, figure 3).",
        "n1 and n2 both lead in term 1",
        "The mistake put in: forget-vote: The vote is not on the disk "
        "(cornerstone issue 65, raft-java issue 57).",
        "This is where it matters:",
        "It reads n1 and n2 at the end; all 10 steps bear on that.",
        "The same steps: logs match: n1 and n2 have index 1 of one term, and differ up to it",
    ]
    assert browser.texts("#trace .lead li") == [
        "step 4 n3: crash. Without the mistake n3.voted_for would be n1, not None."
    ]
    browser.one("#trace .lead li button").click()
    assert browser.selected() == "4"
    assert browser.texts("#state .instead") == ["Without the mistake n3.voted_for would be n1, not None."]
    assert len(browser.all("#trace .band.otherwise")) == 1
    browser.one("#step-6").click()
    assert "It rests on the steps 2 5" in browser.texts("#state p.soft")
    browser.all("#state .to-step")[1].click()
    assert browser.selected() == "5"


def test_keys_are_left_alone_elsewhere(browser: Browser, raft: Path) -> None:
    """Up and down scroll the page, and everything scrolls a pane that has the focus."""
    browser.open(raft)
    browser.press(Keys.ARROW_DOWN)
    assert browser.selected() == "0"
    browser.one("#source").send_keys(Keys.ARROW_RIGHT)
    assert browser.selected() == "0"


def test_clicks_select_a_step(browser: Browser, raft: Path) -> None:
    browser.open(raft)
    browser.one("#step-4").click()
    assert browser.selected() == "4"
    assert browser.one("#source .hit").text.strip().startswith("def at_crash(")
    assert "n3 (down)" in browser.texts("#state th")
    browser.one('#trace .band[data-at="2"] text').click()
    assert browser.selected() == "2"
    browser.press(Keys.ARROW_DOWN)  # from there the keys go on
    assert browser.selected() == "3"
    browser.all("#trace .walk button")[1].click()
    assert browser.selected() == "4"


def test_an_address_opens_a_step(browser: Browser, raft: Path) -> None:
    browser.open(raft, "#8.3")
    assert browser.selected() == "3"
    assert browser.one("#trace .lead strong").text == "a leader is elected"
    assert browser.all("#trace .guilty") == [], "nothing is wrong of a witness"
    browser.press(Keys.ARROW_RIGHT)
    assert browser.driver.current_url.endswith("#8.4")
    browser.open(raft, "#8.999")
    assert browser.selected() == "4"
    browser.open(raft, "#99.1")
    assert browser.one("#trace .lead strong").text == "at most one leader per term"


def test_a_link_goes_to_its_step(browser: Browser, raft: Path) -> None:
    """It is in sight, also when the page is loaded again, and when the address changes; without a link the
    page begins at its beginning.
    """
    seen = "const r = arguments[0].getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight"
    browser.open(raft, "#1.10")
    assert browser.asked(seen, browser.one("#step-10")) is True
    browser.driver.refresh()
    assert browser.selected() == "10"
    assert browser.asked(seen, browser.one("#step-10")) is True
    browser.asked("location.hash = '#1.2'")
    assert browser.selected() == "2"
    browser.open(raft)
    assert browser.asked("return [scrollY, location.hash]") == [0, ""]


def test_what_is_wrong_comes_first(browser: Browser, raft: Path) -> None:
    browser.open(raft)
    assert browser.texts("h2") == [
        "How it goes wrong",
        "What is claimed, and what came out",
        "The run",
        "Coverage of the handlers",
        "Growth: new states at each depth",
    ]
    assert browser.texts("#trace .lanes .guilty") == ["n1", "n2"]
    assert {lane.get_attribute("data-lane") for lane in browser.all("#trace .lane.guilty")} == {"0", "1"}


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


def test_another_trace_can_be_chosen(browser: Browser, raft: Path) -> None:
    browser.open(raft)
    names = browser.texts("tr:has(button.choose) th")
    assert [name.split("\n")[0] for name in names] == [
        "at most one leader per term",
        "logs match",
        "a leader is elected",
        "an entry is committed",
    ]
    browser.all("button.choose")[2].click()
    assert browser.one("#trace h2").text == "How it is reached"
    pressed = [button.get_attribute("aria-pressed") for button in browser.all("button.choose")]
    assert pressed == ["false", "false", "true", "false"]


def test_messages_tell_of_themselves(browser: Browser, raft: Path) -> None:
    browser.open(raft)
    browser.one("#step-6").click()
    messages = browser.all("#trace .message.now")
    said = [str(message.get_attribute("aria-label")) for message in messages]
    assert said == [
        "RequestVote(term=1, last_log=(0, 0)), from n2 to n3: sent in step 2, delivered in step 6",
        "Vote(term=1), from n3 to n2: sent in step 6, delivered in step 9",
    ]
    assert [m.get_attribute("tabindex") for m in messages] == ["0", "0"]  # the others are no stops
    assert len(browser.all('#trace .message[tabindex="0"]')) == 2
    browser.asked("arguments[0].focus()", messages[0])
    assert browser.texts("#tip") == [said[0]]
    assert browser.one("#tip").get_attribute("role") == "tooltip"
    browser.press(Keys.ESCAPE)
    assert browser.all("#tip") == []
    browser.asked("arguments[0].dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))", messages[1])
    assert browser.texts("#tip") == [said[1]]


def test_the_picture(browser: Browser, raft: Path) -> None:
    browser.open(raft)
    assert browser.texts("#trace .lanes span") == ["n1", "n2", "n3"]
    picture = browser.one("#trace .picture")
    assert str(picture.get_attribute("aria-label")).startswith("Space-time diagram: 3 nodes, 10 steps, ")
    delivered = browser.all("#trace .message:not(.waiting)")
    assert [m.get_attribute("data-end") for m in delivered] == ["3", "6", "7", "9"]
    assert len(browser.all("#trace .picture .lane.down")) == 1  # n3, between its crash and its restart
    assert browser.texts("#trace text.crash tspan") == ["crash", "voted_for None"]
    leads = (
        "return getComputedStyle(document.querySelectorAll('.lane[data-lane=\"0\"]')[arguments[0]]).stroke"
    )
    assert len({str(browser.asked(leads, at)) for at in (0, 1, 2)}) == 3  # follower, candidate, leader
    assert browser.texts("#trace .outcome") == ["n1 and n2 both lead in term 1"]


def test_rows_are_as_high_as_the_picture_has_them(browser: Browser, raft: Path) -> None:
    browser.open(raft)
    places = "return [...document.querySelectorAll(arguments[0])].map(({ top, bottom }) => [top, bottom])"
    places = places.replace(".map(", ".map((e) => e.getBoundingClientRect()).map(")
    assert browser.asked(places, "#trace .steps li") == browser.asked(places, "#trace .band rect")


def test_a_lasso_goes_round(browser: Browser, lasso: Path) -> None:
    browser.open(lasso)
    assert len(browser.all("#trace .loop")) == 1
    assert browser.texts("#trace .outcome") == ["Back to the state after step 6, and so on for ever."]
    browser.one("#step-8").click()
    assert browser.one("#place").text == "step 8 of 8, in the loop"
    browser.press(Keys.ARROW_DOWN)
    assert browser.selected() == "7"
    assert browser.texts("#trace .message.lost text") == []
    said = " ".join(browser.texts("#trace .picture text"))
    assert "RequestVote lost" in said
    assert "a copy is made" in said
    assert len(browser.all("#trace .split")) == 2
    assert browser.problems() == []


def test_a_stutter_stays(browser: Browser, tmp_path: Path) -> None:
    path = write(tmp_path / "stay.html", "raft_election", {}, {}, ("n1: election_timeout",), loop=1)
    browser.open(path)
    assert browser.texts("#trace .outcome") == ["It stays there for ever."]
    browser.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert browser.selected() == "1"


def test_a_spec_has_steps_and_no_lanes(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "jugs.html"
    assert cli.run(["die_hard", "--report", str(path)]) == 0
    browser.open(path)
    assert browser.all("#trace .lane") == []
    assert browser.texts("#trace .steps .head")[1:3] == ["fill_big", "big_to_small"]
    browser.press(Keys.ARROW_RIGHT)
    assert browser.texts("#state td.changed") == ["0 5"]
    assert browser.problems() == []


def test_a_check_without_any_trace(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "none.html"
    assert cli.run(["raft", "--depth", "1", "--report", str(path)]) == 20
    browser.open(path)
    assert browser.all("#trace") == []
    assert "never ran" in browser.one("main").text
    browser.press(Keys.ARROW_RIGHT)
    assert browser.problems() == []


def test_coverage_and_growth(browser: Browser, raft: Path) -> None:
    browser.open(raft)
    rows = {row.split()[0]: row for row in browser.texts("tr:has(th.code)")}
    assert "never ran" in rows["ForgetVote.client_request"]
    assert "only a leader sends heartbeats" in rows["ForgetVote.heartbeat"]
    assert len(browser.all(".plot rect")) == 11
    label = str(browser.one(".plot").get_attribute("aria-label"))
    assert label == "New states at the depths 0 to 10; the most, 2,938, at depth 10"


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


def test_nothing_is_wider_than_a_narrow_window(browser: Browser, lasso: Path) -> None:
    size = browser.driver.get_window_size()
    try:
        browser.driver.set_window_size(800, 1000)
        browser.open(lasso)
        assert browser.asked("return document.documentElement.scrollWidth <= innerWidth") is True
    finally:
        browser.driver.set_window_size(size["width"], size["height"])


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


HOSTILE = '''
from elcheck import *


class Note(Message):
    text: str


class Local(State):
    heard: str = ""


class Talk(Node[Local]):
    @action
    def say(self, s: Local) -> Step[Local]:
        """</script><script>window.bad = 1</script> <img src=x onerror="window.bad = 1">"""
        return Step(replace(s, heard=EVIL), self.broadcast(Note(EVIL)))

    @receive
    def note(self, s: Local, src: NodeId, msg: Note) -> Local:
        return replace(s, heard=msg.text + "!")


EVIL = "</script><!--<script>window.bad = 1</script> <img src=x onerror='window.bad = 1'> \\x00 \\ud800 $data"


def quiet(s: Local) -> bool | str:
    return EVIL + " was heard" if s.heard.endswith("!") else True


def model(nodes: int = 2) -> Model:
    """<b>Bold</b> & <i>more</i> </noscript></pre><script>window.bad = 1</script>"""
    return Model(
        Talk(),
        nodes=node_ids("<i>a</i> </script>"),
        environment=Environment(network="bag"),
        properties=[always("<u>quiet</u>", each(Local, quiet))],
    )
'''
EVIL = "</script><!--<script>window.bad = 1</script> <img src=x onerror='window.bad = 1'> \x00 \ud800 $data"


def test_strings_of_a_model_stay_strings(browser: Browser, tmp_path: Path) -> None:
    model, path = tmp_path / "talk.py", tmp_path / "talk.html"
    model.write_text(HOSTILE, encoding="utf-8")
    assert cli.run([str(model), "--report", str(path)]) == 12
    browser.open(path)
    assert browser.problems() == []
    assert browser.asked("return window.bad ?? 0") == 0
    assert browser.texts("#trace .lanes span") == ["<i>a</i>", "</script>"]
    assert browser.one("#trace .lead strong").text == "<u>quiet</u>"
    browser.press(Keys.ARROW_RIGHT)
    assert browser.one("#step-1 .doc").text.startswith("</script><script>window.bad = 1</script> <img")
    holds = "return document.querySelector(arguments[0]).textContent.includes(JSON.parse(arguments[1]))"
    assert browser.asked(holds, "#trace .outcome", json.dumps(f"{EVIL} was heard")) is True
    assert browser.asked(holds, "#state", json.dumps(text(EVIL))) is True
    assert (
        browser.asked("return document.querySelectorAll('main script, main img, main i, main b').length") == 0
    )
    assert browser.asked("return document.scripts.length") == 2
    assert browser.requests() == [path.as_uri()]


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


def test_a_long_trace_stays_usable(browser: Browser, tmp_path: Path) -> None:
    there_and_back = ("partition n1 | n2 n3 n4 n5", "heal") * 50
    environment = {"network": "bag", "partition": "unlimited"}
    path = write(tmp_path / "long.html", "raft_election", {"nodes": 5}, environment, there_and_back)
    browser.open(path)
    listbox = browser.one("#trace [role=listbox]")
    listbox.send_keys(Keys.END)
    assert browser.selected() == "100"
    seen = "const r = arguments[0].getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight"
    assert browser.asked(seen, browser.one("#step-100")) is True
    assert browser.asked(seen, browser.one("#trace .side")) is True  # beside it, 6,600 pixels further down
