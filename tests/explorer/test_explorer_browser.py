"""The explorer's page in a headless Chromium. Skipped where there is no Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from elcheck.checker.explorer.about import Overview, SavedPath
from elcheck.checker.explorer.live import LiveModel
from elcheck.checker.explorer.server import serving
from elcheck.checker.explorer.space import Space
from elcheck.checker.loading.model_file import load
from elcheck.checker.loading.reloading import SourceWatch
from elcheck.checker.model.model import Model
from tests.explorer.walking import FORGOTTEN, OVERVIEW, client, follow, model_of, written
from tests.support.browser import Chromium, Keys, Select, WebDriverWait


def of_model(model: Model, *prepared: SavedPath) -> Iterator[str]:
    """The address of a page for a model, served while it is used."""
    about = Overview("m", "A model.", "size 3", "network set", "elcheck explore m", prepared)
    return served(LiveModel(Space(model), about))


def served(live: LiveModel) -> Iterator[str]:
    """The address of a page for a model that may be read again."""
    server, address = serving(live, 0)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield address
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def raft() -> Iterator[str]:
    model = model_of("raft", bug="forget-vote")
    path = tuple(follow(client(model), *FORGOTTEN.split("; ")))
    yield from of_model(model, SavedPath("refuted: at most one leader per term", path, "n1 and n2 both lead"))


@pytest.fixture(scope="module")
def jugs() -> Iterator[str]:
    yield from of_model(model_of("die_hard"))


class Page(Chromium):
    """A Chromium with the page, and what these tests ask of it."""

    def open(self, address: str, title: str) -> None:
        """Open an address as if for the first time."""
        self.driver.get("about:blank")
        self.requests()
        self.problems()
        self.driver.get(address)
        self.comes_to(title)

    def hosts(self) -> set[str]:
        """The hosts that were asked for anything."""
        return {u.split("/")[2] if u.startswith("http") else u.split(":")[0] for u in self.requests()}

    def text(self, selector: str) -> str:
        """What is written in an element."""
        return self.one(selector).text

    def click(self, selector: str, words: str = "") -> None:
        """Click the first of some elements that holds these words."""
        next(element for element in self.all(selector) if words in element.text).click()

    def comes_to(self, title: str) -> None:
        """Wait until the page shows this state."""
        WebDriverWait(self.driver, 10).until(
            lambda _: self.text("#here-title") == title and "~" in self.driver.current_url,
            f"the page does not come to {title!r}, but to {self.text('#here-title')!r}",
        )

    def says(self, words: str) -> None:
        """Wait until the page says something."""
        WebDriverWait(self.driver, 10).until(lambda _: words in self.text("#said"), f"it never says {words}")


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    started = Page()
    yield started
    started.driver.quit()


def test_walking_and_opening_the_link_again(page: Page, raft: str) -> None:
    page.open(raft, "The initial state")
    page.click(".step", "n1: election_timeout")
    page.comes_to("After step 1, n1: election_timeout")
    assert page.texts("#state td.changed") == ["0 1", "None n1", "FOLLOWER CANDIDATE", "{} {n1}"]
    page.click(".step", "n3: crash")
    page.comes_to("After step 2, n3: crash")
    assert "n3 (down)" in page.texts("#state th")
    assert page.texts("#way li") == ["0.\nstart", "1.\nn1: election_timeout", "2.\nn3: crash"]
    link, state = page.driver.current_url, page.text("#state")
    command = page.text("#command")
    assert command == f"elcheck explore m --at {link.partition('#')[2]}"
    page.open(link, "After step 2, n3: crash")
    assert page.text("#state") == state
    assert page.driver.current_url == link
    assert page.text("#said") == ""
    assert page.problems() == []
    assert page.hosts() - {"data"} == {link.split("/")[2]}, "it asks nobody else"


def test_guards_are_named(page: Page, raft: str) -> None:
    page.open(raft, "The initial state")
    blocked = page.texts("#blocked > .blocked")
    assert any(
        "n1: become_leader" in said and "its guard: only a candidate becomes the leader (raft.py:" in said
        for said in blocked
    )
    assert page.texts("#blocked > details > summary") == [
        f"Faults: {len(page.texts('#blocked details > .blocked'))}"
    ]


def test_undo_back_and_along(page: Page, jugs: str) -> None:
    page.open(jugs, "The initial state")
    page.press("2")
    page.comes_to("After step 1, fill_big")
    page.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)
    page.comes_to("After step 2, empty_big")
    assert page.text("#way .now").startswith("2.")
    page.press("u")
    page.comes_to("After step 1, fill_big")
    assert [said.split("\n")[1] for said in page.texts("#way .later")] == ["empty_big"]
    page.press(Keys.ARROW_RIGHT)
    page.comes_to("After step 2, empty_big")
    page.driver.back()
    page.comes_to("After step 1, fill_big")
    page.click("#undo")
    page.comes_to("The initial state")
    assert not page.one("#undo").is_enabled()
    page.press("1")
    page.comes_to("After step 1, fill_small")
    assert page.texts("#way .later") == [], "another way was taken"


def test_to_a_counterexample_and_away(page: Page, raft: str) -> None:
    page.open(raft, "The initial state")
    Select(page.one("#trace")).select_by_visible_text("refuted: at most one leader per term")
    page.comes_to("After step 10, n2: become_leader")
    assert page.text("#said") == "refuted: at most one leader per term (n1 and n2 both lead)"
    assert page.text("#properties tr").startswith("broken always at most one leader per term")
    assert "breaks: at most one leader per term" in page.text("#way .now")
    page.click("#way button", "n3: restart")
    page.comes_to("After step 7, n3: restart")
    assert len(page.texts("#way .later")) == 3
    page.click(".step")
    WebDriverWait(page.driver, 10).until(lambda _: page.text("#here-title").startswith("After step 8"))


def test_a_random_walk(page: Page, jugs: str) -> None:
    page.open(jugs, "The initial state")
    page.click("#walk")
    page.says("10 random steps, seed 0.")
    first = page.driver.current_url
    page.open(jugs, "The initial state")
    page.press("r")
    page.says("10 random steps, seed 0.")
    assert page.driver.current_url == first
    page.press("r")
    page.says("10 random steps, seed 1.")
    assert len(page.texts("#way li")) == 21


def test_a_link_of_another_model(page: Page, jugs: str) -> None:
    page.open(f"{jugs}#0.0~00000000", "After step 1, fill_small")
    page.says("This is not where the link was made")
    page.driver.get("about:blank")
    page.driver.get(f"{jugs}#0.7")
    page.says("step 1 is number 7 of 2 steps")


def test_nothing_else_may_be_asked_by_the_page(page: Page, jugs: str) -> None:
    page.open(jugs, "The initial state")
    fetched = "fetch('https://example.org').then(() => 'let through', () => 'refused').then(arguments[0])"
    said: object = page.driver.execute_async_script(fetched)
    assert said == "refused"
    assert any("Content Security Policy" in problem for problem in page.problems())


def test_what_stands_beside_the_walk(page: Page, raft: str) -> None:
    """The picture goes along and leads back, the source is that of the step, the graph can be clicked in."""
    page.open(raft, "The initial state")
    Select(page.one("#trace")).select_by_visible_text("refuted: at most one leader per term")
    page.comes_to("After step 10, n2: become_leader")
    WebDriverWait(page.driver, 10).until(lambda _: len(page.all("#picture .band")) == 11)
    line = page.one("#source .taken").get_attribute("data-line")
    assert page.text("#source p") == f"n2: become_leader (raft.py, line {line})"
    assert "become_leader" in page.text("#source pre")
    assert [band.get_attribute("data-at") for band in page.all("#picture .band.now")] == ["10"]
    page.asked(
        "document.querySelector('#picture .band[data-at=\"4\"] rect').dispatchEvent("
        "new MouseEvent('click', {bubbles: true}))"
    )
    page.comes_to("After step 4, n1: vote(Vote(term=1)) from n3")
    page.asked("document.querySelector('.step').focus()")
    first = page.text(".step .words")
    WebDriverWait(page.driver, 10).until(lambda _: page.text("#source strong") == first)
    page.click("#around summary")
    WebDriverWait(page.driver, 20).until(lambda _: page.all("#graph .vertex.here"))
    assert len(page.all("#graph .vertex")) == 300
    assert len(page.all("#graph .vertex.walked")) == 5
    page.asked(
        "document.querySelector('#graph .vertex.walked').dispatchEvent("
        "new MouseEvent('click', {bubbles: true}))"
    )
    page.comes_to("The initial state")
    page.click("#around summary")
    assert page.problems() == []


def test_a_saved_file_is_taken_up(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "browsed_file.py"
    written(path)
    file = load(str(path))
    watch = SourceWatch(file)
    live = LiveModel(Space(file()), OVERVIEW, lambda: Space(watch.reload()()) if watch.changed() else None)
    for address in served(live):
        page.open(address, "The initial state")
        page.click(".step", "n1: up")
        page.comes_to("After step 1, n1: up")
        page.click(".step", "n1: up")
        page.comes_to("After step 2, n1: up")
        path.write_text("def model(:\n", encoding="utf-8")
        WebDriverWait(page.driver, 10).until(lambda _: "invalid syntax" in page.text("#problem"))
        assert page.text("#here-title") == "After step 2, n1: up", "the old model stays"
        written(path, LIMIT=1)
        page.says(
            "The model was saved. Of the walk 1 of 2 steps are left: step 2, n1: up, is not possible: "
            "its guard: that is enough"
        )
        assert page.text("#here-title") == "After step 1, n1: up"
        assert not page.one("#problem").is_displayed()
        assert page.problems() == []
