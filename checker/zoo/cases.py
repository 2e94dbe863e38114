"""Cases: a model with parameters in an environment, and what a check of it must come to.

Cases come from a TOML file (``case_file``), in which what they came to once is pinned (``pins``); or from a
model itself: as it is, and with each of its bugs, which must be found.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from elcheck.checker.loading.model_file import ModelFile, adapted, bundled, load
from elcheck.checker.model.model import Model
from elcheck.checker.process.limits import Limits

Expectation = Literal["sound", "broken"]


@dataclass(frozen=True)
class Case:
    """What is run. ``pinned`` says what exactly has to come out; ``expects`` what in general, None where a
    verdict is pinned.
    """

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
    def name(self) -> str:
        """What the case is, in short: its command without what all have."""
        return self.command.removeprefix("elcheck ").removesuffix(" --first")

    @property
    def mistake(self) -> bool:
        """Whether a mistake is put in, which has to be found."""
        return bool(self.parameters.get("bug"))

    @property
    def in_general(self) -> Expectation:
        """What has to come out if nothing more exact is known."""
        return "broken" if self.mistake else "sound"

    @property
    def path(self) -> Path | None:
        """The file of its model, None for a bundled one."""
        return None if self.model in bundled() else (self.folder or Path()) / self.model

    @property
    def file(self) -> ModelFile:
        """The file of its model, loaded. Raises LoadError."""
        return load(self.model if self.path is None else str(self.path))

    @property
    def limits(self) -> Limits:
        """How far it searches."""
        return Limits(depth=self.search_depth, first=self.first)

    def build(self) -> Model:
        """Its model. Raises LoadError or UsageError."""
        return adapted(self.file(**self.parameters), self.environment)


def of_model(name: str) -> list[Case]:
    """A model with its defaults, and with each of its mistakes. Raises LoadError."""
    broken = [Case(name, {"bug": bug}, first=True, expects="broken") for bug in load(name).mistakes]
    return [Case(name, expects="sound"), *broken]
