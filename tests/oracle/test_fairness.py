"""Claims of liveness on random models, with every rule of fairness, against the oracle."""

from __future__ import annotations

import pytest
from hypothesis import given

from elcheck import Model
from tests.oracle.comparing_liveness import compare_liveness
from tests.oracle.random_liveness import lively_models
from tests.support.examples import examples


@examples(60)
@given(lively_models())
def test_what_has_to_happen(model: Model) -> None:
    compare_liveness(model, cap=60)


@pytest.mark.big
@examples(10_000)
@given(lively_models())
def test_what_has_to_happen_in_many_models(model: Model) -> None:
    compare_liveness(model, cap=200)
