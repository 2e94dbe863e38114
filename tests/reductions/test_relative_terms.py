"""A search that counts terms from the least finds what a search of all terms does."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given

from elcheck import load
from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.state import Envelope, GlobalState
from elcheck.checker.model.terms import Term
from tests.oracle.comparing_reduced import compare_relative_terms
from tests.oracle.draft import terms_in
from tests.oracle.random_models import Case
from tests.oracle.term_models import Call, Ranked, read, term_models
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


def canonical(state: GlobalState, without_dead: bool) -> GlobalState:
    """A state with its terms counted from the least, perhaps without messages of earlier terms than their
    receivers'.
    """
    terms = [view.state.term for view in state.nodes if isinstance(view.state, Ranked)]
    sent = [
        e
        for e in state.network
        if isinstance(e.msg, Call) and not (without_dead and e.msg.term < terms[e.dst.index])
    ]
    found = [t for view in state.nodes for t in terms_in(view.state)] + [
        t for e in sent for t in terms_in(e.msg)
    ]
    base = min(map(read, found))

    def lower(term: Term) -> Term:
        return Term(read(term) - base)

    def lowered(s: Ranked) -> Ranked:
        return Ranked(lower(s.term), None if s.seen is None else lower(s.seen), s.a)

    nodes = tuple(
        replace(view, state=lowered(view.state)) for view in state.nodes if isinstance(view.state, Ranked)
    )
    calls = [(e.src, e.dst, e.msg) for e in sent if isinstance(e.msg, Call)]
    network = tuple(Envelope(src, dst, Call(lower(msg.term), msg.x)) for src, dst, msg in calls)
    return replace(state, nodes=nodes, network=network)


used: Counter[bool] = Counter()


@examples(90)
@given(term_models())
def test_models_with_terms(case: Case) -> None:
    used[compare_relative_terms(case, 100, canonical)] += 1


def test_many_of_these_models_are_reduced_and_some_are_not() -> None:
    if not used:
        pytest.skip("the random models ran elsewhere")
    assert used[True] > used[False] > 0


@pytest.mark.big
@examples(10_000)
@given(term_models())
def test_many_models_with_terms(case: Case) -> None:
    compare_relative_terms(case, 2000, canonical)
