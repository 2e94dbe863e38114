"""Where compiled code is kept between runs.

The folder is named by a digest of the sources: numba looks only at the file of a function, not at those of
what it calls, and would go on with old code when one of these changes.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path


def folder() -> Path:
    """The folder for this version of the sources."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return _base() / "elcheck" / digest.hexdigest()[:16]


def _base() -> Path:
    given = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    if given:
        return Path(given)
    try:
        home = Path.home() / ".cache"
        home.mkdir(exist_ok=True)
    except (OSError, RuntimeError):
        return Path(tempfile.gettempdir())
    return home if os.access(home, os.W_OK) else Path(tempfile.gettempdir())


def is_cold() -> bool:
    """Whether nothing has been compiled yet."""
    return not any(folder().rglob("*.nbi"))
