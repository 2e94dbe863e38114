"""The smallest budgets of faults, compared with checking every combination of budgets."""

from __future__ import annotations

import dataclasses
import json
from itertools import product

import pytest
from hypothesis import assume, given

from elcheck import Environment, always, each, eventually, leads_to, node_views, some, taken
from elcheck.checker import cli
from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.budget import FAULT_KINDS, UNLIMITED, Amount, FaultKind, total_of
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.process.limits import DECIDED, Limits
from elcheck.checker.render.fault_budgets import in_words
from elcheck.checker.strategies.fault_budgets import Frontier, frontier
from elcheck.checker.strategies.fewest_faults import COUNTED, FINITE, faults_in, fewest_faults
from tests.oracle.random_models import Case, sound_models
from tests.strategies.finite import of_finite_traces
from tests.support.examples import examples
from tests.support.models import Counter, Counting

CAP, MOST = 400, 2

Point = tuple[int, ...]


def at(model: Model, point: Point) -> Model:
    """A model with these budgets."""
    bare = dataclasses.replace(model.environment, faults={})
    environment = bare.with_budgets(dict(zip(FAULT_KINDS, point, strict=True)))
    return dataclasses.replace(model, environment=environment)


def largest(model: Model) -> Point:
    """A model's budgets, none of them more than one, and two of them at most, for the sake of time."""
    budgets = [total_of(model.environment.budget(kind)) for kind in FAULT_KINDS]
    some = [at for at, budget in enumerate(budgets) if budget != 0][:MOST]  # a crash before its restart
    return tuple(int(at in some) for at in range(len(budgets)))


def decided(report: CheckReport) -> dict[str, int]:
    """The properties that were decided by a trace, with its length."""
    return {r.name: len(r.trace.steps) for r in report.results if r.trace is not None}


def brute_force(model: Model, top: Point) -> dict[str, dict[Point, int]]:
    """For every property, all budgets that decide it and have none below that do."""
    found: dict[str, dict[Point, int]] = {}
    for point in product(*(range(budget + 1) for budget in top)):
        try:
            report = check(at(model, point), Limits(max_states=CAP), engine="plain")
        except UsageError:
            continue  # restarts without a crash
        assume(report.stats.stopped in (None, DECIDED))
        for name, steps in decided(report).items():
            found.setdefault(name, {})[point] = steps
    return {
        name: {p: n for p, n in points.items() if not any(q != p and below(q, p) for q in points)}
        for name, points in found.items()
    }


def below(small: Point, large: Point) -> bool:
    return all(a <= b for a, b in zip(small, large, strict=True))


def minima(found: Frontier) -> dict[str, dict[Point, int]]:
    """The same of a frontier."""
    rows: dict[str, dict[Point, int]] = {}
    for row in found.rows:
        for minimum in row.minima:
            assert minimum.sure
            assert minimum.steps is not None
            point = tuple(int(minimum.budgets[kind]) for kind in FAULT_KINDS)
            rows.setdefault(row.name, {})[point] = minimum.steps
    return rows


@examples(40)
@given(sound_models())
def test_every_combination_of_budgets(case: Case) -> None:
    model = of_finite_traces(case.model)
    top = largest(model)
    assume(any(top))
    try:
        expected = brute_force(model, top)
        found = frontier(at(model, top), engine="plain")
    except DefinitionError:
        assume(False)
    assert minima(found) == expected
    assert not any(row.unsure for row in found.rows)


def looks_at_nodes(model: Model) -> bool:
    """Whether no property sees the budgets, and no bound the messages."""
    claims = [claim for claim in model.properties if claim.scope.kind == "whole"]
    return not claims and model.deadlock is False and not any(isinstance(b.holds, int) for b in model.bounds)


@examples(60)
@given(sound_models())
def test_the_fewest_faults_are_the_least_of_the_frontier(case: Case) -> None:
    """Restarts aside, which the one counts and the other does not."""
    model = dataclasses.replace(of_finite_traces(case.model), deadlock=False)
    assume(looks_at_nodes(model))
    model = at(model, largest(model))
    try:
        report = check(model, Limits(max_states=CAP), engine="plain")
        assume(report.stats.stopped in (None, DECIDED))
        least = fewest_faults(report, Limits())
        rows = minima(frontier(model, engine="plain"))
    except DefinitionError:
        assume(False)
    repair = FAULT_KINDS.index("restart")
    for result in least.results:
        if result.trace is not None:
            points = rows[result.name]
            sums = [sum(p) - p[repair] for p in points]
            assert faults_in(step.event for step in result.trace.steps) == min(sums)
        else:
            assert result.name not in rows


