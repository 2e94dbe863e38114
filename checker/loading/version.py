"""Which elcheck this is."""

__version__ = "0.1.0"
"""The one place where it is written: pyproject.toml and ``elcheck.__version__`` take it from here."""

JSON_FORMAT = 1
"""Which form what is written as JSON has. Keys may be added to it; it is another one where a key is taken
away or means something else (docs/ci.md).
"""
