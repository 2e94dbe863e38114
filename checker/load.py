"""From a name on the command line to a model: finding the file, importing it, calling its ``model``."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from checker.model.errors import DefinitionError, UsageError
from checker.model.handlers import RAISED, said
from checker.model.model import Model
from checker.validate import well_formed


class LoadError(Exception):
    """A model file that can't be used. The message says which, where and why."""


@dataclass(frozen=True)
class ModelFile:
    """A model file that was imported: its path, and its ``model`` function."""

    path: Path
    function: Callable[..., object]

    @property
    def summary(self) -> str:
        """The first line of what the file says of the model."""
        text = inspect.getdoc(self.function) or ""
        return text.partition("\n")[0]

    def build(self, parameters: Mapping[str, object], given: Mapping[str, object]) -> Model:
        """Call ``model`` with all parameters, ``given`` being those that the user chose.

        Raises UsageError when it refuses them (by a ValueError), LoadError when it fails otherwise.
        """
        chosen = ", ".join(f"{name}={value!r}" for name, value in given.items())
        try:
            made = self.function(**parameters)
        except (ValueError, UsageError) as error:
            raise UsageError(f"{self.path}: model({chosen}): {error}") from error
        except DefinitionError as error:
            raise LoadError(f"{self.path}: {error}") from error
        except RAISED as error:
            raise LoadError(f"{self.path}: model({chosen}) raises {said(error)}") from error
        if not isinstance(made, Model):
            raise LoadError(f"{self.path}: model() returns {type(made).__name__}, not a Model")
        try:
            well_formed(made)
        except DefinitionError as error:
            raise LoadError(f"{self.path}: {error}") from error
        return made


def bundled() -> dict[str, Path]:
    """The models that come with elcheck, by their short names."""
    spec = importlib.util.find_spec("models")
    places = list(spec.submodule_search_locations or ()) if spec else []
    files = (file for place in places for file in sorted(Path(place).glob("*.py")))
    return {file.stem: file for file in files if not file.stem.startswith("_")}


def find(name: str) -> Path:
    """The file that a name on the command line means. Raises LoadError."""
    path = Path(name)
    try:
        there = path.is_file()
    except (OSError, ValueError) as error:
        raise LoadError(f"{name[:60]!r} is no name of a file: {error}") from error
    if there:
        return path
    if path.is_dir():
        raise LoadError(f"{name} is a folder, not a model file")
    known = bundled()
    if name in known:
        return known[name]
    close = difflib.get_close_matches(path.stem, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else f"; bundled models: {', '.join(known)}"
    raise LoadError(f"there is no file {name}, and no bundled model of that name{hint}")


def load(name: str) -> ModelFile:
    """Import a model file. Raises LoadError."""
    path = find(name)
    module = _imported(path)
    function: object = getattr(module, "model", None)
    if not callable(function):
        raise LoadError(f"{path} has no function model(...), which says what to check and returns a Model")
    return ModelFile(path, function)


def _imported(path: Path) -> ModuleType:
    name = f"elcheck_model_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise LoadError(f"{path} is no Python file: a model file ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and get_type_hints look their module up by name
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise LoadError(f"{error.filename}:{error.lineno}: {error.msg}") from error
    except RAISED as error:
        raise LoadError(f"{path} can't be imported: {said(error)}") from error
    return module
