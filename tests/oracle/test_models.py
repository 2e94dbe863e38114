"""The checker against the oracle on random models: the same counts and verdicts; traces are paths."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.oracle.comparing import compare
from tests.oracle.random_models import Case, models, specs
from tests.support.examples import examples


@examples(300)
@given(models())
def test_models_of_nodes(case: Case) -> None:
    compare(case, cap=100)


@examples(100)
@given(specs())
def test_models_of_shared_state(case: Case) -> None:
    compare(case, cap=300)


@pytest.mark.big
@examples(10_000)
@given(models())
def test_many_models_of_nodes(case: Case) -> None:
    compare(case, cap=3000)


@pytest.mark.big
@examples(5_000)
@given(specs())
def test_many_models_of_shared_state(case: Case) -> None:
    compare(case, cap=3000)
