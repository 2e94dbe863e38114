"""Modules that are compiled from what their files say now.

Python keeps compiled code by the second and the size of its source. Of a file that is changed twice in one
second, by a script or by an editor, it may run what the file said before; and a model that was right then
would be proved.
"""

from __future__ import annotations

import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from types import CodeType


class FromSource(SourceFileLoader):
    """Compiles a file each time, and keeps nothing."""

    def get_code(self, fullname: str) -> CodeType:
        """The code of what the file says."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def import_from_source(folder: str) -> None:
    """Have whatever is imported from a folder compiled so."""
    sys.path_importer_cache[folder] = FileFinder(
        folder,
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (FromSource, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )
