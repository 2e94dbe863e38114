"""Claims of liveness on random models of nodes, with every rule of fairness, against the oracle."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.oracle.comparing_liveness import compare_liveness
from tests.oracle.random_liveness import LivelyCase, lively_models
from tests.support.examples import examples


@examples(60)
@given(lively_models())
def test_what_has_to_happen_in_models_of_nodes(case: LivelyCase) -> None:
    compare_liveness(case, cap=60)


@pytest.mark.big
@examples(10_000)
@given(lively_models())
def test_what_has_to_happen_in_many_models_of_nodes(case: LivelyCase) -> None:
    compare_liveness(case, cap=200)
