"""Which elcheck this is."""

__version__ = "0.1.0"
"""The one place where it is written: pyproject.toml and ``elcheck.__version__`` take it from here."""
