"""The memory that the process holds, and what it may still take."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from psutil import Process

SLACK = 32 << 20
"""Bytes that may be asked for beyond a limit: some are never touched."""


def resident() -> int:
    """Bytes of memory that the process holds now."""
    return int(_process().memory_info().rss)


def available() -> int:
    """Bytes that the process may still take before something else has to go: of the machine's, or of what the
    control groups that it is in are allowed.
    """
    from psutil import virtual_memory

    return max(0, min([int(virtual_memory().available), *_left_to_groups()]))


class DataLimit:
    """The limit on a process's data that the system keeps, where it keeps one that counts all of it (Linux).

    ``known``: somebody has said how much that is.
    """

    def __init__(self) -> None:
        self.known = False
        self._before: tuple[int, int] | None = None

    def set(self, most: int) -> None:
        """Refuse what would let the process hold more than so many bytes."""
        self.known = True
        if sys.platform != "linux":
            return
        info, before = _process().memory_info(), resource.getrlimit(resource.RLIMIT_DATA)
        wanted = int(info.data) + max(0, most - int(info.rss)) + SLACK
        if before[0] == resource.RLIM_INFINITY or wanted < before[0]:
            with suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_DATA, (wanted, before[1]))
                self._before = before

    def lift(self) -> None:
        """Refuse no more than before."""
        if self._before is not None:
            resource.setrlimit(resource.RLIMIT_DATA, self._before)


@cache
def _process() -> Process:
    """This process. Few runs ask, and psutil takes its time to be imported."""
    from psutil import Process

    return Process()


# -- control groups ------------------------------------------------------------------------------------------


def _left_to_groups() -> Iterator[int]:
    """What each control group that the process is in may still take, where Linux limits it."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers in ("", "memory"):
                yield from _left_along(path, first=controllers == "memory")


def _left_along(path: str, *, first: bool) -> Iterator[int]:
    """What is left to the groups of a path; of the ``first`` version of control groups, or the second."""
    root = Path("/sys/fs/cgroup/memory" if first else "/sys/fs/cgroup")
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes") if first else ("memory.max", "memory.current")
    parts = Path(path.lstrip("/")).parts
    for folder in (root.joinpath(*parts[:length]) for length in range(len(parts), -1, -1)):
        with suppress(OSError, ValueError):  # a group without a limit says "max"
            limit, usage = (int((folder / name).read_text(encoding="ascii")) for name in names)
            yield limit - usage + _reclaimable(folder)


def _reclaimable(group: Path) -> int:
    """Bytes of a group that are a file's, and can go."""
    for line in (group / "memory.stat").read_text(encoding="ascii").splitlines():
        name, _, count = line.partition(" ")
        if name in ("total_inactive_file", "inactive_file"):
            return int(count)
    return 0
