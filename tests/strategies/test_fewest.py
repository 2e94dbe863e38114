"""The counterexample with the fewest faults, compared with brute force over plain states."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import assume, given

from elcheck import always, each, node_views
from elcheck.checker import cli
from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.environment import Environment
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import GlobalState
from elcheck.checker.process.limits import Limits
from elcheck.checker.strategies.fewest_faults import COUNTED, faults_in, fewest_faults
from tests.oracle.random_models import Case, sound_models
from tests.oracle.search import Facts, ask_of_state, ask_of_step, done
from tests.oracle.steps import Machine
from tests.strategies.finite import of_finite_traces
from tests.support.examples import examples
from tests.support.models import Counter, Counting

Cost = tuple[int, int]


def brute_force(model: Model, cap: int) -> dict[str, Cost]:
    """For every property that is decided somewhere, the least (faults, steps): paths are made longer until no
    state is reached with less. Models of more than ``cap`` states are rejected.
    """
    machine = Machine(model)
    best: dict[GlobalState, Cost] = dict.fromkeys(machine.initial(), (0, 0))
    found: dict[str, Cost] = {}
    work = list(best)
    while work:
        state = work.pop(0)
        faults, steps = best[state]
        moves = machine.moves(state)
        facts = Facts()
        ask_of_state(model, state, facts)
        if all(move.event.fault for move in moves) and not done(model, state):
            _note(found, "no deadlock", (faults, steps))
        for name in facts.found:
            _note(found, name, (faults, steps))
        for move in moves:
            if move.crossed:
                continue
            cost = (faults + (move.event.kind in COUNTED), steps + 1)
            of_step = Facts()
            ask_of_step(model, state, move, of_step)
            for name in of_step.found:
                _note(found, name, cost)
            if move.after not in best or cost < best[move.after]:
                best[move.after] = cost
                work.append(move.after)
                assume(len(best) <= cap)
    return found


def _note(found: dict[str, Cost], name: str, cost: Cost) -> None:
    found[name] = min(cost, found.get(name, cost))


def costs(report: CheckReport) -> dict[str, Cost]:
    """The faults and steps of each trace of a report."""
    return {
        result.name: (faults_in(step.event for step in result.trace.steps), len(result.trace.steps))
        for result in report.results
        if result.trace is not None
    }


def minimised(model: Model) -> CheckReport:
    return fewest_faults(check(model, engine="plain"), Limits())


@examples(80)
@given(sound_models())
def test_brute_force_finds_no_fewer(case: Case) -> None:
    model = of_finite_traces(case.model)
    try:
        expected = brute_force(model, cap=300)
        assert costs(minimised(model)) == expected
    except DefinitionError:
        assume(False)


@examples(40)
@given(sound_models())
def test_without_faults_the_fewest_are_the_shortest(case: Case) -> None:
    own = case.model.environment
    environment = Environment(network=own.network, detector=own.detector, timing=own.timing)
    model = dataclasses.replace(of_finite_traces(case.model), environment=environment)
    limits = Limits(max_states=300)
    try:
        report = check(model, limits, engine="plain")
    except DefinitionError:
        assume(False)
    least = fewest_faults(report, limits)
    assert [r.trace for r in least.results] == [r.trace for r in report.results]


@examples(40)
@given(sound_models())
def test_a_limit_on_depth_is_kept(case: Case) -> None:
    """With a limit a trace is no longer than that, and has no more faults than the shortest one."""
    model = of_finite_traces(case.model)
    limits = Limits(depth=4, max_states=2000)
    try:
        report = check(model, limits, engine="plain")
    except DefinitionError:
        assume(False)
    before, after = costs(report), costs(fewest_faults(report, Limits(depth=4)))
    assert before.keys() == after.keys()
    for name, (faults, steps) in after.items():
        assert steps <= 5
        assert (faults, steps) <= before[name]


def test_a_longer_trace_with_fewer_faults() -> None:
    fine = always("up and small", each(node_views(Counter), lambda n: n.up and n.state.value < 3))
    model = dataclasses.replace(Counting().model(fine), environment=Environment(crash=1))
    report = check(model)
    assert costs(report) == {"up and small": (1, 1)}
    least = fewest_faults(report, Limits())
    assert costs(least) == {"up and small": (0, 3)}
    assert [(r.detail, r.fewest) for r in least.results] == [("does not hold of n1", "no fault")]
    within = fewest_faults(check(model, Limits(depth=2)), Limits(depth=2))
    assert costs(within) == {"up and small": (1, 1)}


def test_the_report_says_it(capfd: pytest.CaptureFixture[str]) -> None:
    command = ["raft", "--bug", "forget-vote", "--depth", "10", "--minimise", "faults"]
    assert cli.run(command) == 12
    out = capfd.readouterr().out
    assert "n1 and n2 both lead in term 1 (fewest faults: 1 crash)\n" in out
    assert cli.run([*command, "--format", "json"]) == 12
    found = {p["name"]: p["fewest"] for p in json.loads(capfd.readouterr().out)["properties"]}
    assert found["at most one leader per term"] == "1 crash"
    assert found["a leader is elected"] == "no fault"
    assert found["terms only grow"] is None


def test_a_behaviour_without_end_is_not_claimed_to_have_the_fewest() -> None:
    given = {"nodes": 4, "liveness": True, "weak_timers": True}
    report = check(load("bully")(**given))
    least = fewest_faults(report, Limits())
    name = "in the end all follow the highest"
    assert least[name].fewest == "not looked for, since no trace that ends decides it"
    assert least[name].trace == report[name].trace


def test_the_limit_that_ended_it_is_named() -> None:
    file = load("raft")
    model = file(bug="forget-vote")
    report = check(model, Limits(depth=10))
    cut_short = fewest_faults(report, Limits(depth=10, max_states=50))
    refuted = [result for result in cut_short.results if result.verdict is Verdict.REFUTED]
    assert [r.fewest for r in refuted] == 2 * ["1 crash, or fewer: --max-states 50 was reached"]
    assert [r.trace for r in cut_short.results] == [r.trace for r in report.results]
