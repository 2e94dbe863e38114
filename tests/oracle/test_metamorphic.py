"""Random models that are changed so that nothing changes."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.oracle.relations import Related, compare_relations, related_models
from tests.support.examples import examples


@examples(60)
@given(related_models())
def test_what_changes_nothing_changes_nothing(related: Related) -> None:
    compare_relations(related, cap=60)


@pytest.mark.big
@examples(10_000)
@given(related_models())
def test_what_changes_nothing_changes_nothing_in_many_models(related: Related) -> None:
    compare_relations(related, cap=300)
