"""The README is short, and what it says beside its examples (tests/docs/test_pages.py) is true."""

from __future__ import annotations

import re

from elcheck import check, load
from elcheck.checker.check.verdict import Verdict
from tests.docs.printed import ROOT, WIDTH, files_of, folder_with

PAGE = ROOT / "README.md"
README = PAGE.read_text(encoding="utf-8")


def test_it_is_short() -> None:
    lines = README.splitlines()
    assert len(lines) <= 130
    assert [line for line in lines if len(line) > WIDTH] == []


def test_the_test_command_is_where_ci_reads_it() -> None:
    block = README.split("<!-- test command -->\n```sh\n")[1].split("\n```")[0]
    assert block == (
        "python3 -m venv .venv && .venv/bin/pip install -q '.[test]' && .venv/bin/python -m pytest -n auto"
    )


def test_the_tie_breaker_is_a_cure() -> None:
    files = files_of(PAGE)
    tie = re.search(r"tie-breaker, `(.*?)`", README)
    assert tie is not None
    cured = files["lots.py"].replace("msg.number > mine", tie[1])
    assert cured != files["lots.py"]
    with folder_with({"tie_breaker.py": cured}):
        assert check(load("tie_breaker.py")()).verdict is Verdict.PROVED


def test_speed_is_that_of_the_page() -> None:
    """The CPU seconds are those of the rows of these checkers there, rounded."""
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8").replace("**", "")
    said = re.search(r"([\d.]+) s\n +of CPU, Spin's C ([\d.]+) and TLC (\d+) ", README)
    assert said is not None
    rows = ["elcheck, fast", "Spin, depth first", "TLC, 2 workers"]
    there = [re.search(rf"^\| {row} \| [\d.]* *\| ([\d.]+) \|", page, re.M) for row in rows]
    assert [
        f"{float(found[1]):.{digits}f}" for found, digits in zip(there, (1, 1, 0), strict=True) if found
    ] == [*said.groups()]
