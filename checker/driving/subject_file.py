"""A Python file becomes a subject: that of its function or class ``subject``, or of another that is named."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import cast

from elcheck.checker.driving.comparing import SubjectError
from elcheck.checker.driving.lockstep import MakeSubject
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.model_file import imported
from elcheck.checker.model.errors import instead
from elcheck.checker.model.values import called

_HAS_TO_HAVE = ("start", "sent", "state")


def bundled_subjects() -> dict[str, Path]:
    """The subjects that come with elcheck, by their short names."""
    spec = importlib.util.find_spec("elcheck.subjects")
    places = list(spec.submodule_search_locations or ()) if spec else []
    files = (file for place in places for file in sorted(Path(place).glob("*.py")))
    return {file.stem: file for file in files if not file.stem.startswith("_")}


def load_subject(name: str) -> MakeSubject[object]:
    """Import a subject file. What it returns makes a new subject each time. Raises LoadError; and what
    it returns, SubjectError for what is no subject.
    """
    file, wanted = _parts(name)
    module = _bundled(file) if isinstance(file, str) else imported(file, "subject")
    make: object = getattr(module, wanted, None)
    if not callable(make):
        offered = [name for name, value in vars(module).items() if _makes_subjects(value, module.__name__)]
        hint = f"; {instead(wanted, offered, 'it has')}" if offered else ""
        raise LoadError(f"{name}: there is no function or class {wanted!r} in it that makes a subject{hint}")

    def made() -> object:
        subject: object = make()
        lacks = [method for method in _HAS_TO_HAVE if not callable(getattr(subject, method, None))]
        if lacks:
            raise SubjectError(
                f"{wanted}() makes {called(subject)}, which is no Subject: it has no {lacks[0]}(...)"
            )
        return subject

    return cast("MakeSubject[object]", made)


def _bundled(name: str) -> ModuleType:
    """A bundled subject. Raises LoadError where the library that it drives is not installed."""
    try:
        return importlib.import_module(f"elcheck.subjects.{name}")
    except ModuleNotFoundError as error:
        library = str(error.name).split(".")[0]
        raise LoadError(
            f"{name} needs {library}, which is not installed: pip install 'elcheck[{library}]'"
        ) from error


def _parts(name: str) -> tuple[Path | str, str]:
    """The file, or the name of a bundled subject, and what in it makes the subject. Raises LoadError."""
    file, colon, wanted = name.rpartition(":")
    if not colon or not wanted.isidentifier():
        file, wanted = name, "subject"
    path = Path(file)
    if path.is_file():
        return path, wanted
    known = bundled_subjects()
    if file in known:
        return file, wanted
    hint = instead(path.stem, known, "bundled subjects:")
    raise LoadError(f"there is no file {file}, and no bundled subject of that name; {hint}")


def _makes_subjects(value: object, module: str) -> bool:
    """Whether something may be meant to make subjects: a class or function of the file itself."""
    return callable(value) and getattr(value, "__module__", "") == module and hasattr(value, "__name__")
