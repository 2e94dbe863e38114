"""The cases of counts.toml, ready to be checked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import cast

import pytest

from checker import Model
from checker.load import load


@dataclass(frozen=True)
class Case:
    """A model with parameters and environment, and what it must come to."""

    table: dict[str, object]

    @property
    def name(self) -> str:
        """Which case it is, for the test's id."""
        parts = [*self._part("parameters").items(), *self._part("environment").items()]
        depth = [f"depth={self.search_depth}"] if self.search_depth is not None else []
        return "-".join([str(self.table["model"]), *(f"{k}={v}" for k, v in parts), *depth])

    @property
    def marks(self) -> list[pytest.MarkDecorator]:
        """``big`` for what takes long."""
        return [pytest.mark.big] if self.table.get("big") else []

    @cached_property
    def model(self) -> Model:
        """The model that is checked."""
        parameters = self._part("parameters")
        made = load(str(self.table["model"])).build(parameters, parameters)
        environment = replace(made.environment, **self._part("environment"))  # type: ignore[arg-type]  # from a file
        return replace(made, environment=environment)

    def _part(self, name: str) -> dict[str, object]:
        return cast("dict[str, object]", self.table.get(name, {}))

    def _number(self, name: str) -> int:
        found = self.table[name]
        assert isinstance(found, int)
        return found

    @property
    def search_depth(self) -> int | None:
        """The limit of the search's depth."""
        return self._number("search_depth") if "search_depth" in self.table else None

    @property
    def distinct(self) -> int:
        """States."""
        return self._number("distinct")

    @property
    def transitions(self) -> int:
        """Steps that change the state."""
        return self._number("transitions")

    @property
    def depth(self) -> int:
        """The depth that the search comes to."""
        return self._number("depth")

    @property
    def verdict(self) -> str:
        """The verdict of the whole."""
        return str(self.table["verdict"])

    @property
    def traces(self) -> dict[str, object]:
        """The length of each property's trace."""
        return self._part("traces")

    @property
    def cut(self) -> dict[str, object] | None:
        """What the bounds cut, None where it is not pinned."""
        return self._part("cut") if "cut" in self.table else None


_FILE = tomllib.loads((Path(__file__).parent / "counts.toml").read_text(encoding="utf-8"))
CASES = [Case(table) for table in cast("list[dict[str, object]]", _FILE["case"])]
