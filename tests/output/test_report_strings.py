"""Strings of a model that would be read as something else, on its page in a headless Chromium."""

from __future__ import annotations

import json
from pathlib import Path

from elcheck.checker import cli
from elcheck.checker.model.values import text
from tests.support.browser import Keys
from tests.support.report_browser import Browser

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
