"""How much memory the process holds."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psutil import Process


def resident() -> int:
    """Bytes of memory in use now."""
    return int(_process().memory_info().rss)


@cache
def _process() -> Process:
    """This process. Few runs ask, and psutil takes its time to be imported."""
    from psutil import Process

    return Process()
