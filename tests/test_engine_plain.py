"""The reference engine keeps the contract."""

from tests.contract import Contract


class TestPlain(Contract):
    """elcheck.checker.search.plain."""

    engine = "plain"
