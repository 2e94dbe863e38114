"""A search that counts terms from the least finds what a search of all terms does."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given

from elcheck import (
    Bound,
    Environment,
    Formula,
    Model,
    Node,
    each,
    eventually,
    guard,
    load,
    ltl,
    node_ids,
    pair,
    replace,
    some,
    strong,
    taken,
    timeout,
    weak,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.fairness import Per
from elcheck.checker.process.limits import Limits
from tests.oracle.comparing import takes_out
from tests.oracle.comparing_liveness import compare_term_liveness
from tests.oracle.comparing_reduced import compare_relative_terms
from tests.oracle.random_models import Case
from tests.oracle.term_models import Manner, Ranked, Ranking, canonical, lively_term_models, term_models
from tests.support.examples import examples

ENGINES = ("plain", "fast")
# What a search of its own, which shares nothing with the engines, found: nodes, the spread, states, those up
# to renaming (None: not counted), and the depth.
COUNTS = [(2, 1, 20, None, 5), (2, 3, 44, None, 7), (3, 1, 575, 103, 10), (4, 1, 11_278, 542, 14)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("nodes", "spread", "states", "renamed", "depth"), COUNTS)
def test_elections_are_counted_for_every_number_of_terms(
    nodes: int, spread: int, states: int, renamed: int | None, depth: int, engine: str
) -> None:
    report = check(load("raft_election")(nodes=nodes, terms="unlimited", spread=spread), engine=engine)
    assert (report.stats.distinct, report.stats.depth) == (states, depth)
    assert renamed in (None, report.stats.representatives)
    safe = report["at most one leader per term"]
    assert safe.verdict is Verdict.PROVED
    assert safe.detail == f"for every number of terms, nodes at most {spread} apart"


used: Counter[bool] = Counter()


@examples(90)
@given(term_models)
def test_models_with_terms(case: Case) -> None:
    used[compare_relative_terms(case, 100, canonical)] += 1


def test_many_of_these_models_are_reduced_and_some_are_not() -> None:
    if not used:
        pytest.skip("the random models ran elsewhere")
    assert used[True] > used[False] > 0


@examples(25)
@given(lively_term_models)
def test_what_has_to_happen_however_late_terms_are(model: Model) -> None:
    compare_term_liveness(model, cap=40)


PASSING = Ranking(
    waking=Manner(rises=True, a=0, sees=True, to="next", x=0),
    acting=Manner(rises=True, a=0, sees=True, to="next", x=1),
    newer=Manner(rises=False, a=1, sees=False, to="next", x=0),
    equal=Manner(rises=False, a=1, sees=False, to="next", x=0),
    older=None,
    odd="",
)
"""Who hears of its own term tells the next node, which may be in a later one: that message is dead."""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("per", "claim", "taken_out"),
    [
        ("instance", each(Ranked, lambda s: s.a == 1), True),
        ("action", each(Ranked, lambda s: s.a == 1), False),
        ("group", each(Ranked, lambda s: s.a == 1), False),
        ("instance", taken("hear"), False),
    ],
)
def test_a_step_that_only_sends_what_is_dead_is_left_out_if_nothing_can_tell(
    per: Per, claim: Formula, taken_out: bool, engine: str
) -> None:
    """It is a step all the same, which those that are fair together with it need not be taken for."""
    model = Model(
        PASSING,
        [ltl("in the end", eventually(claim))],
        nodes=node_ids(2),
        environment=Environment(network="sent-set"),
        bounds=[Bound("spread", 1)],
        fairness=[weak("*", per=per)],
    )
    report = check(model, Limits(max_states=200), engine=engine)
    assert takes_out(report) is taken_out


def test_the_fast_engine_is_told_once_that_a_step_may_be_left_out() -> None:
    calm = Manner(rises=False, a=1, sees=False, to="none", x=0)
    program = Ranking(
        waking=replace(calm, rises=True, sees=True),
        acting=replace(calm, to="src"),
        newer=calm,
        equal=replace(calm, a=0, to="next"),
        older=None,
        odd="",
    )
    model = Model(
        program,
        nodes=node_ids(2),
        properties=[eventually("ahead", some(pair(Ranked, lambda s, t: s.term == t.term and s.a != t.a)))],
        bounds=[Bound("spread", 1)],
        fairness=[strong("timeout", "*", per="node")],
    )
    assert compare_term_liveness(model, cap=40) == "vacuous"  # it asked without end


class Runaway(Node[Ranked]):
    """Only the first node goes on to later terms, and nobody follows."""

    @timeout
    def wake(self, s: Ranked) -> Ranked:
        guard(self.me.index == 0, "another does")
        return replace(s, term=s.term.next())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_claim_is_vacuous_if_no_fair_behaviour_stays_near(engine: str) -> None:
    model = Model(
        Runaway(),
        nodes=node_ids(2),
        properties=[eventually("later", some(each(Ranked, lambda s: s.a == 1)))],
        bounds=[Bound("spread", 2)],
    )
    assert check(model, engine=engine)["later"].verdict is Verdict.REFUTED
    (result,) = check(replace(model, fairness=[weak("wake")]), engine=engine).results
    assert result.verdict is Verdict.VACUOUS
    assert result.brief == "no fair behaviour satisfies what the model assumes, nodes at most 2 apart"


@pytest.mark.big
@examples(10_000)
@given(term_models)
def test_many_models_with_terms(case: Case) -> None:
    compare_relative_terms(case, 2000, canonical)
