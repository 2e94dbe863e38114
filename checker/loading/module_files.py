"""Which of the modules that are imported are of some files."""

from __future__ import annotations

import sys
from collections.abc import Collection
from functools import cache
from pathlib import Path
from types import ModuleType


@cache
def real_path(name: str) -> Path:
    """The file that the name of one means, links followed. Kept: a process has a thousand modules, each of
    whose folders would be asked for again and again; what is imported stays where it is.
    """
    return Path(name).resolve()


def modules_of(sources: Collection[Path]) -> dict[str, ModuleType]:
    """The imported modules of some source files, by the names that they are imported by."""
    wanted = frozenset(sources)
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    return {n: sys.modules[n] for n, file in files.items() if file and real_path(file) in wanted}
