"""The reference engine keeps the contract."""

from tests.search.contract import Contract


class TestPlain(Contract):
    """elcheck.checker.search.plain."""

    engine = "plain"
