"""Libraries that an installed elcheck may lack."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from elcheck.checker.model.errors import UsageError


def require(libraries: Sequence[str], what: str, extra: str = "graph") -> None:
    """Raise UsageError where a library is missing that something needs; the extra has them all."""
    missing = [name for name in libraries if find_spec(name) is None]
    if missing:
        are = "which is" if len(missing) == 1 else "which are"
        raise UsageError(
            f"{what} needs {' and '.join(missing)}, {are} not installed: pip install 'elcheck[{extra}]'"
        )
