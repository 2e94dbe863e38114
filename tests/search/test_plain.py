"""The reference engine keeps the contract."""

import pytest

from elcheck.checker.zoo.cases import Case
from tests.search.contract import Contract
from tests.support.cases import CASES, is_of_a_spec, is_shown, parameter


class TestPlain(Contract):
    """elcheck.checker.search.plain."""

    engine = "plain"

    @pytest.mark.parametrize(
        "case",
        [
            parameter(
                case,
                most=None if is_of_a_spec(case) else 5_000,
                every_model=True,
                elsewhere=is_shown(case, "plain"),
            )
            for case in CASES
        ],
    )
    def test_counts(self, case: Case) -> None:
        """Larger cases of node programs only with the marker ``big``: the fast engine has them all. What a
        page shows is compared where it is shown.
        """
        super().test_counts(case)
