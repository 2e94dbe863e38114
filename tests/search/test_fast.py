"""The fast engine keeps the contract; `auto` chooses between the engines."""

from __future__ import annotations

import mmap
from pathlib import Path

import pytest

from elcheck import (
    Environment,
    Model,
    Node,
    Step,
    action,
    always,
    each,
    guard,
    node_ids,
)
from elcheck.checker.check.check import check
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.errors import UsageError
from elcheck.checker.process.limits import Limits
from elcheck.checker.search import engines, hand_over, plain
from elcheck.checker.search.engines import ENGINES
from elcheck.checker.search.resources import Resources, Spill
from elcheck.checker.zoo.cases import Case
from tests.search.contract import Contract
from tests.support.cases import CASES, is_of_a_spec, is_shown, parameter, require_as_pinned, states_of
from tests.support.models import Counter, Counting, Told

pytest.importorskip("numba", reason="the fast engine needs numba: pip install 'elcheck[fast]'")

from elcheck.checker.search.fast import pages


class TestFast(Contract):
    """elcheck.checker.search.fast."""

    engine = "fast"

    @pytest.mark.parametrize(
        "case",
        [parameter(case, elsewhere=is_shown(case, "fast")) for case in CASES if not is_of_a_spec(case)],
    )
    def test_counts(self, case: Case) -> None:
        """Of node programs: what a page shows is compared where it is shown. Which of many shortest traces is
        the clearest is a question of the graph, and not of its engine: of large ones it is not looked for.
        """
        is_small = states_of(case) <= 5_000
        report = check(case.build(), case.limits, engine=self.engine, clearest=is_small)
        require_as_pinned(case, report)

    def test_it_is_the_fast_engine_that_was_checked(self) -> None:
        report = self.check(Counting(3).model(always("small", small)))
        assert report.engine == "fast"


class TestFastInTwoThreads(Contract):
    """elcheck.checker.search.fast, with a thread that expands and one that stores."""

    engine = "fast"
    resources = Resources(workers=2)

    @pytest.mark.parametrize(
        "case", [parameter(case, most=20_000) for case in CASES[::6] if not is_of_a_spec(case)]
    )
    def test_counts(self, case: Case) -> None:
        """Of every sixth case: the tables are those of one thread."""
        super().test_counts(case)


def test_the_fast_engine_has_two_threads() -> None:
    model = Counting(3).model(always("small", small))
    for engine in ("fast", "auto"):
        with pytest.raises(UsageError, match="--workers 3: the fast engine has 2 threads at most"):
            check(model, engine=engine, resources=Resources(workers=3))


def test_a_handler_that_fails_far_from_the_start_in_two_threads() -> None:
    """What was found before the state that it fails in is the same in one thread and in two."""

    class Failing(Node[Counter]):
        @action
        def increment(self, s: Counter) -> Counter:
            if s.value == 30:
                raise ValueError("too many")
            return Counter(s.value + 1)

    model = Model(Failing(), [always("small", small)], nodes=node_ids(4))
    one, two = (check(model, engine="fast", resources=Resources(workers=n)) for n in (1, 2))
    assert one.exit_code == two.exit_code
    assert one.search.failure == two.search.failure is not None
    assert (one.stats.distinct, one.stats.transitions) == (two.stats.distinct, two.stats.transitions)


@pytest.mark.parametrize("workers", [1, 2])
def test_memory_that_the_system_does_not_reserve(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    """Then every array is small at first, and has to grow."""

    def refused(size: int) -> mmap.mmap:
        raise OSError(f"no {size} bytes")

    monkeypatch.setattr(pages, "_mapped", refused)
    report = check(load("raft_election")(nodes=4), engine="fast", resources=Resources(workers=workers))
    assert (report.stats.distinct, report.stats.transitions) == (31_073, 98_316)


def test_auto_hands_over_a_large_space(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Counting(300).model(always("small", small))
    assert check(model).engine == "plain"
    monkeypatch.setattr(plain, "ASKED", 10)
    monkeypatch.setattr(hand_over, "ENOUGH", 100)
    assert check(model).engine == "plain", "one state a depth: compiled code would not pay"
    monkeypatch.setattr(hand_over, "NARROW", 0)
    report = check(model)
    assert (report.engine, report.stats.depth, report.exit_code) == ("fast", 200, 12)
    assert report.results[0].trace is not None
    assert len(report.results[0].trace.steps) == 200
    assert check(model, Limits(max_states=100)).engine == "plain"
    assert check(model, Limits(max_states=150)).stats.distinct == 150


def test_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "ASKED", 10)
    monkeypatch.setattr(hand_over, "ENOUGH", 100)
    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    model = Counting(300).model(always("small", small))
    assert check(model).engine == "plain"
    with pytest.raises(UsageError, match="needs numba"):
        check(model, engine="fast")


def test_split_sends_are_left_to_the_plain_engine() -> None:
    """A crash may come between two sends of one step: compiled code does not do that."""

    class Split(Node[Counter]):
        def start(self) -> Counter:
            return Counter(0)

        @action
        def tell(self, s: Counter) -> Step[Counter]:
            guard(s.value == 0, "it has told")
            return Step(Counter(1), self.broadcast(Told(), split=True))

    model = Model(Split(), [always("small", small)], nodes=node_ids(3), environment=Environment(crash=1))
    reports = [check(model, engine=engine) for engine in ("plain", "fast")]
    assert [report.engine for report in reports] == ["plain", "plain"]


def test_bytes_a_state() -> None:
    """A row of four fields and a parent are 20 bytes; the hash table and what was learned come on top."""
    report = check(Counting(300).model(always("small", small)), engine="fast")
    assert report.stats.bytes_per_state is not None
    assert report.stats.bytes_per_state > 20
    assert check(Counting(3).model(always("small", small)), engine="plain").stats.bytes_per_state is None


def test_engines_by_name() -> None:
    assert list(ENGINES) == ["auto", "plain", "fast"]


small = each(Counter, lambda s: s.value < 200)


@pytest.mark.parametrize(
    ("resources", "asked"),
    [
        (Resources(), "--engine fast"),
        (Resources(workers=2), "--workers"),
        (Resources(Spill(Path("nowhere"))), "--spill"),
    ],
)
def test_a_spec_is_refused(resources: Resources, asked: str) -> None:
    for engine in ("fast", "auto") if resources.spill is not None else ("fast",):
        with pytest.raises(UsageError, match=f"{asked}: compiled code does not do a Spec"):
            check(load("die_hard")(), engine=engine, resources=resources)
