"""A model file that is edited while its model is in use: whether it has changed, and how it is read again."""

from __future__ import annotations

import importlib
import importlib.util
import linecache
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.model_file import ModelFile, load
from elcheck.checker.loading.module_files import modules_of


class SourceWatch:
    """The sources of a model file as they were when it was read: its own, and those that it imports."""

    def __init__(self, file: ModelFile) -> None:
        self.file = file
        self._paths = tuple(file.sources)
        self._seen = _stamps(self._paths)

    def changed(self) -> bool:
        """Whether one of them has been written since it was read, or since this was last asked."""
        now = _stamps(self._paths)
        before, self._seen = self._seen, now
        return now != before

    def reload(self) -> ModelFile:
        """The model file as it is now; everything that it imports is run again. Raises LoadError, and then
        the modules are those that there were.
        """
        old = modules_of(self._paths)
        for name, module in old.items():
            del sys.modules[name]
            _forget(module)
        importlib.invalidate_caches()
        linecache.checkcache()
        try:
            self.file = load(str(self.file.path))
            self.file.parameters  # noqa: B018  (what can't be an option is said now)
        except LoadError:
            sys.modules.update(old)
            raise
        with suppress(OSError, SyntaxError, ValueError):  # it is being written again
            self._paths = tuple(self.file.sources)
        self._seen = _stamps(self._paths)
        return self.file


def _stamps(paths: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """When each was written, and how long it is; not those that can't be read just now."""
    found = {}
    for path in paths:
        with suppress(OSError):
            there = path.stat()
            found[path] = (there.st_mtime_ns, there.st_size)
    return found


def _forget(module: ModuleType) -> None:
    """Remove what Python keeps compiled of a module: that goes by seconds, which are long for who saves."""
    with suppress(OSError, NotImplementedError):
        Path(importlib.util.cache_from_source(str(module.__file__))).unlink(missing_ok=True)