def test_two_leaders_need_a_restart(capfd: pytest.CaptureFixture[str]) -> None:
    command = ["raft", "--bug", "forget-vote", "--depth", "10", "--frontier", "--width", "200"]
    assert cli.run(command) == 12
    out = capfd.readouterr().out
    line = next(line for line in out.splitlines() if line.startswith("at most one leader per term"))
    assert line.split("always")[1].split() == ["1", "crash,", "1", "restart", "1", "1", "10"]
    assert "a leader is elected" in out
    assert "is reached with no fault" in out
    assert "nothing up to the budgets (within bounds)" in out
    assert "what lies across these bounds was not searched: depth 10, max_term" in out
    assert cli.run([*command, "--format", "json"]) == 12
    document = json.loads(capfd.readouterr().out)
    first = document["properties"][0]
    budgets = {**dict.fromkeys(FAULT_KINDS, 0), "crash": 1, "restart": 1}
    assert first["minima"] == [{"budgets": budgets, "steps": 10, "sure": True}]
    assert (document["points"], document["searched"], document["exit_code"]) == (3, 3, 12)


def counting(crashes: Amount) -> Model:
    """Refuted by a crash."""
    fine = always("up", each(node_views(Counter), lambda n: n.up))
    model = Counting().model(fine)
    return dataclasses.replace(model, environment=dataclasses.replace(model.environment, crash=crashes))


def test_an_unlimited_budget() -> None:
    found = frontier(counting(UNLIMITED))
    assert [row.minima[0].budgets["crash"] for row in found.rows] == [1]
    assert found.points == 4
    assert found.searched == 2  # more than one crash need not be asked


def test_no_time_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    found = frontier(counting(1), Limits(timeout=1e-9))
    assert [row.verdict for row in found.rows] == [Verdict.UNDETERMINED]
    assert found.exit_code == 20
    assert str(found.stopped) == "--timeout 1e-09 ran out"
    assert cli.run(["raft", "--bug", "forget-vote", "--frontier", "--timeout", "0.000001"]) == 20
    out = capfd.readouterr().out
    assert "could not be told" in out
    assert "it could not be told with no fault; 1 crash; 1 crash, 1 restart (--timeout 1e-06 ran out)" in out


def test_a_minimum_that_is_not_sure() -> None:
    """The fault-free search is too large for the limit, and so fewer may do."""
    found = frontier(counting(1), Limits(max_states=3))
    assert [(m.budgets["crash"], m.sure) for m in found.rows[0].minima] == [(1, False)]
    assert len(found.rows[0].unsure) == 1


def test_a_claim_of_which_nothing_can_be_said() -> None:
    """No behaviour is as it is assumed, so that nothing breaks the claim: that is no proof."""
    claim = eventually("counted", each(Counter, lambda s: s.value == 3))
    model = Counting().model(claim)
    found = frontier(dataclasses.replace(model, assume=[always(taken("restart"))]))
    assert [row.verdict for row in found.rows] == [Verdict.UNDETERMINED]
    assert found.rows[0].unsure[0][1] == "no fair behaviour satisfies what the model assumes"


def test_a_claim_whose_cause_needs_a_fault_does_not_break_without_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """It says nothing there, which is said; and it says nothing at all if no budget brings the cause."""
    down = some(each(node_views(Counter), lambda n: not n.up))
    model = Counting().model(leads_to("back", down, each(node_views(Counter), lambda n: n.up)))
    found = frontier(dataclasses.replace(model, environment=Environment(crash=1)))
    (row,) = found.rows
    assert [(m.budgets["crash"], m.sure) for m in row.minima] == [(1, True)]
    assert row.unsure == ()
    assert [(budgets["crash"], why) for budgets, why in row.vacuous] == [(0, "its cause is never met")]
    assert [row.verdict for row in frontier(model).rows] == [Verdict.VACUOUS]
    assert cli.run(["bridge_lease", "--bug", "beats-on", "--frontier"]) == 13
    out = capfd.readouterr().out
    assert "bug beats-on\nnetwork set" in out
    assert "The mistake: A leader whom no majority follows goes on sending heartbeats" in out
    assert "nothing is claimed with no fault (its cause is never met) of: apart for good" in out


def test_what_is_there_at_the_start_is_no_fault_and_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    cli.run(["unheard_promotion", "--bug", "learners-do-not-vote", "--frontier"])
    assert "Note: faults are counted from the start on; there already: c down." in capfd.readouterr().out


def test_what_raises_is_a_row_of_its_own() -> None:
    model = Counting(divides_at=2).model(always("up", each(node_views(Counter), lambda n: n.up)))
    found = frontier(dataclasses.replace(model, environment=Environment(crash=1)))
    assert [row.name for row in found.rows] == ["up", "nothing raises"]
    assert found.exit_code == 14


def test_words() -> None:
    budgets: dict[FaultKind, int] = dict.fromkeys(FAULT_KINDS, 0)
    assert in_words(budgets) == "no fault"
    assert in_words({**budgets, "loss": 2, "restart": 1}) == "2 losses, 1 restart"
    assert in_words({**budgets, "dup": UNLIMITED}) == "more than 2 duplications"


def test_what_does_not_go_with_it(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["raft", "--frontier", "--format", "junit"]) == 2
    assert "--frontier prints a table" in capfd.readouterr().err


def test_what_counts_as_a_fault() -> None:
    assert set(COUNTED) == {
        "crash",
        "pause",
        "damage",
        "lose",
        "duplicate",
        "disconnect",
        "partition",
        "fault",
    }
    assert set(FINITE) == {"always", "never", "sometimes", "step", "deadlock"}
