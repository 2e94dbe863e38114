"""What the pages of docs/ print is what elcheck prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.printed import ROOT, Printed, printed, renew

PAGES = [ROOT / "docs" / "liveness.md", *sorted((ROOT / "docs" / "zoo").glob("*.md"))]
BLOCKS = [block for page in PAGES for block in printed(page)]


@pytest.mark.parametrize("block", BLOCKS, ids=[f"{b.page.stem}: {b.command}" for b in BLOCKS])
def test_a_printed_trace_is_the_current_one(block: Printed) -> None:
    assert block.shown == block.current()


def test_a_page_can_be_renewed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    command = "$ elcheck die_hard --goal 3 --small 3"
    block = f"```console\n{command}\nA witness of the goal is measured, reached in {{}} steps\n```\n"
    page.write_text(f"before\n{block.format('old')}after\n", encoding="utf-8")
    with pytest.raises(LookupError, match="prints no 'A witness"):
        renew(page)
    page.write_text(page.read_text().replace("--small 3", "--small 3 --witness"), encoding="utf-8")
    renew(page)
    assert "reached in 1 step\nstep " in page.read_text(encoding="utf-8")
    assert page.read_text(encoding="utf-8").startswith("before\n")
    assert page.read_text(encoding="utf-8").endswith("after\n")
