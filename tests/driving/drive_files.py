"""The implementation of docs/driving.md and its subject, as files to drive and to break."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.docs.printed import ROOT, files_of

PAGE = ROOT / "docs" / "driving.md"
CORRECTED = (
    'elif self.role == "candidate":',
    'elif self.role == "candidate" and message["term"] == self.term:',
)
FILES = ("voting.py", "voting_subject.py")


def write(folder: Path, *changes: tuple[str, str]) -> None:
    """Write both files into a folder, corrected and then changed. Each change has to change something."""
    texts = {name: files_of(PAGE)[name] for name in FILES}
    for old, new in (CORRECTED, *changes):
        assert any(old in text for text in texts.values()), old
        texts = {name: text.replace(old, new) for name, text in texts.items()}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


@contextlib.contextmanager
def folder_forgotten(folder: Path) -> Iterator[None]:
    """Forget what was imported from a folder."""
    path = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = path
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None)).startswith(os.path.realpath(folder)):
                del sys.modules[name]
