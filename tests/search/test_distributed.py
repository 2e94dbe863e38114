"""Several processes keep the contract of engines, and what is theirs alone: death, memory, classes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from elcheck import (
    Model,
    Node,
    Spec,
    State,
    action,
    always,
    always_possible,
    each,
    guard,
    holds,
    node_ids,
    sometimes,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.verdict import EXIT, Verdict
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.errors import UsageError
from elcheck.checker.process.limits import Limits, StopKind
from elcheck.checker.search.distributed import ray_actors, shard
from elcheck.checker.search.distributed.crew import WorkerLost
from elcheck.checker.search.distributed.digest import Digests
from elcheck.checker.search.resources import Resources
from elcheck.checker.temporal import claims
from elcheck.checker.zoo.cases import Case
from tests.search.contract import Contract
from tests.support.cases import CASES, parameter
from tests.support.models import Counter

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are forked, which Windows can't")
ROOT = Path(__file__).parents[2]
SLOW = ("raft_membership", "viewstamped")
"""Models whose handlers take long: of some of their cases the contract has enough."""
FEW = [case for at, case in enumerate(CASES) if at % 4 == 0 and case.model not in SLOW]


class TestTwoProcesses(Contract):
    """elcheck.checker.search.distributed."""

    engine = "plain"
    resources = Resources(workers=2)

    @pytest.mark.parametrize("case", [parameter(case, most=2_000) for case in FEW])
    def test_counts(self, case: Case) -> None:
        """Of every fourth case."""
        super().test_counts(case)


def three(model: Model, limits: Limits | None = None, *, symmetry: bool = True) -> CheckReport:
    resources = Resources(workers=3)
    return check(model, limits or Limits(), engine="plain", resources=resources, symmetry=symmetry)


class Pair(State):
    left: int = 0
    right: int = 0


class Grid(Spec[Pair]):
    """Two numbers that count up to a size. A process that comes to where one ``dies`` kills itself."""

    size: int = 12
    dies: tuple[int, int] | None = None
    parent: int = 0
    seconds: float = 0.0

    @action
    def up(self, s: Pair) -> Pair:
        guard(s.left < self.size, "it is at the top")
        if (s.left, s.right) == self.dies and os.getpid() != self.parent:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(self.seconds)
        return Pair(s.left + 1, s.right)

    @action
    def right(self, s: Pair) -> Pair:
        guard(s.right < self.size, "it is at the side")
        return Pair(s.left, s.right + 1)


low = holds(Pair, lambda s: s.left + s.right < 6)
far = holds(Pair, lambda s: s.left + s.right < 99)


def test_several_processes_find_what_one_does() -> None:
    model = Model(Grid(), [always("low", low), always("far", far), sometimes("end", holds(Pair, at_the_end))])
    one, several = check(model), three(model)
    assert several.stats.distinct == one.stats.distinct == 13 * 13
    assert (several.stats.transitions, several.stats.depth) == (one.stats.transitions, one.stats.depth)
    lengths = [[r.trace and len(r.trace.steps) for r in report.results] for report in (one, several)]
    assert lengths == [[6, None, 24]] * 2
    assert sum(load.states for load in several.stats.workers) == 169
    assert all(load.held > 1 << 20 and load.states > 20 for load in several.stats.workers)


def at_the_end(s: Pair) -> bool:
    return (s.left, s.right) == (12, 12)


def at_the_left(s: Pair) -> bool:
    return s.left < 10**9


def test_representatives_are_the_same_whoever_numbers_what_they_are_made_of() -> None:
    model = load("raft_election")(nodes=4, terms=1)
    one = check(model, engine="plain")
    for report in (three(model), three(model, symmetry=False)):
        assert (report.stats.distinct, report.stats.transitions) == (
            one.stats.distinct,
            one.stats.transitions,
        )
    assert three(model).stats.representatives == one.stats.representatives


def test_what_is_sent_again_is_not_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that remember next to nothing of what they have sent, and take turns of five states."""
    monkeypatch.setattr(shard, "CACHE", 0)
    monkeypatch.setattr(shard, "TURN", 5)
    model = load("peterson_mutex")()
    one, several = check(model), three(model)
    assert several.stats.distinct == one.stats.distinct
    assert several.stats.transitions == one.stats.transitions
    assert three(Model(Grid(), [always("far", far)])).stats.distinct == 169


