"""The page of a check in a headless Chromium that reaches no network. Skipped where there is no Chromium."""

from __future__ import annotations

from pathlib import Path

from elcheck.checker import cli
from tests.output.report_cases import write
from tests.support.browser import Keys
from tests.support.report_browser import Browser


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
    assert "switched off: commands is 0" in rows["ForgetVote.client_request"]
    assert "only a leader sends heartbeats" in rows["ForgetVote.heartbeat"]
    assert len(browser.all(".plot rect")) == 11
    label = str(browser.one(".plot").get_attribute("aria-label"))
    assert label == "New states at the depths 0 to 10; the most, 2,938, at depth 10"


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


def test_what_else_is_asked_for_stands_at_each_step(browser: Browser, tmp_path: Path) -> None:
    """By --show: beside the step, and before the state after it with what it was."""
    page = tmp_path / "jugs.html"
    assert cli.run(["die_hard", "--show", "small + big", "--report", str(page)]) == 0
    browser.open(page)
    assert browser.texts("#trace .steps .wished") == [f"small + big: {n}" for n in (0, 5, 5, 2, 2, 7, 7)]
    browser.open(page, "#2.3")
    assert browser.texts("#state h4")[0] == "Asked for (--show)"
    assert browser.texts("#state table:first-of-type td")[0] == "5 2"
    assert browser.problems() == []
