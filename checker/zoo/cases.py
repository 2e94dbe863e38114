"""Cases: a model with parameters in an environment, and what a check of it must come to.

Cases come from a TOML file, in which what they came to once is pinned::

    elcheck = "0.1.0"                       # the version that pinned it

    [[case]]
    model = "raft"                          # a bundled model, or a file beside the TOML file
    parameters = { nodes = 3, bug = "forget-vote" }
    environment = { crash = 2 }             # what differs from the model's own
    search_depth = 20                       # --depth
    first = true                            # --first
    big = true                              # takes minutes: only on request
    distinct = 83441                        # what follows is pinned; any of it may be left out
    transitions = 252414
    depth = 10
    verdict = "refuted"
    cut = { max_term = 43129 }
    traces = { "at most one leader per term" = 10 }

or from a model itself: as it is, and with each of its bugs, which must be found.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.model_file import adapted, bundled, load
from elcheck.checker.model.model import Model
from elcheck.checker.process.limits import Limits

PINNED = ("distinct", "transitions", "depth", "verdict", "cut", "traces")
_ASKED = {
    "model": str,
    "parameters": dict,
    "environment": dict,
    "search_depth": int,
    "first": bool,
    "big": bool,
}
_PINNED = {"distinct": int, "transitions": int, "depth": int, "verdict": str, "cut": dict, "traces": dict}
Expectation = Literal["sound", "broken"]


@dataclass(frozen=True)
class Case:
    """What is run. ``expects`` says what has to come out in general, ``pinned`` what exactly."""

    model: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, object] = field(default_factory=dict)
    search_depth: int | None = None
    first: bool = False
    big: bool = False
    expects: Expectation | None = None
    pinned: Mapping[str, object] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def command(self) -> str:
        """The command line that runs it alone."""
        words = ["elcheck", self.model]
        for name, value in [*self.parameters.items(), *self.environment.items()]:
            flag = "--" + name.replace("_", "-")
            if isinstance(value, bool):
                words.append(flag if value else f"--no-{flag[2:]}")
            else:
                words += [flag, str(value)]
        words += [] if self.search_depth is None else ["--depth", str(self.search_depth)]
        return shlex.join([*words, *["--first"] * self.first])

    @property
    def path(self) -> Path | None:
        """The file of its model, None for a bundled one."""
        return None if self.model in bundled() else (self.folder or Path()) / self.model

    @property
    def limits(self) -> Limits:
        """How far it searches."""
        return Limits(depth=self.search_depth, first=self.first)

    def build(self) -> Model:
        """Its model. Raises LoadError or UsageError."""
        file = load(self.model if self.path is None else str(self.path))
        return adapted(file(**self.parameters), self.environment)


# -- where cases come from -----------------------------------------------------------------------------------


def of_model(name: str) -> list[Case]:
    """A model with its defaults, and with each of its mistakes. Raises LoadError."""
    broken = [Case(name, {"bug": bug}, first=True, expects="broken") for bug in load(name).mistakes]
    return [Case(name, expects="sound"), *broken]


def read(path: Path) -> list[Case]:
    """The cases of a TOML file. Raises LoadError, saying which case is wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LoadError(f"{path}: {error}") from error
    tables = document.get("case")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise LoadError(f"{path} has no [[case]]")
    return [_case(path, number, table) for number, table in enumerate(tables, 1)]


def _case(path: Path, number: int, table: dict[str, object]) -> Case:
    where = f"{path}, case {number} ({table.get('model', 'of no model')})"
    for name, value in table.items():
        kind = {**_ASKED, **_PINNED}.get(name)
        if kind is None:
            raise LoadError(f"{where}: {name!r} is no key of a case: {', '.join({**_ASKED, **_PINNED})}")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise LoadError(f"{where}: {name} = {value!r} is no {kind.__name__}")
    if "model" not in table:
        raise LoadError(f"{where}: it has no model")
    asked = {name: value for name, value in table.items() if name in _ASKED}
    pinned = {name: value for name, value in table.items() if name in _PINNED}
    return Case(**asked, pinned=pinned, folder=path.parent)  # type: ignore[arg-type]  # checked above
