"""The pages of `elcheck validate --report`, `elcheck mutate --report` and `elcheck zoo --report`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from elcheck.checker import cli
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.html.case_pages import CasePages
from elcheck.checker.zoo.cases import Case
from tests.docs.printed import ROOT, files_of
from tests.output.report_cases import data_of

LOGS = Path(__file__).parents[1] / "validation" / "logs"
LOCK = files_of(ROOT / "docs/mutation.md")["lock.py"]
Document = Mapping[str, list[Mapping[str, object]]]


def page_of(path: Path) -> Document:
    """What a page holds."""
    found = data_of(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def validated(scenario: str, path: Path, *options: str) -> int:
    """Validate a run's logs, and write the page."""
    logs = sorted(map(str, (LOGS / scenario).iterdir()))
    return cli.run(["validate", "etcd_raft", *logs, "--as", "etcd", "--report", str(path), *options])


def test_where_logs_are_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The page has what the text has: the answer, where each node is stuck, the run with its lines."""
    path = tmp_path / "logs.html"
    assert validated("etcd-corrupted/two-leaders", path) == 1
    text = capfd.readouterr().out
    document = page_of(path)
    assert str(document["verdict"]) == "not allowed"
    refused, *others = document["claims"]
    assert (refused["verdict"], refused["wrong"], refused["heading"]) == (
        "not allowed",
        True,
        "The behaviour up to there",
    )
    assert str(refused["detail"]) in " ".join(text.split())
    (stuck,) = document["first"]
    rows = cast("list[list[str]]", stuck["rows"])
    assert [row[0] for row in rows] == ["n1", "n2", "n3"]
    assert rows[0][1].startswith("n1.log:24  ")
    assert refused["guilty"] == [0], "the likeliest cause"
    frames = cast("list[Mapping[str, object]]", document["stories"][0]["frames"])
    assert refused["at"] == len(frames) - 1 == 35, "it opens where it is stuck"
    logged = cast("list[str]", document["stories"][0]["logged"])
    assert (logged[1], logged[35]) == ("n1.log:9-13", "n2.log:22-26")
    reached = next(claim for claim in others if claim["name"] == "a leader is elected")
    assert (reached["verdict"], reached["story"], reached["at"]) == ("reached", 0, 7)
    handlers, guards = document["sections"]
    assert ["EtcdRaft.beat", "0", "2"] in cast("list[list[str]]", handlers["rows"])
    assert guards["header"] == ["guard", "where", "held", "did not"]


def test_logs_that_are_allowed(tmp_path: Path) -> None:
    path = tmp_path / "logs.html"
    assert validated("etcd/kill-leader", path) == 0
    document = page_of(path)
    assert str(document["verdict"]) == "allowed"
    assert not any(claim["wrong"] for claim in document["claims"])
    assert document["first"] == []


def test_of_a_long_run_the_end_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps have the numbers that they have in the text; what decides a property may be left out."""
    monkeypatch.setattr("elcheck.checker.html.of_logs.DRAWN", 10)
    path = tmp_path / "logs.html"
    assert validated("etcd/kill-leader", path, "--steps", "12") == 0
    document = page_of(path)
    (story,) = document["stories"]
    frames = cast("list[Mapping[str, object]]", story["frames"])
    assert (story["first"], len(frames)) == (45, 13)
    assert frames[-1]["said"] is not None
    assert "12 steps are drawn" in str(document["notes"])
    elected = next(claim for claim in document["claims"] if claim["name"] == "a leader is elected")
    assert elected["story"] is None
    assert validated("etcd/kill-leader", path, "--steps", "0") == 0
    assert page_of(path)["stories"][0]["first"] == 0


