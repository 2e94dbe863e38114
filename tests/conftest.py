"""Set-up of the tests."""

import gc
import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

pytest.register_assert_rewrite(
    "tests.search.contract", "tests.search.contract_steps", "tests.search.contract_ends"
)

settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

gc.set_threshold(20_000)  # of 700 objects: what the modules of all tests keep is looked at seldom


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than cores: tests of servers, browsers and signals wait most of their time."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def _path() -> Iterator[None]:
    """The folders of a test's models leave the path with it: who imports would look into hundreds of them."""
    before = sys.path[:]
    yield
    sys.path[:] = before
