"""The first run does not wait until the fast engine is compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from elcheck import Model, State, always, each
from elcheck.checker import cli
from elcheck.checker.check.check import check
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.running import watching
from elcheck.checker.search import engines, hand_over, plain
from elcheck.checker.search.hand_over import HandOver
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.search import Search
from elcheck.checker.system import build
from tests.support.commands import unfolded
from tests.support.models import Counting

pytest.importorskip("numba", reason="the fast engine needs numba: pip install 'elcheck[fast]'")

from elcheck.checker.search.fast import cache, compilation


class Pretended:
    """A compilation that is over when it was looked at so often. What comes of it is known already."""

    takes = 1
    fails: str | None = None
    ended = 0

    def __init__(self) -> None:
        self.looks = 0

    @property
    def over(self) -> bool:
        self.looks += 1
        return self.looks > self.takes

    def complaint(self) -> str | None:
        return self.fails

    def end(self) -> None:
        type(self).ended += 1


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> type[Pretended]:
    """A machine on which nothing is compiled yet."""
    cache.machine_code()

    class Mine(Pretended):
        pass

    monkeypatch.setattr(compilation, "Compilation", Mine)
    monkeypatch.setattr(cache, "is_compiled", lambda: False)
    monkeypatch.setattr(plain, "ASKED", 10)
    monkeypatch.setattr(hand_over, "ENOUGH", 100)
    monkeypatch.setattr(hand_over, "NARROW", 0)
    return Mine


def counting() -> Model:
    return Counting(300).model(always("small", each(State, lambda s: True)))


def test_the_plain_engine_goes_on_until_it_is_compiled(
    pretended: type[Pretended], capsys: pytest.CaptureFixture[str]
) -> None:
    pretended.takes = 1
    report = check(counting())
    assert (report.engine, report.stats.distinct, pretended.ended) == ("fast", 301, 1)
    assert capsys.readouterr().err == "elcheck: the fast engine is compiled meanwhile, once for all\n"


@pytest.mark.parametrize(
    ("levels", "early"),
    [([0, 1, 5, 15, 40], False), ([0, 10, 20, 30, 40], True), ([0], True), ([0, 1, 40], False)],
)
def test_a_search_that_grows_is_handed_over_sooner(
    monkeypatch: pytest.MonkeyPatch, levels: list[int], early: bool
) -> None:
    """Of 100 states that are enough, 50 are known; the level that is searched is as large as all, or not."""
    monkeypatch.setattr(hand_over, "ENOUGH", 100)
    monkeypatch.setattr(hand_over, "NARROW", 0)
    monkeypatch.setattr(cache, "is_compiled", lambda: True)
    search = Search(codes=range(50), levels=levels)
    assert HandOver(1, Limits()).is_early(search) is early


def test_a_deep_and_narrow_search_stays_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each level costs the fast engine a round trip, which a chain of states is not worth."""
    monkeypatch.setattr(hand_over, "ENOUGH", 100)
    monkeypatch.setattr(cache, "is_compiled", lambda: True)
    report = check(counting())
    assert (report.engine, report.stats.distinct) == ("plain", 301)


def test_both_engines_have_one_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second search of ``auto`` gets what the first one has left of it."""
    deadlines = []

    def searched(_system: object, _judge: object, limits: Limits, *_: object) -> Search:
        with watching(limits) as watch:
            deadlines.append(watch.deadline)
        return Search(stopped=plain.HANDED_OVER)

    monkeypatch.setattr(engines, "search_plain", searched)
    monkeypatch.setattr(engines, "_loaded", lambda: searched)
    system = build(counting())
    engines.auto(system, Judge(system), Limits(timeout=60), lambda _: None)
    first, second = deadlines
    assert first == second


def test_a_search_that_a_limit_soon_ends_is_handed_over_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_over, "ENOUGH", 200)
    monkeypatch.setattr(hand_over, "NARROW", 0)
    monkeypatch.setattr(cache, "is_compiled", lambda: True)
    search = Search(codes=range(50), levels=[0, 1, 5, 15, 40])
    assert HandOver(1, Limits(depth=4)).is_early(search)
    assert HandOver(1, Limits(max_states=200)).is_early(search)
    assert not HandOver(1, Limits(depth=5, max_states=201)).is_early(search)


def test_a_search_that_ends_before_has_ended(
    pretended: type[Pretended], capsys: pytest.CaptureFixture[str]
) -> None:
    pretended.takes = 1000
    report = check(counting())
    assert (report.engine, report.stats.distinct, pretended.ended) == ("plain", 301, 1)
    said = capsys.readouterr().err
    assert said.splitlines()[1:] == [
        "elcheck: the search has ended before the fast engine was compiled; "
        "`elcheck warm` compiles it once for all"
    ]


def test_where_it_can_not_be_compiled(pretended: type[Pretended], capsys: pytest.CaptureFixture[str]) -> None:
    pretended.fails = "no LLVM for you"
    report = check(counting())
    assert (report.engine, report.stats.distinct, pretended.ended) == ("plain", 301, 1)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert "can't be compiled into" in said[1]
    assert "no LLVM for you" in said[1]
    assert said[1].endswith("; the plain engine goes on")


def test_what_is_compiled_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = cache.machine_code()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache, "_make", lambda: cache.keep(kept))
    assert cli.run(["warm"]) == 0
    assert unfolded(capsys.readouterr().out).startswith("the fast engine was compiled in 0 s: ")
    assert cli.run(["warm"]) == 0
    assert unfolded(capsys.readouterr().out) == f"the fast engine is compiled: {cache.file()}"
