"""The checker against the oracle on random models: the same counts and verdicts; traces are paths."""

from __future__ import annotations

import pytest
from hypothesis import given

from elcheck.checker.system import shared
from tests.oracle.comparing import compare
from tests.oracle.random_models import Case, models, specs
from tests.oracle.random_readers import readers
from tests.support.examples import examples


@examples(300)
@given(models())
def test_models_of_nodes(case: Case) -> None:
    compare(case, cap=100)


@examples(100)
@given(specs())
def test_models_of_shared_state(case: Case) -> None:
    compare(case, cap=300)


@examples(100)
@given(readers())
def test_models_that_look_at_parts(case: Case) -> None:
    compare(case, cap=300)


@examples(30)
@given(readers())
def test_the_same_if_nothing_is_learned(case: Case) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared, "LEARNING", False)
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


@pytest.mark.big
@examples(5_000)
@given(readers())
def test_many_models_that_look_at_parts(case: Case) -> None:
    compare(case, cap=1000)
