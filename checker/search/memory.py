"""How much memory the process holds."""

from __future__ import annotations

import psutil

_PROCESS = psutil.Process()


def resident() -> int:
    """Bytes of memory in use now."""
    return int(_PROCESS.memory_info().rss)
