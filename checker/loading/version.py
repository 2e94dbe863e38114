"""Which elcheck this is."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """The version that is installed."""
    try:
        return metadata.version("elcheck")
    except metadata.PackageNotFoundError:
        return "(run from its source)"
