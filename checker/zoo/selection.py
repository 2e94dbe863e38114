"""Which cases a name stands for: of a model, a folder of models, a file of cases."""

from __future__ import annotations

from pathlib import Path

from elcheck.checker.model.errors import UsageError
from elcheck.checker.zoo.cases import Case, of_model
from elcheck.checker.zoo.pins import pinned, read


def cases_of(name: str) -> list[Case]:
    """The cases that a name stands for. Raises LoadError or UsageError."""
    path = Path(name)
    if path.suffix == ".toml":
        return read(path)
    if path.is_dir():
        return [pinned(case) for file in models_in(path) for case in of_model(str(file))]
    return [pinned(case) for case in of_model(name)]


def models_in(folder: Path) -> list[Path]:
    """The models of a folder. Raises UsageError if there is none."""
    files = [file for file in sorted(folder.glob("*.py")) if not file.name.startswith("_")]
    if not files:
        raise UsageError(f"there is no model in the folder {folder}")
    return files
