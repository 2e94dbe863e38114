"""What the pages show is printed where the fast engine is compiled: of traces that are equally short, it may
find another one than the plain engine, which goes on meanwhile.
"""

from importlib.util import find_spec

import pytest


@pytest.fixture(autouse=True, scope="session")
def _compiled() -> None:
    if find_spec("numba") is not None:
        from elcheck.checker.search.fast import cache  # which needs numba's companion

        cache.machine_code()
