"""The debug switch of compiled code: with ELCHECK_ASSERTS=1 in the environment it checks its invariants."""

from __future__ import annotations

import os

UNCHECKED = os.environ.get("ELCHECK_ASSERTS", "0") in ("", "0")
"""Whether assertions are left out. Compiled code says ``assert UNCHECKED or ...``: numba takes this for a
constant, and where it is true nothing is left of the line in machine code.
"""
