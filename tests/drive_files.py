"""The implementation of docs/driving.md and its subject, as files to drive and to break."""

from __future__ import annotations

from pathlib import Path

from tests.printed import ROOT, files_of

PAGE = ROOT / "docs" / "driving.md"
_LATE_VOTES = 'elif self.role == "candidate":'
_CORRECTED = 'elif self.role == "candidate" and message["term"] == self.term:'


def write(folder: Path, *changes: tuple[str, str]) -> Path:
    """Write both files, corrected and then changed, into a folder. Returns the subject's."""
    for name in ("voting.py", "voting_subject.py"):
        text = files_of(PAGE)[name]
        for old, new in ((_LATE_VOTES, _CORRECTED), *changes):
            text = text.replace(old, new)
        (folder / name).write_text(text, encoding="utf-8")
    both = "".join((folder / name).read_text(encoding="utf-8") for name in ("voting.py", "voting_subject.py"))
    assert all(new in both for _, new in changes)
    return folder / "voting_subject.py"
