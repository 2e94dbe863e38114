"""What the pages show is what happens."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest
from mypy import api

from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.commands.check import ModelCommand
from elcheck.checker.loading.model_file import load
from elcheck.checker.search.engines import ENGINES
from tests.docs.printed import (
    PAGES,
    ROOT,
    WIDTH,
    Block,
    blocks,
    files_of,
    printed,
    renew,
    sessions,
    understood,
    unrun,
)
from tests.support.cases import CASES, is_shown, require_as_pinned

P = ParamSpec("P")
R = TypeVar("R")

BLOCKS = [block for page in PAGES for block in blocks(page)]
UNRUN = [(page, line) for page in PAGES for line in unrun(page)]
SESSIONS = [page for page in PAGES if sessions(page) is not None]


def told(function: Callable[P, R], note: Callable[[R], object]) -> Callable[P, R]:
    """A function whose answers are noted."""

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        answer = function(*args, **kwargs)
        note(answer)
        return answer

    return call


@pytest.mark.parametrize("block", BLOCKS, ids=[f"{b.page.stem}: {b.commands[0].line}" for b in BLOCKS])
def test_a_command_prints_what_is_shown(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what it comes to is what is pinned, if it is a case."""
    made: list[CheckReport] = []
    of_lines: dict[str, list[CheckReport]] = {}

    def run(line: str) -> tuple[int, str]:
        made.clear()
        done = printed(line)
        of_lines[line] = [*made]
        return done

    monkeypatch.setattr("tests.docs.printed.printed", run)
    monkeypatch.setattr("elcheck.checker.commands.check.check", told(check, made.append))
    assert block.text == block.current()
    for case in (case for case in CASES if case.command in of_lines):
        [report] = of_lines[case.command]
        assert not any(is_shown(case, other) for other in ENGINES if other != report.engine)
        require_as_pinned(case, report)


@pytest.mark.parametrize("page", SESSIONS, ids=[page.stem for page in SESSIONS])
def test_a_session_goes_as_it_is_shown(page: Path) -> None:
    session = sessions(page)
    assert session is not None
    assert session.current() == {}


@pytest.mark.parametrize(("page", "line"), UNRUN, ids=[f"{page.stem}: {line}" for page, line in UNRUN])
def test_a_command_that_is_only_named_is_understood(
    page: Path, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in files_of(page).items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    understood(line)


def test_models_of_the_pages_are_typed(tmp_path: Path) -> None:
    """Strict mypy has nothing to say of them. A name is that of one file on all pages."""
    found: dict[str, str] = {}
    for page in PAGES:
        for name, text in files_of(page).items():
            assert found.setdefault(name, text) == text, f"{page.name} has another {name}"
    files = [tmp_path / name for name in found if name.endswith(".py")]
    for file in files:
        file.write_text(found[file.name], encoding="utf-8")
    config = str(ROOT / "pyproject.toml")
    out, err, code = api.run(["--strict", "--config-file", config, *map(str, files)])
    assert (code, err) == (0, ""), out


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_blocks_fit_a_terminal(page: Path) -> None:
    for block in re.findall(r"^```.*?^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        assert [line for line in block.splitlines() if len(line) > WIDTH] == []


def anchors(page: Path) -> set[str]:
    """The names of a page's headings in its address, as forges make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            file, _, anchor = target.partition("#")
            there = page.parent / file if file else page
            assert there.exists(), target
            assert not anchor or anchor in anchors(there), target


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in PAGES[1:]:
        assert page.name == "index.md" or f"({page.relative_to(ROOT / 'docs')})" in index


def test_every_option_is_documented() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    command = ModelCommand("raft", load("raft"))
    options = [name for option in command.own for name in option.opts]
    assert [name for name in options if f"`{name}" not in page] == []


def test_exit_codes_are_documented() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \|", page, re.MULTILINE)
    assert sorted(map(int, rows)) == sorted(EXIT.values())


def test_a_page_can_be_renewed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    command = "$ elcheck die_hard --goal 3 --small 3"
    block = f"```console\n{command}\nA witness of the goal is measured, reached in {{}} steps\n```\n"
    session = "```python\n>>> 1 + 1\n3\n>>> [][1]\n```\n"
    page.write_text(f"before\n{block.format('old')}{session}after\n", encoding="utf-8")
    with pytest.raises(LookupError, match="prints no 'A witness"):
        renew(page)
    page.write_text(page.read_text().replace("--small 3", "--small 3 --witness"), encoding="utf-8")
    renew(page)
    text = page.read_text(encoding="utf-8")
    assert "reached in 1 step\nstep " in text
    assert ">>> 1 + 1\n2\n>>> [][1]\nTraceback (most recent call last):\n    ...\nIndexError: " in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    renew(page)
    assert page.read_text(encoding="utf-8") == text
