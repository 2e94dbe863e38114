"""The lines of source files that have changed since a revision, by git."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection
from pathlib import Path

from elcheck.checker.model.errors import UsageError

_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


def changed_since(revision: str, files: Collection[Path]) -> dict[Path, set[int]]:
    """For each file the lines, from 1, that are not as they were. A file that git does not know is new.

    Raises UsageError without git, outside of a repository, or for a revision that there is not.
    """
    return {file: _changed(revision, file) for file in files}


def _changed(revision: str, file: Path) -> set[int]:
    if revision.startswith("-"):
        raise UsageError(f"--since {revision}: that is no revision")
    tracked = _git(["ls-files", "--", str(file)], file).strip()
    if not tracked:
        return set(range(1, file.read_bytes().count(b"\n") + 2))
    said = _git(["diff", "-U0", "--no-color", "--no-ext-diff", revision, "--", str(file)], file)
    lines: set[int] = set()
    for begin, count in _HUNK.findall(said):
        lines.update(range(int(begin), int(begin) + int(count or 1)))
    return lines


def _git(arguments: list[str], file: Path) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(file.parent), *arguments], capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise UsageError(f"--since needs git: {error.strerror}") from error
    if done.returncode != 0:
        raise UsageError(f"--since: git says: {(done.stderr.strip().splitlines() or ['nothing'])[0]}")
    return done.stdout
