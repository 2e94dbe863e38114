"""How many random examples a test takes."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
IN_CI = "CI" in os.environ


def examples(count: int) -> settings:
    """So many random models; in CI fewer, and the same ones each time."""
    some = max(10, count // 6) if IN_CI else count
    return settings(max_examples=some, deadline=None, derandomize=IN_CI, suppress_health_check=QUIET)
