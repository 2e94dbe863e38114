"""The files that come with the pages: styles, scripts, the page itself."""

from __future__ import annotations

from importlib import resources


def asset(name: str) -> str:
    """A file of this room."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
