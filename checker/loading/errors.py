"""What can be wrong with a model file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError


class LoadError(Exception):
    """A model file that can't be used. The message says which, where and why."""


@contextmanager
def load_errors(path: Path | str) -> Iterator[None]:
    """What is wrong with a model where it is used, as an error of its file. Raises LoadError."""
    try:
        yield
    except (DefinitionError, HandlerError) as error:
        raise LoadError(f"{path}: {error}") from error
