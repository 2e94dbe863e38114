"""The reference engine keeps the contract."""

import pytest

from elcheck.checker.zoo.cases import Case
from tests.search.contract import Contract
from tests.support.cases import CASES, parameter


class TestPlain(Contract):
    """elcheck.checker.search.plain."""

    engine = "plain"

    @pytest.mark.parametrize("case", [parameter(case, most=5_000, every_model=True) for case in CASES])
    def test_counts(self, case: Case) -> None:
        """Of larger cases only with the marker ``big``: the fast engine has them all."""
        super().test_counts(case)
