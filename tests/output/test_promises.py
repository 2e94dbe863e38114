"""What docs/ci.md promises to stay from version to version does."""

from __future__ import annotations

import pytest

from tests.output import promises
from tests.output.promises import current, flat, recorded

REMEDY = {
    "json": "give JSON_FORMAT of checker/loading/version.py another number",
    "exit_codes": "take it back: scripts rely on it",
    "pins": "let files of cases that have it be read all the same",
    "python": "deprecate it first, for a minor version",
}


def broken(before: dict[str, object], now: dict[str, object]) -> list[str]:
    """What is promised and not kept, each with its remedy."""
    gone = sorted(flat(before) - flat(now))
    if before["json_format"] != now["json_format"]:
        gone = [promise for promise in gone if not promise.startswith("json")]
    record = "say so in CHANGELOG.md, and record it: python -m tests.output.promises"
    return [
        f"{promise} is gone: {REMEDY.get(promise.split(':')[0], 'keep it')}; {record}" for promise in gone
    ]


def test_what_is_promised_is_kept() -> None:
    """What is added is promised once it is recorded, which a release does."""
    assert broken(recorded(), current()) == []


def test_a_key_that_goes_takes_another_format(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail, and says what to do."""
    before = recorded()
    real = promises.keys
    monkeypatch.setattr(promises, "COMMANDS", {"list": ["list", "die_hard"]})
    before["json"] = {"list": [*real(promises.document(["list", "die_hard"])), "colour"]}
    said = broken(before, current())
    assert len(said) == 1
    assert said[0].startswith(
        "json: list: colour is gone: give JSON_FORMAT of checker/loading/version.py another"
    )
    assert said[0].endswith("say so in CHANGELOG.md, and record it: python -m tests.output.promises")
    assert broken({**before, "json_format": 0}, current()) == []
    codes = {**before, "exit_codes": {"99": "gone"}, "json": {}}
    assert broken(codes, current())[0].startswith("exit_codes: 99: gone is gone: take it back")
