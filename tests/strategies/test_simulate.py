"""Random walks: what they find is real, short, and comes again with the same seed."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from elcheck import Environment, Model, Property, always, each, sometimes, step
from elcheck import change as change_of
from elcheck.checker import cli
from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.process.limits import Limits, Stop, StopKind
from elcheck.checker.process.watch import Ended, current
from elcheck.checker.strategies.shorten import shortened
from elcheck.checker.strategies.simulate import DECIDABLE, Simulation, Walker, WalkPlan, simulate
from elcheck.checker.system import build
from elcheck.checker.traces.trace import replay
from tests.oracle.random_models import Case, sound_models, sound_specs
from tests.support.examples import examples
from tests.support.models import Counter, Counting

ROOT = Path(__file__).parents[2]


def below(limit: int) -> Property:
    """A counter stays below a limit."""
    return always("below", each(Counter, lambda s: s.value < limit))


def reaches(value: int) -> Property:
    """A counter gets to a value."""
    return sometimes("reaches", each(Counter, lambda s: s.value == value))


# -- of any model ----------------------------------------------------------------------------------------


@examples(100)
@given(st.one_of(sound_models(), sound_specs()), st.integers(0, 100))
def test_what_is_found_is_real(case: Case, seed: int) -> None:
    """It replays, a search finds it too, and none is shorter where that is said."""
    kept = [claim for claim in case.model.properties if claim.kind in DECIDABLE]
    model = dataclasses.replace(case.model, properties=kept)
    try:
        found = simulate(model, WalkPlan(walks=20, steps=15, seed=seed)).report
        searched = {r.name: r for r in check(model, Limits(max_states=500), engine="plain").results}
    except DefinitionError:
        assume(False)
    for result in found.results:
        if result.trace is None:
            assert result.verdict is Verdict.UNDETERMINED
            continue
        replay(result.trace, model)
        least = searched[result.name]
        if least.verdict is not Verdict.UNDETERMINED:
            assert least.verdict is result.verdict
            assert least.trace is not None
            assert len(least.trace.steps) <= len(result.trace.steps)
            if "the shortest" in result.detail:
                assert len(least.trace.steps) == len(result.trace.steps)


@examples(40)
@given(sound_models(), st.integers(0, 100))
def test_a_walk_does_not_depend_on_the_number_of_walks(case: Case, seed: int) -> None:
    try:
        few = simulate(case.model, WalkPlan(walks=5, steps=10, seed=seed))
        many = simulate(case.model, WalkPlan(walks=15, steps=10, seed=seed))
    except DefinitionError:
        assume(False)
    for early, late in zip(few.report.results, many.report.results, strict=False):
        if early.trace is not None:
            assert (early.detail, early.trace) == (late.detail, late.trace)


@examples(40)
@given(sound_models(), st.integers(0, 100))
def test_without_faults_there_are_none(case: Case, seed: int) -> None:
    try:
        found = simulate(case.model, WalkPlan(walks=10, steps=10, seed=seed, faults=0.0))
        walker = Walker(build(case.model), WalkPlan(walks=10, steps=10, seed=seed, faults=0.0))
        walker.run()
    except DefinitionError:
        assume(False)
    for _, path, _ in walker.found.values():
        assert not any(move.event.fault for _, move in path if move is not None)
    assert found.tally.steps == walker.tally.steps


# -- shortening ------------------------------------------------------------------------------------------


def test_a_detour_is_cut_out() -> None:
    """The counter goes round several times before it jumps to 4."""
    model = Counting(jump=True, wraps=True).model(below(4))
    walker = Walker(build(model), WalkPlan(walks=200, steps=60))
    walker.run()
    _, path, _ = walker.found[0]
    longest = [*path]
    while len(longest) < 9:
        code = longest[0][0]
        round_trip = []
        for _ in range(4):
            found, _ = walker.system.successors(code)
            code, move = found[0]
            round_trip.append((code, move))
        longest = [longest[0], *round_trip, *longest[1:]]
    short = shortened(longest, 0, walker.system)
    assert len(short.path) - 1 == 3
    assert short.shortest


def test_a_broken_step_is_shortened() -> None:
    grows = step("grows", change_of(Counter, lambda a, b: b.value == a.value + 1))
    found = simulate(Counting(wraps=True).model(grows), WalkPlan(walks=1))
    result = found.report.results[0]
    assert result.verdict is Verdict.REFUTED
    assert result.trace is not None
    assert len(result.trace.steps) == 4


def test_a_deadlock_is_found(capfd: pytest.CaptureFixture[str]) -> None:
    model = dataclasses.replace(Counting().model(reaches(3)), deadlock=True)
    report = simulate(model, WalkPlan(walks=5)).report
    assert [r.verdict for r in report.results] == [Verdict.PROVED, Verdict.REFUTED]
    assert report.exit_code == 11


def test_what_raises_is_found() -> None:
    report = simulate(Counting(divides_at=2).model(below(9)), WalkPlan(walks=5)).report
    assert report.exit_code == 14
    last = report.results[-1]
    assert (last.kind, last.verdict) == ("error", Verdict.REFUTED)
    assert last.trace is not None
    assert len(last.trace.steps) == 2


# -- exit codes and reports ------------------------------------------------------------------------------


def exit_code(model: Model, limits: Limits = Limits(), walks: int | None = 3) -> tuple[int, Simulation]:
    found = simulate(model, WalkPlan(walks, limits=limits))
    return found.report.exit_code, found


def test_exit_codes() -> None:
    code, found = exit_code(Counting().model(below(9)))
    assert (code, found.complete) == (0, True)
    assert found.report.verdict is Verdict.UNDETERMINED  # that nothing was found proves nothing
    assert exit_code(Counting().model(below(9), reaches(3)))[0] == 0
    assert exit_code(Counting().model(below(9), reaches(7)))[0] == 20  # it has done nothing worth checking
    assert exit_code(Counting().model(below(2)))[0] == 12
    code, found = exit_code(Counting().model(below(9)), Limits(timeout=1e-9))
    assert (code, found.complete) == (20, False)
    code, found = exit_code(Counting().model(below(9)), Limits(timeout=0.2), walks=None)
    assert (code, found.complete) == (0, True)
    code, found = exit_code(Counting().model(below(9)), Limits(max_memory=1))
    assert (code, found.complete) == (20, False)
    assert "--max-memory" in str(found.report.stats.stopped)


def test_what_there_is_no_time_to_replay_is_not_taken_for_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the walks that were made, and what they have met, are reported."""

    def late(*_: object) -> None:
        raise Ended(current(), Stop(StopKind.TIME, "--timeout 5 ran out"))

    monkeypatch.setattr("elcheck.checker.strategies.simulate.trace_of", late)
    for claim in (below(2), reaches(3)):
        code, found = exit_code(Counting().model(claim))
        result = found.report.results[0]
        assert (code, found.complete, result.verdict) == (20, False, Verdict.UNDETERMINED)
        assert "which was not replayed" in result.detail
        assert result.trace is None