def test_a_process_that_dies_ends_the_search_with_what_was_decided() -> None:
    program = Grid(dies=(7, 2), parent=os.getpid())
    report = three(Model(program, [always("low", low), always("far", far)]))
    assert report["low"].verdict is Verdict.REFUTED
    assert report["low"].trace is not None
    assert len(report["low"].trace.steps) == 6
    assert report["far"].verdict is Verdict.UNDETERMINED
    assert report.stats.stopped is not None
    assert report.stats.stopped.kind is StopKind.WORKER
    assert "of 3 ended, by signal 9" in str(report.stats.stopped)
    assert report.stats.distinct == sum(n + 1 for n in range(10))  # whole depths, each state once
    with pytest.raises(WorkerLost, match="ended"):
        report.search.codes[30]


def test_a_slow_handler_is_ended_by_the_clock() -> None:
    began = time.monotonic()
    report = three(Model(Grid(seconds=0.4), [always("far", far)]), Limits(timeout=1.0))
    assert str(report.stats.stopped) == "--timeout 1 ran out"
    assert time.monotonic() - began < 8
    assert report.stats.distinct >= 3


def test_memory_is_shared_out() -> None:
    report = three(Model(Grid(size=10**6), [always("far", holds(Pair, at_the_left))]), Limits(max_memory=1))
    assert report.stats.stopped is not None
    assert report.stats.stopped.kind is StopKind.MEMORY


def test_a_graph_is_gathered_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    end = always_possible("end", holds(Pair, at_the_end))
    assert three(Model(Grid(), [end, always("low", low)])).verdict is Verdict.REFUTED
    assert three(Model(Grid(), [end]))["end"].verdict is Verdict.PROVED
    monkeypatch.setattr(claims, "GATHERED", 100)
    report = three(Model(Grid(), [end, always("far", far)]))
    assert report["end"].verdict is Verdict.UNDETERMINED
    assert "169 states is in several processes" in report["end"].detail
    assert report["far"].verdict is Verdict.PROVED


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_prints_what_is_known(number: signal.Signals) -> None:
    asked = "raft_election --nodes 5 --terms 2 --engine plain --symmetry off --workers 2 --progress json"
    command = [sys.executable, "-m", "elcheck", *asked.split()]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr is not None
    while '"states"' not in (line := process.stderr.readline()):
        assert line, "it ended before it said how far it is"
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does it
    else:
        process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == EXIT["undetermined"]
    assert "it was interrupted" in out
    assert "Traceback" not in err


def test_classes_of_one_name_are_told_apart() -> None:
    def made(top: int) -> Model:
        class Own(Counter):
            pass

        class Counts(Node[Counter]):
            def start(self) -> Counter:
                return Own(0)

            @action
            def up(self, s: Counter) -> Counter:
                guard(s.value < top, "it is at the top")
                return Own(s.value + 1)

        claim = always("own", each(Counter, lambda s: type(s) is Own and s.value <= top))
        return Model(Counts(), [claim], nodes=node_ids(2))

    models = [made(4), made(5)]
    reports = [three(model, symmetry=False) for model in models]
    assert [(report.stats.distinct, report.verdict) for report in reports] == [
        (25, Verdict.PROVED),
        (36, Verdict.PROVED),
    ]


def test_the_digest_is_of_the_content() -> None:
    """Equal values have equal digests, others other ones, in a process with another hash seed too."""
    code = "from tests.search.test_distributed import VALUES, digests; print(*digests(VALUES))"
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {" ".join(map(str, digests(VALUES))) + "\n"}
    assert len(set(digests(VALUES))) == len(VALUES)
    assert digests([1, (1, 0), 2**70]) == digests([True, (1.0, False), float(2**70)])


VALUES = [
    *(0, 1, -1, 2**63, 2**64, -(2**64), 2**80, 0.5, "", "a", b"a", None, (), (0,), ((),), (0, 0)),
    *(frozenset(), frozenset((1, 2)), frozenset(("a", "b", ("c", frozenset("de"))))),
    *(Pair(1, 2), Pair(2, 1), Counter(1), Verdict.PROVED, *node_ids(2)),
]


def digests(values: list[object]) -> list[int]:
    of = Digests(lambda node: node.index).of
    return [of(value) for value in values]


def test_a_cluster_needs_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_actors, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"--cluster needs Ray, which is not installed: pip install"):
        check(Model(Grid(), [always("far", far)]), resources=Resources(workers=2, cluster="auto"))
    with pytest.raises(UsageError, match="--cluster is for the plain engine"):
        check(load("raft_election")(), engine="fast", resources=Resources(cluster="auto"))
