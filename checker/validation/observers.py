"""Observers by name: those that stand beside the bundled models, and a user's own."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from pathlib import Path
from types import ModuleType

from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.model_file import imported
from elcheck.checker.model.errors import UsageError, instead
from elcheck.checker.model.record import State
from elcheck.checker.validation.jsonl import ObservationObserver
from elcheck.checker.validation.logs import LogReader
from elcheck.checker.validation.observer import Observer

_BUNDLED = "elcheck.models.observers"


def observers() -> tuple[str, ...]:
    """The names of those that come with elcheck."""
    beside = (found.name for found in pkgutil.iter_modules(import_module(_BUNDLED).__path__))
    return ("jsonl", *sorted(beside))


def readers(but: type[Observer[State]]) -> dict[str, LogReader]:
    """The readers of all others of them, by name."""
    found = {name: observer_named(name) for name in observers()}
    return {name: observer.reader for name, observer in found.items() if observer is not but}


def observer_named(name: str) -> type[Observer[State]]:
    """The observer of a name, or of a Python file. Raises UsageError."""
    known = observers()
    if name == "jsonl":
        return ObservationObserver
    if name in known:
        return _only(import_module(f"{_BUNDLED}.{name}"), name)
    path = Path(name)
    if path.suffix != ".py" or not path.is_file():
        hint = instead(name, [*known, "or FILE.py"])
        raise UsageError(f"--as {name}: there is no such observer; {hint}")
    try:
        module = imported(path, "observer")
    except LoadError as error:
        raise UsageError(f"--as {error}") from error
    return _only(module, name)


def _only(module: ModuleType, name: str) -> type[Observer[State]]:
    """The one observer that a module has: of those that derive from each other the last."""
    classes: list[type[Observer[State]]] = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Observer) and not inspect.isabstract(value)
    ]
    leaves = [cls for cls in classes if not any(cls in other.__mro__[1:] for other in classes)]
    if len(leaves) != 1:
        found = ", ".join(cls.__name__ for cls in leaves) or "none"
        raise UsageError(f"--as {name}: it has to have one observer, and has {found}")
    return leaves[0]