def test_the_report(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["simulate", "raft", "--bug", "half-quorum", "--seed", "3", "-v"]) == 12
    out = capfd.readouterr().out
    assert re.search(r"REFUTED at most one leader per term: n\d and n\d both lead in term \d \(walk", out)
    assert "shortened to 4: the shortest)" in out
    assert re.search(r"it was 1,000 random walks from seed 3 \([\d,]+ walks/s", out)
    assert "UNDETERMINED  not broken in 1,000 random walks" in out
    assert "To repeat it: elcheck simulate raft --bug half-quorum --seed 3 -v" in out
    assert "become_leader" in out


def test_json_and_junit(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["simulate", "raft", "--walks", "50", "--format", "json"]) in (0, 20)
    document = json.loads(capfd.readouterr().out)
    assert document["verdict"] == "undetermined"
    assert document["simulation"]["walks"] == 50
    assert document["engine"] == "simulation"
    documented = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    for key in document["simulation"]:
        assert f"`{key}`" in documented
    assert cli.run(["simulate", "raft", "--bug", "half-quorum", "--format", "junit"]) == 12
    suite = ET.fromstring(capfd.readouterr().out)
    assert int(suite.get("failures", "0")) >= 1


def test_the_same_walks_under_different_hash_seeds() -> None:
    documents = []
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "elcheck", "simulate", "zab", "--walks", "60", "--format", "json"]
        env = {**os.environ, "PYTHONHASHSEED": seed}
        result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        document = json.loads(result.stdout)
        for part in ("stats", "simulation"):
            document[part].pop("seconds")
        document["stats"].pop("stopped")  # has walks/s
        documents.append(document)
    assert documents[0] == documents[1]


def test_other_seeds_walk_other_ways() -> None:
    model = Counting(jump=True, wraps=True).model(below(9))
    crashing = dataclasses.replace(model, environment=Environment(crash=1, restart=1))
    steps = {simulate(crashing, WalkPlan(walks=10, seed=seed)).tally.ended for seed in range(5)}
    paths = {simulate(crashing, WalkPlan(walks=10, seed=seed)).report.stats.transitions for seed in range(5)}
    assert len(paths) > 1 or len(steps) > 1


def test_claims_that_walks_do_not_decide(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["simulate", "peterson_mutex", "--walks", "20"]) == 0
    assert "a random walk does not decide it" in capfd.readouterr().out


def test_what_makes_no_sense(capfd: pytest.CaptureFixture[str]) -> None:
    for args in (
        ["--walks", "0"],
        ["--faults", "-1"],
        ["--faults", "inf"],
        ["--timeout", "nan"],
        ["--depth", "3"],
    ):
        assert cli.run(["simulate", "raft", *args]) == 2
        assert capfd.readouterr().err
