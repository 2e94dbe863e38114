"""Set-up of the tests."""

import os

import pytest
from hypothesis import settings

pytest.register_assert_rewrite(
    "tests.search.contract", "tests.search.contract_steps", "tests.search.contract_ends"
)

settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")