def test_survivors_on_a_page(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Each with its change, the first step that goes otherwise, and the trace to it."""
    model, path = tmp_path / "lock.py", tmp_path / "mutants.html"
    model.write_text(LOCK, encoding="utf-8")
    command = ["mutate", str(model), "-v", "--function", "Server.*", "--jobs", "1", "--report", str(path)]
    assert cli.run(command) == 1
    text = capfd.readouterr().out
    document = page_of(path)
    survivors = document["claims"]
    assert len(survivors) == text.count("SURVIVED ")
    for claim in survivors:
        difference = cast("list[str]", claim["difference"])
        assert all(line in text for line in difference)
        assert str(claim["detail"]) in " ".join(text.split())
        if claim["story"] is not None:
            frames = document["stories"][cast("int", claim["story"])]["frames"]
            assert claim["at"] == len(cast("list[object]", frames)) - 1
    functions, properties = document["first"]
    rows = cast("list[list[str]]", functions["rows"])
    assert rows[-1][0] == "all"
    assert int(rows[-1][1]) == len(cast("list[object]", document["sections"][-1]["rows"]))
    assert all(row[0] in text for row in cast("list[list[str]]", properties["rows"]))
    assert re.search(rf"{str(document['verdict']).split(' %')[0]}%", text)


CASES = """
[[case]]
model = "die_hard"

[[case]]
model = "peterson_mutex"
parameters = { bug = "no-turn" }
first = true
distinct = 7

[[case]]
model = "high.py"
verdict = "refuted"
traces = { low = 2 }
distinct = 3
transitions = 2
depth = 2

[[case]]
model = "nowhere.py"
"""
HIGH = '''"""A counter that goes too far."""

from elcheck import Model, Spec, State, action, always, guard, holds, replace


class Counter(State):
    """How far it is."""

    n: int = 0


class Counting(Spec[Counter]):
    """It counts."""

    @action
    def up(self, s: Counter) -> Counter:
        """One more."""
        guard(s.n < 2, "that is enough")
        return replace(s, n=s.n + 1)


def model() -> Model:
    """Counting."""
    return Model(Counting(), properties=[always("low", holds(Counter, lambda c: c.n < 2))], deadlock=False)
'''


def test_cases_and_the_way_to_their_pages(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What is wrong comes first, what is known is said, each case that ran has its page, no other."""
    (tmp_path / "cases.toml").write_text(CASES, encoding="utf-8")
    (tmp_path / "high.py").write_text(HIGH, encoding="utf-8")
    pages = tmp_path / "deep" / "pages"
    pages.mkdir(parents=True)
    (pages / "nowhere.py.html").write_text("of an earlier run")
    command = ["zoo", str(tmp_path / "cases.toml"), "--jobs", "1", "--report", str(pages)]
    assert cli.run(command) == EXIT["load"]
    text = capfd.readouterr()
    assert f"wrote {pages / 'index.html'}" in text.err
    document = page_of(pages / "index.html")
    assert str(document["verdict"]) == "wrong in 2 cases"
    (wrong,) = document["first"]
    assert [row[0] for row in cast("list[list[str]]", wrong["rows"])] == [
        "peterson_mutex --bug no-turn",
        "nowhere.py",
    ]
    assert wrong["pages"] == ["peterson_mutex---bug-no-turn.html", ""]
    every, known = document["sections"]
    rows = cast("list[list[str]]", every["rows"])
    assert [row[1] for row in rows] == ["PROVED", "REFUTED", "REFUTED", ""]
    assert [row[-1] for row in rows] == ["ok", "WRONG", "known", "WRONG"]
    assert known["rows"] == [["high.py", "low", "2", "does not hold of Counter(n=2)"]]
    linked = [name for name in cast("list[str]", every["pages"]) if name]
    assert sorted(path.name for path in pages.iterdir()) == sorted([*linked, "index.html"])
    assert str(page_of(pages / linked[1])["verdict"]) == "refuted"


def test_pages_of_cases_that_can_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The answer is there all the same, and the exit code says that a file is not."""

    def full(self: CasePages, case: Case, report: object) -> None:
        raise OSError(28, "No space left on device", str(self.of(case)))

    monkeypatch.setattr(CasePages, "write", full)
    assert cli.run(["zoo", "die_hard", "--jobs", "1", "--report", str(tmp_path)]) == EXIT["io"]
    out, err = capfd.readouterr()
    assert "all as they have to be" in out
    assert f"can't write {tmp_path / 'die_hard.html'}: No space left on device" in err
    assert page_of(tmp_path / "index.html")["sections"][0]["pages"] == [""]
    assert cli.run(["zoo", "die_hard", "--report", str(tmp_path / "x.html")]) == EXIT["usage"]
    assert "there is a page for each case, so name a folder" in capfd.readouterr().err
    (tmp_path / "file").write_text("")
    assert cli.run(["zoo", "die_hard", "--report", str(tmp_path / "file")]) == EXIT["usage"]


def test_mistakes_are_said_before_anything_runs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    nowhere = tmp_path / "nowhere" / "x.html"
    assert cli.run(["mutate", "die_hard", "--report", str(nowhere)]) == EXIT["usage"]
    assert f"--report {nowhere}: there is no folder" in capfd.readouterr().err
    assert validated("etcd/kill-leader", nowhere) == EXIT["usage"]
    assert f"--report {nowhere}: there is no folder" in capfd.readouterr().err
    assert validated("etcd/kill-leader", tmp_path / "x.html", "--mutate", "5") == EXIT["usage"]
    assert "--report is of one validation: leave out --mutate" in capfd.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk(capfd: pytest.CaptureFixture[str]) -> None:
    """The answer is printed; that it is no is said by the exit code, and a yes that is not written is not."""
    assert validated("etcd-corrupted/two-leaders", Path("/dev/full")) == 1
    assert "can't write /dev/full: No space left on device" in capfd.readouterr().err
    assert validated("etcd/kill-leader", Path("/dev/full")) == EXIT["io"]
    out, err = capfd.readouterr()
    assert "ALLOWED" in out
    assert "can't write /dev/full: No space left on device" in err
