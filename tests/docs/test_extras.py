"""What a bare install lacks: what needs it says so, and all else works."""

from __future__ import annotations

from pathlib import Path

import pytest

from elcheck import UsageError, check, load
from elcheck.checker import cli
from elcheck.checker.export import libraries

NEEDS = {
    ".dot": "DOT needs networkx and pydot, which are not installed: pip install 'elcheck[graph]'",
    ".graphml": "GraphML needs networkx, which is not installed: pip install 'elcheck[graph]'",
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "find_spec", lambda name: None)


@pytest.mark.parametrize("option", ["--graph", "--export"])
@pytest.mark.parametrize("ending", NEEDS)
def test_graphs_need_their_libraries(option: str, ending: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Said before the search."""
    assert cli.run(["die_hard", option, f"out{ending}"]) == 2
    assert capfd.readouterr() == ("", f"elcheck: out{ending}: {NEEDS[ending]}\n")


def test_so_they_do_in_scripts(tmp_path: Path) -> None:
    report = check(load("raft")(), depth=3)
    with pytest.raises(UsageError, match=r"^Report\.graph\(\) needs networkx, which is not installed: pip"):
        report.graph()
    with pytest.raises(UsageError, match=r"^\.dot: DOT needs networkx and pydot"):
        report.exported(".dot")
    with pytest.raises(UsageError, match=r"out\.graphml: GraphML needs networkx"):
        report.export(tmp_path / "out.graphml")


def test_other_formats_do_not(tmp_path: Path) -> None:
    report = check(load("raft")(), depth=3, symmetry=False)
    for ending in (".aut", ".sarif"):
        report.export(tmp_path / f"out{ending}")
        assert (tmp_path / f"out{ending}").stat().st_size > 0
