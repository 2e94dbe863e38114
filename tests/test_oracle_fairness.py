"""Claims of liveness on random models of nodes, with every rule of fairness, against the oracle."""

from __future__ import annotations

import pytest
from hypothesis import given, reject

from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.validate import validate
from tests.oracle import TooLarge
from tests.oracle_liveness import Behaviours, space_of
from tests.random_liveness import LivelyCase, lively_models
from tests.table_programs import Broken
from tests.test_oracle import examples, walk


@examples(60)
@given(lively_models())
def test_what_has_to_happen_in_models_of_nodes(case: LivelyCase) -> None:
    compare_liveness(case, cap=60)


@pytest.mark.big
@examples(10_000)
@given(lively_models())
def test_what_has_to_happen_in_many_models_of_nodes(case: LivelyCase) -> None:
    compare_liveness(case, cap=200)


def compare_liveness(case: LivelyCase, cap: int) -> None:
    """Check a model on both engines, and demand the oracle's verdicts."""
    try:
        validate(case.model)
        space = space_of(case.model, cap)
    except (DefinitionError, TooLarge):
        reject()  # a name that no step has, a scope that looks at no node
    except Broken:
        for engine in ("plain", "fast"):
            assert check(case.model, engine=engine).exit_code == EXIT["error"]
        return
    behaviours = Behaviours(case.model, space, case.assumed)
    expected = [behaviours.verdict(claim) for claim in case.claims]
    for engine in ("plain", "fast"):
        report = check(case.model, engine=engine)
        assert report.stats.distinct == len(space.states)
        assert [result.verdict.value for result in report.results] == expected
        for result in report.results:
            walk(report, result)
