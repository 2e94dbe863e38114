"""The reference engine keeps the contract."""

from tests.contract import Contract


class TestPlain(Contract):
    """checker.explore."""

    engine = "plain"
